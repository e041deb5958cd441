from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ministack.core import responses
from ministack.services import dynamodb

from harness.sandbox.emulators.patches import digest_of
from harness.sandbox.services.dynamodb.replication import LinkStatistics, Replication
from harness.sandbox.services.dynamodb.stored import STANDS_ON
from harness.sandbox.world.clock import Clock

EAST, WEST, SYDNEY = "us-east-1", "us-west-2", "ap-southeast-2"
ACCOUNT = "123456789012"
TABLE = "items"

# Model seconds cost nothing, so the margins are seconds: a busy machine must not turn a test red.
LAG = 10.0

Json = dict[str, Any]


@pytest.fixture(autouse=True)
def _empty_emulator() -> Iterator[None]:
    dynamodb.reset()
    yield
    dynamodb.reset()


def call(region: str, operation: str, **request: Any) -> Json:
    """One DynamoDB request, without a turn of the loop: nothing can be delivered meanwhile."""
    with responses.request_scope(ACCOUNT, region):
        body = json.dumps({"TableName": TABLE, **request} if "TransactItems" not in request else request)
        answer = dynamodb.handle_request(
            "POST", "/", {"x-amz-target": f"DynamoDB_20120810.{operation}"}, body.encode(), {}
        )
        try:
            answer.send(None)
        except StopIteration as stop:
            status, _, content = stop.value
        else:
            raise AssertionError("the emulator waited")
    decoded: Json = json.loads(content)
    assert status == 200, decoded
    return decoded


def create_global_table(*replicas: str, home: str = EAST) -> None:
    call(
        home,
        "CreateTable",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    for region in replicas:
        call(home, "UpdateTable", ReplicaUpdates=[{"Create": {"RegionName": region}}])


def put(region: str, key: str, value: str) -> None:
    call(region, "PutItem", Item={"pk": {"S": key}, "value": {"S": value}})


def delete(region: str, key: str) -> None:
    call(region, "DeleteItem", Key={"pk": {"S": key}})


def get(region: str, key: str) -> str | None:
    item = call(region, "GetItem", Key={"pk": {"S": key}}).get("Item")
    return None if item is None else item["value"]["S"]


def contents(region: str) -> dict[str, str]:
    items = call(region, "Scan")["Items"]
    return {item["pk"]["S"]: item["value"]["S"] for item in items}


Scenario = Callable[[Clock, Replication], Coroutine[Any, Any, None]]


def replicate(
    scenario: Scenario,
    *,
    replicas: tuple[str, ...] = (WEST,),
    lag: Callable[[str, str], float] | None = lambda _source, _destination: LAG,
    dark: Callable[[], frozenset[str]] = frozenset,
) -> None:
    """Run the scenario in model time on a global table whose home is us-east-1."""

    async def main() -> None:
        clock = Clock()
        replication = Replication(clock, lag=lag, dark=dark)
        replication.install()
        try:
            create_global_table(*replicas)
            with clock.jumping():
                await clock.spawn(scenario(clock, replication))
        finally:
            replication.uninstall()

    asyncio.run(main())


def test_a_write_is_missing_elsewhere_at_once_and_there_after_its_lag() -> None:
    async def scenario(clock: Clock, replication: Replication) -> None:
        put(EAST, "a", "1")
        assert get(WEST, "a") is None
        await clock.sleep(LAG - 3)
        assert get(WEST, "a") is None
        await clock.sleep(6)
        assert get(WEST, "a") == "1"
        assert replication.pending() == 0

    replicate(scenario)


def test_with_the_modelled_lag_200_of_200_immediate_reads_miss_and_all_converge() -> None:
    async def scenario(clock: Clock, replication: Replication) -> None:
        missed = 0
        for n in range(200):
            put(EAST, f"item-{n}", str(n))
            missed += get(WEST, f"item-{n}") is None
            await clock.sleep(0.01)
        assert missed == 200
        await clock.sleep(5)
        assert contents(WEST) == contents(EAST) == {f"item-{n}": str(n) for n in range(200)}
        assert 1 < replication.statistics()[(EAST, WEST)].max_drawn <= 5

    replicate(scenario, lag=None)


def test_a_cut_holds_every_write_and_healing_loses_none_and_keeps_their_order() -> None:
    async def scenario(clock: Clock, replication: Replication) -> None:
        replication.cut(EAST, WEST)
        for n in range(50):
            put(EAST, f"item-{n}", str(n))
            put(EAST, "last", str(n))
            await clock.sleep(0.1)
        await clock.sleep(600)
        assert contents(WEST) == {}
        assert replication.pending() == replication.pending(EAST) == 100
        replication.heal(EAST, WEST)
        await clock.sleep(LAG + 3)
        assert replication.pending() == 0
        assert contents(WEST) == contents(EAST) == {"last": "49", **{f"item-{n}": str(n) for n in range(50)}}

    replicate(scenario)


def test_a_cut_holds_one_direction_only() -> None:
    async def scenario(clock: Clock, replication: Replication) -> None:
        replication.cut(EAST, WEST)
        put(EAST, "from-east", "1")
        put(WEST, "from-west", "2")
        await clock.sleep(LAG + 3)
        assert contents(EAST) == {"from-east": "1", "from-west": "2"}
        assert contents(WEST) == {"from-west": "2"}

    replicate(scenario)


def test_what_is_healed_sets_off_at_the_healing_and_not_before() -> None:
    async def scenario(clock: Clock, replication: Replication) -> None:
        replication.cut(EAST, WEST)
        put(EAST, "a", "1")
        await clock.sleep(60)
        replication.heal(EAST, WEST)
        await clock.sleep(LAG - 3)
        assert get(WEST, "a") is None
        await clock.sleep(6)
        assert get(WEST, "a") == "1"

    replicate(scenario)


@pytest.mark.parametrize("region", [EAST, WEST])
def test_a_dark_region_neither_sends_nor_receives_until_it_returns(region: str) -> None:
    dark: set[str] = set()

    async def scenario(clock: Clock, replication: Replication) -> None:
        put(EAST, "a", "east")
        put(WEST, "b", "west")
        dark.add(region)
        await clock.sleep(30)
        assert (contents(EAST), contents(WEST)) == ({"a": "east"}, {"b": "west"})
        assert replication.pending() == 2
        dark.clear()
        await clock.sleep(LAG + 3)
        assert contents(EAST) == contents(WEST) == {"a": "east", "b": "west"}

    replicate(scenario, dark=lambda: frozenset(dark))


def test_a_write_still_travelling_when_its_region_goes_dark_is_not_delivered() -> None:
    dark: set[str] = set()

    async def scenario(clock: Clock, replication: Replication) -> None:
        put(EAST, "sent", "1")
        await clock.sleep(LAG - 3)
        put(EAST, "travelling", "2")
        await clock.sleep(6)
        dark.add(EAST)
        await clock.sleep(60)
        assert contents(WEST) == {"sent": "1"}
        assert replication.pending(EAST) == 1

    replicate(scenario, dark=lambda: frozenset(dark))


def test_waking_lets_the_held_writes_of_a_returned_region_set_off_at_once() -> None:
    dark = {EAST}

    async def scenario(clock: Clock, replication: Replication) -> None:
        put(EAST, "a", "1")
        await clock.sleep(2 * LAG)
        dark.clear()
        replication.lag = lambda _source, _destination: 0.0
        replication.wake()
        assert get(WEST, "a") == "1"

    replicate(scenario, dark=lambda: frozenset(dark))


@pytest.mark.parametrize(("first", "second"), [(EAST, WEST), (WEST, EAST)])
def test_the_last_writer_wins_whichever_region_it_wrote_in(first: str, second: str) -> None:
    async def scenario(clock: Clock, replication: Replication) -> None:
        put(first, "a", "early")
        await clock.sleep(0.1)
        put(second, "a", "late")
        await clock.sleep(2 * LAG)
        assert get(EAST, "a") == get(WEST, "a") == "late"
        assert replication.statistics()[(first, second)].superseded == 1

    replicate(scenario)


@pytest.mark.parametrize(("first", "second"), [(EAST, WEST), (WEST, EAST)])
def test_a_write_of_before_the_cut_that_arrives_after_it_does_not_undo_a_later_one(
    first: str, second: str
) -> None:
    async def scenario(clock: Clock, replication: Replication) -> None:
        replication.cut(first, second)
        put(first, "a", "before")
        await clock.sleep(60)
        put(second, "a", "after")
        await clock.sleep(60)
        replication.heal(first, second)
        await clock.sleep(2 * LAG)
        assert get(EAST, "a") == get(WEST, "a") == "after"

    replicate(scenario)


def test_a_later_delete_wins_over_an_earlier_write_that_arrives_after_it() -> None:
    async def scenario(clock: Clock, replication: Replication) -> None:
        put(EAST, "a", "1")
        await clock.sleep(2 * LAG)
        replication.cut(WEST, EAST)
        put(WEST, "a", "2")
        await clock.sleep(1)
        delete(EAST, "a")
        await clock.sleep(1)
        replication.heal(WEST, EAST)
        await clock.sleep(2 * LAG)
        assert contents(EAST) == contents(WEST) == {}

    replicate(scenario)


def test_a_later_write_wins_over_an_earlier_delete_that_arrives_after_it() -> None:
    async def scenario(clock: Clock, replication: Replication) -> None:
        put(EAST, "a", "1")
        await clock.sleep(2 * LAG)
        replication.cut(EAST, WEST)
        delete(EAST, "a")
        await clock.sleep(1)
        put(WEST, "a", "2")
        replication.heal(EAST, WEST)
        await clock.sleep(2 * LAG)
        assert contents(EAST) == contents(WEST) == {"a": "2"}

    replicate(scenario)


def test_three_regions_converge_when_each_writes_the_same_item() -> None:
    lags = {(EAST, WEST): 2.0, (EAST, SYDNEY): 30.0, (WEST, EAST): 10.0, (WEST, SYDNEY): 1.0}

    async def scenario(clock: Clock, replication: Replication) -> None:
        for region in (EAST, WEST, SYDNEY):
            put(region, "a", region)
            put(region, region, "own")
            await clock.sleep(0.05)
        await clock.sleep(40)
        expected = {"a": SYDNEY, EAST: "own", WEST: "own", SYDNEY: "own"}
        assert contents(EAST) == contents(WEST) == contents(SYDNEY) == expected

    replicate(
        scenario,
        replicas=(WEST, SYDNEY),
        lag=lambda source, destination: lags.get((source, destination), LAG),
    )


def test_a_third_region_keeps_the_later_of_two_writes_that_reach_it_in_the_wrong_order() -> None:
    async def scenario(clock: Clock, replication: Replication) -> None:
        put(EAST, "a", "early")
        await clock.sleep(1)
        put(WEST, "a", "late")
        await clock.sleep(15)
        assert get(SYDNEY, "a") == "late"
        await clock.sleep(60)
        assert get(SYDNEY, "a") == "late"
        assert replication.statistics()[(EAST, SYDNEY)].superseded == 1

    replicate(
        scenario,
        replicas=(WEST, SYDNEY),
        lag=lambda source, destination: 40.0 if (source, destination) == (EAST, SYDNEY) else 5.0,
    )


def test_the_items_of_a_transaction_arrive_one_by_one() -> None:
    lags = iter([2.0, 20.0])

    async def scenario(clock: Clock, replication: Replication) -> None:
        items = [{"pk": {"S": key}, "value": {"S": "1"}} for key in ("a", "b")]
        call(
            EAST,
            "TransactWriteItems",
            TransactItems=[{"Put": {"TableName": TABLE, "Item": item}} for item in items],
        )
        await clock.sleep(10)
        assert contents(WEST) == {"a": "1"}
        await clock.sleep(20)
        assert contents(WEST) == {"a": "1", "b": "1"}

    replicate(scenario, lag=lambda _source, _destination: next(lags))


def test_a_write_never_overtakes_the_one_before_it() -> None:
    lags = iter([20.0, 1.0])

    async def scenario(clock: Clock, replication: Replication) -> None:
        put(EAST, "slow", "1")
        put(EAST, "quick", "2")
        await clock.sleep(15)
        assert contents(WEST) == {}
        await clock.sleep(10)
        assert contents(WEST) == {"slow": "1", "quick": "2"}

    replicate(scenario, lag=lambda _source, _destination: next(lags))


def test_a_condition_looks_at_the_local_copy() -> None:
    async def scenario(clock: Clock, replication: Replication) -> None:
        put(EAST, "a", "1")
        call(
            WEST,
            "PutItem",
            Item={"pk": {"S": "a"}, "value": {"S": "2"}},
            ConditionExpression="attribute_not_exists(pk)",
        )
        await clock.sleep(2 * LAG)
        assert get(EAST, "a") == get(WEST, "a") == "2"

    replicate(scenario)


def test_a_replicated_write_enters_the_stream_of_the_region_it_reaches() -> None:
    async def scenario(clock: Clock, replication: Replication) -> None:
        put(EAST, "a", "1")
        await clock.sleep(2 * LAG)
        delete(EAST, "a")
        await clock.sleep(2 * LAG)
        records = dynamodb.stream_live_records(TABLE, account_id=ACCOUNT, region=WEST)
        assert [(record["eventName"], record["awsRegion"]) for record in records] == [
            ("INSERT", WEST),
            ("REMOVE", WEST),
        ]

    replicate(scenario)


def test_a_write_from_another_thread_is_queued_at_once_and_delivered_on_the_loop() -> None:
    async def scenario(clock: Clock, replication: Replication) -> None:
        thread = threading.Thread(target=put, args=(EAST, "a", "1"))
        thread.start()
        thread.join()
        assert replication.pending() == 1
        await clock.sleep(2 * LAG)
        assert get(WEST, "a") == "1"

    replicate(scenario)


def test_the_statistics_tell_delivered_superseded_and_dropped_writes_apart() -> None:
    async def scenario(clock: Clock, replication: Replication) -> None:
        put(EAST, "a", "1")
        await clock.sleep(0.1)
        put(WEST, "a", "2")
        await clock.sleep(2 * LAG)
        put(EAST, "b", "3")
        call(EAST, "UpdateTable", ReplicaUpdates=[{"Delete": {"RegionName": WEST}}])
        await clock.sleep(2 * LAG)
        link = replication.statistics()[(EAST, WEST)]
        assert link == LinkStatistics(
            source=EAST,
            destination=WEST,
            delivered=0,
            superseded=1,
            dropped=1,
            pending=0,
            last_lag=link.last_lag,
            max_lag=link.max_lag,
            max_drawn=LAG,
        )
        assert LAG <= link.last_lag <= link.max_lag < LAG + 3

    replicate(scenario)


def test_the_lag_now_is_the_age_of_the_oldest_write_that_waits() -> None:
    async def scenario(clock: Clock, replication: Replication) -> None:
        assert replication.lag_now() == 0
        replication.cut(EAST, WEST)
        put(EAST, "a", "1")
        await clock.sleep(42)
        put(WEST, "b", "1")
        assert 42 <= replication.lag_now() <= replication.lag_now(EAST, WEST) < 45
        assert 0 <= replication.lag_now(WEST) < 3

    replicate(scenario)


def test_a_held_link_shows_the_outage_in_max_lag_and_not_in_max_drawn() -> None:
    async def scenario(clock: Clock, replication: Replication) -> None:
        replication.cut(EAST, WEST)
        put(EAST, "a", "1")
        await clock.sleep(42)
        replication.heal(EAST, WEST)
        await clock.sleep(2 * LAG)
        link = replication.statistics()[(EAST, WEST)]
        assert link.max_drawn == LAG
        assert 42 + LAG <= link.max_lag < 45 + LAG

    replicate(scenario)


def test_flushing_delivers_what_may_travel_and_forcing_it_delivers_the_rest() -> None:
    async def scenario(clock: Clock, replication: Replication) -> None:
        replication.cut(EAST, WEST)
        put(EAST, "a", "1")
        put(WEST, "b", "2")
        assert replication.flush() == 1
        assert (contents(EAST), contents(WEST)) == ({"a": "1", "b": "2"}, {"b": "2"})
        assert replication.flush(force=True) == 1
        assert contents(WEST) == {"a": "1", "b": "2"}

    replicate(scenario)


def test_a_table_that_replaces_another_of_its_name_starts_without_memory_of_it() -> None:
    async def scenario(clock: Clock, replication: Replication) -> None:
        put(EAST, "a", "old")
        delete(EAST, "a")
        for region in (EAST, WEST):
            call(region, "DeleteTable")
        create_global_table(WEST)
        put(EAST, "a", "new")
        await clock.sleep(2 * LAG)
        assert contents(WEST) == {"a": "new"}

    replicate(scenario)


def test_without_a_replica_nothing_is_queued() -> None:
    async def scenario(clock: Clock, replication: Replication) -> None:
        put(EAST, "a", "1")
        assert (replication.pending(), replication.statistics()) == (0, {})

    replicate(scenario, replicas=())


def test_uninstalling_brings_the_synchronous_copy_back() -> None:
    original = dynamodb._replicate_write

    async def scenario(clock: Clock, replication: Replication) -> None:
        assert dynamodb._replicate_write != original
        replication.uninstall()
        assert dynamodb._replicate_write is original
        put(EAST, "a", "1")
        assert get(WEST, "a") == "1"

    replicate(scenario)


def test_installing_twice_is_refused() -> None:
    async def scenario(clock: Clock, replication: Replication) -> None:
        with pytest.raises(RuntimeError, match="replication is already installed"):
            replication.install()

    replicate(scenario)


STEP = st.one_of(
    st.tuples(st.just("put"), st.sampled_from([EAST, WEST, SYDNEY]), st.sampled_from("abc")),
    st.tuples(st.just("delete"), st.sampled_from([EAST, WEST, SYDNEY]), st.sampled_from("abc")),
    st.tuples(
        st.sampled_from(["cut", "heal"]),
        st.sampled_from([EAST, WEST, SYDNEY]),
        st.sampled_from([EAST, WEST, SYDNEY]),
    ),
    st.tuples(st.just("sleep"), st.floats(0, 3), st.none()),
)


@settings(max_examples=60, deadline=None)
@given(steps=st.lists(STEP, max_size=30), lags=st.lists(st.floats(0, 9), min_size=9, max_size=9))
def test_whatever_is_written_cut_and_healed_all_regions_end_with_the_last_write_of_each_item(
    steps: list[tuple[str, Any, Any]], lags: list[float]
) -> None:
    dynamodb.reset()
    regions = (EAST, WEST, SYDNEY)
    last: dict[str, str | None] = {}

    async def scenario(clock: Clock, replication: Replication) -> None:
        for n, (action, where, what) in enumerate(steps):
            if action == "sleep":
                await clock.sleep(where)
            elif action == "put":
                put(where, what, f"{n}")
                last[what] = f"{n}"
            elif action == "delete":
                # where the item is not visible there is nothing to delete, and nothing replicates
                if get(where, what) is not None:
                    last[what] = None
                delete(where, what)
            else:
                getattr(replication, action)(where, what)
        for source in regions:
            for destination in regions:
                replication.heal(source, destination)
        await clock.sleep(40)
        expected = {key: value for key, value in last.items() if value is not None}
        assert [contents(region) for region in regions] == [expected] * 3
        assert replication.pending() == 0

    replicate(
        scenario,
        replicas=(WEST, SYDNEY),
        lag=lambda source, destination: lags[regions.index(source) * 3 + regions.index(destination)],
    )


@pytest.mark.parametrize(("function", "digest"), STANDS_ON.items())
def test_the_emulators_functions_that_stored_stands_on_are_unchanged(function: str, digest: str) -> None:
    assert digest_of(getattr(dynamodb, function)) == digest, (
        f"{function} has changed: see whether services/dynamodb/stored.py still fits, then set its digest"
    )
