"""What a person can ask for: what would happen, what speaks against it, and how things stand. Pure.

A command only writes down an intent; the controllers carry it out at their next ticks, by the same rules as
everything else. So a person whose connection breaks has not left anything half done.
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
    """What a command would do: as which intent, by which steps, and what forbids it."""

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
    """The plan for failover, switchover, failback or readmit, as seen from region `me`."""
    target = to or (settings.home if command == FAILBACK else me)
    kind = SWITCHOVER if command == FAILBACK else command
    lease = established(view.votes, settings.quorum)
    reasons = _absolute_refusals(settings, view, lease, target, command)
    if lease is None or reasons:
        return Plan(kind, target, (), tuple(reasons))
    against = {
        FAILOVER: _failover_refusals,
        SWITCHOVER: _switchover_refusals,
        FAILBACK: _failback_refusals,
        READMIT: _readmission_refusals,
    }[command](now, me, settings, view, lease, target)
    steps = _steps(command, settings, view, lease, target)
    return Plan(kind, target, steps, () if force else tuple(against))


def _absolute_refusals(
    settings: Settings, view: View, lease: Lease | None, target: str, command: str
) -> list[str]:
    """What no force overrides."""
    if len(view.ballots) < settings.quorum:
        return [f"only {len(view.ballots)} of {len(settings.voters)} voters can be reached"]
    if lease is None:
        return ["no majority holds a lease: the controllers have to find a writer first"]
    if target not in settings.regions:
        return [f"{target} is none of {', '.join(settings.regions)}"]
    if command != READMIT and lease.writer == target:
        return [f"{target} is the writer already"]
    if command != READMIT and not lease.writes and lease.phase != Phase.ACQUIRED:
        return [f"epoch {lease.epoch} of {lease.writer} is being handed over to {lease.heir}"]
    return []


def _failover_refusals(
    now: float, me: str, settings: Settings, view: View, lease: Lease, target: str
) -> list[str]:
    found = [
        f"{voter} sees {lease.writer} well: use switchover, which loses nothing"
        for voter in seconds_seen(view.ballots, lease.writer, well=True, now=now, settings=settings)
    ]
    if target != me:
        return [*found, f"ask the function in {target}: only it knows how far its replica lags"]
    return found + [
        reason
        for reason in takeover.refusals(now, me, settings, view, lease, asked=True)
        if not (found and reason.startswith("no majority"))
    ]


def _switchover_refusals(
    now: float, me: str, settings: Settings, view: View, lease: Lease, target: str
) -> list[str]:
    lost = [
        f"{region} is not well"
        for region in (lease.writer, target)
        if not is_well(view.ballots, region, me, now=now, settings=settings)
    ]
    if settings.databases and target == me:
        lost += takeover.lag_refusals(settings, view)
    return lost


def _failback_refusals(
    now: float, me: str, settings: Settings, view: View, lease: Lease, target: str
) -> list[str]:
    """A region that has just come back may go again; and what only it has must have been looked at."""
    found = _switchover_refusals(now, me, settings, view, lease, target)
    runs = seconds_seen(view.ballots, target, well=True, now=now, settings=settings)
    settled = [voter for voter, seconds in runs.items() if seconds >= settings.settled]
    if len(settled) < settings.quorum - 1:
        found.append(f"{target} has not been seen well for {settings.settled:g} s in a row")
    if target in lease.retired and settings.databases:
        found.append(
            f"{target} was lost with the failover of epoch {lease.epoch}: run reconcile, then readmit it"
        )
    return found


def _readmission_refusals(
    now: float, me: str, settings: Settings, view: View, lease: Lease, target: str
) -> list[str]:
    if target not in lease.retired:
        return [f"{target} is not retired"]
    if not is_well(view.ballots, target, me, now=now, settings=settings):
        return [f"{target} is not well"]
    return []


def _steps(command: str, settings: Settings, view: View, lease: Lease, target: str) -> tuple[str, ...]:
    databases = ", ".join(settings.databases)
    if command == READMIT:
        return (f"{lease.writer} takes {target} off the list of retired regions", f"{target} serves again")
    if command == FAILOVER:
        moved = (f"fail {databases} over to {target}, losing what was not replicated",) if databases else ()
        first = f"wait until the lease of {lease.writer} has ended and {settings.guard:g} s more"
    else:
        moved = (f"switch {databases} over to {target}, losing nothing",) if databases else ()
        first = f"{lease.writer} stops taking writes, waits {settings.guard:g} s and releases the lease"
    fence = (f"refuse epochs below {_next_epoch(view)} in {databases}",) if databases else ()
    return (first, f"{target} claims epoch {_next_epoch(view)}", *moved, *fence, f"{target} takes writes")


def _next_epoch(view: View) -> int:
    latest = newest(view.votes)
    return (latest.epoch if latest else 0) + 1


def status(now: float, me: str, settings: Settings, view: View) -> dict[str, Any]:
    """How things stand, as the function in `me` sees them."""
    lease = established(view.votes, settings.quorum)
    asked = takeover.current_intent(now, settings, view, lease) if lease else None
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
            voter: {region: seen._asdict() for region, seen in ballot.observations.items()}
            for voter, ballot in view.ballots.items()
        },
        "intent": asked._asdict() if asked else None,
        "databases": {
            name: state._asdict() if state else None for name, state in (view.databases or {}).items()
        },
        "lag_seconds": dict(view.lags or {}),
        "mode": "automatic" if settings.automatic else "manual",
        "home": settings.home,
    }


def _vote_summary(view: View, voter: str) -> dict[str, Any] | None:
    """None for a voter out of reach."""
    ballot = view.ballots.get(voter)
    if ballot is None:
        return None
    lease = ballot.lease
    return {"epoch": lease.epoch, "writer": lease.writer, "phase": lease.phase.name.lower()} if lease else {}
