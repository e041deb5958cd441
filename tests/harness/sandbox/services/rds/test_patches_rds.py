"""What the patches of the rds room let MiniStack's RDS store and give back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from harness.sandbox.sandbox import Sandbox

pytestmark = pytest.mark.sandbox

# aurora-mysql, because no database is started for it
ENGINE = {"Engine": "aurora-mysql"}


@pytest.fixture
def rds(sandbox: Sandbox) -> Any:
    return boto3.client("rds", region_name="us-east-1", endpoint_url=sandbox.endpoint)


@pytest.fixture
def cluster(rds: Any) -> Iterator[str]:
    rds.create_db_cluster(
        **ENGINE,
        DBClusterIdentifier="kept",
        DatabaseInsightsMode="standard",
        EnableCloudwatchLogsExports=["error", "slowquery"],
        EnablePerformanceInsights=True,
        KmsKeyId="arn:aws:kms:us-east-1:123456789012:key/storage",
        MasterUserPassword="a-long-password",
        MasterUsername="orders_admin",
        MonitoringInterval=60,
        MonitoringRoleArn="arn:aws:iam::123456789012:role/monitoring",
        PerformanceInsightsKMSKeyId="arn:aws:kms:us-east-1:123456789012:key/insights",
        StorageEncrypted=True,
    )
    yield "kept"
    rds.delete_db_cluster(DBClusterIdentifier="kept", SkipFinalSnapshot=True)


def described(rds: Any, name: str) -> dict[str, Any]:
    found: dict[str, Any] = rds.describe_db_clusters(DBClusterIdentifier=name)["DBClusters"][0]
    return found


def test_a_cluster_keeps_its_log_exports_insights_and_monitoring(rds: Any, cluster: str) -> None:
    found = described(rds, cluster)
    assert {
        name: found[name]
        for name in (
            "DatabaseInsightsMode",
            "EnabledCloudwatchLogsExports",
            "MonitoringInterval",
            "MonitoringRoleArn",
            "PerformanceInsightsEnabled",
            "PerformanceInsightsKMSKeyId",
            "PerformanceInsightsRetentionPeriod",
        )
    } == {
        "DatabaseInsightsMode": "standard",
        "EnabledCloudwatchLogsExports": ["error", "slowquery"],
        "MonitoringInterval": 60,
        "MonitoringRoleArn": "arn:aws:iam::123456789012:role/monitoring",
        "PerformanceInsightsEnabled": True,
        "PerformanceInsightsKMSKeyId": "arn:aws:kms:us-east-1:123456789012:key/insights",
        "PerformanceInsightsRetentionPeriod": 7,
    }


def test_a_clusters_log_exports_are_changed_one_by_one(rds: Any, cluster: str) -> None:
    rds.modify_db_cluster(
        DBClusterIdentifier=cluster,
        CloudwatchLogsExportConfiguration={"EnableLogTypes": ["audit"], "DisableLogTypes": ["error"]},
    )
    assert described(rds, cluster)["EnabledCloudwatchLogsExports"] == ["audit", "slowquery"]


def test_a_cluster_without_them_says_nothing_of_insights(rds: Any) -> None:
    rds.create_db_cluster(
        **ENGINE, DBClusterIdentifier="plain", MasterUsername="a1", MasterUserPassword="a-long-password"
    )
    found = described(rds, "plain")
    rds.delete_db_cluster(DBClusterIdentifier="plain", SkipFinalSnapshot=True)
    assert found["EnabledCloudwatchLogsExports"] == []
    assert (
        not {"DatabaseInsightsMode", "PerformanceInsightsEnabled", "ReplicationSourceIdentifier"}
        & found.keys()
    )


def test_an_instance_has_its_clusters_encryption_and_insights(rds: Any, cluster: str) -> None:
    rds.create_db_instance(
        **ENGINE, DBInstanceIdentifier="kept-1", DBClusterIdentifier=cluster, DBInstanceClass="db.r6g.large"
    )
    found = rds.describe_db_instances(DBInstanceIdentifier="kept-1")["DBInstances"][0]
    rds.delete_db_instance(DBInstanceIdentifier="kept-1")
    assert {
        name: found[name]
        for name in (
            "DatabaseInsightsMode",
            "KmsKeyId",
            "PerformanceInsightsEnabled",
            "PerformanceInsightsKMSKeyId",
            "StorageEncrypted",
            "StorageType",
        )
    } == {
        "DatabaseInsightsMode": "standard",
        "KmsKeyId": "arn:aws:kms:us-east-1:123456789012:key/storage",
        "PerformanceInsightsEnabled": True,
        "PerformanceInsightsKMSKeyId": "arn:aws:kms:us-east-1:123456789012:key/insights",
        "StorageEncrypted": True,
        "StorageType": "aurora",
    }


def test_a_global_cluster_keeps_its_support_and_has_a_writer_endpoint(rds: Any) -> None:
    rds.create_global_cluster(
        **ENGINE,
        EngineLifecycleSupport="open-source-rds-extended-support-disabled",
        GlobalClusterIdentifier="kept-global",
    )
    found = rds.describe_global_clusters(GlobalClusterIdentifier="kept-global")["GlobalClusters"][0]
    rds.delete_global_cluster(GlobalClusterIdentifier="kept-global")
    assert found["EngineLifecycleSupport"] == "open-source-rds-extended-support-disabled"
    assert found["Endpoint"].startswith("kept-global.global-")
    assert found["Endpoint"].endswith(".global.rds.amazonaws.com")
