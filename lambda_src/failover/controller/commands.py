"""The commands of a person: the steps of each, the reasons to refuse it, and the status. Pure.

A command only stores an intent. The controllers carry it out at their next ticks, by the same rules as their
own decisions, so a broken connection leaves nothing half done.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from controller import takeover
from controller.handover import READMIT
from controller.lease import FAILOVER, SWITCHOVER, Lease, Phase, Settings, established, newest, to_item
from controller.observation import is_well, seconds_seen
from controller.view import View

STATUS, FAILBACK, RECONCILE = "status", "failback", "reconcile"
COMMANDS = (STATUS, FAILOVER, SWITCHOVER, FAILBACK, READMIT, RECONCILE)


class Plan(NamedTuple):
    """The intent that a command would store, the steps that would follow, and the reasons to refuse it."""

    kind: str
    to: str
    steps: tuple[str, ...]
    reasons: tuple[str, ...]

    @property
    def allowed(self) -> bool:
        return not self.reasons


def plan_command(
    now: float, me: str, settings: Settings, view: View, command: str, to: str | None, *, force: bool
) -> Plan:
    """The plan for failover, switchover, failback or readmit, from the view of region `me`."""
    target = to or (settings.home if command == FAILBACK else me)
    kind = SWITCHOVER if command == FAILBACK else command
    lease = established(view.votes, settings.quorum)
    reasons = _absolute_refusals(settings, view, lease, target, command)
    if lease is None or reasons:
        return Plan(kind, target, (), tuple(reasons))
    refusals = {
        FAILOVER: _failover_refusals,
        SWITCHOVER: _switchover_refusals,
        FAILBACK: _failback_refusals,
        READMIT: _readmission_refusals,
    }[command](now, me, settings, view, lease, target)
    steps = _steps(command, settings, view, lease, target)
    return Plan(kind, target, steps, () if force else tuple(refusals))


def _absolute_refusals(
    settings: Settings, view: View, lease: Lease | None, target: str, command: str
) -> list[str]:
    """The reasons that `force` does not override."""
    if len(view.ballots) < settings.quorum:
        count = f"{len(view.ballots)} of {len(settings.voters)}"
        return [f"only {count} voters can be reached from here: run it in another region"]
    if lease is None:
        return ["no majority of the voters holds the same lease: wait until status names a writer"]
    if target not in settings.regions:
        return [f"{target} cannot write: choose one of {', '.join(settings.regions)}"]
    if command != READMIT and lease.writer == target:
        return [f"{target} is the writer already"]
    if command != READMIT and not lease.writes and lease.phase != Phase.ACQUIRED:
        if lease.heir is None:
            phase = lease.phase.name.lower()
            return [f"{lease.writer} is still taking over, phase {phase}: wait until status says done"]
        return [f"{lease.writer} is handing over to {lease.heir}: wait until status says done"]
    return []


def _failover_refusals(
    now: float, me: str, settings: Settings, view: View, lease: Lease, target: str
) -> list[str]:
    sightings = [
        f"{voter} sees {lease.writer} well: use switchover, which loses nothing"
        for voter in seconds_seen(view.ballots, lease.writer, well=True, now=now, settings=settings)
    ]
    if target != me:
        return [*sightings, f"run it in {target}: only that region can measure the lag of its replica"]
    return sightings + [
        reason
        for reason in takeover.refusals(now, me, settings, view, lease, requested=True)
        if not (sightings and reason.startswith("no majority"))
    ]


def _switchover_refusals(
    now: float, me: str, settings: Settings, view: View, lease: Lease, target: str
) -> list[str]:
    reasons = [
        f"{region} is not well: run status to see why"
        for region in (lease.writer, target)
        if not is_well(view.ballots, region, me, now=now, settings=settings)
    ]
    if settings.databases and target == me:
        reasons += takeover.lag_refusals(settings, view)
    return reasons


def _failback_refusals(
    now: float, me: str, settings: Settings, view: View, lease: Lease, target: str
) -> list[str]:
    """A region must be well for SETTLED seconds first, and the rows that only it has must be reconciled."""
    reasons = _switchover_refusals(now, me, settings, view, lease, target)
    durations = seconds_seen(view.ballots, target, well=True, now=now, settings=settings)
    settled = [voter for voter, seconds in durations.items() if seconds >= settings.settled]
    if len(settled) < settings.quorum - 1:
        reasons.append(f"{target} has not been well for {settings.settled:g} s in a row: try again later")
    if target in lease.retired and settings.databases:
        reasons.append(f"{target} is retired after a failover: run reconcile, then readmit")
    return reasons


def _readmission_refusals(
    now: float, me: str, settings: Settings, view: View, lease: Lease, target: str
) -> list[str]:
    if target not in lease.retired:
        return [f"{target} is not retired"]
    if not is_well(view.ballots, target, me, now=now, settings=settings):
        return [f"{target} is not well: run status to see why"]
    return []


def _steps(command: str, settings: Settings, view: View, lease: Lease, target: str) -> tuple[str, ...]:
    """The steps of a command, as a person reads them."""
    databases = ", ".join(settings.databases)
    if command == READMIT:
        return (f"{lease.writer} takes {target} off the list of retired regions", f"{target} serves again")
    if command == FAILOVER:
        promotion = f"fail {databases} over to {target}, losing rows that were not replicated"
        first = f"wait until the lease of {lease.writer} has run out, and {settings.guard:g} s more"
    else:
        promotion = f"switch {databases} over to {target}, losing nothing"
        first = f"{lease.writer} stops taking writes, waits {settings.guard:g} s and releases the lease"
    epoch = _next_epoch(view)
    database_steps = (promotion, f"refuse rows of epochs below {epoch} in {databases}") if databases else ()
    return (first, f"{target} claims epoch {epoch}", *database_steps, f"{target} takes writes")


def _next_epoch(view: View) -> int:
    latest = newest(view.votes)
    return (latest.epoch if latest else 0) + 1


def status(now: float, me: str, settings: Settings, view: View) -> dict[str, Any]:
    """The state of the lease, the voters and the databases, from the view of region `me`."""
    lease = established(view.votes, settings.quorum)
    intent = takeover.current_intent(now, settings, view, lease) if lease else None
    return {
        "seen_from": me,
        "at": now,
        "writer": lease.writer if lease else None,
        "epoch": lease.epoch if lease else None,
        "phase": lease.phase.name.lower() if lease else None,
        "lease": {**to_item(lease), "phase": lease.phase.name.lower()} if lease else None,
        "lease_seconds_left": round(lease.until - now, 3) if lease else None,
        "voters": {voter: _vote_summary(view, voter) for voter in settings.voters},
        "observations": {
            voter: {region: observation._asdict() for region, observation in ballot.observations.items()}
            for voter, ballot in view.ballots.items()
        },
        "intent": intent._asdict() if intent else None,
        "databases": {
            name: state._asdict() if state else None for name, state in (view.databases or {}).items()
        },
        "lag_seconds": dict(view.lags or {}),
        "mode": "automatic" if settings.automatic else "manual",
        "home": settings.home,
    }


def _vote_summary(view: View, voter: str) -> dict[str, Any] | None:
    """The lease that a voter holds: None if the voter is out of reach, empty if it holds none."""
    ballot = view.ballots.get(voter)
    if ballot is None:
        return None
    lease = ballot.lease
    return {"epoch": lease.epoch, "writer": lease.writer, "phase": lease.phase.name.lower()} if lease else {}
