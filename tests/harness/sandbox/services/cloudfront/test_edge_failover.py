"""Origin groups, attempts and timeouts, each rule by the CloudFront Developer Guide's name for it."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from typing import Any

import pytest

from harness.sandbox.services.cloudfront.distributions import Behavior
from tests.harness.sandbox.services.cloudfront.edge_stand import (
    NOTHING_KEPT,
    Bench,
    Got,
    Seen,
    distribution,
    origin,
)

DARK = frozenset({"us-east-1"})


def bench(**settings: Any) -> Bench:
    given: dict[str, Any] = {"policy": NOTHING_KEPT, **settings}
    return Bench(given.pop("distribution", distribution()), **given)


def ask(stand: Bench, **request: Any) -> Got:
    got: Got = stand.run(stand.get("/x", **request))
    return got


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_reading_methods_fail_over_to_the_secondary_origin(method: str) -> None:
    stand = bench(says={"one.example.com": (503, {}, b"")})
    got = ask(stand, method=method)
    assert (got.status, stand.hosts()) == (200, ["one.example.com", "two.example.com"])


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(("said", "status"), [((503, {}, b""), 503), ("refuse", 502), ("hang", 504)])
def test_writing_methods_do_not_fail_over(method: str, said: Any, status: int) -> None:
    stand = bench(says={"one.example.com": said})
    got = ask(stand, method=method, body=b"{}")
    assert (got.status, stand.hosts()) == (status, ["one.example.com"])


def test_a_status_that_is_not_configured_does_not_fail_over() -> None:
    stand = bench(says={"one.example.com": (404, {}, b"")})
    assert (ask(stand).status, stand.hosts()) == (404, ["one.example.com"])


def test_a_status_of_the_clients_may_be_configured_to_fail_over() -> None:
    stand = bench(distribution=distribution(codes=(404,)), says={"one.example.com": (404, {}, b"")})
    assert (ask(stand).status, stand.hosts()) == (200, ["one.example.com", "two.example.com"])


@pytest.mark.parametrize("said", ["refuse", "hang"])
def test_no_connection_and_no_answer_fail_over_whatever_codes_are_configured(said: str) -> None:
    stand = bench(distribution=distribution(codes=(404,)), says={"one.example.com": said})
    assert ask(stand).body == b"two.example.com"


def test_every_request_goes_to_the_primary_first_however_the_one_before_fared() -> None:
    stand = bench(says={"one.example.com": (500, {}, b"")})

    async def twice() -> None:
        await stand.get("/x")
        await stand.get("/x")

    stand.run(twice())
    assert stand.hosts() == ["one.example.com", "two.example.com"] * 2


def test_the_secondarys_own_failure_is_the_viewers() -> None:
    stand = bench(says={"one.example.com": (500, {}, b""), "two.example.com": (502, {}, b"second")})
    got = ask(stand)
    assert (got.status, got.body, got.cache) == (502, b"second", "Error")


def test_one_origin_without_a_group_has_no_second_chance() -> None:
    alone = distribution(Behavior("/x", "one"))
    stand = bench(distribution=alone, says={"one.example.com": (503, {}, b"first")})
    assert (ask(stand).body, stand.hosts()) == (b"first", ["one.example.com"])


def test_failovers_are_counted() -> None:
    stand = bench(says={"one.example.com": (503, {}, b"")})
    ask(stand)
    assert dataclasses.asdict(stand.cloudfront.statistics()) == {
        "requests": 1, "hits": 0, "misses": 1, "errors": 0, "failovers": 1,
    }  # fmt: skip


# --- attempts and timeouts ------------------------------------------------------------------------


def silent(**settings: Any) -> Bench:
    return bench(says={"one.example.com": "hang"}, dark=DARK, silent=DARK, **settings)


@pytest.mark.parametrize(("attempts", "timeout", "expected"), [(1, 1.0, 1.0), (3, 10.0, 30.0), (2, 4.0, 8.0)])
def test_a_silent_primary_costs_connection_attempts_times_connection_timeout(
    attempts: int, timeout: float, expected: float
) -> None:
    stand = silent(distribution=distribution(one=origin("one", attempts=attempts, connect_timeout=timeout)))
    started = time.monotonic()
    got = ask(stand)
    assert (got.status, got.body, round(got.seconds, 1)) == (200, b"two.example.com", expected)
    assert time.monotonic() - started < 1, "waiting for an origin must cost model time only"


def test_a_silent_origin_without_a_second_is_answered_504_for_every_method() -> None:
    alone = distribution(Behavior("/x", "one", methods=frozenset({"GET", "POST"})))
    got = [ask(silent(distribution=alone), method=method) for method in ("GET", "POST")]
    assert [(each.status, round(each.seconds, 1)) for each in got] == [(504, 1.0), (504, 1.0)]


def test_a_connection_that_is_refused_is_answered_502_at_once() -> None:
    stand = bench(says={"one.example.com": "refuse", "two.example.com": "refuse"})
    got = ask(stand)
    assert (got.status, got.cache, round(got.seconds, 1)) == (502, "Error", 0.0)


@pytest.mark.parametrize(("method", "tries"), [("GET", 3), ("HEAD", 3), ("OPTIONS", 1), ("POST", 1)])
def test_only_get_and_head_are_sent_again_after_a_response_timeout(method: str, tries: int) -> None:
    one = origin("one", attempts=3)
    stand = bench(distribution=distribution(Behavior("/x", "one", methods=frozenset({method})), one=one))
    stand.says["one.example.com"] = "hang"
    got = ask(stand, method=method)
    assert (got.status, len(stand.seen), round(got.seconds)) == (504, tries, 2 * tries)


def test_a_connection_kept_open_to_a_region_gone_silent_waits_for_the_response_timeout() -> None:
    stand = bench()

    async def before_and_after() -> list[float]:
        await stand.get("/x")
        stand.silent = stand.dark = DARK
        stand.says["one.example.com"] = "hang"
        return [round((await stand.get("/x")).seconds, 1) for _ in range(2)]

    # the open connection takes the first request with it, the second has to connect
    assert stand.run(before_and_after()) == [2.0, 1.0]


def test_a_connection_is_not_kept_longer_than_the_keepalive_timeout() -> None:
    stand = bench(distribution=distribution(one=origin("one", keepalive=5.0)))

    async def before_and_after() -> float:
        await stand.get("/x")
        await stand.clock.sleep(6)
        stand.silent = stand.dark = DARK
        stand.says["one.example.com"] = "hang"
        return round((await stand.get("/x")).seconds, 1)

    assert stand.run(before_and_after()) == 1.0


def test_a_write_that_loses_its_answer_is_not_sent_again() -> None:
    one = origin("one", attempts=3)
    stand = bench(distribution=distribution(one=one), says={"one.example.com": "refuse"})
    got = ask(stand, method="POST", body=b"{}")
    assert (got.status, len(stand.seen)) == (502, 1)


def test_a_dark_region_is_tried_as_often_as_configured_because_no_connection_came_to_be() -> None:
    one = origin("one", attempts=3)
    stand = bench(distribution=distribution(one=one), says={"one.example.com": "refuse"}, dark=DARK)
    assert (ask(stand, method="POST").status, len(stand.seen)) == (502, 3)


def test_an_origin_outside_the_sandbox_never_answers() -> None:
    stand = bench(addresses={"one.example.com": "203.0.113.9", "two.example.com": "127.0.1.2"})
    got = ask(stand)
    assert (got.body, stand.hosts(), round(got.seconds, 1)) == (b"two.example.com", ["two.example.com"], 1.0)


def test_an_origin_without_an_address_is_answered_502() -> None:
    got = ask(bench(addresses={}))
    assert (got.status, got.cache) == (502, "Error")


def test_viewers_side_by_side_wait_for_hanging_origins_without_wall_time() -> None:
    stand = bench(says={"one.example.com": "hang"})

    async def many() -> list[Got]:
        tasks = [
            stand.clock.spawn(stand.get(f"/{n}", place=place))
            for n in range(10)
            for place in ("us-east", "eu-west")
        ]
        with stand.clock.idle():
            return list(await asyncio.gather(*tasks))

    started = time.monotonic()
    got = stand.run(many())
    assert {(each.body, round(each.seconds, 1)) for each in got} == {(b"two.example.com", 2.0)}
    assert time.monotonic() - started < 2


# --- DNS of origins ------------------------------------------------------------------------------


def test_an_origin_is_resolved_from_the_edges_place_and_remembered_for_its_ttl() -> None:
    stand = bench(ttl=60)

    async def visits() -> None:
        for _ in range(3):
            await stand.get("/x", place="eu-west")
            await stand.clock.sleep(70)
        await stand.get("/x", place="oceania")
        await stand.get("/x", place="oceania")

    stand.run(visits())
    assert [(name, place) for _, name, place in stand.asked] == [("one.example.com", "eu-west")] * 3 + [
        ("one.example.com", "oceania")
    ]


def test_writes_follow_the_origins_name_when_dns_moves_it_at_the_latest_after_its_ttl() -> None:
    stand = bench(ttl=10, says={"one.example.com": (503, {}, b"")})

    async def until_served() -> float:
        await stand.get("/x", method="POST", body=b"{}")
        stand.addresses["one.example.com"] = "127.0.1.2"
        moved = stand.clock.now()
        while (await stand.get("/x", method="POST", body=b"{}")).status != 200:
            await stand.clock.sleep(0.5)
        return stand.clock.now() - moved

    assert 0 < stand.run(until_served()) <= 10.5


def test_locations_do_not_forget_an_origins_address_at_one_moment() -> None:
    stand = bench(ttl=100)

    async def visits() -> None:
        for _ in range(200):
            for place in ("us-east", "eu-west", "oceania"):
                await stand.get("/x", place=place)
            await stand.clock.sleep(1)

    stand.run(visits())
    second = {}
    for at, _, place in stand.asked:
        second.setdefault(place, []).append(round(at))
    assert len({moments[1] for moments in second.values()}) == 3


# --- what an origin sees --------------------------------------------------------------------------


def test_the_origin_sees_its_own_name_as_host_and_what_no_policy_forwards_stays_behind() -> None:
    stand = bench()
    stand.run(
        stand.get(
            "/x?id=1",
            method="POST",
            body=b"{}",
            content_type="application/json",
            idempotency_key="k",
            cookie="a=1",
        )
    )
    request: Seen = stand.seen[0]
    assert (request.host, request.target, request.body) == ("one.example.com", "/x", b"{}")
    assert request.headers["content-type"] == "application/json"
    assert request.headers["user-agent"] == "Amazon CloudFront"
    assert request.headers["x-forwarded-for"] == "198.51.100.7"
    assert {"idempotency-key", "cookie"}.isdisjoint(request.headers)


def test_the_clocks_number_of_the_viewer_is_replaced_by_one_of_each_attempt() -> None:
    one = origin("one", attempts=3)
    stand = bench(distribution=distribution(Behavior("/x", "one"), one=one), says={"one.example.com": "hang"})
    ask(stand)
    numbers = {int(request.headers["x-antipode-request"]) for request in stand.seen}
    assert len(numbers) == 3
    assert min(numbers) >= 1 << 41
