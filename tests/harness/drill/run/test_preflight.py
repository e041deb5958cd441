from __future__ import annotations

import pytest

from harness.drill.load.exchange import Reply
from harness.drill.run.preflight import health_problem, region_behind
from harness.drill.subject import DrillError
from tests.harness.drill.drill_ledgers import EAST, SUBJECT


def problem(status: int, body: str) -> str | None:
    return health_problem(Reply(1, status, body.encode()), SUBJECT, EAST)


def test_a_passing_answer_of_the_regions_own_function_is_fit() -> None:
    assert problem(200, '{"status":"pass","health":"pass:shop/us-east-1"}') is None


def test_a_200_that_anything_could_give_is_called_what_it_is() -> None:
    assert problem(200, "OK") == (
        "health is answered by something else than the health function of us-east-1: the answer (200) does "
        'not contain "health":"pass:shop/us-east-1"; it begins with \'OK\''
    )


def test_another_regions_function_is_something_else_too() -> None:
    found = problem(200, '{"health":"pass:shop/us-west-2"}')
    assert found is not None
    assert found.startswith("health is answered by something else")


def test_a_function_that_fails_is_not_mistaken_for_something_else() -> None:
    assert problem(503, '{"health":"fail:shop/us-east-1"}') == (
        'the function of us-east-1 answers, but fails: {"health":"fail:shop/us-east-1"}'
    )


def test_an_error_that_the_function_did_not_give_is_told_with_its_status() -> None:
    assert problem(403, '{"message":"Forbidden"}') == (
        'HTTP 403 instead of 200; the answer begins with \'{"message":"Forbidden"}\''
    )


def test_a_marker_beyond_what_route_53_searches_does_not_count() -> None:
    assert problem(200, " " * 5110 + '"health":"pass:shop/us-east-1"') is not None


def test_no_answer_is_told_with_its_cause() -> None:
    reply = Reply(1, None, b"", "timeout", "no answer within 10 s")
    assert health_problem(reply, SUBJECT, EAST) == "no answer (no answer within 10 s)"


def test_regions_that_share_an_address_cannot_be_drilled() -> None:
    assert region_behind({"a": ("127.0.1.1", 80), "b": ("127.0.1.2", 80)}) == {
        "127.0.1.1": "a",
        "127.0.1.2": "b",
    }
    with pytest.raises(DrillError, match="the regions a, b share one loopback address"):
        region_behind({"a": ("127.0.0.1", 81), "b": ("127.0.0.1", 82)})
