"""RES004: what is planned, not what was meant, adds up to a recovery within the objectives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from pydantic import BaseModel

from generator import hosts
from generator.manifest import Manifest
from generator.recovery.budget import refusals
from policies.finding import Finding
from policies.resilience.estate import Estate
from policies.resilience.plan_json import Resource
from policies.resilience.routing import health_checks, routed_records

RULE: Final = "RES004"
SOURCE: Final = (
    "Amazon Route 53 Developer Guide, How Amazon Route 53 determines whether a health check is healthy"
)


def check(estate: Estate) -> Iterator[Finding]:
    planned = as_planned(estate)
    for refusal in refusals(planned):
        yield Finding(
            rule=RULE,
            severity="error",
            where=".".join(refusal.key),
            message=f"as planned ({_settings(estate)}), {refusal.message}",
            fix="change the setting that the message names in the manifest, then `make generate`",
            source=SOURCE,
        )


def as_planned(estate: Estate) -> Manifest:
    """The manifest with the values that the plans have: those of the slowest record, check and origin."""
    edge = estate.manifest.edge
    checks = [each.values for each in health_checks(estate)]
    ttls = [each.values["ttl"] for each in routed_records(estate) if each.values.get("ttl") is not None]
    edge = _with(
        edge,
        ttl=max(ttls, default=edge.ttl),
        health_check=_with(
            edge.health_check,
            interval=max((each["request_interval"] for each in checks), default=edge.health_check.interval),
            threshold=max(
                (each["failure_threshold"] for each in checks), default=edge.health_check.threshold
            ),
        ),
        cdn=_with(edge.cdn, **_connection(estate)),
    )
    planned: Manifest = _with(estate.manifest, edge=edge, failover=_controller(estate))
    return planned


def _connection(estate: Estate) -> dict[str, int]:
    """How long the edges wait for the origin that DNS moves."""
    served = hosts.served(estate.manifest)
    for distribution in estate.everywhere("aws_cloudfront_distribution"):
        for origin in distribution.blocks("origin"):
            if origin["domain_name"] == served and origin.get("custom_origin_config"):
                return {
                    "connect_attempts": origin["connection_attempts"],
                    "connect_timeout": origin["connection_timeout"],
                    "response_timeout": origin["custom_origin_config"][0]["origin_read_timeout"],
                }
    return {}


# what the controller is told, and the setting that it is from
_TOLD: Final = {"lease": "LEASE_SECONDS", "guard": "GUARD_SECONDS", "agreement": "AGREEMENT_SECONDS"}


def _controller(estate: Estate) -> Any:
    """The manifest's `failover` as the controllers are told it, the slowest of them."""
    settings = estate.manifest.failover
    told = [
        variables
        for each in estate.everywhere("aws_lambda_function")
        for variables in [each.block("environment").get("variables") or {}]
        if "LEASE_SECONDS" in variables
    ]
    if settings is None or not told:
        return settings
    slowest = {name: max(float(each[variable]) for each in told) for name, variable in _TOLD.items()}
    return _with(settings, **slowest)


def _with(part: BaseModel, **changes: object) -> Any:
    return part.model_copy(update=changes)


def _settings(estate: Estate) -> str:
    planned = as_planned(estate)
    check = planned.edge.health_check
    slowest = f"TTL {planned.edge.ttl} s, probes every {check.interval} s, {check.threshold} failures"
    return slowest + "".join(f", {name}" for name in _slow(estate))


def _slow(estate: Estate) -> Iterator[str]:
    """The records and checks that are slower than the manifest says."""
    meant = estate.manifest.edge
    for each in routed_records(estate):
        if each.values.get("ttl") is not None and each.values["ttl"] > meant.ttl:
            yield _place(each)
    interval, threshold = meant.health_check.interval, meant.health_check.threshold
    for each in health_checks(estate):
        if each.values["request_interval"] > interval or each.values["failure_threshold"] > threshold:
            yield _place(each)


def _place(each: Resource) -> str:
    return f"because of {each.where}"
