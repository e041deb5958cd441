"""RES008: what replicas copy faithfully, a deletion too, can be fetched back in every region."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from generator.manifest import implied
from generator.tiers import backups
from policies.finding import Finding
from policies.resilience.estate import Estate
from policies.resilience.needs import bucket
from policies.resilience.plan_json import Json, Resource
from policies.resilience.tables import replicas

RULE: Final = "RES008"
TABLES: Final = "Amazon DynamoDB Developer Guide, Point-in-time backups for DynamoDB"
OBJECTS: Final = "Amazon S3 User Guide, Retaining multiple versions of objects with S3 Versioning"
CLUSTERS: Final = "Amazon Aurora User Guide, Overview of backing up and restoring an Aurora DB cluster"
COPIES: Final = "AWS Backup Developer Guide, Creating backup copies across AWS Regions"
SELECTIONS: Final = "AWS Backup Developer Guide, Select AWS services to backup"
ADVANCED: Final = "AWS Backup Developer Guide, Advanced DynamoDB backup"
SHARED: Final = "AWS Backup Developer Guide, Assign resources with AWS CLI: Shared resource types"
LEAST_DAYS: Final = 7


class Need(NamedTuple):
    """What `setting` of a region has to say of a type, its service in ARNs, and what happens without."""

    service: str
    type: str
    setting: str
    without: str
    source: str


NEEDS: Final = (
    Need(
        "dynamodb",
        "DynamoDB",
        "resource_type_management_preference",
        "backups of tables stay where they are made",
        ADVANCED,
    ),
    Need(
        "rds",
        "Aurora",
        "resource_type_opt_in_preference",
        "no backup of a cluster is made",
        SHARED,
    ),
)


def check(estate: Estate) -> Iterator[Finding]:
    for table in estate.everywhere("aws_dynamodb_table"):
        yield from _table(estate, table)
    for name in estate.manifest.data.buckets:
        for region in estate.regions:
            yield from _bucket(estate, name, region)
    for cluster in estate.everywhere("aws_rds_cluster"):
        yield from _cluster(estate, cluster)
    yield from _copies(estate)


def _table(estate: Estate, table: Resource) -> Iterator[Finding]:
    name = table.values.get("name")
    backed_up = {table.region: table.block("point_in_time_recovery").get("enabled") is True}
    backed_up |= {
        region: replica.get("point_in_time_recovery") is True
        for region, replica in replicas(estate, table).items()
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
    """Backups lie beside what they are of; a copy elsewhere takes a plan, a selection and two vaults."""
    stores = implied.backed_up(estate.manifest)
    plans = [plan for plan in estate.everywhere("aws_backup_plan") if _copy_actions(plan)]
    if not stores or (estate.manifest.data.backups is None and not plans):
        if stores:
            yield _uncopied(stores)
        return
    for plan in plans:
        yield from _vaults(estate, plan)
        yield from _switched_on(estate, plan)
    yield from _meant(estate, plans)
    selected = [arn for plan in plans for arn in _selected(estate, plan)]
    for name, arn in stores.items():
        if arn not in selected:
            yield _finding(
                estate,
                estate.manifest.lead_region,
                f"no backup of {name} is copied: no selection of a plan that copies names {arn}",
                "name it in resource_arns of data/backup_plan; data.backups names every table and database",
                SELECTIONS,
            )


def _uncopied(stores: Mapping[str, str]) -> Finding:
    return Finding(
        rule=RULE,
        severity="warning",
        where="data",
        message=f"no backup of {', '.join(stores)} is copied to a vault of another region: "
        "point-in-time recovery "
        "and automated backups lie in the region, the account and the reach of whoever deletes the store",
        fix="set data.backups: {} to copy them to every other region",
        source=COPIES,
    )


def _copy_actions(plan: Resource) -> list[Json]:
    return [copy for rule in plan.blocks("rule") for copy in rule.get("copy_action") or ()]


def _destinations(plan: Resource) -> list[str]:
    return [copy["destination_vault_arn"] for copy in _copy_actions(plan)]


def _vaults(estate: Estate, plan: Resource) -> Iterator[Finding]:
    """The vault that a plan backs up into, and those that it copies to: AWS Backup makes none by itself."""
    there = {(vault.region, vault.values.get("name")) for vault in estate.everywhere("aws_backup_vault")}
    for name in dict.fromkeys(rule.get("target_vault_name") for rule in plan.blocks("rule")):
        if (plan.region, name) not in there:
            yield _finding(
                estate,
                plan.where,
                f"backs up into the vault {name}, and {plan.region} has no such vault",
                "call data/backup_vault there, and `make generate`",
                COPIES,
            )
    for arn in _destinations(plan):
        _, _, _, region, account, _, name = arn.split(":")
        if region == plan.region:
            yield _finding(
                estate,
                plan.where,
                f"copies to {arn} in its own region: what takes {region} takes the backup and its copy",
                "name other regions in data.backups.copies.regions",
                COPIES,
            )
        # a vault of another account is in no plan of ours
        elif account == estate.manifest.account_id and (region, name) not in there:
            yield _finding(
                estate,
                plan.where,
                f"copies to {arn}, and {region} has no such vault: every copy job fails, the backups do not",
                "call data/backup_vault there, and `make generate`",
                COPIES,
            )


def _switched_on(estate: Estate, plan: Resource) -> Iterator[Finding]:
    """What a region's settings have to say of the types that a plan backs up there."""
    found = [each for each in estate.everywhere("aws_backup_region_settings") if each.region == plan.region]
    arns = _selected(estate, plan)
    for need in NEEDS:
        said = any((each.values.get(need.setting) or {}).get(need.type) is True for each in found)
        if not said and any(f":{need.service}:" in arn for arn in arns):
            yield _finding(
                estate,
                plan.where,
                f"the settings of {plan.region} do not say {need.setting} {need.type}: {need.without}",
                "call data/backup_settings there, and `make generate`",
                need.source,
            )


def _meant(estate: Estate, plans: Sequence[Resource]) -> Iterator[Finding]:
    """What the manifest asks for, where no plan does it."""
    found = {arn for plan in plans for arn in _destinations(plan)}
    for region in implied.copy_regions(estate.manifest):
        if (arn := backups.vault_arn(estate.manifest, region)) not in found:
            yield _finding(
                estate,
                estate.manifest.lead_region,
                f"data.backups asks for copies in {region}, and no plan copies to {arn}",
                "run `make generate`",
                COPIES,
            )


def _selected(estate: Estate, plan: Resource) -> list[str]:
    return [
        arn
        for selection in estate.everywhere("aws_backup_selection")
        if selection.refers_to("plan_id", plan)
        for arn in selection.values.get("resources") or ()
    ]


def _finding(estate: Estate, where: str, message: str, fix: str, source: str) -> Finding:
    """An environment that nothing protects from deletion is a trial, and says so."""
    severity = "error" if estate.manifest.operations.protect else "warning"
    return Finding(rule=RULE, severity=severity, where=where, message=message, fix=fix, source=source)
