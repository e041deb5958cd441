"""The next actions of a controller: a pure function of the time, the settings and the view.

loop.py carries the actions out and calls it again until nothing is left to do in this tick. All progress is
in the tables, so the next call continues where a worker died.
"""

from __future__ import annotations

from controller import handover, takeover
from controller.lease import (
    BOOTSTRAP,
    FAILOVER,
    RETURN,
    Lease,
    Phase,
    Settings,
    established,
    is_free,
    is_free_at_a_majority,
    newest,
)
from controller.observation import is_cut_off
from controller.view import Action, Admit, Announce, MeasureLags, Note, Propose, Serve, View
from controller.writer import is_failed_claim, new_claim, repair_claim, writer_actions


def decide(now: float, me: str, settings: Settings, view: View) -> list[Action]:
    """The actions of region `me` at `now`, in order. The first that fails ends the list.

    Read the clock before the view, so that an `until` of now + LEASE is never too late.
    """
    if len(view.ballots) < settings.quorum:
        return [Note("isolated", 0, f"reaches {len(view.ballots)} of {len(settings.voters)} voters")]
    if me not in settings.regions:
        return []
    held, latest = established(view.votes, settings.quorum), newest(view.votes)
    if latest is None:
        return [Propose(new_claim(now, me, settings, None, kind=BOOTSTRAP))] if me == settings.home else []
    if held is None:
        # do not publish this epoch to the functions: the claim may have no majority
        serves, reason = may_serve_clients(now, me, settings, view, latest)
        serve = Serve(serves, now + settings.lease, reason)
        return [serve, *_without_established_lease(now, me, settings, view, latest)]
    if held.writer != me:
        return [
            follower_admission(now, me, settings, view, held),
            *_takeover_actions(now, me, settings, view, held),
        ]
    if held.phase == Phase.RELEASED:
        return [
            follower_admission(now, me, settings, view, held),
            *_return_if_untaken(now, me, settings, view, held),
        ]
    if is_failed_claim(latest, held, now=now, settings=settings):
        return [Propose(repair_claim(now, me, settings, view, held))]
    return writer_actions(now, me, settings, view, held)


def follower_admission(now: float, me: str, settings: Settings, view: View, lease: Lease) -> Admit:
    """The admission of this region's functions under another region's lease: they may forward writes.

    Its `until` is that of the lease at a majority, or 0. So forwarding too ends before another region takes
    over.
    """
    serves, reason = may_serve_clients(now, me, settings, view, lease)
    # a function may use its copy after the release, when only a database's fence stops it: without databases
    # nothing is forwarded
    forwards = bool(settings.databases) and lease.writes and lease.heir is None and lease.writer != me
    return Admit(
        epoch=lease.epoch,
        writer=lease.writer,
        until=lease.until if forwards else 0.0,
        serving=serves,
        serving_until=now + settings.lease,
        reason=reason,
    )


def may_serve_clients(now: float, me: str, settings: Settings, view: View, lease: Lease) -> tuple[bool, str]:
    """Whether this region may serve clients, and the reason if it may not.

    It keeps a retired region out of service. It also sends clients to the writer's region when this region
    cannot forward their writes.
    """
    if lease.writer == me:
        return True, ""
    # a standby serves no clients yet, and must stay in service to replace a lost writer
    forwarding = settings.databases and not settings.active_standby
    if forwarding and is_cut_off(view.ballots, lease.writer, me, now=now, settings=settings):
        return False, f"cut off from the writer {lease.writer}, which other voters reach"
    if settings.auto_return:
        return True, ""
    if me in lease.retired:
        return False, f"retired: {lease.writer} took over in epoch {lease.epoch}"
    if settings.active_standby and me == settings.home and lease.writes:
        return False, f"standby: {lease.writer} is the writer"
    return True, ""


def _takeover_actions(now: float, me: str, settings: Settings, view: View, lease: Lease) -> list[Action]:
    """The actions while another region is the writer: claim its lease if it is handed over or lost."""
    if lease.phase == Phase.RELEASED and lease.heir == me:
        return [Propose(new_claim(now, me, settings, view, kind=lease.handover or RETURN, after=lease))]
    intent = takeover.current_intent(now, settings, view, lease)
    requested = intent is not None and intent.kind == FAILOVER and intent.to == me
    forced = intent is not None and requested and intent.force
    if not forced and not takeover.is_writer_lost(now, me, settings, view, lease):
        return _withdrawal(me, view)
    if settings.databases and view.lags is None:
        return [MeasureLags(takeover.writer_failing_since(now, view, lease))]
    refusals = takeover.refusals(now, me, settings, view, lease, requested=requested, forced=forced)
    if refusals:
        return [*_withdrawal(me, view), Note("takeover refused", lease.epoch, "; ".join(refusals))]
    if not is_free_at_a_majority(view.votes, settings, now=now):
        return [Announce(lease.epoch), Note("ready to take over", lease.epoch, f"from {lease.writer}")]
    by = intent.by if intent is not None and requested else "controller"
    return [Propose(new_claim(now, me, settings, view, kind=FAILOVER, after=lease, by=by))]


def _withdrawal(me: str, view: View) -> list[Action]:
    """Withdraw this region's candidacy, if it has announced one."""
    own = view.ballots.get(me)
    return [Announce(None)] if own is not None and own.candidate is not None else []


def _return_if_untaken(now: float, me: str, settings: Settings, view: View, lease: Lease) -> list[Action]:
    """The lease is released and the heir has not claimed it. Claim it back after `patience` seconds."""
    if now <= lease.since + settings.patience:
        return []
    return [Propose(new_claim(now, me, settings, view, kind=RETURN, after=lease))]


def _without_established_lease(
    now: float, me: str, settings: Settings, view: View, latest: Lease
) -> list[Action]:
    """The actions while no majority in reach holds the same lease: a claim reached too few voters, or some
    voters are out of reach."""
    if latest.phase == Phase.ACQUIRED and latest.previous is not None:
        return _after_a_failed_claim(now, me, settings, view, latest, latest.previous)
    if latest.writer != me:
        return _takeover_actions(now, me, settings, view, latest)
    if latest.phase == Phase.RELEASED:
        return _return_if_untaken(now, me, settings, view, latest)
    return [Propose(handover.renewed_lease(now, settings, view, latest))]


def _after_a_failed_claim(
    now: float, me: str, settings: Settings, view: View, latest: Lease, previous: str
) -> list[Action]:
    """After a failed claim, decide again by the writer before it.

    Claim only if that region is still lost, or if it is this region.
    """
    if previous != me:
        return _takeover_actions(now, me, settings, view, latest._replace(writer=previous))
    if not is_free(latest, now=now, guard=settings.guard):
        return []
    return [Propose(new_claim(now, me, settings, view, kind=RETURN, after=latest))]
