"""RES008: what replicas copy faithfully, a deletion too, can be fetched back in every region."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from policies.finding import Finding
from policies.resilience.estate import Estate
from policies.resilience.needs import bucket
from policies.resilience.plan_json import Resource

RULE: Final = "RES008"
TABLES: Final = "Amazon DynamoDB Developer Guide, Point-in-time backups for DynamoDB"
OBJECTS: Final = "Amazon S3 User Guide, Retaining multiple versions of objects with S3 Versioning"
CLUSTERS: Final = "Amazon Aurora User Guide, Overview of backing up and restoring an Aurora DB cluster"
COPIES: Final = "AWS Backup Developer Guide, Creating backup copies across AWS Regions"
LEAST_DAYS: Final = 7


def check(estate: Estate) -> Iterator[Finding]:
    for table in estate.everywhere("aws_dynamodb_table"):
        yield from _table(estate, table)
    for name in estate.manifest.data.buckets:
        for region in estate.serving:
            yield from _bucket(estate, name, region)
    for cluster in estate.everywhere("aws_rds_cluster"):
        yield from _cluster(estate, cluster)
    yield from _copies(estate)


def _table(estate: Estate, table: Resource) -> Iterator[Finding]:
    name = table.values.get("name")
    backed_up = {table.region: table.block("point_in_time_recovery").get("enabled") is True}
    backed_up |= {
        replica["region_name"]: replica.get("point_in_time_recovery") is True
        for replica in table.blocks("replica")
    }
    for region, good in backed_up.items():
        if not good:
            yield _finding(
                estate,
                table.where,
                f"table {name} has no point-in-time recovery in {region}: a deletion reaches every replica "
                "within "
                "a second and stays",
                "set data.tables.<name>.point_in_time_recovery: true",
                TABLES,
            )


def _bucket(estate: Estate, name: str, region: str) -> Iterator[Finding]:
    full = bucket(estate.manifest, name, region)
    holders = [
        each for each in estate.resources(region, "aws_s3_bucket") if each.values.get("bucket") == full
    ]
    for holder in holders:
        kept = [
            each.block("versioning_configuration").get("status")
            for each in estate.resources(region, "aws_s3_bucket_versioning")
            if each.module == holder.module and "access_log" not in each.address
        ]
        if kept != ["Enabled"]:
            yield _finding(
                estate,
                holder.where,
                f"bucket {full} keeps no earlier versions: what is overwritten or deleted is gone, here and "
                "in its "
                "replicas",
                "call data/bucket, which keeps versions, and `make generate`",
                OBJECTS,
            )


def _cluster(estate: Estate, cluster: Resource) -> Iterator[Finding]:
    days = cluster.values.get("backup_retention_period") or 1
    if days < LEAST_DAYS:
        yield _finding(
            estate,
            cluster.where,
            f"cluster {cluster.values.get('cluster_identifier')} keeps backups for {days} d, {LEAST_DAYS} d "
            "at least "
            "leave time to notice what went wrong",
            "set data.databases.<name>.backup_days to 7 or more",
            CLUSTERS,
        )


def _copies(estate: Estate) -> Iterator[Finding]:
    """Backups lie beside what they are of. A copy elsewhere takes AWS Backup; no module makes one yet."""
    manifest = estate.manifest
    stores = [*manifest.data.tables, *manifest.data.databases]
    copied = any(
        rule.get("copy_action")
        for plan in estate.everywhere("aws_backup_plan")
        for rule in plan.blocks("rule")
    )
    if stores and not copied:
        yield Finding(
            rule=RULE,
            severity="warning",
            where="data",
            message=f"no backup of {', '.join(stores)} is copied to a vault of another region: "
            "point-in-time recovery "
            "and automated backups lie in the region, the account and the reach of whoever deletes the store",
            fix="copy them with AWS Backup to a vault in another region, best of another account; this "
            "project has no module for it yet",
            source=COPIES,
        )


def _finding(estate: Estate, where: str, message: str, fix: str, source: str) -> Finding:
    """An environment that nothing protects from deletion is a trial, and says so."""
    severity = "error" if estate.manifest.operations.protect else "warning"
    return Finding(rule=RULE, severity=severity, where=where, message=message, fix=fix, source=source)
