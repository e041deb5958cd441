"""The actions of the writer, from the claim of the lease to the admission of clients. Pure."""

from __future__ import annotations

from controller import handover, takeover
from controller.lease import EVACUATION, FAILOVER, REPAIR, RETURN, SWITCHOVER, Lease, Phase, Settings, is_free
from controller.observation import is_agreed_lost
from controller.view import (
    Action,
    Database,
    LookAtDatabases,
    MeasureLags,
    Note,
    Promote,
    Propose,
    RaiseFence,
    SettleSecrets,
    View,
)


def new_claim(
    now: float,
    me: str,
    settings: Settings,
    view: View | None,
    *,
    kind: str,
    after: Lease | None = None,
    by: str = "controller",
) -> Lease:
    """A lease of `me` in a new epoch, greater than any in the view."""
    epochs = [vote.epoch for vote in view.votes.values() if vote] if view else []
    retired = set(after.retired) if after else set()
    if after and kind in (FAILOVER, EVACUATION) and after.writer != me:
        retired.add(after.writer)
    return Lease(
        epoch=max(epochs, default=0) + 1,
        writer=me,
        until=now + settings.lease,
        phase=Phase.ACQUIRED,
        since=now,
        kind=kind,
        previous=after.writer if after else None,
        retired=tuple(sorted(retired - {me})),
        claimed_at=now,
        by=by,
    )


def is_failed_claim(latest: Lease, held: Lease, *, now: float, settings: Settings) -> bool:
    """Whether `latest` is another region's claim that got no majority and has run out."""
    failed = latest.epoch > held.epoch and latest.writer != held.writer and latest.phase == Phase.ACQUIRED
    return failed and is_free(latest, now=now, guard=settings.guard)


def repair_claim(now: float, me: str, settings: Settings, view: View, held: Lease) -> Lease:
    """This region's lease, moved to an epoch above every other in the view."""
    kind = held.kind if held.phase < Phase.PROMOTED else REPAIR
    return new_claim(now, me, settings, view, kind=kind, after=held)._replace(
        until=handover.renewed_lease(now, settings, view, held).until, previous=held.previous, by=held.by
    )


def writer_actions(now: float, me: str, settings: Settings, view: View, held: Lease) -> list[Action]:
    """The next actions of the region whose lease a majority holds."""
    if held.phase == Phase.DRAINING:
        return handover.release_actions(now, settings, view, held)
    lease = handover.renewed_lease(now, settings, view, held)
    if held.phase == Phase.ACQUIRED:
        return [
            Propose(lease),
            handover.writer_admission(now, settings, lease),
            *_promotion_actions(now, me, settings, view, lease),
        ]
    if held.phase == Phase.PROMOTED:
        fences = [RaiseFence(name, lease.epoch) for name in settings.databases]
        return [Propose(lease), *fences, *_phase_actions(lease, Phase.FENCED, now)]
    if held.phase == Phase.FENCED:
        return _phase_actions(lease, Phase.ADMITTED, now)
    return _admitted_actions(now, me, settings, view, held, lease)


def _admitted_actions(
    now: float, me: str, settings: Settings, view: View, held: Lease, lease: Lease
) -> list[Action]:
    """The actions while clients write here: renew and admit, or hand the lease over."""
    handover_steps = handover.handover_actions(now, me, settings, view, held)
    if handover_steps and not isinstance(handover_steps[0], Note):
        return handover_steps
    if held.heir is not None:
        # a handover began and has lost its reason: a new epoch is above the fences that it may have raised
        return [Propose(repair_claim(now, me, settings, view, held)), *handover_steps]
    lease = handover.lease_after_readmission(now, settings, view, lease)
    actions = [Propose(lease), handover.writer_admission(now, settings, lease), *handover_steps]
    if held.phase == Phase.DONE:
        return actions
    if settings.databases and view.secrets_settled is None:
        return [*actions, SettleSecrets(lease.kind, lease.previous)]
    return [*actions, *(_phase_actions(lease, Phase.DONE, now) if view.secrets_settled is not False else [])]


def _phase_actions(lease: Lease, phase: Phase, now: float) -> list[Action]:
    """Enter the next phase of the epoch, and log it."""
    entered = lease.entering(phase, at=now)
    return [Propose(entered), Note(phase.name.lower(), lease.epoch, f"{lease.kind}, by {lease.by}")]


def _promotion_actions(now: float, me: str, settings: Settings, view: View, lease: Lease) -> list[Action]:
    """Move the writer of each database to this region. Enter PROMOTED when all of them are here."""
    if settings.databases and view.databases is None:
        return [LookAtDatabases()]
    elsewhere = {
        name: state
        for name in settings.databases
        if not _is_here(state := (view.databases or {}).get(name), me)
    }
    if not elsewhere:
        return _phase_actions(lease, Phase.PROMOTED, now)
    idle = {name: state for name, state in elsewhere.items() if state is None or not state.moving}
    if not idle:
        return [Note("promoting", lease.epoch, ", ".join(elsewhere))]
    if lease.kind == FAILOVER:
        return _promote_all(idle, me, FAILOVER)
    if lease.kind in (SWITCHOVER, EVACUATION):
        return _switchover_actions(now, me, settings, view, lease, idle)
    return _follow_databases(now, me, settings, lease, idle)


def _follow_databases(
    now: float, me: str, settings: Settings, lease: Lease, idle: dict[str, Database | None]
) -> list[Action]:
    """This kind of epoch promotes nothing: release the lease to the region of the databases' writer."""
    note = Note("writer elsewhere", lease.epoch, _writers_by_name(idle))
    writers = {state.writer if state else None for state in idle.values()}
    heir = writers.pop() if len(writers) == 1 and len(idle) == len(settings.databases) else None
    if heir is None or heir == me or heir not in settings.regions:
        return [note]
    release = lease._replace(heir=heir, handover=RETURN).entering(Phase.RELEASED, at=now)
    return [Propose(release), note]


def _switchover_actions(
    now: float, me: str, settings: Settings, view: View, lease: Lease, idle: dict[str, Database | None]
) -> list[Action]:
    """Switch the idle databases over.

    After `patience` seconds without success: fail over if the old region is lost or a person forces it, else
    return the lease to the old region.
    """
    if now <= lease.since + settings.patience:
        return _promote_all(idle, me, SWITCHOVER)
    intent = takeover.current_intent(now, settings, view, lease)
    if intent is not None and intent.kind == FAILOVER and intent.force and intent.to == me:
        return _promote_all(idle, me, FAILOVER)
    if lease.previous and is_agreed_lost(view.ballots, lease.previous, me, now=now, settings=settings):
        if view.lags is None:
            return [MeasureLags(lease.claimed_at)]
        refusals = takeover.lag_refusals(settings, view)
        if refusals:
            return [Note("failover refused", lease.epoch, "; ".join(refusals))]
        return _promote_all(idle, me, FAILOVER)
    if len(idle) == len(settings.databases) and all(
        state and state.writer == lease.previous for state in idle.values()
    ):
        release = lease._replace(heir=lease.previous, handover=RETURN).entering(Phase.RELEASED, at=now)
        return [Propose(release), Note("switchover undone", lease.epoch, _writers_by_name(idle))]
    return _promote_all(idle, me, SWITCHOVER)


def _promote_all(idle: dict[str, Database | None], me: str, mode: str) -> list[Action]:
    """Promote this region in each database whose writer is elsewhere."""
    return [
        Promote(name, mode, state.writer)
        for name, state in idle.items()
        if state is not None and state.writer != me
    ]


def _is_here(state: Database | None, me: str) -> bool:
    """Whether the database has its writer in `me`, at rest and available."""
    return state is not None and state.writer == me and state.available and not state.moving


def _writers_by_name(databases: dict[str, Database | None]) -> str:
    """The text of a note: the region of each database's writer."""
    return ", ".join(
        f"the writer of {name} is {state.writer if state else 'unknown'}" for name, state in databases.items()
    )
