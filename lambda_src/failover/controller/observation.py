"""The health of a region as the voters see it. Pure.

Observations without a break add up to a duration; the durations of a majority make an agreement.
"""

from __future__ import annotations

from collections.abc import Mapping

from controller.lease import Settings
from controller.view import Ballot, Observation


def next_observation(
    previous: Observation | None, *, well: bool, cause: str, now: float, settings: Settings
) -> Observation:
    """The observation after one more probe. A change of health or a missed probe resets `since`."""
    continues = previous is not None and previous.well == well and now - previous.seen_at <= settings.fresh
    since = previous.since if previous is not None and continues else now
    return Observation(seen_at=now, well=well, since=since, cause="" if well else cause)


def seconds_seen(
    ballots: Mapping[str, Ballot], region: str, *, well: bool, now: float, settings: Settings
) -> dict[str, float]:
    """Seconds without a break for which each voter has seen the region well (or not), up to its last probe.

    The region's own voter does not count, nor do voters out of reach or with an old observation.
    """
    durations: dict[str, float] = {}
    for voter, ballot in ballots.items():
        observation = ballot.observations.get(region)
        if voter == region or observation is None or observation.well != well:
            continue
        if _is_fresh(observation, now, settings):
            durations[voter] = observation.seen_at - observation.since
    return durations


def is_agreed_lost(
    ballots: Mapping[str, Ballot], region: str, me: str, *, now: float, settings: Settings
) -> bool:
    """Whether a majority of the voters has seen the region fail for AGREEMENT seconds without a break.

    This region must be one of them. The failing region's own voter does not count.
    """
    durations = seconds_seen(ballots, region, well=False, now=now, settings=settings)
    agreeing = {voter for voter, seconds in durations.items() if seconds >= settings.agreement}
    return me in agreeing and len(agreeing) >= settings.quorum


def is_cut_off(
    ballots: Mapping[str, Ballot], writer: str, me: str, *, now: float, settings: Settings
) -> bool:
    """Whether this region alone has not reached the writer for AGREEMENT seconds.

    Another voter sees the writer well, so the link between the two regions has failed, and this region cannot
    forward writes.
    """
    seconds = seconds_seen(ballots, writer, well=False, now=now, settings=settings).get(me)
    others = [voter for voter in ballots if voter not in (me, writer)]
    return (
        seconds is not None
        and seconds >= settings.agreement
        and any(is_well(ballots, writer, other, now=now, settings=settings) for other in others)
    )


def is_well(ballots: Mapping[str, Ballot], region: str, by: str, *, now: float, settings: Settings) -> bool:
    """Whether the latest observation of the region by the voter `by` is fresh and says well."""
    ballot = ballots.get(by)
    observation = ballot.observations.get(region) if ballot else None
    return observation is not None and observation.well and _is_fresh(observation, now, settings)


def failing_since(ballots: Mapping[str, Ballot], region: str, *, otherwise: float) -> float:
    """When the first of the other voters saw the region begin to fail; `otherwise` if none sees it fail."""
    starts = [
        ballot.observations[region].since
        for voter, ballot in ballots.items()
        if voter != region and region in ballot.observations and not ballot.observations[region].well
    ]
    return min(starts, default=otherwise)


def _is_fresh(observation: Observation, now: float, settings: Settings) -> bool:
    return now - observation.seen_at <= settings.fresh + settings.guard
