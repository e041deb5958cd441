"""Contradictions between stores, and between a store and the rest of the manifest."""

from __future__ import annotations

from collections.abc import Iterator

from generator import naming
from generator.manifest.environment import Manifest
from generator.manifest.problems import Contradiction
from generator.regions import REGIONS

# Amazon S3 User Guide, "General purpose bucket naming rules"
MAX_BUCKET_NAME = 63


def contradictions(manifest: Manifest) -> Iterator[Contradiction]:
    stores = [*manifest.data.tables, *manifest.data.buckets, *manifest.data.databases]
    for name in sorted({name for name in stores if stores.count(name) > 1}):
        yield ("data",), f"has two stores called {name}; each name stands for one", name
    for name in manifest.objectives.stores:
        if name not in stores:
            known = ", ".join(stores) or "none is declared"
            yield ("objectives", "stores", name), f"is not a store of data ({known})", name
    for name in manifest.data.buckets:
        for region in manifest.regions:
            full = f"{manifest.name}-{name}-{manifest.account_id}-{region}"
            if region in REGIONS and len(bucket_name(manifest, name, region)) > MAX_BUCKET_NAME:
                yield (
                    ("data", "buckets", name),
                    f"makes a bucket name above {MAX_BUCKET_NAME} characters with the environment's name",
                    full,
                )
                break
    if not manifest.data.databases:
        return
    for region, settings in manifest.regions.items():
        if settings.cidr is None:
            yield ("regions", region, "cidr"), "is missing; databases need a network in every region", None
    if manifest.failover is None:
        yield (
            ("failover",),
            "is missing; AWS never promotes Aurora across regions by itself, so databases need the failover "
            "controller: failover: {witness: <a third region>}",
            None,
        )
    for name, database in manifest.data.databases.items():
        if database.rpo_guard is not None and not 20 <= database.rpo_guard <= 2_147_483_647:
            yield (
                ("data", "databases", name, "rpo_guard"),
                "must be 20s or more (rds.global_db_rpo)",
                database.rpo_guard,
            )


def bucket_name(manifest: Manifest, name: str, region: str) -> str:
    return naming.bucket(manifest.name, name, manifest.account_id, region)
