"""The control tables in DynamoDB: the condition there is the rule of the model, and everything comes back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from controller import control_tables
from controller.control_tables import ADMISSION, ControlTables
from controller.lease import Lease, Phase, accepts
from controller.ports import Failed
from controller.view import Admit, Ballot, Candidate, Intent, Observation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws

from tests.lambda_src.calling_functions import create_table
from tests.lambda_src.failover_model import EAST, WEST, WITNESS

VOTERS = (EAST, WEST, WITNESS)
TABLE = "prod-control"
GUARD = 5.0
LEASE = Lease(3, EAST, 1000.125, Phase.DONE, 900.5, "failover", previous=WEST, retired=(WEST,), by="ann")
ADMIT = Admit(3, EAST, 1000.5, True, 1001.5)


@pytest.fixture(scope="module")
def aws() -> Iterator[None]:
    with mock_aws():
        for voter in VOTERS:
            create_table(boto3.client("dynamodb", region_name=voter), TABLE)
        yield


@pytest.fixture
def tables(aws: None) -> ControlTables:
    """The port as EAST's function has it, with every table empty."""
    for voter in VOTERS:
        table = boto3.resource("dynamodb", region_name=voter).Table(TABLE)
        for item in table.scan()["Items"]:
            table.delete_item(Key={"pk": item["pk"]})
    return ControlTables(EAST, VOTERS, TABLE)


def out_of_reach(tables: ControlTables, *voters: str) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise EndpointConnectionError(endpoint_url="https://dynamodb")

    for voter in voters:
        for operation in ("get_item", "put_item", "update_item"):
            setattr(tables._clients[voter], operation, refuse)


def silent(tables: ControlTables, voter: str, until: threading.Event) -> list[str]:
    """Makes a voter answer nothing until then; what it is asked is noted."""
    asked: list[str] = []

    def wait(**request: Any) -> Any:
        asked.append(str(request.get("Key") or request["Item"]))
        until.wait(30.0)
        raise EndpointConnectionError(endpoint_url="https://dynamodb")

    for operation in ("get_item", "put_item", "update_item"):
        setattr(tables._clients[voter], operation, wait)
    return asked


def item(voter: str, pk: str) -> Any:
    table = boto3.resource("dynamodb", region_name=voter).Table(TABLE)
    return table.get_item(Key={"pk": pk}, ConsistentRead=True).get("Item")


leases = st.builds(
    lambda **fields: Lease(**fields),
    epoch=st.integers(1, 3),
    writer=st.sampled_from([EAST, WEST]),
    until=st.sampled_from([98.0, 99.999, 100.0, 100.001, 104.0, 105.0, 105.001, 110.0]),
    phase=st.sampled_from(Phase),
    since=st.just(1.0),
    kind=st.just("failover"),
)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(held=st.none() | leases, proposed=leases, now=st.sampled_from([90.0, 100.0, 105.0, 105.001, 110.001]))
def test_dynamodb_accepts_what_the_model_accepts(
    tables: ControlTables, held: Lease | None, proposed: Lease, now: float
) -> None:
    table = boto3.resource("dynamodb", region_name=EAST).Table(TABLE)
    table.delete_item(Key={"pk": "lease"})
    alone = ControlTables.__new__(ControlTables)
    alone.__dict__.update(tables.__dict__, voters=(EAST,))
    if held is not None:
        assert alone.propose(held, now=0.0, guard=GUARD) == 1
    expected = accepts(held, proposed, now=now, guard=GUARD)
    assert alone.propose(proposed, now=now, guard=GUARD) == int(expected)
    assert alone.ballots()[EAST].lease == (proposed if expected else held)


def test_a_ballot_says_everything_that_was_written(tables: ControlTables) -> None:
    seen = Observation(100.0, False, 85.0, "no answer")
    intent = Intent("i1", "switchover", WEST, 3, 99.5, "ann", force=True)
    assert tables.propose(LEASE, now=900.0, guard=GUARD) == 3
    assert tables.write_intent(intent) == 3
    tables.write_observations({WEST: seen})
    tables.announce(Candidate(3, 100.0))
    assert tables.ballots() == {
        EAST: Ballot(LEASE, {WEST: seen}, Candidate(3, 100.0), intent),
        WEST: Ballot(LEASE, {}, None, intent),
        WITNESS: Ballot(LEASE, {}, None, intent),
    }
    assert tables.own_observations() == {WEST: seen}
    tables.announce(None)
    assert tables.ballots()[EAST].candidate is None


def test_a_voter_out_of_reach_has_no_ballot_and_no_say(tables: ControlTables) -> None:
    out_of_reach(tables, WEST)
    assert tables.propose(LEASE, now=900.0, guard=GUARD) == 2
    assert set(tables.ballots()) == {EAST, WITNESS}


def test_a_silent_voter_costs_a_step_the_grace_and_not_its_patience(
    tables: ControlTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    graces: list[float] = []
    answered = control_tables.wait

    def waiting(pending: Any, *, timeout: float | None, **how: Any) -> Any:
        if timeout is not None:
            graces.append(timeout)
        return answered(pending, timeout=timeout, **how)

    monkeypatch.setattr(control_tables, "wait", waiting)
    over = threading.Event()
    silent(tables, WEST, over)
    try:
        for phase in (Phase.PROMOTED, Phase.FENCED, Phase.ADMITTED):
            lease = LEASE._replace(phase=phase)
            assert tables.propose(lease, now=900.0, guard=GUARD) == 2
            assert {voter: said.lease for voter, said in tables.ballots().items()} == {
                EAST: lease,
                WITNESS: lease,
            }
        assert not over.is_set()
        assert max(graces) <= control_tables.GRACE_SECONDS < control_tables.PATIENCE_SECONDS / 5
    finally:
        over.set()


def test_what_a_voter_was_asked_long_ago_is_not_done_when_it_speaks_again(
    tables: ControlTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = threading.Event()
    asked = silent(tables, WEST, over)
    for _ in range(4):
        tables.ballots()
    under_way = len(asked)
    # from now on whatever still waits for its turn was asked long ago
    monkeypatch.setattr(control_tables, "PATIENCE_SECONDS", 0.0)
    over.set()
    tables._threads[WEST].submit(int).result(30.0)
    assert (under_way, len(asked)) == (4, 4), "as many as there are threads of that voter, and none later"


def test_a_defect_of_ours_is_no_voter_out_of_reach(tables: ControlTables) -> None:
    def broken(**_: Any) -> Any:
        raise KeyError("Item")

    tables._clients[WITNESS].get_item = broken
    with pytest.raises(KeyError):
        tables.ballots()


def test_what_has_to_be_written_here_fails_when_this_region_is_out_of_reach(tables: ControlTables) -> None:
    out_of_reach(tables, EAST)
    for call in (
        tables.own_observations,
        lambda: tables.write_observations({}),
        lambda: tables.announce(None),
        lambda: tables.admit(ADMIT),
        lambda: tables.close(3),
    ):
        with pytest.raises(Failed) as failed:
            call()
        assert str(failed.value) == "EndpointConnectionError"


def test_an_earlier_intent_does_not_replace_a_later_one(tables: ControlTables) -> None:
    later = Intent("i2", "switchover", WEST, 3, 99.5, "ann")
    assert tables.write_intent(later) == 3
    assert tables.write_intent(later._replace(id="i1", at=99.4)) == 0
    assert {ballot.intent for ballot in tables.ballots().values()} == {later}


def test_the_functions_find_the_admission_in_their_own_region_alone(
    tables: ControlTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    from shared import fence, table
    from shared.clock import Clock

    tables.admit(ADMIT)
    assert item(WEST, ADMISSION) is None
    monkeypatch.setenv("CONTROL_TABLE", TABLE)
    monkeypatch.setenv("AWS_REGION", EAST)
    table.client.cache_clear()
    fence.forget()
    assert fence.admission(Clock({})) == fence.Admission(3, EAST, 1000.5, True, 1001.5, "")
    fence.forget()
    table.client.cache_clear()


def test_an_admission_that_was_closed_is_not_opened_again_for_its_epoch(tables: ControlTables) -> None:
    tables.admit(ADMIT)
    tables.close(3)
    assert item(EAST, ADMISSION)["until"] == 0
    with pytest.raises(Failed) as failed:
        tables.admit(ADMIT)
    assert str(failed.value) == "ConditionalCheckFailedException"
    # that clients may read here is another matter
    tables.admit(ADMIT._replace(until=0.0, serving=False, reason="retired"))
    assert item(EAST, ADMISSION)["reason"] == "retired"
    tables.admit(ADMIT._replace(epoch=4))
    assert item(EAST, ADMISSION)["epoch"] == 4


def test_a_worker_that_slept_does_not_bring_an_older_epoch_back(tables: ControlTables) -> None:
    tables.admit(ADMIT._replace(epoch=5, writer=WEST))
    attempts: tuple[Callable[[], object], ...] = (
        lambda: tables.admit(ADMIT),
        lambda: tables.admit(ADMIT._replace(until=0.0)),
        lambda: tables.close(4),
    )
    for late in attempts:
        with pytest.raises(Failed):
            late()
    assert (item(EAST, ADMISSION)["epoch"], item(EAST, ADMISSION)["writer"]) == (5, WEST)


def test_the_log_survives_the_loss_of_any_voter(tables: ControlTables) -> None:
    first = {"at": 1.5, "region": EAST, "event": "promoted", "epoch": 3, "details": "failover, by ann"}
    second = {**first, "at": 2.5, "event": "fenced"}
    tables.log(first)
    out_of_reach(tables, WEST)
    tables.log(second)
    assert tables.read_log(3) == [first, second]
    assert ControlTables(WEST, VOTERS, TABLE).read_log(3) == [first, second]
    assert tables.read_log(4) == []
