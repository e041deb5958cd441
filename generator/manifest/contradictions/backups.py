"""Contradictions in the settings of backups."""

from __future__ import annotations

from collections.abc import Iterator

from generator.manifest import backups
from generator.manifest.environment import Manifest
from generator.manifest.problems import Contradiction


def contradictions(manifest: Manifest) -> Iterator[Contradiction]:
    settings = manifest.data.backups
    if settings is None:
        return
    key, copies = ("data", "backups"), settings.copies
    if not manifest.data.tables and not manifest.data.databases:
        yield (
            key,
            "has nothing to back up: data has no tables and no databases (a bucket keeps its own earlier "
            "versions)",
            None,
        )
    least = backups.INTERVALS[settings.schedule]
    for place, days in ((key, settings.keep_days), ((*key, "copies"), copies.keep_days)):
        if days < least:
            yield (
                (*place, "keep_days"),
                f"must be {least} or more with schedule: {settings.schedule}, or some days have no backup",
                days,
            )
    if settings.lock and not manifest.operations.protect:
        yield (
            (*key, "lock"),
            "must be false with operations.protect: false: what may be destroyed cannot keep its backups",
            True,
        )
    yield from _copy_regions(manifest, copies.regions or [])
    if copies.cold_after_days is None:
        return
    if not manifest.data.tables:
        yield (
            (*key, "copies", "cold_after_days"),
            "needs data.tables: copies of databases never move to cold storage",
            copies.cold_after_days,
        )
    if copies.keep_days - copies.cold_after_days < backups.LEAST_COLD_DAYS:
        yield (
            (*key, "copies", "cold_after_days"),
            f"must be {backups.LEAST_COLD_DAYS} or more below keep_days ({copies.keep_days}): cold storage "
            f"keeps a copy for {backups.LEAST_COLD_DAYS} days",
            copies.cold_after_days,
        )


def _copy_regions(manifest: Manifest, regions: list[str]) -> Iterator[Contradiction]:
    key = ("data", "backups", "copies", "regions")
    for region in dict.fromkeys(regions):
        others = [other for other in manifest.succession if other != manifest.lead_region]
        if region == manifest.lead_region:
            yield key, "must not name the lead region, which has the backups themselves", region
        elif region not in manifest.regions:
            yield key, f"must be of {', '.join(others)}", region
        elif manifest.regions[region].draining:
            yield key, "must not name a region that is draining: its vault goes with it", region
        if regions.count(region) > 1:
            yield key, "must name each region once", region
