"""What the edge keeps and for how long, each rule by the CloudFront Developer Guide's name for it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from harness.sandbox.services.cloudfront.distributions import Behavior, CustomError
from harness.sandbox.services.cloudfront.policies import CachePolicy, Names
from tests.harness.sandbox.services.cloudfront.edge_stand import (
    NOTHING_KEPT,
    ONE_DAY,
    Bench,
    Got,
    counter,
    distribution,
    origin,
)

FAILING = {"one.example.com": (500, {}, b"bad"), "two.example.com": (500, {}, b"bad")}


def bench(**settings: Any) -> Bench:
    given: dict[str, Any] = {"says": {"one.example.com": counter()}, **settings}
    return Bench(given.pop("distribution", distribution()), **given)


def visits(stand: Bench, *moments: tuple[float, str], **request: Any) -> list[Got]:
    """Requests one after the other: after so many seconds, for that path."""

    async def all_of_them() -> list[Got]:
        got = []
        for pause, path in moments:
            await stand.clock.sleep(pause)
            got.append(await stand.get(path, **request))
        return got

    got: list[Got] = stand.run(all_of_them())
    return got


def told(got: list[Got]) -> list[tuple[str, bytes]]:
    return [(each.cache, each.body) for each in got]


def test_an_object_is_served_from_the_cache_until_its_time_is_up_and_age_counts() -> None:
    stand = bench(policy=CachePolicy(default=60))
    got = visits(stand, (0, "/a"), (20, "/a"), (39, "/a"), (2, "/a"))
    assert told(got) == [("Miss", b"1"), ("Hit", b"1"), ("Hit", b"1"), ("Miss", b"2")]
    assert [each.headers.get("age") for each in got] == [None, "20", "59", None]


def test_with_a_maximum_of_0_nothing_is_kept() -> None:
    assert told(visits(bench(policy=NOTHING_KEPT), (0, "/a"), (0, "/a"))) == [("Miss", b"1"), ("Miss", b"2")]


def test_each_location_has_a_cache_of_its_own() -> None:
    stand = bench()

    async def places() -> list[Got]:
        return [await stand.get("/a", place=place) for place in ("us-east", "eu-west", "us-east")]

    assert told(stand.run(places())) == [("Miss", b"1"), ("Miss", b"2"), ("Hit", b"1")]


def test_the_key_has_no_query_strings_headers_or_cookies_unless_the_policy_says_so() -> None:
    stand = bench()

    async def variants() -> list[Got]:
        return [await stand.get("/a?x=1", accept="text/html"), await stand.get("/a?x=2", cookie="a=1")]

    assert told(stand.run(variants())) == [("Miss", b"1"), ("Hit", b"1")]


@pytest.mark.parametrize(
    ("policy", "first", "second"),
    [
        (CachePolicy(queries=Names("all")), "/a?x=1", "/a?x=2"),
        (CachePolicy(queries=Names("whitelist", frozenset({"x"}))), "/a?x=1&y=1", "/a?x=2&y=1"),
        (CachePolicy(queries=Names("allExcept", frozenset({"y"}))), "/a?x=1&y=1", "/a?x=2&y=1"),
    ],
)
def test_query_strings_of_the_cache_policy_tell_objects_apart_and_go_to_the_origin(
    policy: CachePolicy, first: str, second: str
) -> None:
    stand = bench(policy=policy)
    got = visits(stand, (0, first), (0, second), (0, first))
    assert told(got) == [("Miss", b"1"), ("Miss", b"2"), ("Hit", b"1")]
    assert "x=1" in stand.seen[0].target


def test_query_strings_outside_the_cache_policy_neither_tell_apart_nor_go_to_the_origin() -> None:
    stand = bench(policy=CachePolicy(queries=Names("whitelist", frozenset({"x"}))))
    got = visits(stand, (0, "/a?x=1&y=1"), (0, "/a?x=1&y=2"))
    assert (told(got), stand.seen[0].target) == ([("Miss", b"1"), ("Hit", b"1")], "/a?x=1")


def test_headers_and_cookies_of_the_cache_policy_tell_objects_apart_and_go_to_the_origin() -> None:
    names = Names("whitelist", frozenset({"accept-language"}))
    stand = bench(policy=CachePolicy(headers=names, cookies=Names("whitelist", frozenset({"team"}))))

    async def variants() -> list[Got]:
        return [
            await stand.get("/a", accept_language="en", cookie="team=1; other=1"),
            await stand.get("/a", accept_language="de", cookie="team=1; other=1"),
            await stand.get("/a", accept_language="en", cookie="team=2; other=1"),
            await stand.get("/a", accept_language="en", cookie="team=1; other=2"),
        ]

    assert [each.cache for each in stand.run(variants())] == ["Miss", "Miss", "Miss", "Hit"]
    assert stand.seen[0].headers["accept-language"] == "en"
    assert stand.seen[0].headers["cookie"] == "team=1"


def test_head_is_served_from_what_get_has_stored() -> None:
    stand = bench()

    async def both() -> Got:
        await stand.get("/a")
        return await stand.get("/a", method="HEAD")

    got = stand.run(both())
    assert (got.cache, got.body, len(stand.seen)) == ("Hit", b"", 1)


def test_writes_are_never_cached() -> None:
    assert [each.cache for each in visits(bench(), (0, "/a"), (0, "/a"), method="POST")] == ["Miss", "Miss"]


def test_options_are_cached_only_if_so_configured() -> None:
    methods = frozenset({"GET", "HEAD", "OPTIONS"})
    kept = Behavior("/kept", "group", methods=methods, cached_methods=methods)
    stand = bench(distribution=distribution(kept))
    got = visits(stand, (0, "/kept"), (0, "/kept"), (0, "/not"), (0, "/not"), method="OPTIONS")
    assert [each.cache for each in got] == ["Miss", "Hit", "Miss", "Miss"]


def test_an_expired_object_is_asked_for_with_its_etag_and_lives_on_after_304() -> None:
    def tagged(request: Any) -> Any:
        same = request.headers.get("if-none-match") == '"v1"'
        return (304, {"etag": '"v1"'}, b"") if same else (200, {"etag": '"v1"'}, b"body")

    stand = bench(policy=CachePolicy(default=10), says={"one.example.com": tagged})
    got = visits(stand, (0, "/a"), (11, "/a"), (9, "/a"))
    assert told(got) == [("Miss", b"body"), ("RefreshHit", b"body"), ("Hit", b"body")]


def test_simultaneous_requests_for_one_object_become_one() -> None:
    stand = bench(says={"one.example.com": "hang", "two.example.com": counter()})

    async def crowd() -> list[Got]:
        tasks = [stand.clock.spawn(stand.get("/a")) for _ in range(5)]
        with stand.clock.idle():
            return list(await asyncio.gather(*tasks))

    got = stand.run(crowd())
    assert sorted(each.cache for each in got) == ["Hit"] * 4 + ["Miss"]
    assert stand.hosts() == ["one.example.com", "two.example.com"]
    assert {round(each.seconds, 1) for each in got} == {2.0}


def test_simultaneous_requests_are_not_collapsed_when_nothing_is_cached() -> None:
    stand = bench(policy=NOTHING_KEPT)

    async def crowd() -> list[Got]:
        return list(await asyncio.gather(*(stand.get("/a", numbered=False) for _ in range(3))))

    assert sorted(each.body for each in stand.run(crowd())) == [b"1", b"2", b"3"]


def test_requests_that_waited_for_an_answer_that_may_not_be_shared_ask_themselves() -> None:
    numbered = counter()
    private = {"one.example.com": lambda request: (200, {"cache-control": "private"}, numbered(request)[2])}
    stand = bench(says=private)

    async def crowd() -> list[Got]:
        return list(await asyncio.gather(*(stand.get("/a", numbered=False) for _ in range(3))))

    assert sorted(told(stand.run(crowd()))) == [("Miss", b"1"), ("Miss", b"2"), ("Miss", b"3")]


@pytest.mark.parametrize(
    ("paths", "found"), [(["/a"], "Miss"), (["/*"], "Miss"), (["/b"], "Hit"), (["a*"], "Miss")]
)
def test_an_invalidation_takes_out_the_paths_that_it_names(paths: list[str], found: str) -> None:
    stand = bench()

    async def before_and_after() -> list[Got]:
        await stand.get("/a")
        stand.invalidated.append(paths)
        return [await stand.get("/a"), await stand.get("/a")]

    assert [each.cache for each in stand.run(before_and_after())] == [found, "Hit"]


# --- errors ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("policy", [ONE_DAY, NOTHING_KEPT])
def test_errors_are_kept_for_ten_seconds_by_default_even_where_nothing_else_is(policy: CachePolicy) -> None:
    stand = bench(policy=policy, says=FAILING)
    got = visits(stand, (0, "/a"), (9, "/a"), (2, "/a"))
    assert [(each.status, each.cache, each.headers.get("age")) for each in got] == [
        (500, "Error", None),
        (500, "Error", "9"),
        (500, "Error", None),
    ]
    assert len(stand.seen) == 4


def test_an_error_caching_minimum_ttl_of_0_keeps_no_errors() -> None:
    stand = bench(distribution=distribution(errors={500: CustomError(seconds=0)}), says=FAILING)
    visits(stand, (0, "/a"), (0, "/a"))
    assert len(stand.seen) == 4


def test_a_failure_to_reach_the_origin_is_kept_like_an_error_of_the_origins() -> None:
    stand = bench(says={"one.example.com": "refuse", "two.example.com": "refuse"})
    got = visits(stand, (0, "/a"), (5, "/a"))
    assert ([each.status for each in got], len(stand.seen)) == ([502, 502], 2)


def test_errors_of_writes_are_not_kept() -> None:
    stand = bench(says=FAILING)
    visits(stand, (0, "/a"), (0, "/a"), method="POST")
    assert len(stand.seen) == 2


def test_an_expired_object_stands_in_for_a_failing_origin() -> None:
    stand = bench(policy=CachePolicy(default=10))

    async def before_and_after() -> list[Got]:
        first = await stand.get("/a")
        stand.says.update(FAILING)
        await stand.clock.sleep(11)
        got = [first, await stand.get("/a"), await stand.get("/a")]
        asked = len(stand.seen)
        await stand.clock.sleep(11)
        got.append(await stand.get("/a"))
        assert (asked, len(stand.seen)) == (3, 5), "the origin is asked again after the error caching TTL"
        return got

    got = stand.run(before_and_after())
    assert [(each.status, each.body) for each in got] == [(200, b"1")] * 4


def test_stale_if_error_limits_how_long_an_expired_object_stands_in() -> None:
    limited = (200, {"cache-control": "max-age=10, stale-if-error=20"}, b"old")
    stand = bench(says={"one.example.com": limited})

    async def before_and_after() -> list[Got]:
        await stand.get("/a")
        stand.says.update(FAILING)
        await stand.clock.sleep(15)
        within = await stand.get("/a")
        await stand.clock.sleep(20)
        return [within, await stand.get("/a")]

    assert [each.status for each in stand.run(before_and_after())] == [200, 500]


def test_an_error_of_the_viewers_replaces_an_expired_object() -> None:
    stand = bench(policy=CachePolicy(default=10))

    async def before_and_after() -> Got:
        await stand.get("/a")
        stand.says["one.example.com"] = (404, {}, b"gone")
        await stand.clock.sleep(11)
        return await stand.get("/a")

    assert stand.run(before_and_after()).status == 404


def test_stale_while_revalidate_serves_at_once_and_asks_behind() -> None:
    numbered = counter()
    control = {"cache-control": "max-age=10, stale-while-revalidate=60"}
    stand = bench(says={"one.example.com": lambda request: (200, control, numbered(request)[2])})
    got = visits(stand, (0, "/a"), (11, "/a"), (1, "/a"))
    assert told(got) == [("Miss", b"1"), ("Hit", b"1"), ("Hit", b"2")]


# --- Origin Shield --------------------------------------------------------------------------------


def shielded(**settings: Any) -> Bench:
    one = origin("one", shield="us-west-2")
    return bench(distribution=distribution(one=one), **settings)


def test_an_origin_shield_spares_the_origin_the_same_question_from_other_locations() -> None:
    stand = shielded(policy=CachePolicy(default=60))

    async def places() -> list[Got]:
        first = await stand.get("/a", place="us-east")
        await stand.clock.sleep(50)
        second = await stand.get("/a", place="eu-west")
        await stand.clock.sleep(11)
        return [first, second, await stand.get("/a", place="eu-west")]

    got = stand.run(places())
    assert told(got) == [("Miss", b"1"), ("Miss", b"1"), ("Miss", b"2")], "the age goes along with the copy"
    assert {place for _, _, place in stand.asked} == {"us-west"}


def test_writes_go_through_the_origin_shield_too() -> None:
    stand = shielded()
    stand.run(stand.get("/a", method="POST", place="eu-west"))
    assert [place for _, _, place in stand.asked] == ["us-west"]


def test_failover_leaves_the_primarys_origin_shield_behind() -> None:
    stand = shielded(says={"one.example.com": (503, {}, b"")})
    got = stand.run(stand.get("/a", place="eu-west"))
    assert got.body == b"two.example.com"
    assert [(name, place) for _, name, place in stand.asked] == [
        ("one.example.com", "us-west"),
        ("two.example.com", "eu-west"),
    ]


def test_another_location_stands_in_for_an_origin_shield_whose_region_is_dark() -> None:
    stand = shielded(dark=frozenset({"us-west-2"}))
    assert stand.run(stand.get("/a", place="eu-west")).status == 200
    assert [place for _, _, place in stand.asked] == ["us-east"]
