"""When Route 53 calls something healthy: pure rules, no clock and no network.

Source of everything here unless another is named: Route 53 Developer Guide, "How Amazon Route 53 determines
whether a health check is healthy".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from harness.sandbox.services.route53.records import HealthCheck

CONNECT_LIMIT = 4.0
TCP_CONNECT_LIMIT = 10.0
RESPONSE_LIMIT = 2.0
BODY_LIMIT = 2.0
SEARCHED_BYTES = 5120
HEALTHY_SHARE_PERCENT = 18

AlarmState = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]


@dataclass(frozen=True, slots=True)
class CheckerState:
    """One checker's opinion of one endpoint: its status, and how many results in a row spoke against it.

    A new checker is healthy: Route 53 considers a new health check healthy until there is enough data to say
    otherwise (and, the status being inverted last, an inverted one unhealthy).
    """

    healthy: bool = True
    contrary: int = 0


def after(state: CheckerState, *, passed: bool, threshold: int) -> CheckerState:
    """The state after one more probe: `threshold` consecutive contrary results flip it, in either direction.

    Source: API Reference, HealthCheckConfig, FailureThreshold.
    """
    if passed == state.healthy:
        return CheckerState(healthy=state.healthy)
    contrary = state.contrary + 1
    if contrary >= threshold:
        return CheckerState(healthy=passed)
    return CheckerState(healthy=state.healthy, contrary=contrary)


def aggregate(reports: Iterable[bool], *, previous: bool = True) -> bool:
    """An endpoint is healthy when more than 18 % of the checkers that report say so.

    With no report at all the status stays what it was (`previous`): AWS documents no other basis to change
    it.
    """
    opinions = list(reports)
    if not opinions:
        return previous
    return 100 * sum(opinions) > HEALTHY_SHARE_PERCENT * len(opinions)


def calculated(*, at_least: int, children: Sequence[bool]) -> bool:
    """A calculated check: healthy when at least that many children are.

    0 is always healthy, more than there are children always unhealthy (API Reference, HealthCheckConfig,
    HealthThreshold); both follow from counting.
    """
    return sum(children) >= at_least


def alarm_health(state: AlarmState, *, insufficient_data: str, last_known: bool | None) -> bool:
    """A CLOUDWATCH_METRIC check: OK is healthy, ALARM unhealthy, too little data as configured.

    LastKnownStatus of a check that never had enough data is healthy (API Reference, HealthCheckConfig,
    InsufficientDataHealthStatus).
    """
    if state == "OK":
        return True
    if state == "ALARM":
        return False
    if insufficient_data == "LastKnownStatus":
        return True if last_known is None else last_known
    return insufficient_data == "Healthy"


def status(identifier: str, checks: Mapping[str, HealthCheck], observed: Callable[[str], bool]) -> bool:
    """The status of a check as records see it; `observed` says what its endpoint or alarm looks like.

    Disabled counts as healthy, and inverting comes last, so an inverted disabled check is unhealthy (API
    Reference, HealthCheckConfig, Disabled and Inverted). A check that was deleted counts as healthy: AWS says
    only that routing cannot be predicted then. AWS refuses a calculated check among the children of another
    (Developer Guide, "Values that you specify when you create or update health checks"); an emulator that
    lets one through gets a child that never counts.
    """
    check = checks.get(identifier)
    if check is None:
        return True
    if check.disabled:
        healthy = True
    elif check.type == "CALCULATED":
        children = [
            child in checks and checks[child].type != "CALCULATED" and status(child, checks, observed)
            for child in check.children
        ]
        healthy = calculated(at_least=check.health_threshold, children=children)
    else:
        healthy = observed(identifier)
    return healthy != check.inverted


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a probe met. Seconds are model seconds; None means that it did not come within its limit.

    `error` is set when the probe ended before its limit for another reason (refused, no DNS answer, not
    HTTP).
    """

    connected: float | None = None
    responded: float | None = None
    code: int | None = None
    received: float | None = None
    body: bytes = b""
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Opinion:
    """Whether a probe passed, and the sentence that a report shows."""

    passed: bool
    reason: str


def connect_limit(check: HealthCheck) -> float:
    """Seconds within which a TCP connection must open: 4, and 10 for a check of type TCP."""
    return TCP_CONNECT_LIMIT if check.type == "TCP" else CONNECT_LIMIT


def judge(check: HealthCheck, outcome: Outcome) -> Opinion:
    """Whether one probe passed.

    Connection within 4 s (TCP checks: 10 s); then a status of 200 or more and less than 400 within 2 s (API
    Reference, HealthCheckConfig, Type); with a search string, the body within 2 s more, holding the string
    entirely in its first 5,120 bytes, letter case counting. Certificates are not validated.
    """
    limit = connect_limit(check)
    if outcome.error is not None:
        return Opinion(False, outcome.error)
    if outcome.connected is None or outcome.connected > limit:
        return Opinion(False, f"no connection within {limit:g} s")
    if check.type == "TCP":
        return Opinion(True, "connected")
    if outcome.code is None or outcome.responded is None or outcome.responded > RESPONSE_LIMIT:
        return Opinion(False, f"no HTTP status within {RESPONSE_LIMIT:g} s after connecting")
    if not 200 <= outcome.code < 400:
        return Opinion(False, f"HTTP {outcome.code}")
    if not check.type.endswith("_STR_MATCH"):
        return Opinion(True, f"HTTP {outcome.code}")
    if outcome.received is None or outcome.received > BODY_LIMIT:
        return Opinion(False, f"HTTP {outcome.code}, but no body within {BODY_LIMIT:g} s more")
    if (check.search or "").encode() not in outcome.body[:SEARCHED_BYTES]:
        return Opinion(False, f"HTTP {outcome.code}, but the string was not found in the first 5,120 bytes")
    return Opinion(True, f"HTTP {outcome.code}, string found")


def host_header(check: HealthCheck) -> str:
    """The Host header of a probe: domain (else address), and the port unless it is the protocol's own.

    Source: API Reference, HealthCheckConfig, FullyQualifiedDomainName.
    """
    host = (check.domain or check.ip_address or "").rstrip(".")
    own = (check.type.startswith("HTTPS") and check.port == 443) or (
        not check.type.startswith("HTTPS") and check.port == 80
    )
    return host if own else f"{host}:{check.port}"
