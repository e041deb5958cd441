"""What a failover left behind: rows that only the lost region had. Reported, never silently dropped.

When the lost region returns, Aurora keeps a snapshot of its volume as it was, named
rds:unplanned-global-failover-..., before it makes the region a replica (Amazon Aurora User Guide, "Recovering
an Amazon Aurora global database from an unplanned outage"). `reconcile` is asked twice, because no function
may query another region's cluster: in the lost region it restores the snapshot beside the cluster and lists
the rows that were written since a time; in the writer's region it is given the list and answers which rows
are missing there. A third call, with done, removes the restored cluster.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from controller.global_databases import GlobalDatabase, GlobalDatabases, call_aws
from controller.ports import Failed

SNAPSHOT_PREFIX = "rds:unplanned-global-failover-"
SUFFIX = "-kept"
# Below the 1 MiB that a Data API answer may have, and the 6 MB of a function's.
PAGE_ROWS = 500


def reconcile(databases: GlobalDatabases, asked: Mapping[str, Any]) -> dict[str, Any]:
    """One step for the database `asked` for, or the only one; what it found, or why it found nothing."""
    name = str(asked.get("database") or next(iter(databases.databases), ""))
    entry = databases.databases.get(name)
    if entry is None:
        return _refusal(f"{name or 'a database'} is none of {', '.join(databases.databases) or 'none'}")
    try:
        if "rows" in asked:
            return _report("compared", missing=missing_rows(databases, entry, asked["rows"]))
        if asked.get("done") is True:
            return _remove_restored_cluster(databases, entry)
        return _list_kept_rows(databases, entry, float(asked.get("since", 0.0)))
    except Failed as failure:
        return _refusal(str(failure))


def missing_rows(databases: GlobalDatabases, entry: GlobalDatabase, rows: list[Any]) -> list[Any]:
    """Those of the kept rows whose key the writer, this region's cluster, does not have."""
    keys = [str(row["key"]) for row in rows]
    found = _query(
        databases,
        entry,
        databases.arn(entry),
        "SELECT key FROM antipode.missing_keys(:keys::jsonb)",
        {"keys": json.dumps(keys)},
    )
    lacking = {row["key"] for row in found}
    return [row for row in rows if row["key"] in lacking]


def _list_kept_rows(databases: GlobalDatabases, entry: GlobalDatabase, since: float) -> dict[str, Any]:
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
    if clusters[0]["Status"] != "available" or any(i["DBInstanceStatus"] != "available" for i in instances):
        return _report("restoring", steps=["ask again in a few minutes"])
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
        steps=["give `rows` to reconcile in the writer's region", "then ask here with done"],
    )


def _restore_snapshot(databases: GlobalDatabases, entry: GlobalDatabase, identifier: str) -> dict[str, Any]:
    """Restore the newest kept snapshot beside this region's cluster, with an instance like its own."""
    rds = databases.client("rds", databases.me)
    own = entry.clusters[databases.me]
    snapshots = call_aws(
        lambda: rds.describe_db_cluster_snapshots(DBClusterIdentifier=own)["DBClusterSnapshots"]
    )
    kept = [one for one in snapshots if one["DBClusterSnapshotIdentifier"].startswith(SNAPSHOT_PREFIX)]
    if not kept:
        return _report("nothing was kept", rows=[], more=False)
    newest = max(kept, key=lambda one: str(one.get("SnapshotCreateTime", "")))
    cluster = call_aws(lambda: rds.describe_db_clusters(DBClusterIdentifier=own)["DBClusters"])[0]
    member = cluster["DBClusterMembers"][0]["DBInstanceIdentifier"]
    like = call_aws(lambda: rds.describe_db_instances(DBInstanceIdentifier=member)["DBInstances"])[0]
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
            DBInstanceClass=like["DBInstanceClass"],
            Engine=cluster["Engine"],
            PubliclyAccessible=False,
        )
    )
    return _report(
        "restoring", snapshot=newest["DBClusterSnapshotIdentifier"], steps=["ask again in a few minutes"]
    )


def _remove_restored_cluster(databases: GlobalDatabases, entry: GlobalDatabase) -> dict[str, Any]:
    rds = databases.client("rds", databases.me)
    identifier = entry.clusters[databases.me] + SUFFIX
    call_aws(lambda: rds.delete_db_instance(DBInstanceIdentifier=f"{identifier}-1", SkipFinalSnapshot=True))
    call_aws(lambda: rds.delete_db_cluster(DBClusterIdentifier=identifier, SkipFinalSnapshot=True))
    return _report("removed", steps=["the snapshot itself is kept: delete it when nobody needs it any more"])


def _query(
    databases: GlobalDatabases, entry: GlobalDatabase, cluster: str, sql: str, values: Mapping[str, Any]
) -> list[dict[str, Any]]:
    answer = call_aws(
        lambda: databases.client("rds-data", databases.me).execute_statement(
            resourceArn=cluster,
            secretArn=entry.admin_secret,
            database=entry.database,
            sql=sql,
            parameters=[{"name": name, "value": _typed(value)} for name, value in values.items()],
            formatRecordsAs="JSON",
        )
    )
    rows: list[dict[str, Any]] = json.loads(answer.get("formattedRecords") or "[]")
    return rows


def _typed(value: object) -> dict[str, Any]:
    if isinstance(value, str):
        return {"stringValue": value}
    return {"longValue": value} if isinstance(value, int) else {"doubleValue": value}


def _report(state: str, *, steps: list[str] | None = None, **report: Any) -> dict[str, Any]:
    return {"allowed": True, "reasons": [], "steps": steps or [], "report": {"state": state, **report}}


def _refusal(reason: str) -> dict[str, Any]:
    return {"allowed": False, "reasons": [reason], "steps": []}
