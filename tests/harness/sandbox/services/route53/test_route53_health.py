"""One test for each published rule of health checks. Facts: B1 and F of the failover facts."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.sandbox.services.route53.health import (
    CheckerState,
    Opinion,
    Outcome,
    after,
    aggregate,
    alarm_health,
    calculated,
    connect_limit,
    host_header,
    judge,
    status,
)
from harness.sandbox.services.route53.records import HealthCheck


def check(**settings: Any) -> HealthCheck:
    return HealthCheck(**{"id": "h", "type": "HTTP", "port": 80, "domain": "api.example.com", **settings})


def run(results: str, *, threshold: int, state: CheckerState | None = None) -> str:
    """The status after each result: results and statuses as "+" and "-"."""
    state, statuses = state or CheckerState(), ""
    for result in results:
        state = after(state, passed=result == "+", threshold=threshold)
        statuses += "+" if state.healthy else "-"
    return statuses


# --- the 18 % rule


@pytest.mark.parametrize(("healthy", "of"), [(3, 15), (19, 100), (1, 5), (1, 1), (2, 11)])
def test_a_check_is_healthy_when_more_than_18_percent_of_checkers_say_so(healthy: int, of: int) -> None:
    assert aggregate([True] * healthy + [False] * (of - healthy)) is True


@pytest.mark.parametrize(("healthy", "of"), [(2, 15), (18, 100), (9, 50), (0, 1), (1, 6)])
def test_a_check_is_unhealthy_when_18_percent_of_checkers_or_fewer_say_healthy(healthy: int, of: int) -> None:
    assert aggregate([True] * healthy + [False] * (of - healthy), previous=True) is False


def test_of_fifteen_checkers_the_thirteenth_to_flip_makes_the_check_unhealthy() -> None:
    statuses = [aggregate([False] * flipped + [True] * (15 - flipped)) for flipped in range(16)]
    assert statuses == [True] * 13 + [False] * 3


@pytest.mark.parametrize("previous", [True, False])
def test_a_check_about_which_no_checker_reports_keeps_its_status(previous: bool) -> None:
    assert aggregate([], previous=previous) is previous


# --- threshold


def test_a_checker_turns_unhealthy_at_the_threshold_of_consecutive_failures() -> None:
    assert run("---", threshold=3) == "++-"


def test_a_checker_turns_healthy_at_the_same_threshold_of_consecutive_passes() -> None:
    assert run("+++", threshold=3, state=CheckerState(healthy=False)) == "--+"


def test_a_contrary_result_starts_the_count_anew() -> None:
    assert run("--+--+---", threshold=3) == "++++++++-"


def test_a_threshold_of_one_flips_at_the_first_result() -> None:
    assert run("-+-+", threshold=1) == "-+-+"


def test_a_new_check_is_healthy_until_there_is_enough_data() -> None:
    assert CheckerState().healthy is True
    assert status("h", {"h": check()}, lambda _: CheckerState().healthy) is True


def test_a_new_inverted_check_is_unhealthy_until_there_is_enough_data() -> None:
    assert status("h", {"h": check(inverted=True)}, lambda _: CheckerState().healthy) is False


@given(results=st.text("+-", max_size=60), threshold=st.integers(1, 10))
def test_a_checker_flips_only_after_a_full_run_of_contrary_results(results: str, threshold: int) -> None:
    statuses = "+" + run(results, threshold=threshold)
    for index in range(1, len(statuses)):
        if statuses[index] != statuses[index - 1]:
            assert results[max(0, index - threshold) : index] == statuses[index] * threshold
        else:
            contrary = "-" if statuses[index] == "+" else "+"
            assert not results[:index].endswith(contrary * threshold)


# --- what a single probe must meet


def test_a_connection_must_open_within_four_seconds() -> None:
    good = Outcome(connected=4.0, responded=0.1, code=200)
    late = Outcome(connected=4.001, responded=0.1, code=200)
    assert judge(check(), good) == Opinion(True, "HTTP 200")
    assert judge(check(), late) == Opinion(False, "no connection within 4 s")
    assert judge(check(), Outcome()) == Opinion(False, "no connection within 4 s")


def test_a_status_must_come_within_two_seconds_after_connecting() -> None:
    assert judge(check(), Outcome(connected=3.9, responded=2.0, code=200)).passed is True
    assert judge(check(), Outcome(connected=3.9)) == Opinion(
        False, "no HTTP status within 2 s after connecting"
    )
    assert judge(check(), Outcome(connected=0.1, responded=2.001, code=200)).passed is False


@pytest.mark.parametrize(
    ("code", "passed"),
    [
        (199, False),
        (200, True),
        (204, True),
        (301, True),
        (399, True),
        (400, False),
        (404, False),
        (503, False),
    ],
)
def test_a_status_of_200_or_more_and_less_than_400_passes(code: int, passed: bool) -> None:
    opinion = judge(check(), Outcome(connected=0.1, responded=0.1, code=code))
    assert opinion == Opinion(passed, f"HTTP {code}")


def test_the_body_must_come_within_two_seconds_more_when_a_string_is_sought() -> None:
    sought = check(type="HTTPS_STR_MATCH", search="pass")
    met = Outcome(connected=0.1, responded=1.9, code=200, received=2.0, body=b"pass")
    unmet = Outcome(connected=0.1, responded=1.9, code=200, received=2.001, body=b"pass")
    missing = Outcome(connected=0.1, responded=1.9, code=200)
    assert judge(sought, met) == Opinion(True, "HTTP 200, string found")
    assert judge(sought, unmet) == Opinion(False, "HTTP 200, but no body within 2 s more")
    assert judge(sought, missing) == Opinion(False, "HTTP 200, but no body within 2 s more")


def test_the_string_must_lie_entirely_in_the_first_5120_bytes() -> None:
    sought = check(type="HTTP_STR_MATCH", search="pass")
    just = Outcome(connected=0.0, responded=0.0, code=200, received=0.0, body=b"x" * 5116 + b"pass")
    cut = Outcome(connected=0.0, responded=0.0, code=200, received=0.0, body=b"x" * 5117 + b"pass")
    assert judge(sought, just).passed is True
    assert judge(sought, cut) == Opinion(
        False, "HTTP 200, but the string was not found in the first 5,120 bytes"
    )


def test_the_string_is_sought_with_its_letter_case() -> None:
    sought = check(type="HTTP_STR_MATCH", search="Pass")
    outcome = Outcome(connected=0.0, responded=0.0, code=200, received=0.0, body=b"pass PASS")
    assert judge(sought, outcome).passed is False


def test_a_string_match_still_demands_a_good_status() -> None:
    sought = check(type="HTTP_STR_MATCH", search="pass")
    outcome = Outcome(connected=0.0, responded=0.0, code=503, received=0.0, body=b"pass")
    assert judge(sought, outcome) == Opinion(False, "HTTP 503")


def test_a_check_without_a_string_ignores_the_body() -> None:
    assert judge(check(), Outcome(connected=0.0, responded=0.0, code=200)).passed is True


def test_a_tcp_check_has_ten_seconds_to_connect_and_needs_no_answer() -> None:
    tcp = check(type="TCP", port=5432)
    assert (connect_limit(tcp), connect_limit(check())) == (10.0, 4.0)
    assert judge(tcp, Outcome(connected=10.0)) == Opinion(True, "connected")
    assert judge(tcp, Outcome()) == Opinion(False, "no connection within 10 s")


def test_a_refused_connection_fails_at_once_and_says_so() -> None:
    assert judge(check(), Outcome(error="connection refused")) == Opinion(False, "connection refused")


@pytest.mark.parametrize(
    ("settings", "host"),
    [
        ({"type": "HTTP", "port": 80}, "api.example.com"),
        ({"type": "HTTPS", "port": 443}, "api.example.com"),
        ({"type": "HTTPS_STR_MATCH", "port": 443}, "api.example.com"),
        ({"type": "HTTP", "port": 8080}, "api.example.com:8080"),
        ({"type": "HTTPS", "port": 80}, "api.example.com:80"),
        ({"type": "HTTP", "port": 80, "domain": None, "ip_address": "192.0.2.1"}, "192.0.2.1"),
        ({"type": "HTTP", "port": 80, "ip_address": "192.0.2.1"}, "api.example.com"),
    ],
)
def test_the_host_header_names_the_port_unless_it_is_the_protocols_own(
    settings: dict[str, Any], host: str
) -> None:
    assert host_header(check(**settings)) == host


# --- calculated, inverted, disabled


@pytest.mark.parametrize(
    ("at_least", "children", "healthy"),
    [
        (2, [True, True, False], True),
        (2, [True, False, False], False),
        (3, [True] * 3, True),
        (1, [False], False),
    ],
)
def test_a_calculated_check_is_healthy_when_at_least_n_children_are(
    at_least: int, children: list[bool], healthy: bool
) -> None:
    assert calculated(at_least=at_least, children=children) is healthy


@given(children=st.lists(st.booleans(), max_size=256))
def test_a_calculated_check_with_threshold_zero_is_always_healthy(children: list[bool]) -> None:
    assert calculated(at_least=0, children=children) is True


@given(children=st.lists(st.booleans(), max_size=256), more=st.integers(1, 5))
def test_a_calculated_check_that_wants_more_than_its_children_is_always_unhealthy(
    children: list[bool], more: int
) -> None:
    assert calculated(at_least=len(children) + more, children=children) is False


def test_a_calculated_check_may_have_256_children() -> None:
    checks = {f"c{n}": check(id=f"c{n}") for n in range(256)}
    checks["p"] = check(id="p", type="CALCULATED", children=tuple(checks), health_threshold=256)
    assert status("p", checks, lambda _: True) is True
    assert status("p", checks, lambda child: child != "c255") is False


def test_a_calculated_check_counts_children_as_they_are_after_inverting() -> None:
    checks = {
        "a": check(id="a", inverted=True),
        "p": check(id="p", type="CALCULATED", children=("a",), health_threshold=1),
    }
    assert status("p", checks, lambda _: False) is True


def test_a_calculated_check_never_counts_another_calculated_check() -> None:
    checks = {
        "inner": check(id="inner", type="CALCULATED", health_threshold=0),
        "outer": check(id="outer", type="CALCULATED", children=("inner",), health_threshold=1),
    }
    assert status("outer", checks, lambda _: True) is False


@pytest.mark.parametrize("observed", [True, False])
def test_an_inverted_check_has_the_opposite_status(observed: bool) -> None:
    assert status("h", {"h": check(inverted=True)}, lambda _: observed) is not observed


def test_a_disabled_check_is_always_healthy() -> None:
    assert status("h", {"h": check(disabled=True)}, lambda _: False) is True


def test_a_disabled_inverted_check_is_unhealthy_which_stops_traffic_by_hand() -> None:
    assert status("h", {"h": check(disabled=True, inverted=True)}, lambda _: True) is False


def test_a_deleted_check_counts_as_healthy() -> None:
    assert status("gone", {}, lambda _: False) is True


# --- CloudWatch


def test_an_alarm_check_is_healthy_on_ok_and_unhealthy_on_alarm_whatever_else_is_set() -> None:
    for setting in ("Healthy", "Unhealthy", "LastKnownStatus"):
        for last in (True, False, None):
            assert alarm_health("OK", insufficient_data=setting, last_known=last) is True
            assert alarm_health("ALARM", insufficient_data=setting, last_known=last) is False


@pytest.mark.parametrize("last", [True, False, None])
def test_too_little_data_takes_the_status_that_was_configured(last: bool | None) -> None:
    assert alarm_health("INSUFFICIENT_DATA", insufficient_data="Healthy", last_known=last) is True
    assert alarm_health("INSUFFICIENT_DATA", insufficient_data="Unhealthy", last_known=last) is False


@pytest.mark.parametrize("last", [True, False])
def test_too_little_data_can_keep_the_last_known_status(last: bool) -> None:
    assert alarm_health("INSUFFICIENT_DATA", insufficient_data="LastKnownStatus", last_known=last) is last


def test_the_last_known_status_of_a_new_check_is_healthy() -> None:
    assert alarm_health("INSUFFICIENT_DATA", insufficient_data="LastKnownStatus", last_known=None) is True


# --- how long detection takes, without a clock


@given(seed=st.integers(0, 10_000), interval=st.sampled_from([10, 30]), threshold=st.integers(1, 10))
def test_refused_connections_are_detected_within_the_published_bounds(
    seed: int, interval: int, threshold: int
) -> None:
    """F3: between (n-1) and n intervals; the thirteenth of fifteen phases decides."""
    phases = sorted(random.Random(seed).random() * interval for _ in range(15))
    flips = sorted(phase + (threshold - 1) * interval for phase in phases)
    detected = next(at for at in flips if not aggregate([flip > at for flip in flips]))
    assert detected == flips[12]
    assert (threshold - 1) * interval <= detected <= threshold * interval
