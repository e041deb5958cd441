"""Aurora global databases and their secrets: their state, lag, promotion and fence, from one region.

Sources: Amazon Aurora User Guide, "Using switchover or failover in Amazon Aurora Global Database": call
FailoverGlobalCluster in the target's region and SwitchoverGlobalCluster in the primary's. "Monitoring an
Amazon Aurora global database": the lag metrics are milliseconds of the secondary cluster. AWS Secrets Manager
User Guide, "Promote a replica secret to a standalone secret".
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from controller.lease import EVACUATION, FAILOVER, SWITCHOVER
from controller.ports import Failed
from controller.view import Database

PATIENCE = Config(
    connect_timeout=1.0, read_timeout=3.0, retries={"mode": "standard", "total_max_attempts": 1}
)
# In order of preference: the data that a failover would lose, then the lag of storage replication.
LAG_METRICS = ("AuroraGlobalDBRPOLag", "AuroraGlobalDBReplicationLag")
PERIOD_SECONDS = 60
# An older data point says nothing about the lag at the fault.
LAG_AGE_SECONDS = 300

MOVING = ("failing-over", "switching-over")

T = TypeVar("T")


class GlobalDatabase(NamedTuple):
    """One entry of GLOBAL_CLUSTERS."""

    identifier: str
    clusters: Mapping[str, str]
    admin_secret: str
    secrets: tuple[str, ...]
    database: str
    # by region, the alias of the KMS key for the secrets; without it they are not replicated to that region
    keys: Mapping[str, str]


class GlobalDatabases:
    """The port Databases for the function of region `me`."""

    def __init__(self, me: str, home: str, account_id: str, databases: Mapping[str, GlobalDatabase]) -> None:
        self.me, self.home, self.account_id, self.databases = me, home, account_id, databases
        self._clients: dict[tuple[str, str], Any] = {}
        # create the clients while Lambda initialises the worker, so that a takeover does not wait for them
        if databases:
            for service in ("rds", "rds-data", "cloudwatch", "secretsmanager"):
                self.client(service, me)

    def states(self) -> dict[str, Database | None]:
        return {name: self._state(database) for name, database in self.databases.items()}

    def _state(self, database: GlobalDatabase) -> Database | None:
        rds = self.client("rds", self.me)
        global_clusters = call_aws(
            lambda: rds.describe_global_clusters(GlobalClusterIdentifier=database.identifier)[
                "GlobalClusters"
            ]
        )
        if not global_clusters or self.me not in database.clusters:
            return None
        clusters = call_aws(
            lambda: rds.describe_db_clusters(DBClusterIdentifier=database.clusters[self.me])["DBClusters"]
        )
        members = global_clusters[0].get("GlobalClusterMembers", [])
        writers = [region_of(member["DBClusterArn"]) for member in members if member.get("IsWriter")]
        return Database(
            writer=writers[0] if len(writers) == 1 else None,
            moving=bool(global_clusters[0].get("FailoverState"))
            or global_clusters[0].get("Status") in MOVING,
            available=bool(clusters) and clusters[0].get("Status") == "available",
        )

    def lags(self, at: float) -> dict[str, float | None]:
        return {name: self._lag(database, at) for name, database in self.databases.items()}

    def _lag(self, database: GlobalDatabase, at: float) -> float | None:
        cluster = database.clusters.get(self.me, "")
        queries = [
            _metric_query(f"lag{number}", metric, cluster) for number, metric in enumerate(LAG_METRICS)
        ]
        try:
            results = call_aws(
                lambda: self.client("cloudwatch", self.me).get_metric_data(
                    MetricDataQueries=queries,
                    StartTime=_datetime(at - LAG_AGE_SECONDS),
                    EndTime=_datetime(at + PERIOD_SECONDS),
                )["MetricDataResults"]
            )
        except Failed:
            return None
        for series in sorted(results, key=lambda series: str(series["Id"])):
            value = lag_at(series["Timestamps"], series["Values"], at)
            if value is not None:
                return value / 1000
        return None

    def promote(self, database: str, mode: str, source: str | None) -> None:
        entry = self.databases[database]
        request = {
            "GlobalClusterIdentifier": entry.identifier,
            "TargetDbClusterIdentifier": self.arn(entry),
        }
        if mode == SWITCHOVER:
            rds = self.client("rds", source or self.me)
            call_aws(lambda: rds.switchover_global_cluster(**request))
        else:
            rds = self.client("rds", self.me)
            call_aws(lambda: rds.failover_global_cluster(**request, AllowDataLoss=True))

    def raise_fence(self, database: str, epoch: int) -> None:
        entry = self.databases[database]
        call_aws(
            lambda: self.client("rds-data", self.me).execute_statement(
                resourceArn=self.arn(entry),
                secretArn=entry.admin_secret,
                database=entry.database,
                sql="SELECT antipode.raise_fence(:epoch)",
                parameters=[{"name": "epoch", "value": {"longValue": epoch}}],
            )
        )

    def settle_secrets(self, kind: str, previous: str | None) -> bool:
        """Take one step towards secrets that this region can change. Returns True when no step is left.

        After a failover the replica in this region becomes a standalone secret. After a failback so does the
        replica that `share_secrets` made in the home region, and the home region replicates it to the others.
        """
        settled = [
            self._settle_secret(name, kind, database)
            for database in self.databases.values()
            for name in database.secrets
        ]
        return all(settled)

    def _settle_secret(self, name: str, kind: str, database: GlobalDatabase) -> bool:
        is_lost = kind in (FAILOVER, EVACUATION)
        secret = self._secret(name)
        if secret.get("PrimaryRegion", self.me) != self.me:
            if is_lost or self.me == self.home:
                secrets_manager = self.client("secretsmanager", self.me)
                call_aws(lambda: secrets_manager.stop_replication_to_replica(SecretId=name))
                return is_lost
        elif kind == SWITCHOVER and self.me == self.home:
            self._replicate(name, secret, [region for region in database.keys if region != self.me], database)
        return True

    def share_secrets(self, to: str) -> None:
        """Replicate the standalone secrets of this region over those of the region that takes over."""
        for database in self.databases.values():
            for name in database.secrets:
                secret = self._secret(name)
                if secret.get("PrimaryRegion", self.me) == self.me and to in database.keys:
                    self._replicate(name, secret, [to], database)

    def _secret(self, name: str) -> Mapping[str, Any]:
        secrets_manager = self.client("secretsmanager", self.me)
        secret: Mapping[str, Any] = call_aws(lambda: secrets_manager.describe_secret(SecretId=name))
        return secret

    def _replicate(
        self, name: str, secret: Mapping[str, Any], regions: list[str], database: GlobalDatabase
    ) -> None:
        present = {replica["Region"] for replica in secret.get("ReplicationStatus", [])}
        missing = [
            {"Region": region, "KmsKeyId": database.keys[region]}
            for region in regions
            if region not in present
        ]
        if missing:
            call_aws(
                lambda: self.client("secretsmanager", self.me).replicate_secret_to_regions(
                    SecretId=name, AddReplicaRegions=missing, ForceOverwriteReplicaSecret=True
                )
            )

    def arn(self, entry: GlobalDatabase) -> str:
        return (
            f"arn:{aws_partition(self.me)}:rds:{self.me}:{self.account_id}:cluster:{entry.clusters[self.me]}"
        )

    def client(self, service: str, region: str) -> Any:
        key = (service, region)
        if key not in self._clients:
            self._clients[key] = boto3.client(service, region_name=region, config=PATIENCE)  # type: ignore[call-overload]
        return self._clients[key]


def lag_at(timestamps: list[datetime.datetime], values: list[float], at: float) -> float | None:
    """The newest data point whose minute had ended at `at`, else the one whose minute contains `at`.

    A data point covers the minute after its timestamp. After the loss of the writer the lag only grows, so
    a minute that ended before `at` is preferred.
    """
    points = sorted((stamp.timestamp(), value) for stamp, value in zip(timestamps, values, strict=True))
    ended = [value for stamp, value in points if stamp + PERIOD_SECONDS <= at]
    begun = [value for stamp, value in points if stamp <= at]
    lags = ended or begun
    return lags[-1] if lags else None


def region_of(arn: str) -> str:
    return arn.split(":")[3]


def aws_partition(region: str) -> str:
    """The AWS partition of a region (AWS General Reference, "Amazon Resource Names")."""
    if region.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"


def _metric_query(identifier: str, metric: str, cluster: str) -> dict[str, Any]:
    return {
        "Id": identifier,
        "MetricStat": {
            "Metric": {
                "Namespace": "AWS/RDS",
                "MetricName": metric,
                "Dimensions": [{"Name": "DBClusterIdentifier", "Value": cluster}],
            },
            "Period": PERIOD_SECONDS,
            "Stat": "Maximum",
        },
    }


def _datetime(seconds: float) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC)


def call_aws(call: Callable[[], T]) -> T:
    """The result of a call to AWS. Raises Failed with the error code and message."""
    try:
        return call()
    except ClientError as error:
        details = error.response.get("Error", {})
        raise Failed(f"{details.get('Code', 'Unknown')}: {details.get('Message', '')}") from error
    except BotoCoreError as error:
        raise Failed(type(error).__name__) from error
