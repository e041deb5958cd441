"""RES006: the list of calls is whole, and a call that a fault may take is found."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import boto3
import pytest

from policies.finding import Finding
from policies.resilience import Call, recovery_calls
from policies.resilience.planes import CONTROL_ACTIONS, DATA_ACTIONS
from policies.resilience.recovery_path import SOURCE
from tests.policies.resilience.changed_plans import (
    ACTIVE_STANDBY,
    GLOBAL,
    Plans,
    edited,
    found,
    manifest,
    plans,
    resource,
    with_resource,
)

CONTROLLER = Path(__file__).parents[3] / "lambda_src" / "failover" / "controller"
ROLE = "module.role_failover_euw1.aws_iam_role_policy.this"
FIX = (
    "do it ahead of the fault (static stability) or through a data plane of the caller's own region; a call "
    "that is "
    "safe is placed, with its reason, in policies/resilience/planes.py"
)


def finding(who: str, action: str, plane: str, region: str) -> Finding:
    return Finding(
        rule="RES006",
        severity="error",
        where=f"global: role of {who}",
        message=f"{who} may call {action}, the {plane} plane in {region}, which the fault that it is to "
        "recover from "
        "may have taken",
        fix=FIX,
        source=SOURCE,
    )


def allowing(*statements: dict[str, Any]) -> Any:
    """Add statements to a policy."""

    def edit(policy: Any) -> None:
        document = json.loads(policy["policy"])
        document["Statement"] += [{"Effect": "Allow", **statement} for statement in statements]
        policy["policy"] = json.dumps(document)

    return edit


@pytest.mark.parametrize(
    ("action", "home"),
    [
        ("route53:ChangeResourceRecordSets", "us-east-1"),
        ("iam:PassRole", "us-east-1"),
        ("cloudfront:UpdateDistribution", "us-east-1"),
        ("organizations:ListAccounts", "us-east-1"),
        ("globalaccelerator:UpdateEndpointGroup", "us-west-2"),
    ],
)
def test_a_controller_that_may_change_a_global_service_is_found(action: str, home: str) -> None:
    change = edited("global", ROLE, allowing({"Action": action, "Resource": "*"}))
    assert found("RES006", GLOBAL, change) == [
        finding("failover controller of eu-west-1", action, "control", home)
    ]


def test_a_control_plane_of_another_region_is_found() -> None:
    statement = {
        "Action": ["lambda:UpdateFunctionConfiguration"],
        "Resource": ["arn:aws:lambda:us-east-1:123456789012:function:x"],
    }
    assert found("RES006", GLOBAL, edited("global", ROLE, allowing(statement))) == [
        finding(
            "failover controller of eu-west-1", "lambda:UpdateFunctionConfiguration", "control", "us-east-1"
        )
    ]


def test_a_wildcard_cannot_be_placed() -> None:
    change = edited("global", ROLE, allowing({"Action": "rds:*", "Resource": "*"}))
    assert found("RES006", GLOBAL, change) == [
        finding("failover controller of eu-west-1", "rds:*", "control", "any region")
    ]


def test_a_function_that_needs_another_regions_data_is_found() -> None:
    statement = {
        "Action": "dynamodb:GetItem",
        "Resource": "arn:aws:dynamodb:us-east-1:123456789012:table/active-standby-api-items",
    }
    change = edited("global", "module.role_read_usw2.aws_iam_role_policy.this", allowing(statement))
    assert found("RES006", ACTIVE_STANDBY, change) == [
        finding("function read of us-west-2", "dynamodb:GetItem", "data", "us-east-1")
    ]


def test_a_managed_policy_is_found_because_no_plan_shows_what_it_allows() -> None:
    arn = "arn:aws:iam::aws:policy/AdministratorAccess"
    change = with_resource(
        "global",
        "aws_iam_role_policy_attachment.mistake",
        "aws_iam_role_policy_attachment",
        role="global-serverless-failover-euw1",
        policy_arn=arn,
    )
    assert found("RES006", GLOBAL, change) == [
        finding("failover controller of eu-west-1", f"whatever {arn} allows", "control", "any region")
    ]


def test_a_policy_that_is_not_known_yet_is_found() -> None:
    address = "module.role_write_usw2.aws_iam_role_policy.this"

    def unknown(planned: Plans) -> None:
        del resource(planned, "global", address)["values"]["policy"]
        change = next(each for each in planned["global"]["resource_changes"] if each["address"] == address)
        change["change"]["after_unknown"]["policy"] = True

    assert found("RES006", ACTIVE_STANDBY, unknown) == [
        finding(
            "function write of us-west-2",
            "whatever a policy that is not known yet allows",
            "control",
            "any region",
        )
    ]


def test_what_is_denied_is_not_called() -> None:
    def deny(policy: Any) -> None:
        document = json.loads(policy["policy"])
        document["Statement"].append({"Effect": "Deny", "Action": "iam:*", "Resource": "*"})
        policy["policy"] = json.dumps(document)

    assert found("RES006", GLOBAL, edited("global", ROLE, deny)) == []


def test_a_failover_by_dns_calls_data_planes_alone() -> None:
    calls = recovery_calls(manifest(ACTIVE_STANDBY), plans(ACTIVE_STANDBY))
    assert {call.plane for call in calls} == {"data"}
    assert calls[:3] == (
        Call(
            "Route 53 health checkers",
            "GET api.use1.example.com/health",
            "everywhere",
            "data",
            "checkers of eight regions; a few of them are enough",
        ),
        Call(
            "Route 53 health checkers",
            "GET api.usw2.example.com/health",
            "everywhere",
            "data",
            "checkers of eight regions; a few of them are enough",
        ),
        Call(
            "Route 53 DNS",
            "answers api.example.com",
            "everywhere",
            "data",
            "edge locations answer by the status that they have",
        ),
    )


def test_the_only_control_planes_of_a_failover_are_in_the_region_that_takes_over() -> None:
    calls = recovery_calls(manifest(GLOBAL), plans(GLOBAL))
    controlled = {
        (call.action, call.region)
        for call in calls
        if call.plane == "control" and call.who == "failover controller of eu-west-1"
    }
    assert ("rds:FailoverGlobalCluster", "eu-west-1") in controlled
    assert {region for action, region in controlled if action != "rds:SwitchoverGlobalCluster"} == {
        "eu-west-1"
    }


def test_every_call_in_the_list_has_its_reason() -> None:
    assert [call for call in recovery_calls(manifest(GLOBAL), plans(GLOBAL)) if not call.why] == []


def test_the_controller_calls_nothing_but_what_is_placed() -> None:
    """Read from its code: the boto3 methods, as the IAM actions that they are."""
    actions = set()
    for file in CONTROLLER.glob("*.py"):
        text = file.read_text()
        called = {
            node.func.attr
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        }
        for service in set(re.findall(r'client\(\s*"([a-z-]+)"', text)):
            actions |= {
                f"{service}:{operation}"
                for method, operation in _operations(service).items()
                if method in called
            }
    assert {"rds:FailoverGlobalCluster", "dynamodb:PutItem", "rds-data:ExecuteStatement"} <= actions
    assert actions <= CONTROL_ACTIONS.keys() | DATA_ACTIONS


def _operations(service: str) -> dict[str, str]:
    client: Any = boto3.client(
        service, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
    )  # type: ignore[call-overload]
    return dict(client.meta.method_to_api_mapping)
