"""MiniStack's records of clusters, instances, global clusters and snapshots: what DescribeDB... answers from.

The control plane stays MiniStack's; this is the one place that knows how it keeps its books.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any, NamedTuple

from harness.sandbox.requests.addresses import Address

ENGINE = "aurora-postgresql"
_ZONE = "Z2R2ITUGPM61AM"

Record = dict[str, Any]


class ClusterKey(NamedTuple):
    """Where a cluster's record is."""

    account: str
    region: str
    identifier: str

    @property
    def arn(self) -> str:
        return f"arn:aws:rds:{self.region}:{self.account}:cluster:{self.identifier}"


def _rds() -> Any:
    # not at module level: the sandbox sets the emulator's environment before it imports it
    from ministack.services import rds

    return rds


def scope(account: str, region: str) -> AbstractContextManager[None]:
    """What is read and written inside the block is that account's and region's."""
    from ministack.core import responses

    found: AbstractContextManager[None] = responses.request_scope(account, region)
    return found


def caller() -> tuple[str, str]:
    """The account and the region that the request being served is for."""
    rds = _rds()
    return str(rds.get_account_id()), str(rds.get_region())


def cluster(key: ClusterKey) -> Record | None:
    """The record of one cluster."""
    found: Record | None = _rds()._clusters.get_scoped(key.account, key.region, key.identifier)
    return found


def key_of_arn(arn: str) -> ClusterKey | None:
    """Where the cluster of that ARN is; None for anything else."""
    parts = arn.split(":", 6)
    if len(parts) != 7 or parts[2] != "rds" or parts[5] != "cluster":
        return None
    return ClusterKey(parts[4], parts[3], parts[6])


def instances(key: ClusterKey) -> list[Record]:
    """The instances of one cluster."""
    return [
        instance
        for instance in _rds()._instances.values_scoped(key.account, key.region)
        if instance.get("DBClusterIdentifier") == key.identifier
    ]


def global_cluster(account: str, identifier: str) -> Record | None:
    """The record of one global cluster, whose identifier is not case-sensitive."""
    with scope(account, "us-east-1"):
        for name, found in list(_rds()._global_clusters.items()):
            if str(name).lower() == identifier.lower():
                return found  # type: ignore[no-any-return]
    return None


def global_clusters(account: str) -> list[Record]:
    """Every global cluster of the account."""
    with scope(account, "us-east-1"):
        return [found for _, found in list(_rds()._global_clusters.items())]


def global_of(key: ClusterKey) -> tuple[Record, Record] | None:
    """The global cluster that a cluster belongs to, and the cluster's entry among its members."""
    for found in global_clusters(key.account):
        for member in found.get("GlobalClusterMembers", []):
            if member.get("DBClusterArn") == key.arn:
                return found, member
    return None


def members(found: Record) -> Iterator[tuple[ClusterKey, Record]]:
    """The clusters of a global cluster, with their entries."""
    for member in found.get("GlobalClusterMembers", []):
        key = key_of_arn(member["DBClusterArn"])
        if key is not None:
            yield key, member


def writer_of(found: Record) -> ClusterKey | None:
    """The primary cluster of a global cluster."""
    return next((key for key, member in members(found) if member.get("IsWriter")), None)


def set_writer(found: Record, key: ClusterKey) -> None:
    """Make `key` the primary of the global cluster, and its first instance a writer; nobody else has one.

    Source: Amazon Aurora User Guide, "Limitations for the Amazon RDS Data API": a secondary cluster does not
    have a writer instance until it is promoted.
    """
    rds = _rds()
    target = next(member for other, member in members(found) if other == key)
    with scope(key.account, key.region):
        rds._set_global_cluster_writer(found, target)
    for other, _ in members(found):
        record = cluster(other)
        if record is not None:
            set_writer_instance(record, has_one=other == key)


def set_writer_instance(record: Record, *, has_one: bool) -> None:
    """Let the cluster's first instance be its writer, or none."""
    for n, member in enumerate(record.get("DBClusterMembers", [])):
        member["IsClusterWriter"] = has_one and n == 0


def set_endpoints(key: ClusterKey, *, writer: Address, reader: Address) -> None:
    """Where the cluster and its instances are reached; both addresses have one port."""
    record = cluster(key)
    if record is None:
        return
    # MiniStack copies these whenever an instance comes or goes; without them it would invent its own
    record["_shared_endpoint"] = {"Address": writer[0], "Port": writer[1]}
    record["_shared_internal_address"] = reader[0]
    record.update(Endpoint=writer[0], Port=writer[1], ReaderEndpoint=reader[0])
    for instance in instances(key):
        instance["Endpoint"] = {"Address": reader[0], "Port": reader[1], "HostedZoneId": _ZONE}


def set_status(key: ClusterKey, status: str) -> None:
    """The status of a cluster and of its instances."""
    record = cluster(key)
    if record is None:
        return
    record["Status"] = status
    for instance in instances(key):
        instance["DBInstanceStatus"] = status


def add_snapshot(
    key: ClusterKey, identifier: str, *, kind: str, moment: float, status: str = "available"
) -> None:
    """Record a snapshot of the cluster, taken at the Unix time `moment`. kind: manual or automated."""
    rds, record = _rds(), cluster(key)
    if record is None:
        return
    with scope(key.account, key.region):
        snapshot = rds._create_cluster_snapshot_internal(identifier, record)
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))
    snapshot.update(SnapshotType=kind, SnapshotCreateTime=stamp, Status=status)


def snapshot(account: str, region: str, identifier: str) -> Record | None:
    """The record of a cluster snapshot, by its identifier or ARN."""
    name = identifier.partition(":cluster-snapshot:")[2] or identifier
    found: Record | None = _rds()._db_cluster_snapshots.get_scoped(account, region, name)
    return found


def cluster_answer(action: str, key: ClusterKey) -> tuple[int, dict[str, str], bytes]:
    """What the API answers to `action`, of which a cluster is the result."""
    rds = _rds()
    with scope(key.account, key.region):
        body = f"<DBCluster>{rds._cluster_xml(cluster(key))}</DBCluster>"
        answer: tuple[int, dict[str, str], bytes] = rds._xml(
            200, f"{action}Response", f"<{action}Result>{body}</{action}Result>"
        )
    return answer


def global_answer(action: str, found: Record) -> tuple[int, dict[str, str], bytes]:
    """What the API answers to `action`, of which a global cluster is the result."""
    rds = _rds()
    body = f"<GlobalCluster>{rds._global_cluster_xml(found)}</GlobalCluster>"
    answer: tuple[int, dict[str, str], bytes] = rds._xml(
        200, f"{action}Response", f"<{action}Result>{body}</{action}Result>"
    )
    return answer


def error(code: str, message: str, status: int = 400) -> tuple[int, dict[str, str], bytes]:
    """An error as the API answers it."""
    answer: tuple[int, dict[str, str], bytes] = _rds()._error(code, message, status)
    return answer


def create_restored(
    parameters: Mapping[str, str], snapshot: Record, *, user: str, password: str
) -> tuple[int, dict[str, str], bytes]:
    """Create the record of a cluster that is restored from `snapshot`, with the request's own settings."""
    wanted = {
        **parameters,
        "Engine": str(snapshot["Engine"]),
        "EngineVersion": parameters.get("EngineVersion") or str(snapshot["EngineVersion"]),
        "KmsKeyId": parameters.get("KmsKeyId") or str(snapshot.get("KmsKeyId", "")),
        "MasterUsername": user,
        "MasterUserPassword": password,
        "StorageEncrypted": str(snapshot.get("StorageEncrypted", False)).lower(),
    }
    answer: tuple[int, dict[str, str], bytes] = _rds()._create_db_cluster(wanted)
    return answer


def secret_credentials(secret_arn: str) -> tuple[str | None, str, bytes | None]:
    """User and password in a secret of MiniStack's Secrets Manager, and the body of its error, if any."""
    from ministack.services import rds_data

    user, password, problem = rds_data._require_secret_credentials(secret_arn)
    return user, str(password), problem[2] if problem is not None else None
