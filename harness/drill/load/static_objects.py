"""What a flow of static objects reads: objects that the drill puts into the first bucket before the load."""

from __future__ import annotations

import math

from harness.drill.load.clients import Item, Written
from harness.drill.load.exchange import Caller, Request
from harness.drill.load.watchers import scope_headers
from harness.drill.subject import DrillError, Flow

# Enough that an edge location still has some to fetch when the fault comes.
OBJECTS = 150
PUT_SECONDS = 10.0


async def put_objects(
    caller: Caller, flow: Flow, *, run: str, endpoint: tuple[str, int], account_id: str
) -> Written:
    """The objects, as writes that everybody may read. Raises DrillError when the bucket does not take one."""
    if not flow.buckets:
        raise DrillError(f"the flow {flow.name} is static, so it must name its buckets; it names none")
    region, bucket = flow.buckets[0]
    written = Written()
    for number in range(OBJECTS):
        item = Item(f"{run}-{number}.txt", "", f"object {number} of {run}")
        path = f"/{bucket}{flow.read_path}/{item.id}"
        request = Request(
            "PUT", endpoint, f"{endpoint[0]}:{endpoint[1]}", path,
            headers={**scope_headers(account_id, region, "s3"), "Content-Type": "text/plain"},
            content=item.value.encode(),
        )  # fmt: skip
        reply = await caller.send(request, PUT_SECONDS)
        if reply.status != 200:
            why = reply.detail or f"HTTP {reply.status}: {reply.body[:120].decode('utf-8', 'replace')}"
            raise DrillError(f"the bucket {bucket} does not take {path}: {why}")
        written.add(-math.inf, item)
    return written
