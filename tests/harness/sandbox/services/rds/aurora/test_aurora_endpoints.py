"""Who gets in where: endpoints, roles and write forwarding of a global database."""

from __future__ import annotations

import functools
import time

import pytest
from pg8000.exceptions import DatabaseError

from harness.sandbox.sandbox import Sandbox
from tests.harness.sandbox.services.rds.aurora.global_database import (
    DATABASE,
    EAST,
    LOST,
    PASSWORD,
    USER,
    WEST,
    GlobalDatabase,
    client,
    global_database,
    let_pass,
    until,
)

pytestmark = pytest.mark.sandbox


def code_of(error: pytest.ExceptionInfo[DatabaseError]) -> str:
    return str(error.value.args[0]["C"])


def test_the_primarys_cluster_endpoint_takes_writes_at_the_port_that_was_asked_for(
    database: GlobalDatabase,
) -> None:
    session = database.connect(EAST)
    session.run("INSERT INTO orders VALUES (1, 'a')")
    assert session.run("SELECT id, note FROM orders WHERE id = 1") == [[1, "a"]]
    assert database.cluster(EAST)["Port"] == database.cluster(WEST)["Port"] == 5432


def test_only_the_primary_has_a_cluster_endpoint_until_another_is_promoted(database: GlobalDatabase) -> None:
    with pytest.raises(LOST):
        database.connect(WEST)
    assert database.connect(WEST, reader=True).run("SELECT pg_is_in_recovery()") == [[True]]


def test_a_secondary_refuses_writes(database: GlobalDatabase) -> None:
    with pytest.raises(DatabaseError) as error:
        database.connect(WEST, reader=True).run("INSERT INTO orders VALUES (2, 'a')")
    assert code_of(error) == "25006"


def test_a_secondary_has_no_writer_instance_until_it_is_promoted(database: GlobalDatabase) -> None:
    members = {region: database.cluster(region)["DBClusterMembers"] for region in (EAST, WEST)}
    assert {region: [m["IsClusterWriter"] for m in found] for region, found in members.items()} == {
        EAST: [True],
        WEST: [False],
    }


def test_a_secondary_names_its_source_and_the_primary_its_replicas(database: GlobalDatabase) -> None:
    east, west = database.cluster(EAST), database.cluster(WEST)
    assert (east["ReadReplicaIdentifiers"], west["ReplicationSourceIdentifier"]) == (
        [database.arn(WEST)],
        database.arn(EAST),
    )
    assert "ReplicationSourceIdentifier" not in east


def test_a_write_reaches_the_secondary_one_lag_later_and_not_before(database: GlobalDatabase) -> None:
    lags = database.sandbox.aurora.databases.delay
    database.sandbox.aurora.databases.delay = lambda name: 20.0
    try:
        database.connect(EAST).run("INSERT INTO orders VALUES (3, 'a')")
        let_pass(database.sandbox, 17)
        assert 3 not in database.reads(WEST)
        let_pass(database.sandbox, 6)
        until(lambda: 3 in database.reads(WEST))
    finally:
        database.sandbox.aurora.databases.delay = lags


@pytest.mark.parametrize("mode", ["session", "eventual", "global"])
def test_a_session_that_asks_for_write_forwarding_writes_in_the_primary(
    database: GlobalDatabase, mode: str
) -> None:
    number = {"session": 10, "eventual": 11, "global": 12}[mode]
    session = database.connect(WEST, reader=True, forwarding=mode)
    session.run("INSERT INTO orders VALUES (:id, 'forwarded')", id=number)
    assert number in database.reads(EAST)


def test_write_forwarding_is_off_unless_a_session_asks_for_it(database: GlobalDatabase) -> None:
    with pytest.raises(DatabaseError) as error:
        database.connect(WEST, reader=True, forwarding="off").run("INSERT INTO orders VALUES (13, 'a')")
    assert code_of(error) == "25006"


def test_write_forwarding_needs_a_cluster_that_allows_it(database: GlobalDatabase) -> None:
    rds = database.rds(WEST)
    named = {"DBClusterIdentifier": database.identifier(WEST)}
    try:
        answer = rds.modify_db_cluster(**named, EnableGlobalWriteForwarding=False)["DBCluster"]
        assert answer["GlobalWriteForwardingStatus"] == "disabled"
        with pytest.raises(DatabaseError) as error:
            database.connect(WEST, reader=True, forwarding="session").run(
                "INSERT INTO orders VALUES (14, 'a')"
            )
        assert code_of(error) == "25006"
    finally:
        rds.modify_db_cluster(**named, EnableGlobalWriteForwarding=True)
    members = database.described()["GlobalClusterMembers"]
    assert [member["GlobalWriteForwardingStatus"] for member in members] == ["disabled", "enabled"]


def test_a_setting_of_the_start_of_a_session_reaches_the_server(database: GlobalDatabase) -> None:
    session = database.connect(WEST, reader=True, forwarding="session")
    assert session.run("SHOW apg_write_forward.consistency_mode") == [["session"]]


@pytest.mark.parametrize(
    ("user", "password", "code"),
    [(USER, "wrong", "28P01"), ("nobody_here", PASSWORD, "28P01"), ("rdsadmin", PASSWORD, "28000")],
)
def test_who_has_no_password_is_refused_and_so_is_the_administrator_of_aws(
    database: GlobalDatabase, user: str, password: str, code: str
) -> None:
    with pytest.raises(DatabaseError) as error:
        database.connect(EAST, user=user, password=password)
    assert code_of(error) == code


def test_the_master_user_owns_the_database_and_may_make_roles(database: GlobalDatabase) -> None:
    session = database.connect(EAST)
    session.run("CREATE ROLE app LOGIN PASSWORD 'app-password'")
    session.run("GRANT SELECT ON orders TO app")
    app = database.connect(EAST, user="app", password="app-password")
    assert app.run("SELECT current_database()") == [[DATABASE]]
    with pytest.raises(DatabaseError) as error:
        app.run("INSERT INTO orders VALUES (15, 'a')")
    session.run("REVOKE ALL ON orders FROM app")
    session.run("DROP ROLE app")
    assert code_of(error) == "42501"


def test_a_new_master_password_holds_in_every_region(own_database: GlobalDatabase) -> None:
    own_database.rds(EAST).modify_db_cluster(
        DBClusterIdentifier=own_database.identifier(EAST),
        MasterUserPassword="another-password",
        ApplyImmediately=True,
    )
    let_pass(own_database.sandbox, 5)

    def taken(region: str) -> bool:
        try:
            own_database.connect(region, reader=True, password="another-password")
        except DatabaseError:
            return False
        return True

    for region in (EAST, WEST):
        until(functools.partial(taken, region))


def test_a_headless_cluster_serves_nobody_until_it_has_an_instance(sandbox: Sandbox) -> None:
    with global_database(sandbox, headless=True) as made:
        with pytest.raises(LOST):
            made.connect(WEST, reader=True)
        made.add_instance(WEST)
        assert made.connect(WEST, reader=True).run("SELECT 1") == [[1]]


def test_the_primarys_reader_endpoint_leads_to_the_writer_until_there_is_a_reader(
    own_database: GlobalDatabase,
) -> None:
    own_database.connect(EAST, reader=True).run("INSERT INTO orders VALUES (1, 'a')")
    own_database.add_instance(EAST, number=2)
    with pytest.raises(DatabaseError) as error:
        own_database.connect(EAST, reader=True).run("INSERT INTO orders VALUES (2, 'a')")
    assert code_of(error) == "25006"
    own_database.connect(EAST).run("INSERT INTO orders VALUES (3, 'a')")
    assert own_database.reads(EAST) == [1, 3]


def test_each_cluster_of_a_region_has_addresses_of_its_own(
    database: GlobalDatabase, sandbox: Sandbox
) -> None:
    with global_database(sandbox) as other:
        endpoints = [
            made.cluster(region)[endpoint]
            for made in (database, other)
            for region in (EAST, WEST)
            for endpoint in ("Endpoint", "ReaderEndpoint")
        ]
        assert len(set(endpoints)) == 8
        assert other.reads(WEST) == []


def test_a_cluster_that_left_its_global_database_takes_writes_of_its_own(sandbox: Sandbox) -> None:
    with global_database(sandbox) as made:
        made.connect(EAST).run("INSERT INTO orders VALUES (1, 'a')")
        let_pass(sandbox, 5)
        made.rds(WEST).remove_from_global_cluster(
            GlobalClusterIdentifier=made.name, DbClusterIdentifier=made.arn(WEST)
        )
        made.connect(WEST).run("INSERT INTO orders VALUES (2, 'west')")
        let_pass(sandbox, 5)
        seen = {region: made.reads(region) for region in (EAST, WEST)}
        rds = made.rds(WEST)
        rds.delete_db_instance(DBInstanceIdentifier=f"{made.identifier(WEST)}-1")
        rds.delete_db_cluster(DBClusterIdentifier=made.identifier(WEST), SkipFinalSnapshot=True)
        rds.create_db_cluster(
            DBClusterIdentifier=made.identifier(WEST),
            Engine="aurora-postgresql",
            GlobalClusterIdentifier=made.name,
        )
        sandbox.run(sandbox.aurora.settle(), timeout=60)
        assert seen == {EAST: [1], WEST: [1, 2]}


def test_aurora_mysql_has_a_control_plane_and_no_database(sandbox: Sandbox) -> None:
    rds = client(sandbox, "rds", EAST)
    made = rds.create_db_cluster(
        DBClusterIdentifier="mysql", Engine="aurora-mysql", MasterUsername="a", MasterUserPassword="b" * 10
    )["DBCluster"]
    rds.delete_db_cluster(DBClusterIdentifier="mysql", SkipFinalSnapshot=True)
    assert (made["Status"], made["Engine"], made["Port"]) == ("available", "aurora-mysql", 3306)
    assert all(key.identifier != "mysql" for key in sandbox.aurora.databases.clusters)


def test_a_write_costs_little_more_than_its_way(database: GlobalDatabase) -> None:
    session = database.connect(EAST)
    begun = time.monotonic()
    for number in range(1000, 1100):
        session.run("INSERT INTO orders VALUES (:id, 'a')", id=number)
    # 0.5 ms each on a quiet machine; 40 ms each would be a delayed acknowledgement
    assert time.monotonic() - begun < 3
