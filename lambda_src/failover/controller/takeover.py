"""Whether a region may take the lease from another that has not handed it over, and why not. Pure."""

from __future__ import annotations

from controller.lease import FAILOVER, Lease, Settings
from controller.observation import failing_since, is_agreed_lost, is_well
from controller.view import Intent, View

# What a person asked for is forgotten after this many seconds: a surprise an hour later helps nobody.
LIFE_SECONDS = {FAILOVER: 300.0}
DEFAULT_LIFE_SECONDS = 60.0


def current_intent(now: float, settings: Settings, view: View, lease: Lease) -> Intent | None:
    """What a person asked of this epoch, if a majority has it."""
    found = [ballot.intent for ballot in view.ballots.values() if ballot.intent is not None]
    for one in found:
        life = LIFE_SECONDS.get(one.kind, DEFAULT_LIFE_SECONDS)
        if one.epoch == lease.epoch and now - one.at <= life and found.count(one) >= settings.quorum:
            return one
    return None


def is_writer_lost(now: float, me: str, settings: Settings, view: View, lease: Lease) -> bool:
    return is_agreed_lost(view.ballots, lease.writer, me, now=now, settings=settings)


def writer_failing_since(now: float, view: View, lease: Lease) -> float:
    """When the writer was last well: what was replicated then is what a failover keeps."""
    return failing_since(view.ballots, lease.writer, otherwise=now)


def refusals(
    now: float,
    me: str,
    settings: Settings,
    view: View,
    lease: Lease,
    *,
    asked: bool = False,
    forced: bool = False,
) -> list[str]:
    """Everything that forbids `me` to take over from the writer of `lease`, but for the lease itself.

    A person may ask where the controller is manual, and may force all but two things: the lease has to have
    ended (which this does not look at), and this region has to be well itself.
    """
    found = []
    if not is_well(view.ballots, me, me, now=now, settings=settings):
        found.append(f"{me} is not well itself")
    if forced:
        return found
    if not (settings.automatic or asked):
        found.append("the mode is manual")
    if me in lease.retired and not asked:
        found.append(f"{me} is retired until a person lets it back")
    if not is_writer_lost(now, me, settings, view, lease):
        found.append(
            f"no majority outside {lease.writer} has seen it fail for {settings.agreement:g} s in a row"
        )
    if not asked and (first := _earlier_successor(now, me, settings, view, lease)):
        found.append(f"{first} comes first in the order of succession")
    return found + lag_refusals(settings, view)


def lag_refusals(settings: Settings, view: View) -> list[str]:
    """The databases that would lose more than RPO seconds of writes, or nobody knows how much."""
    found = []
    for name in settings.databases:
        lag = (view.lags or {}).get(name)
        if lag is None:
            found.append(f"nobody knows how far the replica of {name} lags")
        elif lag > settings.rpo:
            found.append(f"the replica of {name} lagged {lag:.1f} s, more than {settings.rpo:g} s")
    return found


def _earlier_successor(now: float, me: str, settings: Settings, view: View, lease: Lease) -> str | None:
    """A region before this one in the succession that could take over; it gets `patience` seconds."""
    if now > lease.until + settings.guard + settings.patience:
        return None
    for region in settings.regions[: settings.regions.index(me)]:
        eligible = region != lease.writer and region not in lease.retired
        if eligible and is_well(view.ballots, region, me, now=now, settings=settings):
            return region
    return None
