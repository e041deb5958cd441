"""The conditions for taking the lease from a region that has not handed it over. Pure."""

from __future__ import annotations

from controller.lease import FAILOVER, Lease, Settings
from controller.observation import failing_since, is_agreed_lost, is_well
from controller.view import Intent, View

# An intent is ignored after this many seconds, so that nothing moves an hour after the command.
LIFE_SECONDS = {FAILOVER: 300.0}
DEFAULT_LIFE_SECONDS = 60.0


def current_intent(now: float, settings: Settings, view: View, lease: Lease) -> Intent | None:
    """The command of a person for this epoch that a majority of the voters holds, if it is recent enough."""
    intents = [ballot.intent for ballot in view.ballots.values() if ballot.intent is not None]
    for intent in intents:
        life = LIFE_SECONDS.get(intent.kind, DEFAULT_LIFE_SECONDS)
        is_current = intent.epoch == lease.epoch and now - intent.at <= life
        if is_current and intents.count(intent) >= settings.quorum:
            return intent
    return None


def is_writer_lost(now: float, me: str, settings: Settings, view: View, lease: Lease) -> bool:
    """Whether the voters agree that the writer of `lease` is lost."""
    return is_agreed_lost(view.ballots, lease.writer, me, now=now, settings=settings)


def writer_failing_since(now: float, view: View, lease: Lease) -> float:
    """When the writer began to fail. A failover keeps the rows that were replicated by then."""
    return failing_since(view.ballots, lease.writer, otherwise=now)


def refusals(
    now: float,
    me: str,
    settings: Settings,
    view: View,
    lease: Lease,
    *,
    requested: bool = False,
    forced: bool = False,
) -> list[str]:
    """The reasons why `me` must not take over from the writer of `lease`. The lease itself is not checked.

    `requested`: a person ran the command failover, so manual mode, retirement and succession do not matter.
    `forced`: only the health of this region matters.
    """
    reasons = []
    if not is_well(view.ballots, me, me, now=now, settings=settings):
        reasons.append(f"{me} is not well: run status to see why")
    if forced:
        return reasons
    if not (settings.automatic or requested):
        reasons.append("the mode is manual: run failover to take over")
    if me in lease.retired and not requested:
        reasons.append(f"{me} is retired: run failover to let it take over")
    if not is_writer_lost(now, me, settings, view, lease):
        reasons.append(
            f"no majority of the voters has seen {lease.writer} fail for {settings.agreement:g} s in a row"
        )
    if not requested and (earlier := _earlier_successor(now, me, settings, view, lease)):
        reasons.append(f"{earlier} comes before {me} in the order of succession")
    return reasons + lag_refusals(settings, view)


def lag_refusals(settings: Settings, view: View) -> list[str]:
    """One reason for each database whose lag at the fault is unknown or more than RPO."""
    reasons = []
    for name in settings.databases:
        lag = (view.lags or {}).get(name)
        if lag is None:
            reasons.append(f"the replication lag of {name} is unknown: CloudWatch has no recent data point")
        elif lag > settings.rpo:
            reasons.append(f"the replica of {name} lagged {lag:.1f} s, more than {settings.rpo:g} s")
    return reasons


def _earlier_successor(now: float, me: str, settings: Settings, view: View, lease: Lease) -> str | None:
    """A healthy region before this one in the succession. It has `patience` seconds to take over first."""
    if now > lease.until + settings.guard + settings.patience:
        return None
    for region in settings.regions[: settings.regions.index(me)]:
        eligible = region != lease.writer and region not in lease.retired
        if eligible and is_well(view.ballots, region, me, now=now, settings=settings):
            return region
    return None
