"""A global database with two secondaries: what becomes of the one that is not promoted."""

from __future__ import annotations

import functools
from collections.abc import Iterator

import pytest

from harness.sandbox.faults import RegionDark, ReplicationCut
from harness.sandbox.sandbox import Sandbox
from tests.harness.sandbox.services.rds.aurora.conftest import PROMOTION, REBUILD, SWITCHOVER
from tests.harness.sandbox.services.rds.aurora.global_database import (
    ACCOUNT,
    EAST,
    WEST,
    GlobalDatabase,
    global_database,
    let_pass,
    until,
)

pytestmark = pytest.mark.sandbox

IRELAND = "eu-west-1"
INSERT = "INSERT INTO orders VALUES (:id, 'a')"


@pytest.fixture(scope="module")
def _running_sandbox() -> Iterator[Sandbox]:
    with Sandbox(account_id=ACCOUNT, regions=(EAST, WEST, IRELAND)) as running:
        yield running


@pytest.fixture
def three(_fixed_delays: Sandbox, sandbox: Sandbox) -> Iterator[GlobalDatabase]:
    with global_database(sandbox) as made:
        made.rds(IRELAND).create_db_cluster(
            DBClusterIdentifier=made.identifier(IRELAND),
            Engine="aurora-postgresql",
            GlobalClusterIdentifier=made.name,
        )
        made.add_instance(IRELAND)
        sandbox.run(sandbox.aurora.settle(), timeout=60)
        try:
            yield made
        finally:
            sandbox.faults.heal_all()
            let_pass(sandbox, 700)
            made.rds(IRELAND).delete_db_instance(DBInstanceIdentifier=f"{made.identifier(IRELAND)}-1")
            made.rds(IRELAND).remove_from_global_cluster(
                GlobalClusterIdentifier=made.name, DbClusterIdentifier=made.arn(IRELAND)
            )
            made.rds(IRELAND).delete_db_cluster(
                DBClusterIdentifier=made.identifier(IRELAND), SkipFinalSnapshot=True
            )


def test_after_a_failover_the_other_secondary_is_rebuilt_to_what_the_new_primary_has(
    three: GlobalDatabase,
) -> None:
    three.sandbox.faults.inject(ReplicationCut(EAST, WEST))
    three.connect(EAST).run(INSERT, id=1)
    let_pass(three.sandbox, 5)
    until(lambda: three.reads(IRELAND) == [1])
    three.sandbox.faults.inject(RegionDark(EAST, "refuse"))
    three.fail_over(WEST)
    let_pass(three.sandbox, PROMOTION + 5)
    until(lambda: three.described()["Status"] == "available")
    three.connect(WEST).run(INSERT, id=2)
    let_pass(three.sandbox, REBUILD)
    until(lambda: three.synchronization()[IRELAND] == (False, "connected"))
    assert three.reads(IRELAND) == [2]
    three.connect(WEST).run(INSERT, id=3)
    let_pass(three.sandbox, 5)
    until(lambda: three.reads(IRELAND) == [2, 3])


def test_after_a_switchover_every_secondary_follows_the_new_primary(three: GlobalDatabase) -> None:
    three.connect(EAST).run(INSERT, id=1)
    three.switch_over(IRELAND)
    let_pass(three.sandbox, SWITCHOVER + 10)
    until(lambda: all(status == "connected" for _, status in three.synchronization().values()))
    until(lambda: three.described()["Status"] == "available" and len(three.steps()) == 5)
    three.connect(IRELAND).run(INSERT, id=2)
    let_pass(three.sandbox, 5)
    for region in (EAST, WEST):
        until(functools.partial(lambda region: three.reads(region) == [1, 2], region))
    three.switch_over(EAST, asked_in=IRELAND)
    let_pass(three.sandbox, SWITCHOVER + 10)
    until(lambda: three.synchronization()[EAST][0])
