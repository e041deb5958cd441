"""Handing the lease over: a person ran a command, or the other regions agree that this one is lost. Pure.

A switchover and an evacuation lose no acknowledged write. First the databases refuse the old epoch, and the
admission of this region's functions is closed. The lease is released GUARD seconds later, when no function
here can still use a copy of the admission.
"""

from __future__ import annotations

from controller import takeover
from controller.lease import EVACUATION, SWITCHOVER, Lease, Phase, Settings
from controller.observation import is_well
from controller.view import Action, Admit, Close, Note, Propose, RaiseFence, ShareSecrets, View

READMIT = "readmit"


def renewed_lease(now: float, settings: Settings, view: View, lease: Lease) -> Lease:
    """The lease until now + LEASE, or until the latest time that a voter already holds."""
    return lease._replace(until=max(now + settings.lease, latest_until(view, lease)))


def writer_admission(now: float, settings: Settings, lease: Lease) -> Admit:
    """The admission of the writer's functions. Publish it only after a majority has accepted the lease."""
    return Admit(
        epoch=lease.epoch,
        writer=lease.writer,
        until=lease.until if lease.writes else 0.0,
        serving=True,
        serving_until=now + settings.lease,
    )


def latest_until(view: View, lease: Lease) -> float:
    """The latest `until` of this epoch at any voter. Voters refuse an earlier one."""
    return max(vote.until for vote in (lease, *view.votes.values()) if vote and vote.epoch == lease.epoch)


def handover_actions(now: float, me: str, settings: Settings, view: View, lease: Lease) -> list[Action]:
    """The steps that hand the lease over. Empty without a reason to; one note if the target is not well."""
    intent = takeover.current_intent(now, settings, view, lease)
    if intent is not None and intent.to != me and intent.to in settings.regions and intent.kind != READMIT:
        if not intent.force and not is_well(view.ballots, intent.to, me, now=now, settings=settings):
            return [
                Note(f"{intent.kind} refused", lease.epoch, f"{intent.to} is not well: run status to see why")
            ]
        return _drain_actions(now, settings, view, lease, heir=intent.to, kind=intent.kind)
    heir = _ready_successor(now, me, settings, view, lease) if settings.automatic else None
    return _drain_actions(now, settings, view, lease, heir=heir, kind=EVACUATION) if heir else []


def _drain_actions(
    now: float, settings: Settings, view: View, lease: Lease, *, heir: str, kind: str
) -> list[Action]:
    """Mark the heir, raise the fences, close the admission and begin to drain."""
    fences = [RaiseFence(name, lease.epoch + 1) for name in settings.databases]
    if kind == SWITCHOVER:
        # no region is lost: clients write here until the databases refuse this epoch
        marked = renewed_lease(now, settings, view, lease)._replace(heir=heir, handover=kind)
        shared: list[Action] = [ShareSecrets(heir)] if settings.databases else []
        steps = [
            *shared,
            Propose(marked),
            writer_admission(now, settings, marked),
            *fences,
            Close(lease.epoch),
        ]
    else:
        # the lease is not renewed: if a step fails, it runs out and the heir can claim
        marked = lease._replace(until=latest_until(view, lease), heir=heir, handover=kind)
        steps = [Propose(marked), Close(lease.epoch), *fences]
    # loop.py sets `since` when it proposes this lease, after the admission is closed
    draining = marked.entering(Phase.DRAINING, at=now)
    return [*steps, Propose(draining), Note("draining", lease.epoch, f"{kind} to {heir}")]


def _ready_successor(now: float, me: str, settings: Settings, view: View, lease: Lease) -> str | None:
    """A region that has announced that it is ready to take over this epoch."""
    for region in settings.regions:
        ballot = view.ballots.get(region)
        candidate = ballot.candidate if ballot else None
        if region == me or candidate is None or candidate.ready_for != lease.epoch:
            continue
        if now - candidate.at <= settings.fresh + settings.guard:
            return region
    return None


def release_actions(now: float, settings: Settings, view: View, lease: Lease) -> list[Action]:
    """The release of the lease, GUARD seconds after the admission was closed. Empty before that."""
    if now < lease.since + settings.guard:
        return []
    release = lease._replace(until=latest_until(view, lease)).entering(Phase.RELEASED, at=now)
    return [Propose(release), Note("released", lease.epoch, f"to {lease.heir}")]


def lease_after_readmission(now: float, settings: Settings, view: View, lease: Lease) -> Lease:
    """The lease, in which the region of a readmit command is no longer retired."""
    intent = takeover.current_intent(now, settings, view, lease)
    if intent is None or intent.kind != READMIT:
        return lease
    return lease._replace(retired=tuple(region for region in lease.retired if region != intent.to))
