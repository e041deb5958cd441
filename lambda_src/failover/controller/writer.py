"""Being the writer: from the claim to the admission of clients, and keeping the lease. Pure."""

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
    """A new epoch for `me`, greater than any that was seen."""
    seen = [vote.epoch for vote in view.votes.values() if vote] if view else []
    retired = set(after.retired) if after else set()
    if after and kind in (FAILOVER, EVACUATION) and after.writer != me:
        retired.add(after.writer)
    return Lease(
        epoch=max(seen, default=0) + 1,
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
    """Whether `latest` is another region's claim that did not win and has run out."""
    failed = latest.epoch > held.epoch and latest.writer != held.writer and latest.phase == Phase.ACQUIRED
    return failed and is_free(latest, now=now, guard=settings.guard)


def repair_claim(now: float, me: str, settings: Settings, view: View, held: Lease) -> Lease:
    """This region's lease in an epoch above every other that was seen."""
    kind = held.kind if held.phase < Phase.PROMOTED else REPAIR
    return new_claim(now, me, settings, view, kind=kind, after=held)._replace(
        until=handover.renewed_lease(now, settings, view, held).until, previous=held.previous, by=held.by
    )


def writer_actions(now: float, me: str, settings: Settings, view: View, held: Lease) -> list[Action]:
    """The next steps of the region that a majority holds to be the writer."""
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
    """Clients may write here, unless the lease is to go elsewhere."""
    steps = handover.handover_actions(now, me, settings, view, held)
    if steps and not isinstance(steps[0], Note):
        return steps
    if held.heir is not None:
        # a handover that began, and may have raised fences, but has lost its reason
        return [Propose(repair_claim(now, me, settings, view, held)), *steps]
    lease = handover.lease_after_readmission(now, settings, view, lease)
    actions = [Propose(lease), handover.writer_admission(now, settings, lease), *steps]
    if held.phase == Phase.DONE:
        return actions
    if settings.databases and view.secrets_settled is None:
        return [*actions, SettleSecrets(lease.kind, lease.previous)]
    return [*actions, *(_phase_actions(lease, Phase.DONE, now) if view.secrets_settled is not False else [])]


def _phase_actions(lease: Lease, phase: Phase, now: float) -> list[Action]:
    entered = lease.entering(phase, at=now)
    return [Propose(entered), Note(phase.name.lower(), lease.epoch, f"{lease.kind}, by {lease.by}")]


def _promotion_actions(now: float, me: str, settings: Settings, view: View, lease: Lease) -> list[Action]:
    """Bring the writer of every database here, each at its own pace."""
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
    """No promotion was decided on, so the lease goes to where the databases have their writer."""
    note = Note("writer elsewhere", lease.epoch, _writers_by_name(idle))
    writers = {state.writer if state else None for state in idle.values()}
    heir = writers.pop() if len(writers) == 1 and len(idle) == len(settings.databases) else None
    if heir is None or heir == me or heir not in settings.regions:
        return [note]
    given = lease._replace(heir=heir, handover=RETURN).entering(Phase.RELEASED, at=now)
    return [Propose(given), note]


def _switchover_actions(
    now: float, me: str, settings: Settings, view: View, lease: Lease, idle: dict[str, Database | None]
) -> list[Action]:
    """A switchover that cannot be done becomes a failover if the old region is lost, else is undone."""
    if now <= lease.since + settings.patience:
        return _promote_all(idle, me, SWITCHOVER)
    asked = takeover.current_intent(now, settings, view, lease)
    if asked is not None and asked.kind == FAILOVER and asked.force and asked.to == me:
        return _promote_all(idle, me, FAILOVER)
    if lease.previous and is_agreed_lost(view.ballots, lease.previous, me, now=now, settings=settings):
        if view.lags is None:
            return [MeasureLags(lease.claimed_at)]
        refusals = takeover.lag_refusals(settings, view)
        if refusals:
            return [Note("failover refused", lease.epoch, "; ".join(refusals))]
        return _promote_all(idle, me, FAILOVER)
    if len(idle) == len(settings.databases) and all(s and s.writer == lease.previous for s in idle.values()):
        undone = lease._replace(heir=lease.previous, handover=RETURN).entering(Phase.RELEASED, at=now)
        return [Propose(undone), Note("switchover undone", lease.epoch, _writers_by_name(idle))]
    return _promote_all(idle, me, SWITCHOVER)


def _promote_all(idle: dict[str, Database | None], me: str, mode: str) -> list[Action]:
    return [
        Promote(name, mode, state.writer)
        for name, state in idle.items()
        if state is not None and state.writer != me
    ]


def _is_here(state: Database | None, me: str) -> bool:
    return state is not None and state.writer == me and state.available and not state.moving


def _writers_by_name(databases: dict[str, Database | None]) -> str:
    return ", ".join(
        f"the writer of {name} is {state.writer if state else 'unknown'}" for name, state in databases.items()
    )
