"""What faults do to sessions with a database, and to the replication between two regions."""

from __future__ import annotations

import pytest
from pg8000.exceptions import DatabaseError

from harness.sandbox.faults import (
    Fault,
    GrayFailure,
    RegionDark,
    RegionPartition,
    ReplicationCut,
    ServiceDown,
)
from tests.harness.sandbox.services.rds.aurora.global_database import (
    EAST,
    LOST,
    WEST,
    GlobalDatabase,
    let_pass,
    until,
)

pytestmark = pytest.mark.sandbox

INSERT = "INSERT INTO orders VALUES (:id, 'a')"


@pytest.mark.parametrize(
    "fault",
    [RegionDark(EAST, "refuse"), RegionDark(EAST, "503"), ServiceDown(EAST, "rds", "503")],
    ids=lambda fault: f"{fault.kind}-{fault.mode}",
)
def test_a_dark_region_resets_its_sessions_and_takes_no_new_ones(
    database: GlobalDatabase, fault: Fault
) -> None:
    cluster = database.cluster(EAST)
    session = database.connect(EAST)
    assert session.run("SELECT 1") == [[1]]
    number = database.sandbox.faults.inject(fault)
    with pytest.raises(LOST):
        session.run("SELECT 1")
    with pytest.raises(LOST):
        database.connect_to(cluster["Endpoint"], cluster["Port"])
    assert database.sandbox.faults.hits(number) >= 2
    database.sandbox.faults.heal(number)
    assert database.connect(EAST).run("SELECT 1") == [[1]]


def test_in_a_region_that_hangs_nothing_comes_back_until_it_has_returned(database: GlobalDatabase) -> None:
    cluster = database.cluster(EAST)
    session = database.connect(EAST, timeout=0.5)
    number = database.sandbox.faults.inject(RegionDark(EAST, "hang"))
    with pytest.raises((TimeoutError, *LOST)):
        session.run("SELECT 1")
    with pytest.raises((TimeoutError, *LOST)):
        database.connect_to(cluster["Endpoint"], cluster["Port"], timeout=0.5)
    database.sandbox.faults.heal(number)
    assert database.connect(EAST).run("SELECT 1") == [[1]]


def test_a_forwarded_session_ends_with_the_primarys_region_and_local_reads_go_on(
    database: GlobalDatabase,
) -> None:
    local = database.connect(WEST, reader=True)
    forwarded = database.connect(WEST, reader=True, forwarding="session")
    forwarded.run(INSERT, id=1)
    database.sandbox.faults.inject(RegionDark(EAST, "refuse"))
    with pytest.raises(LOST):
        forwarded.run(INSERT, id=2)
    with pytest.raises(DatabaseError) as error:
        database.connect(WEST, reader=True, forwarding="session")
    assert error.value.args[0]["C"] == "08006"
    assert local.run("SELECT 1") == [[1]]


def test_over_a_partition_nothing_is_forwarded_and_nothing_replicated(database: GlobalDatabase) -> None:
    forwarded = database.connect(WEST, reader=True, forwarding="session")
    number = database.sandbox.faults.inject(RegionPartition(EAST, WEST, mode="refuse"))
    with pytest.raises(LOST):
        forwarded.run(INSERT, id=10)
    with pytest.raises(DatabaseError):
        database.connect(WEST, reader=True, forwarding="session")
    database.connect(EAST).run(INSERT, id=11)
    let_pass(database.sandbox, 60)
    assert 11 not in database.reads(WEST)
    database.sandbox.faults.heal(number)
    let_pass(database.sandbox, 3)
    until(lambda: 11 in database.reads(WEST))


def test_a_cut_holds_what_is_written_and_healing_delivers_it_one_lag_later(database: GlobalDatabase) -> None:
    number = database.sandbox.faults.inject(ReplicationCut(EAST, WEST))
    session = database.connect(EAST)
    for order in range(100, 120):
        session.run(INSERT, id=order)
    let_pass(database.sandbox, 600)
    assert not set(range(100, 120)) & set(database.reads(WEST))
    assert database.sandbox.faults.hits(number) >= 20
    lags, database.sandbox.aurora.databases.delay = database.sandbox.aurora.databases.delay, lambda name: 20.0
    try:
        database.sandbox.faults.heal(number)
        let_pass(database.sandbox, 17)
        assert not set(range(100, 120)) & set(database.reads(WEST))
        let_pass(database.sandbox, 6)
        until(lambda: set(range(100, 120)) <= set(database.reads(WEST)))
    finally:
        database.sandbox.aurora.databases.delay = lags
    assert database.sandbox.faults.hits(number) >= 20


def test_a_cut_the_other_way_holds_nothing(database: GlobalDatabase) -> None:
    database.sandbox.faults.inject(ReplicationCut(WEST, EAST))
    database.connect(EAST).run(INSERT, id=200)
    let_pass(database.sandbox, 3)
    until(lambda: 200 in database.reads(WEST))


def test_a_region_that_was_dark_receives_what_was_written_meanwhile(database: GlobalDatabase) -> None:
    number = database.sandbox.faults.inject(RegionDark(WEST, "refuse"))
    database.connect(EAST).run(INSERT, id=300)
    let_pass(database.sandbox, 600)
    database.sandbox.faults.heal(number)
    let_pass(database.sandbox, 3)
    until(lambda: 300 in database.reads(WEST))


def test_a_gray_failure_of_the_service_refuses_its_share_of_sessions(database: GlobalDatabase) -> None:
    database.sandbox.faults.inject(GrayFailure(EAST, error_share=0.5, service="rds"))
    cluster = database.rds(WEST).describe_db_clusters(DBClusterIdentifier=database.identifier(WEST))
    assert cluster["DBClusters"][0]["Status"] == "available"
    refused = 0
    for _ in range(40):
        try:
            database.connect_to(*database.known[EAST])
        except LOST:
            refused += 1
    assert 8 <= refused <= 32
