"""The table of "Manage how long content stays in the cache (expiration)", and that of cached errors."""

from __future__ import annotations

import pytest

from harness.sandbox.services.cloudfront.distributions import CustomError
from harness.sandbox.services.cloudfront.expiry import error_lifetime, lifetime
from harness.sandbox.services.cloudfront.messages import Reply
from harness.sandbox.services.cloudfront.policies import CachePolicy

NOW = 1_800_000_000.0
MINIMUM_0 = CachePolicy(minimum=0, default=100, maximum=1000)
MINIMUM_50 = CachePolicy(minimum=50, default=100, maximum=1000)
EXPIRES = {"date": "Fri, 20 Nov 2026 10:00:00 GMT", "expires": "Fri, 20 Nov 2026 10:05:00 GMT"}


def reply(status: int = 200, **headers: str) -> Reply:
    return Reply(status, tuple((name.replace("_", "-"), value) for name, value in headers.items()))


@pytest.mark.parametrize(
    ("headers", "minimum_0", "minimum_50"),
    [
        ({}, 100, 100),
        ({"cache_control": "max-age=300"}, 300, 300),
        ({"cache_control": "max-age=10"}, 10, 50),
        ({"cache_control": "max-age=5000"}, 1000, 1000),
        ({"cache_control": "max-age=10, s-maxage=200"}, 200, 200),
        ({"cache_control": 'max-age="7"'}, 7, 50),
        (EXPIRES, 300, 300),
        ({**EXPIRES, "cache_control": "max-age=20"}, 20, 50),
        ({**EXPIRES, "expires": "0"}, 0, 50),
        ({"cache_control": "no-cache"}, 0, 50),
        ({"cache_control": "no-store"}, None, 50),
        ({"cache_control": "private, max-age=300"}, None, 50),
    ],
)
def test_the_origins_word_counts_between_minimum_and_maximum_ttl(
    headers: dict[str, str], minimum_0: float | None, minimum_50: float
) -> None:
    found = [lifetime(reply(**headers), policy, now=NOW) for policy in (MINIMUM_0, MINIMUM_50)]
    assert found == [minimum_0, minimum_50]


def test_without_the_origins_word_the_greater_of_default_and_minimum_counts() -> None:
    assert lifetime(reply(), CachePolicy(minimum=500, default=100, maximum=1000), now=NOW) == 500


@pytest.mark.parametrize(
    ("status", "expected"), [(200, 100), (301, 100), (302, 100), (206, None), (404, None)]
)
def test_redirects_are_cached_and_parts_are_not(status: int, expected: float | None) -> None:
    assert lifetime(reply(status), MINIMUM_0, now=NOW) == expected


@pytest.mark.parametrize("status", [404, 410, 414, 500, 501, 502, 503, 504])
def test_these_errors_are_always_cached(status: int) -> None:
    assert error_lifetime(reply(status), MINIMUM_0, CustomError(), now=NOW) == 10


@pytest.mark.parametrize("status", [400, 403, 405, 412, 415])
def test_these_errors_are_cached_only_if_the_origin_says_for_how_long(status: int) -> None:
    silent, told = reply(status), reply(status, cache_control="max-age=60")
    found = [error_lifetime(each, MINIMUM_0, CustomError(), now=NOW) for each in (silent, told)]
    assert found == [0, 60]


@pytest.mark.parametrize("status", [401, 409, 416, 429])
def test_other_errors_are_not_cached(status: int) -> None:
    assert error_lifetime(reply(status, cache_control="max-age=60"), MINIMUM_0, CustomError(), now=NOW) == 0


def test_an_error_is_kept_for_the_greater_of_minimum_and_the_origins_word_up_to_the_maximum_ttl() -> None:
    def kept(control: str, seconds: float) -> float:
        answer = reply(503, cache_control=control)
        return error_lifetime(answer, MINIMUM_0, CustomError(seconds=seconds), now=NOW)

    said = [("max-age=5", 30.0), ("max-age=60", 30.0), ("max-age=9999", 30.0), ("max-age=0", 0.0)]
    assert [kept(*each) for each in said] == [30, 60, 1000, 0]


@pytest.mark.parametrize(
    ("status", "expected"), [(404, 0), (410, 0), (414, 0), (501, 0), (500, 10), (503, 10)]
)
def test_no_store_is_respected_for_some_errors_and_ignored_for_others(status: int, expected: float) -> None:
    assert (
        error_lifetime(reply(status, cache_control="no-store"), MINIMUM_0, CustomError(), now=NOW) == expected
    )
