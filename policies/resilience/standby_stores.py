"""RES001: what a route needs is there, and replicated, in every region that may have to answer it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations
from typing import Final

from generator import naming
from policies.finding import Finding
from policies.resilience.estate import Estate
from policies.resilience.needs import bucket, needed_functions, needed_stores
from policies.resilience.plan_json import Resource
from policies.resilience.tables import replicas

RULE: Final = "RES001"
TABLES: Final = "Amazon DynamoDB Developer Guide, How DynamoDB global tables work"
OBJECTS: Final = "Amazon S3 User Guide, Replicating objects within and across Regions"
CLUSTERS: Final = "Amazon Aurora User Guide, Using Amazon Aurora Global Database"
FUNCTIONS: Final = "Disaster Recovery of Workloads on AWS, Disaster recovery options in the cloud"


def check(estate: Estate) -> Iterator[Finding]:
    yield from _functions(estate)
    kinds = estate.manifest.data.stores()
    finders = {"table": _table, "bucket": _bucket, "database": _database}
    for store, needed_by in needed_stores(estate.manifest).items():
        yield from finders[kinds[store]](estate, store, needed_by)


def _functions(estate: Estate) -> Iterator[Finding]:
    for region in estate.regions:
        planned = {
            each.values.get("function_name") for each in estate.resources(region, "aws_lambda_function")
        }
        for name in needed_functions(estate.manifest):
            full = naming.function(estate.manifest.name, name, region)
            if full not in planned:
                yield _finding(
                    f"{region}: aws_lambda_function {full}",
                    f"function {name} answers a route and is not in {region}, so {region} cannot take over",
                    FUNCTIONS,
                )


def _table(estate: Estate, store: str, needed_by: str) -> Iterator[Finding]:
    full = naming.table(estate.manifest.name, store)
    tables = [each for each in estate.everywhere("aws_dynamodb_table") if each.values.get("name") == full]
    present = {each.region for each in tables}
    present |= {region for each in tables for region in replicas(estate, each)}
    where = tables[0].where if tables else f"data: aws_dynamodb_table {full}"
    for region in estate.regions:
        if region not in present:
            yield _finding(
                where,
                f"table {store}, which {needed_by} needs, has no replica in {region} (it has: "
                f"{_list(present)})",
                TABLES,
            )


def _bucket(estate: Estate, store: str, needed_by: str) -> Iterator[Finding]:
    manifest = estate.manifest
    for region in estate.regions:
        full = bucket(manifest, store, region)
        if full not in {each.values.get("bucket") for each in estate.resources(region, "aws_s3_bucket")}:
            yield _finding(
                f"{region}: aws_s3_bucket {full}",
                f"bucket {store}, which {needed_by} needs, is not in {region}",
                OBJECTS,
            )
    replicated = dict(_replicated(estate))
    for source, target in permutations(estate.regions, 2):
        full, other = bucket(manifest, store, source), bucket(manifest, store, target)
        if naming.bucket_arn(other, target) not in replicated.get(full, {}):
            yield _finding(
                f"interconnect: aws_s3_bucket_replication_configuration of {full}",
                f"bucket {store}, which {needed_by} needs, is not replicated from {source} to {target}",
                OBJECTS,
            )


def _replicated(estate: Estate) -> Iterator[tuple[str, set[str]]]:
    """(bucket, ARNs that all of its objects go to)."""
    for each in estate.everywhere("aws_s3_bucket_replication_configuration"):
        yield (
            str(each.values.get("bucket")),
            {
                destination["bucket"]
                for rule in each.blocks("rule")
                if rule.get("status") == "Enabled" and not _narrowed(rule)
                for destination in rule["destination"]
            },
        )


def _narrowed(rule: object) -> bool:
    """Whether a rule takes some objects only: a prefix, a tag, or both."""
    assert isinstance(rule, dict)
    filters = [each for each in rule.get("filter") or [] if each]
    return any(each.get("prefix") or each.get("tag") or each.get("and") for each in filters)


def _database(estate: Estate, store: str, needed_by: str) -> Iterator[Finding]:
    for region in estate.regions:
        full = naming.database_cluster(estate.manifest.name, store, region)
        cluster = next(
            (
                each
                for each in estate.resources(region, "aws_rds_cluster")
                if each.values.get("cluster_identifier") == full
            ),
            None,
        )
        joined = naming.global_cluster(estate.manifest.name, store)
        if cluster is None or cluster.values.get("global_cluster_identifier") != joined:
            yield _finding(
                cluster.where if cluster else f"{region}: aws_rds_cluster {full}",
                f"database {store}, which {needed_by} needs, has no member of {joined} in {region}",
                CLUSTERS,
            )
        elif not _instances(estate, cluster):
            yield _finding(
                cluster.where,
                f"database {store}, which {needed_by} needs, has no instance in {region}: it would have to "
                "be "
                "made during the failover",
                CLUSTERS,
            )


def _instances(estate: Estate, cluster: Resource) -> list[Resource]:
    return [
        each
        for each in estate.resources(cluster.stack, "aws_rds_cluster_instance")
        if each.module == cluster.module
    ]


def _list(regions: set[str]) -> str:
    return ", ".join(sorted(regions)) or "none"


def _finding(where: str, message: str, source: str) -> Finding:
    return Finding(
        rule=RULE,
        severity="error",
        where=where,
        message=message,
        fix="name the region under `regions` and run `make generate`; a root that was edited by hand is put "
        "right by it",
        source=source,
    )
