"""What API Gateway says of the time, in model time."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

from harness.sandbox.patches import ORIGIN, Origin
from harness.sandbox.server import Sandbox

pytestmark = pytest.mark.sandbox

NOON = 1_800_000_000.0
LIMITS: dict[str, Any] = {"rateLimit": 50.0, "burstLimit": 100}


def taken(slot: str, requests: int, epoch: float | None, limits: dict[str, Any] = LIMITS) -> int:
    """How many of the requests, all at one moment, the method's bucket had a token for."""
    take = importlib.import_module("ministack.services.apigateway_v1")._take_token
    token = ORIGIN.set(Origin(epoch=epoch))
    try:
        return sum(take((slot,), limits) for _ in range(requests))
    finally:
        ORIGIN.reset(token)


def test_tokens_come_back_at_the_rate_and_up_to_the_burst_in_model_time(sandbox: Sandbox) -> None:
    moments = (NOON, NOON, NOON + 1, NOON + 1.5, NOON + 60)
    assert [taken("a", 120, moment) for moment in moments] == [100, 0, 50, 25, 100]
    assert taken("b", 120, NOON) == 100, "each method has a bucket of its own"


def test_a_request_that_came_in_before_the_last_one_gives_no_token_back(sandbox: Sandbox) -> None:
    assert [taken("c", 120, moment) for moment in (NOON + 5, NOON, NOON + 5)] == [100, 0, 0]


def test_without_limits_nothing_is_throttled_and_at_naught_everything_is(sandbox: Sandbox) -> None:
    assert taken("d", 9, NOON, {}) == 9
    assert taken("e", 9, NOON, {"rateLimit": 0.0, "burstLimit": 0}) == 0


def test_what_has_no_model_time_is_counted_by_the_machines(sandbox: Sandbox) -> None:
    assert taken("f", 120, None, {"rateLimit": 0.001, "burstLimit": 100}) == 100
