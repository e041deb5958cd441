"""An unplanned failover of a global database: what is lost, what is kept, and who may write when."""

from __future__ import annotations

import re
from typing import Any

import pytest
from botocore.exceptions import ClientError

from harness.sandbox.faults import RegionDark, RegionPartition, ReplicationCut
from harness.sandbox.sandbox import Sandbox
from tests.harness.sandbox.services.rds.aurora.conftest import PROMOTION, REBUILD
from tests.harness.sandbox.services.rds.aurora.global_database import (
    EAST,
    LOST,
    VERSION,
    WEST,
    GlobalDatabase,
    global_database,
    let_pass,
    until,
)

pytestmark = pytest.mark.sandbox

INSERT = "INSERT INTO orders VALUES (:id, 'a')"


def write(database: GlobalDatabase, region: str, *numbers: int) -> None:
    session = database.connect(region)
    for number in numbers:
        session.run(INSERT, id=number)


def snapshots(database: GlobalDatabase) -> list[dict[str, Any]]:
    return [
        found
        for found in database.rds(EAST).describe_db_cluster_snapshots()["DBClusterSnapshots"]
        if found["DBClusterIdentifier"] == database.identifier(EAST)
    ]


def rows_of_snapshot(database: GlobalDatabase, snapshot: str) -> list[int]:
    """What a cluster that is restored from the snapshot holds."""
    rds, name = database.rds(EAST), f"{database.name}-restored"
    rds.restore_db_cluster_from_snapshot(
        DBClusterIdentifier=name,
        Engine="aurora-postgresql",
        EngineVersion=VERSION,
        SnapshotIdentifier=snapshot,
    )
    rds.create_db_instance(
        DBInstanceIdentifier=f"{name}-1",
        DBClusterIdentifier=name,
        DBInstanceClass="db.r6g.large",
        Engine="aurora-postgresql",
    )
    database.sandbox.run(database.sandbox.aurora.settle(), timeout=60)
    cluster = rds.describe_db_clusters(DBClusterIdentifier=name)["DBClusters"][0]
    found = database.connect_to(cluster["Endpoint"], cluster["Port"]).run("SELECT id FROM orders ORDER BY id")
    rds.delete_db_instance(DBInstanceIdentifier=f"{name}-1")
    rds.delete_db_cluster(DBClusterIdentifier=name, SkipFinalSnapshot=True)
    return [row[0] for row in found]


def test_what_was_committed_and_not_shipped_is_lost_and_kept_in_a_snapshot(
    own_database: GlobalDatabase,
) -> None:
    write(own_database, EAST, 1)
    let_pass(own_database.sandbox, 5)
    until(lambda: own_database.reads(WEST) == [1])
    own_database.sandbox.faults.inject(ReplicationCut(EAST, WEST))
    write(own_database, EAST, *range(100, 125))
    own_database.sandbox.faults.inject(RegionDark(EAST, "refuse"))
    own_database.fail_over()
    let_pass(own_database.sandbox, PROMOTION + 5)
    assert own_database.reads(WEST) == [1]
    write(own_database, WEST, 2)
    own_database.sandbox.faults.heal_all()
    let_pass(own_database.sandbox, REBUILD + 10)
    (kept,) = snapshots(own_database)
    name = kept["DBClusterSnapshotIdentifier"]
    assert re.fullmatch(
        rf"rds:unplanned-global-failover-{own_database.identifier(EAST)}-\d{{4}}(-\d\d){{5}}", name
    )
    assert (kept["SnapshotType"], kept["Status"]) == ("automated", "available")
    assert rows_of_snapshot(own_database, name) == [1, *range(100, 125)]
    until(lambda: own_database.reads(EAST) == [1, 2])
    assert own_database.synchronization() == {EAST: (False, "connected"), WEST: (True, "connected")}


def test_statuses_follow_model_time_and_writes_are_taken_when_the_promotion_is_over(
    own_database: GlobalDatabase,
) -> None:
    own_database.sandbox.faults.inject(RegionDark(EAST, "refuse"))
    begun = own_database.fail_over()
    assert (begun["Status"], begun["FailoverState"]) == (
        "failing-over",
        {
            "Status": "failing-over",
            "FromDbClusterArn": own_database.arn(EAST),
            "ToDbClusterArn": own_database.arn(WEST),
            "IsDataLossAllowed": True,
        },
    )
    let_pass(own_database.sandbox, PROMOTION - 5)
    assert own_database.described()["Status"] == "failing-over"
    with pytest.raises(LOST):
        own_database.connect(WEST)
    reader = own_database.connect(WEST, reader=True)
    let_pass(own_database.sandbox, 10)
    until(lambda: own_database.described()["Status"] == "available")
    assert "FailoverState" not in own_database.described()
    assert own_database.synchronization() == {EAST: (False, "pending-resync"), WEST: (True, "connected")}
    assert [member["IsClusterWriter"] for member in own_database.cluster(WEST)["DBClusterMembers"]] == [True]
    with pytest.raises(LOST):
        reader.run("SELECT 1")
    write(own_database, WEST, 1)
    steps = [(step.region, step.what, step.modelled, step.delay) for step in own_database.steps()]
    assert steps == [
        (WEST, "failover begun", 0.0, ""),
        (WEST, "promoted", PROMOTION, "aurora_promotion"),
    ]


def test_a_failover_is_sent_to_the_region_of_its_target(database: GlobalDatabase) -> None:
    with pytest.raises(ClientError, match="send FailoverGlobalCluster to its region"):
        database.fail_over(WEST, asked_in=EAST)
    assert database.described()["Status"] == "available"


def test_a_headless_cluster_cannot_be_promoted(sandbox: Sandbox) -> None:
    with global_database(sandbox, headless=True) as made:
        for promote in (made.fail_over, made.switch_over):
            with pytest.raises(ClientError, match="headless"):
                promote()
        assert made.described()["Status"] == "available"


def test_the_present_primary_is_no_target(database: GlobalDatabase) -> None:
    with pytest.raises(ClientError) as error:
        database.fail_over(EAST)
    assert error.value.response["Error"]["Code"] == "InvalidGlobalClusterStateFault"


def test_a_second_failover_waits_for_the_first(own_database: GlobalDatabase) -> None:
    own_database.fail_over()
    with pytest.raises(ClientError, match="failing-over"):
        own_database.fail_over()
    let_pass(own_database.sandbox, PROMOTION + REBUILD + 10)
    assert own_database.synchronization() == {EAST: (False, "connected"), WEST: (True, "connected")}


def test_writes_to_an_old_primary_that_can_be_reached_are_stopped_at_once(
    own_database: GlobalDatabase,
) -> None:
    session = own_database.connect(EAST)
    session.run(INSERT, id=1)
    own_database.fail_over()
    until(lambda: [step.what for step in own_database.steps()] == ["failover begun", "writes stopped"])
    with pytest.raises(LOST):
        session.run(INSERT, id=2)
    with pytest.raises(LOST):
        own_database.connect(EAST)


def test_an_old_primary_behind_a_partition_takes_writes_until_it_is_reached(
    own_database: GlobalDatabase,
) -> None:
    own_database.sandbox.faults.inject(RegionPartition(EAST, WEST))
    own_database.fail_over()
    let_pass(own_database.sandbox, PROMOTION + 5)
    write(own_database, WEST, 1)
    write(own_database, EAST, 2)  # two writers: what a lease of the application's own has to prevent
    own_database.sandbox.faults.heal_all()
    with pytest.raises(LOST):
        own_database.connect(EAST)
    let_pass(own_database.sandbox, REBUILD + 10)
    until(lambda: own_database.reads(EAST) == [1])
    assert rows_of_snapshot(own_database, snapshots(own_database)[0]["DBClusterSnapshotIdentifier"]) == [2]


def test_an_old_primary_that_returns_during_the_promotion_is_fenced_before_it_takes_a_write(
    own_database: GlobalDatabase,
) -> None:
    number = own_database.sandbox.faults.inject(RegionDark(EAST, "refuse"))
    own_database.fail_over()
    let_pass(own_database.sandbox, PROMOTION / 2)
    own_database.sandbox.faults.heal(number)
    with pytest.raises(LOST):
        own_database.connect(EAST)
    let_pass(own_database.sandbox, PROMOTION + REBUILD)
    assert own_database.synchronization() == {EAST: (False, "connected"), WEST: (True, "connected")}


def test_a_region_that_never_failed_over_returns_as_the_primary(own_database: GlobalDatabase) -> None:
    write(own_database, EAST, 1)
    number = own_database.sandbox.faults.inject(RegionDark(EAST, "refuse"))
    let_pass(own_database.sandbox, 600)
    own_database.sandbox.faults.heal(number)
    write(own_database, EAST, 2)
    let_pass(own_database.sandbox, 5)
    until(lambda: own_database.reads(WEST) == [1, 2])
    assert snapshots(own_database) == []
