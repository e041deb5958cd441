"""Seeing a region: one look after the other makes a run, runs of several voters an agreement. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from controller.lease import Settings
from controller.view import Ballot, Observation


def next_observation(
    before: Observation | None, *, well: bool, cause: str, now: float, settings: Settings
) -> Observation:
    """This look added to those before; a gap between two looks, or a change, begins a new run."""
    unbroken = before is not None and before.well == well and now - before.seen_at <= settings.fresh
    since = before.since if before is not None and unbroken else now
    return Observation(seen_at=now, well=well, since=since, cause="" if well else cause)


def seconds_seen(
    ballots: Mapping[str, Ballot], region: str, *, well: bool, now: float, settings: Settings
) -> dict[str, float]:
    """Seconds for which each voter outside the region has seen it well (or not), as of its last look.

    Only looks that are fresh count, and only those by voters that can be reached.
    """
    runs: dict[str, float] = {}
    for voter, ballot in ballots.items():
        seen = ballot.observations.get(region)
        if voter != region and seen is not None and seen.well == well and _is_fresh(seen, now, settings):
            runs[voter] = seen.seen_at - seen.since
    return runs


def is_agreed_lost(
    ballots: Mapping[str, Ballot], region: str, me: str, *, now: float, settings: Settings
) -> bool:
    """Whether a majority of the voters, this one among them and none in the region, have seen it fail for
    AGREEMENT seconds in a row."""
    runs = seconds_seen(ballots, region, well=False, now=now, settings=settings)
    agreed = {voter for voter, seconds in runs.items() if seconds >= settings.agreement}
    return me in agreed and len(agreed) >= settings.quorum


def is_cut_off(
    ballots: Mapping[str, Ballot], writer: str, me: str, *, now: float, settings: Settings
) -> bool:
    """Whether this region has not reached the writer for AGREEMENT seconds, while another voter sees it well:
    what is wrong lies between the two, and writes cannot be forwarded from here."""
    failed_for = seconds_seen(ballots, writer, well=False, now=now, settings=settings).get(me)
    others = [voter for voter in ballots if voter not in (me, writer)]
    return (
        failed_for is not None
        and failed_for >= settings.agreement
        and any(is_well(ballots, writer, other, now=now, settings=settings) for other in others)
    )


def is_well(ballots: Mapping[str, Ballot], region: str, by: str, *, now: float, settings: Settings) -> bool:
    """Whether the voter `by` has just seen the region well."""
    ballot = ballots.get(by)
    seen = ballot.observations.get(region) if ballot else None
    return seen is not None and seen.well and _is_fresh(seen, now, settings)


def failing_since(ballots: Mapping[str, Ballot], region: str, *, otherwise: float) -> float:
    """The earliest time at which one of the voters saw the region's present trouble begin."""
    starts = [
        ballot.observations[region].since
        for voter, ballot in ballots.items()
        if voter != region and region in ballot.observations and not ballot.observations[region].well
    ]
    return min(starts, default=otherwise)


def _is_fresh(seen: Observation, now: float, settings: Settings) -> bool:
    return now - seen.seen_at <= settings.fresh + settings.guard
