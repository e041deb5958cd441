"""Acknowledged writes that are gone; measure.py tells what counts as lost. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from harness.drill.judge.ledger import Ledger, Operation, ReadBack


@dataclass(frozen=True, slots=True)
class Loss:
    """Acknowledged writes that are gone. `age`: seconds, see the module; `asked`: how many were read back.

    operation: the writes that were looked at, "" for all. `unreadable` of the lost ones gave no answer at
    all; `after_fault` were acknowledged after the fault.
    """

    asked: int
    lost: int
    age: float
    unreadable: int = 0
    after_fault: int = 0
    oldest: str | None = None
    oldest_acknowledged_at: float | None = None
    items: tuple[str, ...] = ()
    operation: Operation = ""


def loss(ledger: Ledger, fault_at: float, operation: Operation = "") -> Loss:
    """Acknowledged writes (of one operation, or all) that the surviving region did not give back; see the
    module for `age`."""
    acknowledged = {
        item: ack for item, ack in ledger.acknowledged().items() if operation in ("", ack.operation)
    }
    asked = [each for each in ledger.readbacks if each.phase == "recovered" and each.item in acknowledged]
    gone = _worst_outcomes(each for each in asked if each.outcome != "ok")
    moments = {item: acknowledged[item].end for item in gone}
    order = sorted(gone, key=lambda item: (moments[item], item))
    until = max([fault_at, *moments.values()])
    return Loss(
        asked=len({each.item for each in asked}),
        lost=len(gone),
        age=until - moments[order[0]] if order else 0.0,
        unreadable=sum(outcome not in ("missing", "stale") for outcome in gone.values()),
        after_fault=sum(moment > fault_at for moment in moments.values()),
        oldest=order[0] if order else None,
        oldest_acknowledged_at=moments[order[0]] if order else None,
        items=tuple(order),
        operation=operation,
    )


def _worst_outcomes(asked: Iterable[ReadBack]) -> dict[str, str]:
    found: dict[str, str] = {}
    for each in asked:
        if found.get(each.item) not in ("missing", "stale"):
            found[each.item] = each.outcome
    return found
