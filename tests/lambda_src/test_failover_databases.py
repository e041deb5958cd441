"""What is asked of RDS, the Data API, CloudWatch and Secrets Manager, and of which region."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from controller import kept_rows
from controller.global_databases import GlobalDatabase, GlobalDatabases, aws_partition, lag_at
from controller.ports import Failed
from controller.view import Database

from tests.lambda_src.failover_model import EAST, WEST

ACCOUNT = "123456789012"
ORDERS = GlobalDatabase(
    identifier="prod-orders",
    clusters={EAST: "prod-orders-use1", WEST: "prod-orders-euw1"},
    admin_secret="prod/orders/admin",
    secrets=("prod/orders/admin", "prod/orders/app"),
    database="orders",
    keys={EAST: "alias/prod-data-use1", WEST: "alias/prod-data-euw1"},
)
EAST_ARN = f"arn:aws:rds:{EAST}:{ACCOUNT}:cluster:prod-orders-use1"
WEST_ARN = f"arn:aws:rds:{WEST}:{ACCOUNT}:cluster:prod-orders-euw1"


class Aws:
    """Answers by (service, region, operation), and every call that was made."""

    def __init__(self) -> None:
        self.answers: dict[tuple[str, str, str], Any] = {}
        self.calls: list[tuple[str, str, str, dict[str, Any]]] = []

    def client(self, service: str, region: str) -> Any:
        aws = self

        class Client:
            def __getattr__(self, operation: str) -> Any:
                def call(**request: Any) -> Any:
                    aws.calls.append((service, region, operation, request))
                    answer = aws.answers.get((service, region, operation), {})
                    if isinstance(answer, Exception):
                        raise answer
                    return answer.pop(0) if isinstance(answer, list) else answer

                return call

        return Client()

    def asked(self) -> list[tuple[str, str, str]]:
        return [call[:3] for call in self.calls]


@pytest.fixture
def aws() -> Aws:
    return Aws()


def databases(aws: Aws, me: str = WEST) -> GlobalDatabases:
    made = GlobalDatabases.__new__(GlobalDatabases)
    made.me, made.home, made.account_id, made.databases = me, EAST, ACCOUNT, {"orders": ORDERS}
    made.client = aws.client  # type: ignore[method-assign]
    return made


def error(code: str, message: str = "") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "Operation")


def global_cluster(*, writer: str = EAST_ARN, **more: Any) -> dict[str, Any]:
    members = [{"DBClusterArn": arn, "IsWriter": arn == writer} for arn in (EAST_ARN, WEST_ARN)]
    return {"GlobalClusters": [{"Status": "available", "GlobalClusterMembers": members, **more}]}


@pytest.mark.parametrize(
    ("found", "status", "expected"),
    [
        (global_cluster(), "available", Database(EAST, False, True)),
        (global_cluster(writer=WEST_ARN), "available", Database(WEST, False, True)),
        (global_cluster(writer=WEST_ARN), "promoting", Database(WEST, False, False)),
        (global_cluster(Status="failing-over"), "available", Database(EAST, True, True)),
        (global_cluster(Status="switching-over"), "available", Database(EAST, True, True)),
        (global_cluster(FailoverState={"Status": "pending"}), "available", Database(EAST, True, True)),
        (global_cluster(writer="nobody"), "available", Database(None, False, True)),
        ({"GlobalClusters": []}, "available", None),
    ],
)
def test_where_the_writer_is_and_whether_it_moves_is_what_this_regions_control_plane_says(
    aws: Aws, found: Any, status: str, expected: Database | None
) -> None:
    aws.answers["rds", WEST, "describe_global_clusters"] = found
    aws.answers["rds", WEST, "describe_db_clusters"] = {"DBClusters": [{"Status": status}]}
    assert databases(aws).states() == {"orders": expected}
    assert {region for _, region, _ in aws.asked()} == {WEST}


def test_a_failover_is_asked_of_the_region_that_takes_over(aws: Aws) -> None:
    databases(aws).promote("orders", "failover", EAST)
    request = {"GlobalClusterIdentifier": "prod-orders", "TargetDbClusterIdentifier": WEST_ARN}
    assert aws.calls == [("rds", WEST, "failover_global_cluster", {**request, "AllowDataLoss": True})]


def test_a_switchover_is_asked_of_the_region_that_gives_up(aws: Aws) -> None:
    databases(aws).promote("orders", "switchover", EAST)
    request = {"GlobalClusterIdentifier": "prod-orders", "TargetDbClusterIdentifier": WEST_ARN}
    assert aws.calls == [("rds", EAST, "switchover_global_cluster", request)]


def test_the_fence_is_raised_in_this_regions_cluster_as_the_administrator(aws: Aws) -> None:
    databases(aws).raise_fence("orders", 7)
    assert aws.calls == [
        (
            "rds-data",
            WEST,
            "execute_statement",
            {
                "resourceArn": WEST_ARN,
                "secretArn": "prod/orders/admin",
                "database": "orders",
                "sql": "SELECT antipode.raise_fence(:epoch)",
                "parameters": [{"name": "epoch", "value": {"longValue": 7}}],
            },
        )
    ]


@pytest.mark.parametrize(
    ("raised", "told"),
    [
        (error("InvalidGlobalClusterStateFault", "not now"), "InvalidGlobalClusterStateFault: not now"),
        (ReadTimeoutError(endpoint_url="https://rds"), "ReadTimeoutError"),
    ],
)
def test_what_aws_refuses_is_a_failure_with_its_reason(aws: Aws, raised: Exception, told: str) -> None:
    aws.answers["rds", WEST, "failover_global_cluster"] = raised
    with pytest.raises(Failed) as failed:
        databases(aws).promote("orders", "failover", EAST)
    assert str(failed.value) == told


# ---------------------------------------------------------------- lag


def stamps(*seconds: float) -> list[datetime.datetime]:
    return [datetime.datetime.fromtimestamp(second, datetime.UTC) for second in seconds]


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        ([], None),
        ([(900.0, 5.0)], 5.0),
        ([(820.0, 4.0), (880.0, 5.0)], 5.0),
        # the minute that the fault lies in, and what comes after it, may only tell how long the writer is
        # gone
        ([(820.0, 4.0), (880.0, 5.0), (960.0, 40_000.0), (1010.0, 90_000.0)], 5.0),
        ([(980.0, 7.0)], 7.0),
        ([(1010.0, 7.0)], None),
    ],
)
def test_the_lag_is_the_last_figure_before_the_fault(
    points: list[tuple[float, float]], expected: float | None
) -> None:
    times, values = [second for second, _ in points], [value for _, value in points]
    assert lag_at(stamps(*times), values, 1000.0) == expected


def test_the_better_of_two_figures_is_taken_in_seconds_and_none_is_none(aws: Aws) -> None:
    found = {
        "MetricDataResults": [
            {"Id": "lag1", "Timestamps": stamps(900.0), "Values": [250.0]},
            {"Id": "lag0", "Timestamps": stamps(900.0), "Values": [1500.0]},
        ]
    }
    empty = {"MetricDataResults": [{"Id": "lag0", "Timestamps": [], "Values": []}]}
    aws.answers["cloudwatch", WEST, "get_metric_data"] = [found, empty]
    assert databases(aws).lags(1000.0) == {"orders": 1.5}
    assert databases(aws).lags(1000.0) == {"orders": None}
    metrics = [query["MetricStat"]["Metric"] for query in aws.calls[0][3]["MetricDataQueries"]]
    assert metrics == [
        {
            "Namespace": "AWS/RDS",
            "MetricName": name,
            "Dimensions": [{"Name": "DBClusterIdentifier", "Value": "prod-orders-euw1"}],
        }
        for name in ("AuroraGlobalDBRPOLag", "AuroraGlobalDBReplicationLag")
    ]


def test_a_metric_that_cannot_be_read_is_a_lag_that_nobody_knows(aws: Aws) -> None:
    aws.answers["cloudwatch", WEST, "get_metric_data"] = error("InternalServiceFault")
    assert databases(aws).lags(1000.0) == {"orders": None}


# ---------------------------------------------------------------- secrets


def described(aws: Aws, region: str, **secret: Any) -> None:
    aws.answers["secretsmanager", region, "describe_secret"] = secret


def changes(aws: Aws) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (region, operation, request)
        for _, region, operation, request in aws.calls
        if operation != "describe_secret"
    ]


def test_after_a_failover_the_replicas_here_become_secrets_of_their_own_once(aws: Aws) -> None:
    described(aws, WEST, PrimaryRegion=EAST)
    assert databases(aws).settle_secrets("failover", EAST) is True
    assert changes(aws) == [
        (WEST, "stop_replication_to_replica", {"SecretId": name}) for name in ORDERS.secrets
    ]
    aws.calls.clear()
    described(aws, WEST)
    assert databases(aws).settle_secrets("failover", EAST) is True
    assert changes(aws) == []


def test_after_a_switchover_the_secrets_stay_where_they_are(aws: Aws) -> None:
    described(aws, WEST, PrimaryRegion=EAST)
    assert databases(aws).settle_secrets("switchover", EAST) is True
    assert changes(aws) == []


def test_before_the_lease_goes_home_its_secrets_do_and_at_home_they_are_made_the_source_again(
    aws: Aws,
) -> None:
    replicated = {
        "AddReplicaRegions": [{"Region": EAST, "KmsKeyId": "alias/prod-data-use1"}],
        "ForceOverwriteReplicaSecret": True,
    }
    described(aws, WEST, PrimaryRegion=WEST)
    databases(aws).share_secrets(EAST)
    assert changes(aws) == [
        (WEST, "replicate_secret_to_regions", {"SecretId": name, **replicated}) for name in ORDERS.secrets
    ]
    aws.calls.clear()
    described(aws, EAST, PrimaryRegion=WEST)
    home = databases(aws, EAST)
    assert home.settle_secrets("switchover", WEST) is False
    assert {operation for _, operation, _ in changes(aws)} == {"stop_replication_to_replica"}
    aws.calls.clear()
    described(aws, EAST, PrimaryRegion=EAST)
    assert home.settle_secrets("switchover", WEST) is True
    assert changes(aws) == [
        (
            EAST,
            "replicate_secret_to_regions",
            {
                "SecretId": name,
                "AddReplicaRegions": [{"Region": WEST, "KmsKeyId": "alias/prod-data-euw1"}],
                "ForceOverwriteReplicaSecret": True,
            },
        )
        for name in ORDERS.secrets
    ]


def test_a_secret_that_is_replicated_already_is_left_alone(aws: Aws) -> None:
    described(aws, WEST, PrimaryRegion=WEST, ReplicationStatus=[{"Region": EAST, "Status": "InSync"}])
    databases(aws).share_secrets(EAST)
    assert changes(aws) == []


# ---------------------------------------------------------------- what was left behind


def test_without_a_kept_snapshot_nothing_was_left_behind(aws: Aws) -> None:
    aws.answers["rds", EAST, "describe_db_clusters"] = {"DBClusters": []}
    aws.answers["rds", EAST, "describe_db_cluster_snapshots"] = {
        "DBClusterSnapshots": [{"DBClusterSnapshotIdentifier": "rds:prod-orders-use1-2026-01-01"}]
    }
    assert kept_rows.reconcile(databases(aws, EAST), {}) == {
        "allowed": True,
        "reasons": [],
        "steps": [],
        "report": {"state": "nothing was kept", "rows": [], "more": False},
    }


def test_the_kept_snapshot_is_restored_beside_the_cluster_then_listed_then_removed(aws: Aws) -> None:
    snapshot = "rds:unplanned-global-failover-prod-orders-use1-2026"
    own = {
        "Status": "available",
        "Engine": "aurora-postgresql",
        "DBSubnetGroup": "prod-orders-use1",
        "VpcSecurityGroups": [{"VpcSecurityGroupId": "sg-1"}],
        "DBClusterParameterGroup": "prod-orders-use1",
        "DBClusterMembers": [{"DBInstanceIdentifier": "prod-orders-use1-1"}],
    }
    kept = {"Status": "available", "DBClusterArn": EAST_ARN + "-kept"}
    aws.answers["rds", EAST, "describe_db_clusters"] = [
        {"DBClusters": []},
        {"DBClusters": [own]},
        {"DBClusters": [kept]},
    ]
    aws.answers["rds", EAST, "describe_db_cluster_snapshots"] = {
        "DBClusterSnapshots": [{"DBClusterSnapshotIdentifier": snapshot, "SnapshotCreateTime": "2026"}]
    }
    instance = {"DBInstanceClass": "db.r6g.large", "DBInstanceStatus": "available"}
    aws.answers["rds", EAST, "describe_db_instances"] = {"DBInstances": [instance]}
    rows = [{"key": "k1", "id": "a", "written_at": "t", "epoch": 1}]
    aws.answers["rds-data", EAST, "execute_statement"] = {"formattedRecords": __import__("json").dumps(rows)}
    lost = databases(aws, EAST)
    assert kept_rows.reconcile(lost, {})["report"] == {"state": "restoring", "snapshot": snapshot}
    restored = {operation: request for _, _, operation, request in aws.calls}
    assert restored["restore_db_cluster_from_snapshot"] == {
        "DBClusterIdentifier": "prod-orders-use1-kept",
        "SnapshotIdentifier": snapshot,
        "Engine": "aurora-postgresql",
        "DBSubnetGroupName": "prod-orders-use1",
        "VpcSecurityGroupIds": ["sg-1"],
        "DBClusterParameterGroupName": "prod-orders-use1",
        "DeletionProtection": False,
        "EnableHttpEndpoint": True,
    }
    assert kept_rows.reconcile(lost, {"since": 5.0})["report"] == {
        "state": "listed",
        "rows": rows,
        "more": False,
    }
    assert aws.calls[-1][3]["resourceArn"] == EAST_ARN + "-kept"
    aws.calls.clear()
    assert kept_rows.reconcile(lost, {"done": True})["report"] == {"state": "removed"}
    assert [call[2] for call in aws.calls] == ["delete_db_instance", "delete_db_cluster"]


def test_the_writer_is_asked_which_of_the_kept_rows_it_lacks(aws: Aws) -> None:
    aws.answers["rds-data", WEST, "execute_statement"] = {"formattedRecords": '[{"key":"k2"}]'}
    rows = [{"key": "k1", "id": "a"}, {"key": "k2", "id": "b"}]
    answer = kept_rows.reconcile(databases(aws), {"rows": rows})
    assert answer["report"] == {"state": "compared", "missing": [{"key": "k2", "id": "b"}]}
    assert aws.calls[0][3]["parameters"] == [{"name": "keys", "value": {"stringValue": '["k1", "k2"]'}}]


def test_what_is_not_permitted_is_told(aws: Aws) -> None:
    aws.answers["rds", EAST, "describe_db_clusters"] = error("AccessDenied", "no")
    assert kept_rows.reconcile(databases(aws, EAST), {}) == {
        "allowed": False,
        "reasons": ["AccessDenied: no"],
        "steps": [],
    }


@pytest.mark.parametrize(
    ("region", "expected"),
    [("eu-west-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")],
)
def test_a_region_belongs_to_a_partition(region: str, expected: str) -> None:
    assert aws_partition(region) == expected
