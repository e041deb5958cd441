"""Ledgers made by hand: a fault at 30 s, clients that come back when the test says so."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence

from harness.drill.judge.ledger import (
    WATCHER,
    Attempt,
    FaultMark,
    Flip,
    Ledger,
    Lookup,
    Operation,
    Outcome,
    ReadBack,
)
from harness.drill.subject import Objectives, Subject, SubjectRegion

EAST, WEST = "us-east-1", "us-west-2"
FAULT, END = 30.0, 130.0
CLIENTS = ("us-east-1st", "us-east-2nd", "us-east-3rd")
SUBJECT = Subject(
    environment="shop",
    entry_host="api.example.com",
    ttl=10,
    objectives=Objectives(rto=50, rpo=5),
    regions=(
        SubjectRegion(EAST, "primary", "api.use1.example.com", "check-east"),
        SubjectRegion(WEST, "standby", "api.usw2.example.com", "check-west"),
    ),
)
_NUMBERS = itertools.count(1)


def attempt(
    start: float,
    outcome: Outcome = "ok",
    *,
    client: str = CLIENTS[0],
    operation: Operation = "read",
    region: str = EAST,
    item: str = "",
    status: int | None = None,
    took: float = 0.01,
) -> Attempt:
    return Attempt(
        number=next(_NUMBERS),
        start=start,
        end=start + took,
        client=client,
        place="us-east",
        operation=operation,
        outcome=outcome,
        item=item or f"{client}-{operation}-{start:g}",
        status=status,
        served_by=region if outcome in ("ok", "missing", "stale") else None,
        dialled=region,
    )


def ledger(
    back: Mapping[str, float] | None = None,
    *,
    clients: Sequence[str] = CLIENTS,
    hits: int = 40,
    flip: float | None = FAULT + 18,
    healed: float | None = None,
    lost: Sequence[str] = (),
) -> Ledger:
    """One request of each kind per client and second: east until the fault, then failures, then west from the
    client's moment in `back` (seconds after the fault, default 25)."""
    made = Ledger(environment="shop", ended=END)
    made.faults.append(FaultMark("region-dark", "region-dark us-east-1 refuse", FAULT, healed, hits))
    for client in clients:
        seconds = (back or {}).get(client, 25.0)
        for second in range(int(END)):
            for operation, shift in (("read", 0.2), ("write", 0.6)):
                start = second + shift
                told = {"client": client, "operation": operation}
                if start < FAULT:
                    made.attempts.append(attempt(start, **told))  # type: ignore[arg-type]
                elif start < FAULT + seconds:
                    made.attempts.append(attempt(start, "refused", **told))  # type: ignore[arg-type]
                else:
                    made.attempts.append(attempt(start, region=WEST, **told))  # type: ignore[arg-type]
    if flip is not None:
        made.flips.append(Flip(flip, EAST, healthy=False))
        made.lookups.append(Lookup(flip + 2, WATCHER, "us-east", ("127.0.1.2",), (WEST,), 10))
    for item in made.acknowledged():
        made.readbacks.append(ReadBack("recovered", WEST, item, "missing" if item in lost else "ok"))
    return made


def nobody_comes_back(**settings: object) -> Ledger:
    return ledger(dict.fromkeys(CLIENTS, math.inf), **settings)  # type: ignore[arg-type]
