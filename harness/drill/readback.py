"""Asking for every acknowledged write again: what recovery rests on, and what healing brought back."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Literal

from harness.drill.clients import Bench, Item
from harness.drill.exchange import Request, judge_read
from harness.drill.ledger import Attempt, ReadBack
from harness.drill.measure import SERVING_SECONDS, serving_region

# A failed answer is no proof of a loss: it is asked for again this often, with this pause.
TRIES = 3
PAUSE_SECONDS = 1.0
AT_ONCE = 8


def surviving_regions(bench: Bench) -> list[str]:
    """The regions that serve now; when none does, those that did not serve before the fault."""
    now = bench.now()
    serving = {
        a.served_by
        for a in bench.ledger.requests()
        if a.ok and a.served_by and a.end >= now - SERVING_SECONDS
    }
    if serving:
        return sorted(serving)
    before = serving_region(list(bench.ledger.requests()), bench.ledger.fault_at or now)
    others = [region.name for region in bench.subject.regions if region.name != before]
    return others or [region.name for region in bench.subject.regions]


async def read_back(
    bench: Bench, items: Sequence[Item], regions: Iterable[str], phase: Literal["recovered", "healed"]
) -> None:
    """Asks for every item in every region, at the region's own address; the answers go into the ledger.

    Call it as a participant of the clock.
    """
    queue = [(item, region) for region in regions for item in items]
    pending = iter(queue)

    async def work() -> None:
        for item, region in pending:
            bench.ledger.readbacks.append(await _ask(bench, item, region, phase))

    workers = [bench.clock.spawn(work(), name=f"read back {n}") for n in range(min(AT_ONCE, len(queue)))]
    with bench.clock.idle():
        await asyncio.gather(*workers)


async def _ask(bench: Bench, item: Item, region: str, phase: Literal["recovered", "healed"]) -> ReadBack:
    address = next(ip for ip, name in bench.regions.items() if name == region)
    request = Request(
        "GET",
        (address, bench.ports[address]),
        bench.subject.entry_host,
        bench.subject.read_path,
        query={"id": item.id},
    )
    for tries in range(1, TRIES + 1):
        start = bench.now()
        reply = await bench.caller.send(request, bench.load.timeout)
        judged = judge_read(reply, item=item.id, value=item.value, region=region)
        attempt = Attempt(
            reply.number, start, bench.now(), "drill", "", "readback", judged.outcome, item.id, item.key,
            reply.status, judged.served_by, address, region, tries, judged.detail,
        )  # fmt: skip
        bench.ledger.attempts.append(attempt)
        if not attempt.failed:
            break
        if tries < TRIES:
            await bench.clock.sleep(PAUSE_SECONDS)
    return ReadBack(phase, region, item.id, attempt.outcome)
