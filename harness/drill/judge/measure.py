"""What a ledger says: recovery times, losses, errors, traffic. Pure: a ledger in, figures out.

Definitions, each judged per client and operation:

Operations are names: `read` and `write` of the environment's first flow, `read orders` and so on of others.

- Recovery time: from the fault to the end of the first success after which every later request of the same
  client and operation succeeds until the window ends (healing, or the end of the load), seen for at least
  SUSTAIN_SECONDS. 0 when no request failed; infinite when no such success exists.
- Loss: a write that a client saw acknowledged and that cannot be read back through the surviving region
  after recovery; one that cannot be asked for, because every try fails, is lost too.
- Age of the loss: the fault's time minus the time at which the oldest lost write was acknowledged. Writes
  lost although acknowledged after the fault lengthen it: it then ends with the newest of them.
- Moves: how often the region that served one client's writes changed after the fault, of the client that was
  moved most. A failover moves a client once; one that is moved again and again is served by a seesaw.
"""

from __future__ import annotations

import dataclasses
import math
import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harness.drill.judge.ledger import Attempt, Ledger, Operation, in_order, is_write
from harness.drill.judge.losses import Loss, loss
from harness.drill.judge.traffic import flip_at, moves, serving_region, serving_regions

SUSTAIN_SECONDS = 3.0
# Faults that take a region away from its clients, as against those that take a control plane or a link.
_STRIKING = frozenset({"region-dark", "service-down", "gray-failure"})


@dataclass(frozen=True, slots=True)
class Recovery:
    """One client's way back for one operation; `at` is when the sustained run began, None if it never did.

    before: the region that served it last before the fault. slowest: seconds of its slowest good answer while
    the fault lasted.
    """

    client: str
    place: str
    operation: Operation
    overstays: bool
    seconds: float
    failures: int
    at: float | None = None
    served_by: str | None = None
    before: str | None = None
    slowest: float = 0.0

    @property
    def affected(self) -> bool:
        return self.failures > 0


@dataclass(frozen=True, slots=True)
class RecoveryTime:
    """The recovery of a group of clients for one operation. Seconds; infinite = never.

    slowest: seconds of the slowest good answer that any of them got while the fault lasted.
    """

    operation: Operation
    clients: int
    affected: int
    recovered: int
    median: float
    worst: float
    worst_client: str
    slowest: float = 0.0


@dataclass(frozen=True, slots=True)
class Errors:
    """Requests of a phase, and those without an answer from the service."""

    requests: int
    failed: int
    by_outcome: tuple[tuple[str, int], ...] = ()

    @property
    def ratio(self) -> float:
        return self.failed / self.requests if self.requests else 0.0


@dataclass(frozen=True, slots=True)
class Return:
    """What happened after healing. Times are model seconds since the load began.

    survivor: who served most before. returned_to: a region that served nobody then and served after, before
    anybody told it to, and since when.
    still_missing: acknowledged writes that some region does not have; came_back: lost ones that all have.
    """

    healed_at: float
    survivor: str | None
    returned_to: str | None
    returned_at: float | None
    checked: int
    came_back: int
    still_missing: tuple[str, ...]
    errors: Errors


@dataclass(frozen=True, slots=True)
class FaultSeen:
    """A fault, how many requests ran into it, and how often it came."""

    description: str
    hits: int
    times: int = 1


@dataclass(frozen=True, slots=True)
class CommandSeen:
    """What the failover controller was told, whether it did it, and if not, why."""

    description: str
    at: float
    allowed: bool
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Measurement:
    """Everything a verdict needs. `named_after` are the regions that any DNS answer named after the fault.

    struck: the region that the fault took from its clients, else the one that served most before. loss is
    over all writes, losses are per operation.
    """

    fault_at: float
    window_end: float
    serving_before: str | None
    serving_at_end: str | None
    recoveries: tuple[Recovery, ...]
    judged: tuple[RecoveryTime, ...]
    overstaying: tuple[RecoveryTime, ...]
    loss: Loss
    losses: tuple[Loss, ...]
    baseline: Errors
    baseline_example: str
    outage: Errors
    missing_reads: int
    stale_reads: int
    faults: tuple[FaultSeen, ...]
    flip_at: float | None
    named_after: tuple[str, ...]
    failures_elsewhere: tuple[tuple[str, int], ...]
    returned: Return | None
    struck: str | None = None
    commands: tuple[CommandSeen, ...] = ()
    moves: int = 0
    cached: int = 0
    kept: tuple[str, ...] = ()

    @property
    def operations(self) -> list[Operation]:
        """What clients did after the fault, in order."""
        return in_order(each.operation for each in self.recoveries)

    @property
    def planned(self) -> bool:
        """Whether nothing was broken, only moved: then nothing may be lost either."""
        return not self.faults

    def rto(self, operation: Operation, *, overstaying: bool = False) -> RecoveryTime | None:
        """The recovery time of one operation for the clients that keep to the TTL, or that overstay it."""
        group = self.overstaying if overstaying else self.judged
        return next((each for each in group if each.operation == operation), None)

    @property
    def worst(self) -> float:
        """The worst judged client's recovery time over all operations; infinite when nobody was measured."""
        return max((each.worst for each in self.judged), default=math.inf)

    @property
    def failures_after(self) -> int:
        return self.outage.failed


def measure(ledger: Ledger) -> Measurement:
    """The figures of a ledger. Raises ValueError when it holds neither a fault nor a command."""
    fault_at = ledger.fault_at
    if fault_at is None:
        raise ValueError("the ledger holds no fault and no command: nothing to measure from")
    requests = list(ledger.requests())
    before = [a for a in requests if a.end < fault_at]
    after = [a for a in requests if a.end >= fault_at and a.start < ledger.window_end]
    serving = serving_region(requests, fault_at)
    struck = _struck(ledger) or serving
    recoveries = tuple(_recoveries(before, after, ledger, fault_at))
    # an old answer is no trouble of ours where a store lags anyway, nor once replication is cut
    broken_from = min((mark.at for mark in ledger.faults), default=fault_at)
    dirty = [
        a
        for a in before
        if not a.ok and (a.failed or (a.operation not in ledger.lagging and a.end < broken_from))
    ]
    writes = in_order(a.operation for a in requests if is_write(a.operation))
    return Measurement(
        fault_at=fault_at,
        window_end=ledger.window_end,
        serving_before=serving,
        serving_at_end=serving_region(requests, ledger.window_end),
        recoveries=recoveries,
        judged=recovery_times(r for r in recoveries if not r.overstays),
        overstaying=recovery_times(r for r in recoveries if r.overstays),
        loss=loss(ledger, fault_at),
        losses=tuple(loss(ledger, fault_at, operation) for operation in writes),
        baseline=Errors(len(before), len(dirty), _outcomes(dirty)),
        baseline_example=_told(dirty[0]) if dirty else "",
        outage=errors(after),
        missing_reads=sum(a.outcome == "missing" for a in after),
        stale_reads=sum(a.outcome == "stale" for a in after),
        faults=tuple(FaultSeen(mark.description, mark.hits, len(mark.pulses) or 1) for mark in ledger.faults),
        flip_at=flip_at(ledger, struck, fault_at),
        named_after=tuple(sorted({r for k in ledger.lookups if k.at >= fault_at for r in k.regions})),
        failures_elsewhere=_failures_elsewhere(after, struck),
        returned=_returned(ledger, requests),
        struck=struck,
        commands=tuple(CommandSeen(c.description, c.at, c.allowed, c.reasons) for c in ledger.commands),
        moves=moves([*before, *after], ledger.overstaying),
        cached=sum(a.ok and a.cache.startswith("Hit") for a in after),
        kept=tuple(sorted({each.item for each in ledger.kept})),
    )


def recovery(attempts: Sequence[Attempt], *, fault_at: float, overstays: bool = False) -> Recovery:
    """The recovery of one client and operation from its attempts after the fault, in order, at least one."""
    first = attempts[0]
    failures = sum(a.failed for a in attempts)
    last_failure = max((n for n, a in enumerate(attempts) if a.failed), default=-1)
    later = attempts[last_failure + 1 :]
    success = next((a for a in later if a.ok), None)
    sustained = success is not None and later[-1].end - success.end >= SUSTAIN_SECONDS
    if not failures:
        seconds, success = 0.0, None
    elif success is not None and sustained:
        seconds = success.end - fault_at
    else:
        seconds, success = math.inf, None
    return Recovery(
        client=first.client,
        place=first.place,
        operation=first.operation,
        overstays=overstays,
        seconds=seconds,
        failures=failures,
        at=success.end if success else None,
        served_by=success.served_by if success else None,
        slowest=max((a.end - a.start for a in attempts if a.ok), default=0.0),
    )


def recovery_times(recoveries: Iterable[Recovery]) -> tuple[RecoveryTime, ...]:
    """Median and worst per operation; operations without a client are left out."""
    everyone = list(recoveries)
    found = []
    for operation in in_order(r.operation for r in everyone):
        group = [r for r in everyone if r.operation == operation]
        worst = max(group, key=lambda r: (r.seconds, r.client))
        found.append(
            RecoveryTime(
                operation=operation,
                clients=len(group),
                affected=sum(r.affected for r in group),
                recovered=sum(r.seconds < math.inf for r in group),
                median=statistics.median(r.seconds for r in group),
                worst=worst.seconds,
                worst_client=worst.client,
                slowest=max(r.slowest for r in group),
            )
        )
    return tuple(found)


def errors(attempts: Sequence[Attempt]) -> Errors:
    failed = [a for a in attempts if a.failed]
    return Errors(len(attempts), len(failed), _outcomes(failed))


def _struck(ledger: Ledger) -> str | None:
    mark = ledger.first_fault
    return mark.region if mark is not None and mark.kind in _STRIKING else None


def _recoveries(
    before: Sequence[Attempt], after: Sequence[Attempt], ledger: Ledger, fault_at: float
) -> Iterable[Recovery]:
    last = {(a.client, a.operation): a.served_by for a in before if a.ok}
    groups: dict[tuple[str, Operation], list[Attempt]] = {}
    for attempt in after:
        groups.setdefault((attempt.client, attempt.operation), []).append(attempt)
    for key, attempts in sorted(groups.items()):
        found = recovery(attempts, fault_at=fault_at, overstays=key[0] in ledger.overstaying)
        yield dataclasses.replace(found, before=last.get(key))


def _returned(ledger: Ledger, requests: Sequence[Attempt]) -> Return | None:
    healed_at = ledger.healed_at
    if healed_at is None:
        return None
    survivors = serving_regions(requests, ledger.window_end)
    later = [a for a in requests if a.start >= healed_at]
    told = min((command.at for command in ledger.commands if command.at >= healed_at), default=math.inf)
    back = next(
        (
            a
            for a in later
            if a.ok and a.start < told and survivors and a.served_by and a.served_by not in survivors
        ),
        None,
    )
    checked = [each for each in ledger.readbacks if each.phase == "healed"]
    lost = set(loss(ledger, ledger.fault_at or 0.0).items)
    missing = {each.item for each in checked if each.outcome != "ok"}
    items = {each.item for each in checked}
    return Return(
        healed_at=healed_at,
        survivor=survivors[0] if survivors else None,
        returned_to=back.served_by if back else None,
        returned_at=back.end if back else None,
        checked=len(items),
        came_back=len((lost & items) - missing),
        still_missing=tuple(sorted(missing)),
        errors=errors(later),
    )


def _failures_elsewhere(after: Sequence[Attempt], struck: str | None) -> tuple[tuple[str, int], ...]:
    """What failed at other regions than the one that was struck: "us-west-2: HTTP 500" and how often."""
    return tuple(
        Counter(
            f"{a.dialled}: {f'HTTP {a.status}' if a.outcome == 'http' else a.outcome}"
            for a in after
            if a.failed and a.dialled is not None and a.dialled != struck
        ).most_common()
    )


def _outcomes(attempts: Iterable[Attempt]) -> tuple[tuple[str, int], ...]:
    return tuple(
        Counter(f"HTTP {a.status}" if a.outcome == "http" else a.outcome for a in attempts).most_common()
    )


def _told(attempt: Attempt) -> str:
    what = f"HTTP {attempt.status}" if attempt.outcome == "http" else attempt.outcome
    detail = f": {attempt.detail}" if attempt.detail else ""
    return f"{attempt.operation} by {attempt.client} at {attempt.start:.1f} s: {what}{detail}"
