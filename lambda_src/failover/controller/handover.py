"""Giving the lease away: what a person asked for, or what the others agree on. Pure.

Nothing is lost on the way: the databases refuse the old epoch, this region's functions are told, and only
after GUARD, when the last of them has heard of it, is the lease released.
"""

from __future__ import annotations

from controller import takeover
from controller.lease import EVACUATION, SWITCHOVER, Lease, Phase, Settings
from controller.observation import is_well
from controller.view import Action, Admit, Close, Note, Propose, RaiseFence, ShareSecrets, View

READMIT = "readmit"


def renewed_lease(now: float, settings: Settings, view: View, lease: Lease) -> Lease:
    """The lease with LEASE seconds from now on, and never less than a voter holds already."""
    return lease._replace(until=max(now + settings.lease, latest_until(view, lease)))


def writer_admission(now: float, settings: Settings, lease: Lease) -> Admit:
    """What this region's functions may do under its own lease, once a majority has accepted it."""
    return Admit(
        epoch=lease.epoch,
        writer=lease.writer,
        until=lease.until if lease.writes else 0.0,
        serving=True,
        serving_until=now + settings.lease,
    )


def latest_until(view: View, lease: Lease) -> float:
    """The latest end of this lease that any voter holds: none of them takes an earlier one."""
    return max(vote.until for vote in (lease, *view.votes.values()) if vote and vote.epoch == lease.epoch)


def handover_actions(now: float, me: str, settings: Settings, view: View, lease: Lease) -> list[Action]:
    """The steps that hand the lease over, if there is someone to take it; else none, or a refusal."""
    asked = takeover.current_intent(now, settings, view, lease)
    if asked is not None and asked.to != me and asked.to in settings.regions and asked.kind != READMIT:
        if not asked.force and not is_well(view.ballots, asked.to, me, now=now, settings=settings):
            return [Note(f"{asked.kind} refused", lease.epoch, f"{asked.to} is not well")]
        return _drain_actions(now, settings, view, lease, heir=asked.to, kind=asked.kind)
    heir = _ready_successor(now, me, settings, view, lease) if settings.automatic else None
    return _drain_actions(now, settings, view, lease, heir=heir, kind=EVACUATION) if heir else []


def _drain_actions(
    now: float, settings: Settings, view: View, lease: Lease, *, heir: str, kind: str
) -> list[Action]:
    fences = [RaiseFence(name, lease.epoch + 1) for name in settings.databases]
    if kind == SWITCHOVER:
        # nobody is lost yet: this region goes on writing until its databases have refused it
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
        # not renewed: if a step fails, the lease runs out by itself
        marked = lease._replace(until=latest_until(view, lease), heir=heir, handover=kind)
        steps = [Propose(marked), Close(lease.epoch), *fences]
    # its `since` is set when it is proposed, after the admission was closed
    draining = marked.entering(Phase.DRAINING, at=now)
    return [*steps, Propose(draining), Note("draining", lease.epoch, f"{kind} to {heir}")]


def _ready_successor(now: float, me: str, settings: Settings, view: View, lease: Lease) -> str | None:
    """A region that says that the others agree on the loss of this one, and that it would take over."""
    for region in settings.regions:
        ballot = view.ballots.get(region)
        candidate = ballot.candidate if ballot else None
        if region == me or candidate is None or candidate.ready_for != lease.epoch:
            continue
        if now - candidate.at <= settings.fresh + settings.guard:
            return region
    return None


def release_actions(now: float, settings: Settings, view: View, lease: Lease) -> list[Action]:
    """The end of the drain: GUARD seconds after the last function could have been told that it may write."""
    if now < lease.since + settings.guard:
        return []
    done = lease._replace(until=latest_until(view, lease)).entering(Phase.RELEASED, at=now)
    return [Propose(done), Note("released", lease.epoch, f"to {lease.heir}")]


def lease_after_readmission(now: float, settings: Settings, view: View, lease: Lease) -> Lease:
    """The lease without the region that a person lets back."""
    asked = takeover.current_intent(now, settings, view, lease)
    if asked is None or asked.kind != READMIT:
        return lease
    return lease._replace(retired=tuple(region for region in lease.retired if region != asked.to))
