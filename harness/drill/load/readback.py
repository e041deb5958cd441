"""Asking for every acknowledged write again: what recovery rests on, and what healing brought back."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Literal

from harness.drill.judge.ledger import ANSWERED, READBACK, Attempt, ReadBack
from harness.drill.judge.traffic import serving_region, serving_regions
from harness.drill.load.clients import Bench, Item, judge_answer, read_request
from harness.drill.subject import Flow

# A failed answer is no proof of a loss: it is asked for again this often, with this pause.
TRIES = 6
PAUSE_SECONDS = 1.0
AT_ONCE = 8
# So that clients who go on do not feel it: on two cores more of it looks to them like an outage.
AT_ONCE_BESIDE_CLIENTS = 2
# A lost database is rebuilt within minutes of its region's return.
REACH_LIMIT = 900.0


def surviving_regions(bench: Bench) -> list[str]:
    """The regions that serve now; when none does, those that did not serve before the fault."""
    now, requests = bench.now(), list(bench.ledger.requests())
    if serving := serving_regions(requests, now):
        return sorted(serving)
    before = serving_region(requests, bench.ledger.fault_at or now)
    others = [region.name for region in bench.subject.regions if region.name != before]
    return others or [region.name for region in bench.subject.regions]


async def read_back(
    bench: Bench,
    items: Sequence[tuple[Flow, Item]],
    regions: Iterable[str],
    phase: Literal["recovered", "healed"],
    *,
    at_once: int = AT_ONCE,
) -> None:
    """Asks for every item in every region, at the region's own host and address; the answers go into the
    ledger.

    Call it as a participant of the clock.
    """
    queue = [(flow, item, region) for region in regions for flow, item in items]
    pending = iter(queue)

    async def work() -> None:
        for flow, item, region in pending:
            bench.ledger.readbacks.append(await _ask(bench, flow, item, region, phase))

    workers = [bench.clock.spawn(work(), name=f"read back {n}") for n in range(min(at_once, len(queue)))]
    with bench.clock.idle():
        await asyncio.gather(*workers)


async def reached(bench: Bench, flow: Flow, item: Item, region: str) -> bool:
    """Whether a region answers for a flow again, waiting for it up to REACH_LIMIT: stores that were lost come
    back later than their region."""
    started = bench.now()
    while bench.now() - started < REACH_LIMIT:
        if (await _ask(bench, flow, item, region, "healed")).outcome in ANSWERED:
            return True
        await bench.clock.sleep(PAUSE_SECONDS)
    return False


async def _ask(
    bench: Bench, flow: Flow, item: Item, region: str, phase: Literal["recovered", "healed"]
) -> ReadBack:
    address = next(ip for ip, name in bench.regions.items() if name == region)
    request = read_request(flow, item, (address, bench.ports[address]), bench.subject.direct_host(region))
    for tries in range(1, TRIES + 1):
        start = bench.now()
        reply = await bench.caller.send(request, bench.load.timeout)
        judged = judge_answer(flow, reply, item, region)
        attempt = Attempt(
            reply.number, start, bench.now(), "drill", "", READBACK, judged.outcome, item.id, item.key,
            reply.status, judged.served_by, address, region, tries, judged.detail,
        )  # fmt: skip
        bench.ledger.attempts.append(attempt)
        if not attempt.failed:
            break
        if tries < TRIES:
            await bench.clock.sleep(PAUSE_SECONDS)
    return ReadBack(phase, region, item.id, attempt.outcome)
