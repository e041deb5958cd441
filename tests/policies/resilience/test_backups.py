"""RES008 on real plans whose backups were switched off."""

from __future__ import annotations

from typing import Any

from changed_plans import ACTIVE_STANDBY, GLOBAL, edited, found, manifest, values, with_resource, without

from policies.finding import Finding
from policies.resilience.backups import CLUSTERS, COPIES, OBJECTS, TABLES

TABLE = "module.table_items.aws_dynamodb_table.this"


def copies(stores: str) -> Finding:
    return Finding(
        rule="RES008",
        severity="warning",
        where="data",
        message=f"no backup of {stores} is copied to a vault of another region: point-in-time recovery and "
        "automated "
        "backups lie in the region, the account and the reach of whoever deletes the store",
        fix="copy them with AWS Backup to a vault in another region, best of another account; this project "
        "has no "
        "module for it yet",
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


def test_a_backup_plan_that_copies_ends_the_warning() -> None:
    vault = "arn:aws:backup:us-west-2:123456789012:backup-vault:copies"

    def plan(**rule: Any) -> list[Finding]:
        change = with_resource("data", "aws_backup_plan.this", "aws_backup_plan", rule=[rule])
        return found("RES008", ACTIVE_STANDBY, change)

    assert plan(copy_action=[{"destination_vault_arn": vault}]) == []
    assert plan(copy_action=[]) == [copies("items")]
