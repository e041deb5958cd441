"""AuroraGlobalDBReplicationLag and AuroraGlobalDBRPOLag, as CloudWatch of the secondary's region has them."""

from __future__ import annotations

import datetime

import pytest

from harness.sandbox.faults import RegionDark, ReplicationCut
from tests.harness.sandbox.services.rds.aurora.conftest import LAG
from tests.harness.sandbox.services.rds.aurora.global_database import (
    EAST,
    WEST,
    GlobalDatabase,
    client,
    let_pass,
    until,
)

pytestmark = pytest.mark.sandbox

REPLICATION, RPO = "AuroraGlobalDBReplicationLag", "AuroraGlobalDBRPOLag"


def latest(database: GlobalDatabase, metric: str, region: str = WEST, **dimensions: str) -> float | None:
    """The newest value, in milliseconds, asked for by the time of the model."""
    now = datetime.datetime.fromtimestamp(database.sandbox.epoch(), tz=datetime.UTC)
    named = {"DBClusterIdentifier": database.identifier(region), **dimensions}
    answer = client(database.sandbox, "cloudwatch", region).get_metric_data(
        MetricDataQueries=[
            {
                "Id": "lag",
                "MetricStat": {
                    "Metric": {
                        "Namespace": "AWS/RDS",
                        "MetricName": metric,
                        "Dimensions": [{"Name": name, "Value": value} for name, value in named.items()],
                    },
                    "Period": 60,
                    "Stat": "Maximum",
                },
            }
        ],
        StartTime=now - datetime.timedelta(minutes=2),
        EndTime=now + datetime.timedelta(minutes=1),
    )["MetricDataResults"][0]["Values"]
    return answer[0] if answer else None


def test_the_lag_is_published_every_minute_of_model_time_in_the_secondarys_region(
    database: GlobalDatabase,
) -> None:
    database.connect(EAST).run("INSERT INTO orders VALUES (1, 'a')")
    let_pass(database.sandbox, 130)
    until(lambda: latest(database, RPO) is not None)
    for metric in (REPLICATION, RPO):
        for dimensions in ({}, {"SourceRegion": EAST}):
            found = latest(database, metric, **dimensions)
            assert found is not None
            assert LAG * 1000 <= found < 10_000
    assert latest(database, RPO, region=EAST) is None


def test_a_cut_lets_the_lag_grow(database: GlobalDatabase) -> None:
    database.sandbox.faults.inject(ReplicationCut(EAST, WEST))
    database.connect(EAST).run("INSERT INTO orders VALUES (2, 'a')")
    let_pass(database.sandbox, 600)
    database.sandbox.run(database.sandbox.aurora.publish_metrics())
    values = [latest(database, metric) for metric in (REPLICATION, RPO)]
    assert all(value is not None and value >= 500_000 for value in values)


def test_while_the_source_is_dark_the_rpo_lag_stays_and_the_replication_lag_grows(
    database: GlobalDatabase,
) -> None:
    let_pass(database.sandbox, 70)
    database.sandbox.run(database.sandbox.aurora.publish_metrics())
    database.sandbox.faults.inject(RegionDark(EAST, "refuse"))
    let_pass(database.sandbox, 600)
    database.sandbox.run(database.sandbox.aurora.publish_metrics())
    rpo, replication = latest(database, RPO), latest(database, REPLICATION)
    assert rpo is not None
    assert rpo < 10_000
    assert replication is not None
    assert replication >= 500_000
