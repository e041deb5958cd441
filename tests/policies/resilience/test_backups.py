"""RES008 on real plans whose backups were switched off."""

from __future__ import annotations

from typing import Any

import pytest

from generator import naming
from generator.manifest import Manifest
from generator.manifest.backups import Backups
from generator.manifest.implied import backed_up, copy_regions
from generator.tiers.backups import vault_arn
from policies.finding import Finding
from policies.resilience.backups import (
    ADVANCED,
    CLUSTERS,
    COPIES,
    OBJECTS,
    SELECTIONS,
    SHARED,
    TABLES,
)
from tests.policies.resilience.changed_plans import (
    ACTIVE_STANDBY,
    GLOBAL,
    Change,
    edited,
    found,
    manifest,
    values,
    with_resource,
    without,
)

TABLE = "module.table_items.aws_dynamodb_table.this"


def copies(stores: str) -> Finding:
    return Finding(
        rule="RES008",
        severity="warning",
        where="data",
        message=f"no backup of {stores} is copied to a vault of another region: point-in-time recovery and "
        "automated "
        "backups lie in the region, the account and the reach of whoever deletes the store",
        fix="set data.backups: {} to copy them to every other region",
        source=COPIES,
    )


def no_recovery(region: str, severity: str) -> Finding:
    return Finding(
        rule="RES008",
        severity=severity,
        where=f"data: {TABLE}",
        message=f"table active-standby-api-items has no point-in-time recovery in {region}: a deletion "
        "reaches every "
        "replica within a second and stays",
        fix="set data.tables.<name>.point_in_time_recovery: true",
        source=TABLES,
    )


def test_a_separate_replica_without_point_in_time_recovery_is_found() -> None:
    separate = with_resource(
        "data",
        "aws_dynamodb_table_replica.this",
        "aws_dynamodb_table_replica",
        provider="aws.usw2",
        global_table_arn="arn:aws:dynamodb:us-east-1:123456789012:table/active-standby-api-items",
        point_in_time_recovery=False,
    )
    assert found("RES008", ACTIVE_STANDBY, values("data", TABLE, replica=[]), separate) == [
        no_recovery("us-west-2", "error"),
        copies("items"),
    ]


def test_a_replica_without_point_in_time_recovery_is_found() -> None:
    def off(table: Any) -> None:
        table["replica"][0]["point_in_time_recovery"] = False

    assert found("RES008", ACTIVE_STANDBY, edited("data", TABLE, off)) == [
        no_recovery("us-west-2", "error"),
        copies("items"),
    ]


def test_where_nothing_is_protected_it_is_a_warning() -> None:
    meant = manifest(ACTIVE_STANDBY)
    trial = meant.model_copy(update={"operations": meant.operations.model_copy(update={"protect": False})})
    change = values("data", TABLE, point_in_time_recovery=[{"enabled": False}])
    assert found("RES008", ACTIVE_STANDBY, change, meant=trial) == [
        no_recovery("us-east-1", "warning"),
        copies("items"),
    ]


def test_a_bucket_without_versions_is_found() -> None:
    address = "module.bucket_files.aws_s3_bucket_versioning.this"
    suspended = values("us-east-1", address, versioning_configuration=[{"status": "Suspended"}])
    expected = Finding(
        rule="RES008",
        severity="error",
        where="us-east-1: module.bucket_files.aws_s3_bucket.this",
        message="bucket global-serverless-files-123456789012-use1 keeps no earlier versions: what is "
        "overwritten or "
        "deleted is gone, here and in its replicas",
        fix="call data/bucket, which keeps versions, and `make generate`",
        source=OBJECTS,
    )
    assert found("RES008", GLOBAL, suspended) == [expected, copies("items, orders")]
    assert found("RES008", GLOBAL, without("us-east-1", address)) == [expected, copies("items, orders")]


def test_backups_of_a_day_are_found() -> None:
    address = "module.database_orders.aws_rds_cluster.this"
    assert found("RES008", GLOBAL, values("eu-west-1", address, backup_retention_period=1)) == [
        Finding(
            rule="RES008",
            severity="error",
            where=f"eu-west-1: {address}",
            message="cluster global-serverless-orders-euw1 keeps backups for 1 d, 7 d at least leave time "
            "to notice "
            "what went wrong",
            fix="set data.databases.<name>.backup_days to 7 or more",
            source=CLUSTERS,
        ),
        copies("items, orders"),
    ]


PLAN = "aws_backup_plan.this"
WEST_VAULT = "arn:aws:backup:us-west-2:123456789012:backup-vault:active-standby-api-backups-usw2"
ITEMS = "arn:aws:dynamodb:us-east-1:123456789012:table/active-standby-api-items"


def meant(environment: str, backups: Backups) -> Manifest:
    wanted = manifest(environment)
    return wanted.model_copy(update={"data": wanted.data.model_copy(update={"backups": backups})})


def vault(wanted: Manifest, region: str) -> Change:
    name = naming.backup_vault(wanted.name, region)
    return with_resource(region, "aws_backup_vault.this", "aws_backup_vault", name=name)


def plan(wanted: Manifest, *destinations: str) -> Change:
    lead = wanted.lead_region
    rule = {
        "target_vault_name": naming.backup_vault(wanted.name, lead),
        "copy_action": [{"destination_vault_arn": arn} for arn in destinations],
    }
    return with_resource(lead, PLAN, "aws_backup_plan", rule=[rule])


def copied(wanted: Manifest) -> dict[str, Change]:
    """What the modules make of data.backups, piece by piece."""
    lead, regions = wanted.lead_region, copy_regions(wanted)
    return {
        "settings": with_resource(
            lead,
            "aws_backup_region_settings.this",
            "aws_backup_region_settings",
            resource_type_management_preference={"DynamoDB": True},
            resource_type_opt_in_preference={"Aurora": True, "DynamoDB": True},
        ),
        "plan": plan(wanted, *(vault_arn(wanted, region) for region in regions)),
        "selection": with_resource(
            lead,
            "aws_backup_selection.this",
            "aws_backup_selection",
            refers_to={"plan_id": PLAN},
            resources=list(backed_up(wanted).values()),
        ),
        **{region: vault(wanted, region) for region in (lead, *regions)},
    }


def found_without(
    *missing: str, environment: str = ACTIVE_STANDBY, instead: Change | None = None
) -> list[Finding]:
    wanted = meant(environment, Backups())
    pieces = {name: change for name, change in copied(wanted).items() if name not in missing}
    return found("RES008", environment, *pieces.values(), *([instead] if instead else []), meant=wanted)


def finding(where: str, message: str, fix: str, source: str) -> Finding:
    return Finding(rule="RES008", severity="error", where=where, message=message, fix=fix, source=source)


@pytest.mark.parametrize("environment", [ACTIVE_STANDBY, GLOBAL])
def test_copies_of_every_table_and_database_end_the_warning(environment: str) -> None:
    assert found_without(environment=environment) == []


def test_a_vault_that_backups_or_copies_go_to_and_that_is_not_there_is_found() -> None:
    fix = "call data/backup_vault there, and `make generate`"
    assert found_without("us-east-1", "us-west-2") == [
        finding(
            f"us-east-1: {PLAN}",
            "backs up into the vault active-standby-api-backups-use1, and us-east-1 has no such vault",
            fix,
            COPIES,
        ),
        finding(
            f"us-east-1: {PLAN}",
            f"copies to {WEST_VAULT}, and us-west-2 has no such vault: every copy job fails, the backups do "
            "not",
            fix,
            COPIES,
        ),
    ]


def test_a_store_that_no_selection_names_is_found() -> None:
    name_it = "name it in resource_arns of data/backup_plan; data.backups names every table and database"
    cluster = "arn:aws:rds:us-east-1:123456789012:cluster:global-serverless-orders-use1"
    tables = with_resource(
        "us-east-1",
        "aws_backup_selection.this",
        "aws_backup_selection",
        refers_to={"plan_id": PLAN},
        resources=["arn:aws:dynamodb:us-east-1:123456789012:table/global-serverless-items"],
    )
    assert found_without("selection") == [
        finding(
            "us-east-1",
            f"no backup of items is copied: no selection of a plan that copies names {ITEMS}",
            name_it,
            SELECTIONS,
        )
    ]
    assert found_without("selection", environment=GLOBAL, instead=tables) == [
        finding(
            "us-east-1",
            f"no backup of orders is copied: no selection of a plan that copies names {cluster}",
            name_it,
            SELECTIONS,
        )
    ]


def test_the_selection_of_another_plan_does_not_count() -> None:
    other = with_resource(
        "us-east-1",
        "aws_backup_selection.this",
        "aws_backup_selection",
        refers_to={"plan_id": "aws_backup_plan.other"},
        resources=[ITEMS],
    )
    assert [each.source for each in found_without("selection", instead=other)] == [SELECTIONS]


def test_a_region_that_is_meant_to_have_copies_and_gets_none_is_found() -> None:
    wanted = meant(ACTIVE_STANDBY, Backups())
    asked = finding(
        "us-east-1",
        f"data.backups asks for copies in us-west-2, and no plan copies to {WEST_VAULT}",
        "run `make generate`",
        COPIES,
    )
    assert asked in found_without("plan", instead=plan(wanted))
    home = vault_arn(wanted, "us-east-1")
    assert found_without("plan", instead=plan(wanted, home)) == [
        finding(
            f"us-east-1: {PLAN}",
            f"copies to {home} in its own region: what takes us-east-1 takes the backup and its copy",
            "name other regions in data.backups.copies.regions",
            COPIES,
        ),
        asked,
    ]


def test_a_vault_of_another_account_is_taken_to_be_there() -> None:
    wanted = meant(ACTIVE_STANDBY, Backups())
    elsewhere = WEST_VAULT.replace("123456789012", "210987654321")
    both = plan(wanted, WEST_VAULT, elsewhere)
    assert found_without("plan", instead=both) == []


MANAGED = (
    "resource_type_management_preference DynamoDB: backups of tables stay where they are made",
    ADVANCED,
)
OPTED_IN = ("resource_type_opt_in_preference Aurora: no backup of a cluster is made", SHARED)


@pytest.mark.parametrize(
    ("environment", "expected"), [(GLOBAL, [MANAGED, OPTED_IN]), (ACTIVE_STANDBY, [MANAGED])]
)
def test_a_region_whose_settings_do_not_allow_it_is_found(
    environment: str, expected: list[tuple[str, str]]
) -> None:
    fix = "call data/backup_settings there, and `make generate`"
    assert found_without("settings", environment=environment) == [
        finding(f"us-east-1: {PLAN}", f"the settings of us-east-1 do not say {what}", fix, source)
        for what, source in expected
    ]


def test_a_plan_that_copies_without_the_manifest_is_judged_too() -> None:
    wanted = meant(ACTIVE_STANDBY, Backups())
    pieces = copied(wanted)
    assert found("RES008", ACTIVE_STANDBY, *pieces.values()) == []
    del pieces["us-west-2"]
    assert len(found("RES008", ACTIVE_STANDBY, *pieces.values())) == 1


def test_a_plan_that_copies_nothing_leaves_the_warning() -> None:
    assert found("RES008", ACTIVE_STANDBY, plan(manifest(ACTIVE_STANDBY))) == [copies("items")]
