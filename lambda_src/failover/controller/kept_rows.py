"""The rows that a failover left behind: only the lost region had them. The command reconcile reports them.

When the lost region returns, Aurora keeps a snapshot of its volume as it was, named
rds:unplanned-global-failover-..., before it makes the region a replica (Amazon Aurora User Guide, "Recovering
an Amazon Aurora global database from an unplanned outage"). No function may query another region's cluster,
so reconcile takes three calls:

1. In the lost region it restores the snapshot beside the cluster, and lists the rows since a time.
2. In the writer's region it takes that list as `rows`, and returns those that are missing there.
3. In the lost region, with `done`, it removes the restored cluster.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from controller.global_databases import GlobalDatabase, GlobalDatabases, call_aws
from controller.ports import Failed

SNAPSHOT_PREFIX = "rds:unplanned-global-failover-"
SUFFIX = "-kept"
# Keeps a response below the limits of the Data API (1 MiB) and of a Lambda function (6 MB).
PAGE_ROWS = 500


def reconcile(databases: GlobalDatabases, event: Mapping[str, Any]) -> dict[str, Any]:
    """One step for the database that the event names, or the first one. Returns a report or a refusal."""
    name = str(event.get("database") or next(iter(databases.databases), ""))
    entry = databases.databases.get(name)
    if entry is None:
        if not databases.databases:
            return _refusal("GLOBAL_CLUSTERS names no database: there is nothing to reconcile")
        return _refusal(f"{name} is not a database: choose one of {', '.join(databases.databases)}")
    try:
        if "rows" in event:
            return _report("compared", missing=missing_rows(databases, entry, event["rows"]))
        if event.get("done") is True:
            return _remove_restored_cluster(databases, entry)
        return _list_kept_rows(databases, entry, float(event.get("since", 0.0)))
    except Failed as failure:
        return _refusal(str(failure))


def missing_rows(databases: GlobalDatabases, entry: GlobalDatabase, rows: list[Any]) -> list[Any]:
    """The rows whose key this region's cluster, the writer, does not have."""
    keys = [str(row["key"]) for row in rows]
    records = _query(
        databases,
        entry,
        databases.arn(entry),
        "SELECT key FROM antipode.missing_keys(:keys::jsonb)",
        {"keys": json.dumps(keys)},
    )
    missing_keys = {record["key"] for record in records}
    return [row for row in rows if row["key"] in missing_keys]


def _list_kept_rows(databases: GlobalDatabases, entry: GlobalDatabase, since: float) -> dict[str, Any]:
    """The rows of the restored cluster since a time. Restores it first, if it does not exist."""
    rds = databases.client("rds", databases.me)
    identifier = entry.clusters[databases.me] + SUFFIX
    clusters = call_aws(
        lambda: rds.describe_db_clusters(Filters=[{"Name": "db-cluster-id", "Values": [identifier]}])[
            "DBClusters"
        ]
    )
    if not clusters:
        return _restore_snapshot(databases, entry, identifier)
    instances = call_aws(
        lambda: rds.describe_db_instances(Filters=[{"Name": "db-cluster-id", "Values": [identifier]}])[
            "DBInstances"
        ]
    )
    if clusters[0]["Status"] != "available" or any(
        instance["DBInstanceStatus"] != "available" for instance in instances
    ):
        return _report("restoring", steps=["run reconcile again in a few minutes"])
    rows = _query(
        databases,
        entry,
        clusters[0]["DBClusterArn"],
        "SELECT * FROM antipode.written_since(:since) LIMIT :limit",
        {"since": since, "limit": PAGE_ROWS + 1},
    )
    return _report(
        "listed",
        rows=rows[:PAGE_ROWS],
        more=len(rows) > PAGE_ROWS,
        steps=["run reconcile with `rows` in the writer's region", "then run it here with `done`"],
    )


def _restore_snapshot(databases: GlobalDatabases, entry: GlobalDatabase, identifier: str) -> dict[str, Any]:
    """Restore the newest kept snapshot beside this region's cluster, with an instance of the same class."""
    rds = databases.client("rds", databases.me)
    own = entry.clusters[databases.me]
    snapshots = call_aws(
        lambda: rds.describe_db_cluster_snapshots(DBClusterIdentifier=own)["DBClusterSnapshots"]
    )
    kept_snapshots = [
        snapshot
        for snapshot in snapshots
        if snapshot["DBClusterSnapshotIdentifier"].startswith(SNAPSHOT_PREFIX)
    ]
    if not kept_snapshots:
        return _report("nothing was kept", rows=[], more=False)
    newest = max(kept_snapshots, key=lambda snapshot: str(snapshot.get("SnapshotCreateTime", "")))
    cluster = call_aws(lambda: rds.describe_db_clusters(DBClusterIdentifier=own)["DBClusters"])[0]
    member = cluster["DBClusterMembers"][0]["DBInstanceIdentifier"]
    instance = call_aws(lambda: rds.describe_db_instances(DBInstanceIdentifier=member)["DBInstances"])[0]
    call_aws(
        lambda: rds.restore_db_cluster_from_snapshot(
            DBClusterIdentifier=identifier,
            SnapshotIdentifier=newest["DBClusterSnapshotIdentifier"],
            Engine=cluster["Engine"],
            DBSubnetGroupName=cluster["DBSubnetGroup"],
            VpcSecurityGroupIds=[group["VpcSecurityGroupId"] for group in cluster["VpcSecurityGroups"]],
            DBClusterParameterGroupName=cluster["DBClusterParameterGroup"],
            DeletionProtection=False,
            EnableHttpEndpoint=True,
        )
    )
    call_aws(
        lambda: rds.create_db_instance(
            DBInstanceIdentifier=f"{identifier}-1",
            DBClusterIdentifier=identifier,
            DBInstanceClass=instance["DBInstanceClass"],
            Engine=cluster["Engine"],
            PubliclyAccessible=False,
        )
    )
    return _report(
        "restoring",
        snapshot=newest["DBClusterSnapshotIdentifier"],
        steps=["run reconcile again in a few minutes"],
    )


def _remove_restored_cluster(databases: GlobalDatabases, entry: GlobalDatabase) -> dict[str, Any]:
    """Delete the restored cluster and its instance. The snapshot stays."""
    rds = databases.client("rds", databases.me)
    identifier = entry.clusters[databases.me] + SUFFIX
    call_aws(lambda: rds.delete_db_instance(DBInstanceIdentifier=f"{identifier}-1", SkipFinalSnapshot=True))
    call_aws(lambda: rds.delete_db_cluster(DBClusterIdentifier=identifier, SkipFinalSnapshot=True))
    return _report("removed", steps=["delete the snapshot when nobody needs it any more: it still exists"])


def _query(
    databases: GlobalDatabases, entry: GlobalDatabase, cluster: str, sql: str, values: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """The rows of a statement that the Data API runs on a cluster of this region."""
    response = call_aws(
        lambda: databases.client("rds-data", databases.me).execute_statement(
            resourceArn=cluster,
            secretArn=entry.admin_secret,
            database=entry.database,
            sql=sql,
            parameters=[{"name": name, "value": _typed(value)} for name, value in values.items()],
            formatRecordsAs="JSON",
        )
    )
    rows: list[dict[str, Any]] = json.loads(response.get("formattedRecords") or "[]")
    return rows


def _typed(value: object) -> dict[str, Any]:
    if isinstance(value, str):
        return {"stringValue": value}
    return {"longValue": value} if isinstance(value, int) else {"doubleValue": value}


def _report(state: str, *, steps: list[str] | None = None, **report: Any) -> dict[str, Any]:
    return {"allowed": True, "reasons": [], "steps": steps or [], "report": {"state": state, **report}}


def _refusal(reason: str) -> dict[str, Any]:
    return {"allowed": False, "reasons": [reason], "steps": []}
