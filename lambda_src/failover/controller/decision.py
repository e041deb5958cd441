"""What a controller does next: a pure function of the time, the settings, and what it sees.

It is called again after its actions were carried out, until it has nothing more to do in this tick. Whatever
it was about to do when it died, the next call finds out from the tables, and goes on.
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
    """The actions of region `me` at `now`, in order; the first that fails ends the list.

    `now` is read before `view` is: an `until` of now + LEASE is never too late.
    """
    if len(view.ballots) < settings.quorum:
        return [Note("isolated", 0, f"reaches {len(view.ballots)} of {len(settings.voters)} voters")]
    if me not in settings.regions:
        return []
    held, latest = established(view.votes, settings.quorum), newest(view.votes)
    if latest is None:
        return [Propose(new_claim(now, me, settings, None, kind=BOOTSTRAP))] if me == settings.home else []
    if held is None:
        # the epoch of a claim that may not have won is not for the functions to know
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
    """What this region's functions may do under another region's lease: forward writes until it ends.

    `until` is what a majority has confirmed, or nothing: so it ends here too before anyone takes over.
    """
    serves, reason = may_serve_clients(now, me, settings, view, lease)
    # a copy outlives a release, and then only a database's fence stops it: without one nothing is forwarded
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
    """Whether clients' traffic may come here at all, and why not: what keeps a lost region from returning,
    and sends clients to the writer's region from one that cannot forward their writes to it."""
    if lease.writer == me:
        return True, ""
    # a standby has no clients to send away, and is to be there when the writer is lost
    forwarding = settings.databases and not settings.active_standby
    if forwarding and is_cut_off(view.ballots, lease.writer, me, now=now, settings=settings):
        return False, f"cut off from {lease.writer}, which writes and which others reach"
    if settings.auto_return:
        return True, ""
    if me in lease.retired:
        return False, f"retired: {lease.writer} took over in epoch {lease.epoch}"
    if settings.active_standby and me == settings.home and lease.writes:
        return False, f"standing by for {lease.writer}"
    return True, ""


def _takeover_actions(now: float, me: str, settings: Settings, view: View, lease: Lease) -> list[Action]:
    """Another region is the writer: claim what it hands over, or what it has lost."""
    if lease.phase == Phase.RELEASED and lease.heir == me:
        return [Propose(new_claim(now, me, settings, view, kind=lease.handover or RETURN, after=lease))]
    asked = takeover.current_intent(now, settings, view, lease)
    asked = asked if asked is not None and asked.kind == FAILOVER and asked.to == me else None
    forced = asked is not None and asked.force
    if not forced and not takeover.is_writer_lost(now, me, settings, view, lease):
        return _withdrawal(me, view)
    if settings.databases and view.lags is None:
        return [MeasureLags(takeover.writer_failing_since(now, view, lease))]
    refusals = takeover.refusals(now, me, settings, view, lease, asked=asked is not None, forced=forced)
    if refusals:
        return [*_withdrawal(me, view), Note("takeover refused", lease.epoch, "; ".join(refusals))]
    if not is_free_at_a_majority(view.votes, settings, now=now):
        return [Announce(lease.epoch), Note("ready to take over", lease.epoch, f"from {lease.writer}")]
    by = asked.by if asked else "controller"
    return [Propose(new_claim(now, me, settings, view, kind=FAILOVER, after=lease, by=by))]


def _withdrawal(me: str, view: View) -> list[Action]:
    own = view.ballots.get(me)
    return [Announce(None)] if own is not None and own.candidate is not None else []


def _return_if_untaken(now: float, me: str, settings: Settings, view: View, lease: Lease) -> list[Action]:
    """Handed over, but not taken yet. After a while it is taken back: better this writer than none."""
    if now <= lease.since + settings.patience:
        return []
    return [Propose(new_claim(now, me, settings, view, kind=RETURN, after=lease))]


def _without_established_lease(
    now: float, me: str, settings: Settings, view: View, latest: Lease
) -> list[Action]:
    """No majority is seen to hold one lease: a claim reached too few, or its voters are out of reach."""
    if latest.phase == Phase.ACQUIRED and latest.previous is not None:
        return _after_a_failed_claim(now, me, settings, view, latest, latest.previous)
    if latest.writer != me:
        return _takeover_actions(now, me, settings, view, latest)
    if latest.phase == Phase.RELEASED:
        return _return_if_untaken(now, me, settings, view, latest)
    return [Propose(handover.renewed_lease(now, settings, view, latest))]


def _after_a_failed_claim(
    now: float, me: str, settings: Settings, view: View, latest: Lease, before: str
) -> list[Action]:
    """A claim, perhaps one's own, is made again only if there still is reason to: the writer before it."""
    if before != me:
        return _takeover_actions(now, me, settings, view, latest._replace(writer=before))
    if not is_free(latest, now=now, guard=settings.guard):
        return []
    return [Propose(new_claim(now, me, settings, view, kind=RETURN, after=latest))]
