"""A planned switchover of a global database: roles change places and nothing is lost."""

from __future__ import annotations

import itertools
import threading

import pytest
from botocore.exceptions import ClientError

from harness.sandbox.faults import RegionDark, ReplicationCut
from harness.sandbox.services.rds.aurora.postgres import Server
from tests.harness.sandbox.services.rds.aurora.conftest import PROMOTION, REBUILD, SWITCHOVER
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


def test_a_switchover_loses_no_acknowledged_write_and_keeps_the_topology(
    own_database: GlobalDatabase,
) -> None:
    acknowledged: list[int] = []
    session = own_database.connect(EAST)

    def write() -> None:
        for number in range(100_000):
            try:
                session.run(INSERT, id=number)
            except LOST:
                return
            acknowledged.append(number)

    writer = threading.Thread(target=write)
    writer.start()
    until(lambda: len(acknowledged) > 20)
    assert own_database.switch_over()["Status"] == "switching-over"
    writer.join(30)
    let_pass(own_database.sandbox, SWITCHOVER + 10)
    until(lambda: own_database.described()["Status"] == "available")
    # the write that was under way may be stored, but was never acknowledged
    assert own_database.reads(WEST)[: len(acknowledged)] == acknowledged
    assert len(own_database.reads(WEST)) <= len(acknowledged) + 1
    own_database.connect(WEST).run(INSERT, id=1_000_000)
    let_pass(own_database.sandbox, 5)
    until(lambda: own_database.replicated(WEST, EAST))
    assert own_database.synchronization() == {EAST: (False, "connected"), WEST: (True, "connected")}
    with pytest.raises(LOST):
        own_database.connect(EAST)


def test_the_primary_is_read_only_from_when_the_target_has_everything(own_database: GlobalDatabase) -> None:
    own_database.switch_over()
    let_pass(own_database.sandbox, SWITCHOVER / 2)
    with pytest.raises(LOST):
        own_database.connect(EAST)
    with pytest.raises(LOST):
        own_database.connect(WEST)
    let_pass(own_database.sandbox, SWITCHOVER)
    until(lambda: len(own_database.steps()) == 4)
    assert [(step.region, step.what, step.modelled) for step in own_database.steps()] == [
        (WEST, "switchover begun", 0.0),
        (EAST, "read-only", 0.0),
        (WEST, "promoted", SWITCHOVER),
        (EAST, "follows the primary", 0.0),
    ]


def test_model_time_does_not_leap_while_the_target_replays(
    own_database: GlobalDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = itertools.count()
    replayed = Server.replayed

    async def slow(server: Server) -> int:
        return await replayed(server) if next(looks) >= 100 else 0

    monkeypatch.setattr(Server, "replayed", slow)
    own_database.switch_over()
    let_pass(own_database.sandbox, SWITCHOVER + 10)
    until(lambda: own_database.described()["Status"] == "available")
    begun, fenced, *_ = own_database.steps()
    assert (begun.what, fenced.what) == ("switchover begun", "read-only")
    assert next(looks) > 100
    assert fenced.moment - begun.moment < 10  # a hundred looks of a quarter of a second would be 25


def test_a_failover_is_undone_by_a_switchover(own_database: GlobalDatabase) -> None:
    own_database.connect(EAST).run(INSERT, id=1)
    let_pass(own_database.sandbox, 5)
    own_database.fail_over()
    let_pass(own_database.sandbox, PROMOTION + REBUILD + 10)
    own_database.connect(WEST).run(INSERT, id=2)
    own_database.switch_over(EAST, asked_in=WEST)
    let_pass(own_database.sandbox, SWITCHOVER + 10)
    until(lambda: own_database.described()["Status"] == "available")
    own_database.connect(EAST).run(INSERT, id=3)
    let_pass(own_database.sandbox, 5)
    until(lambda: own_database.reads(WEST) == [1, 2, 3])


def test_a_switchover_is_sent_to_the_region_of_the_primary(database: GlobalDatabase) -> None:
    with pytest.raises(ClientError, match="send SwitchoverGlobalCluster to its region"):
        database.switch_over(asked_in=WEST)


def test_a_failover_without_leave_to_lose_data_is_a_switchover(database: GlobalDatabase) -> None:
    database.sandbox.faults.inject(ReplicationCut(EAST, WEST))
    with pytest.raises(ClientError, match="does not receive the changes"):
        database.rds(EAST).failover_global_cluster(
            GlobalClusterIdentifier=database.name, TargetDbClusterIdentifier=database.arn(WEST)
        )


def test_a_switchover_needs_every_cluster_healthy(database: GlobalDatabase) -> None:
    database.sandbox.faults.inject(RegionDark(WEST, "refuse"))
    with pytest.raises(ClientError, match="does not receive the changes"):
        database.switch_over()
    assert [step for step in database.steps() if step.what == "switchover begun"] == []
