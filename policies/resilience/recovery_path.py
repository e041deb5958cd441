"""RES006, invariant I3: from fault to recovered nothing calls a control plane that the fault may take."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from generator import naming
from generator.control_planes import HOMES
from generator.manifest import Manifest, implied
from generator.manifest.failover import FAILOVER
from generator.stacks import stacks
from policies.finding import Finding
from policies.resilience.estate import Estate, estate
from policies.resilience.plan_json import NOT_KNOWN, Resource
from policies.resilience.planes import (
    CONTROL_ACTIONS,
    DATA_ACTIONS,
    FOREIGN_ACTIONS,
    OWN_REGION,
    Plane,
)
from policies.resilience.routing import health_check_of, routed_records

RULE: Final = "RES006"
SOURCE: Final = "AWS Well-Architected Framework, REL11-BP04 Rely on the data plane during recovery"
EVERYWHERE: Final = "everywhere"


@dataclass(frozen=True)
class Call:
    """One call on the way from fault to recovered.

    `region` is where it is answered, `everywhere` for the data planes of DNS and CDN; `why` says why a fault
    cannot take it, and is "" when it can.
    """

    who: str
    action: str
    region: str
    plane: Plane
    why: str


def check(estate: Estate) -> Iterator[Finding]:
    for call in calls(estate):
        if not call.why:
            yield Finding(
                rule=RULE,
                severity="error",
                where=f"global: role of {call.who}",
                message=f"{call.who} may call {call.action}, the {call.plane} plane in {call.region}, which "
                "the fault "
                "that it is to recover from may have taken",
                fix="do it ahead of the fault (static stability) or through a data plane of the caller's "
                "own region; "
                "a call that is safe is placed, with its reason, in policies/resilience/planes.py",
                source=SOURCE,
            )


def recovery_calls(manifest: Manifest, plans: Mapping[str, Mapping[str, Any]]) -> tuple[Call, ...]:
    """Every call that detection, decision, promotion and the first requests afterwards may make.

    `plans`: stack name -> plan JSON. Raises InputRefused when a stack has no plan.
    """
    return tuple(calls(estate(manifest, stacks(manifest), plans)))


def calls(estate: Estate) -> Iterator[Call]:
    yield from _routing(estate)
    yield from _controllers(estate)
    manifest = estate.manifest
    on_the_way = {FAILOVER: "failover controller"} | {
        name: f"function {name}" for name in implied.functions(manifest)
    }
    for name, title in on_the_way.items():
        for region in estate.regional:
            full = naming.function(manifest.name, name, region)
            for function in estate.resources(region, "aws_lambda_function"):
                if function.values.get("function_name") == full:
                    yield from _of_role(estate, f"{title} of {region}", region, function, name == FAILOVER)


def _routing(estate: Estate) -> Iterator[Call]:
    probed: set[str] = set()
    for record in routed_records(estate):
        found = health_check_of(estate, record)
        if found is not None:
            probed.add(f"GET {found.values.get('fqdn')}{found.values.get('resource_path')}")
    for probe in sorted(probed):
        yield Call(
            "Route 53 health checkers",
            probe,
            EVERYWHERE,
            "data",
            "checkers of eight regions; a few of them are enough",
        )
    for name in sorted({str(record.values.get("name")) for record in routed_records(estate)}):
        yield Call(
            "Route 53 DNS",
            f"answers {name}",
            EVERYWHERE,
            "data",
            "edge locations answer by the status that they have",
        )
    for distribution in estate.everywhere("aws_cloudfront_distribution"):
        if distribution.blocks("origin_group"):
            yield Call(
                "CloudFront",
                "asks the second origin",
                EVERYWHERE,
                "data",
                "edge locations do it by themselves within the request",
            )


def _controllers(estate: Estate) -> Iterator[Call]:
    for region in estate.regional:
        for rule in estate.resources(region, "aws_cloudwatch_event_rule"):
            if rule.values.get("schedule_expression"):
                yield Call(
                    f"EventBridge of {region}",
                    f"invokes {rule.values.get('name')}",
                    region,
                    "data",
                    OWN_REGION,
                )


def _of_role(estate: Estate, who: str, region: str, function: Resource, controls: bool) -> Iterator[Call]:
    role = str(function.values.get("role")).rpartition("/")[2]
    seen: dict[tuple[str, str], Call] = {}
    for policy in estate.everywhere("aws_iam_role_policy"):
        if policy.values.get("role") != role:
            continue
        if policy.values["policy"] == NOT_KNOWN:
            unknown = Call(who, "whatever a policy that is not known yet allows", "any region", "control", "")
            seen[unknown.action, unknown.region] = unknown
        else:
            for statement in _statements(policy):
                for call in _of_statement(who, region, statement, controls, estate):
                    seen.setdefault((call.action, call.region), call)
    for attached in estate.everywhere("aws_iam_role_policy_attachment"):
        if attached.values.get("role") == role:
            call = Call(
                who, f"whatever {attached.values.get('policy_arn')} allows", "any region", "control", ""
            )
            seen[call.action, call.region] = call
    yield from seen.values()


def _statements(policy: Resource) -> list[dict[str, Any]]:
    found = json.loads(policy.values["policy"])["Statement"]
    return [each for each in (found if isinstance(found, list) else [found]) if each["Effect"] == "Allow"]


def _of_statement(
    who: str, own: str, statement: Mapping[str, Any], controls: bool, estate: Estate
) -> Iterator[Call]:
    named = _regions(statement.get("Resource", "*"), own)
    for action in _listed(statement.get("Action", "*")):
        service, _, _ = action.partition(":")
        allowed = CONTROL_ACTIONS.get(action)
        if service in HOMES or "*" in action:
            yield Call(who, action, HOMES.get(service, "any region"), "control", "")
        elif action in DATA_ACTIONS:
            for region in named:
                foreign = FOREIGN_ACTIONS.get(action, "") if controls else ""
                yield Call(who, action, region, "data", OWN_REGION if region == own else foreign)
        elif allowed is None:
            for region in named:
                yield Call(who, action, region, "control", "")
        else:
            others = [region for region in estate.regions if region != own]
            for region in [own] if allowed.where == "own" else others:
                yield Call(who, action, region, "control", allowed.why)


def _regions(resources: object, own: str) -> list[str]:
    """The regions that a statement's ARNs name; one that names none is called where the caller is."""
    regions = [resource.split(":")[3] if resource.count(":") >= 5 else "" for resource in _listed(resources)]
    return list(dict.fromkeys(own if region in ("", "*") else region for region in regions))


def _listed(value: object) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else [str(value)]
