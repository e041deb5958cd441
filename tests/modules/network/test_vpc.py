from __future__ import annotations

import json
from typing import Any

import pytest

from tests.modules.module_plan import Planner

pytestmark = pytest.mark.terraform

CASE = {
    "availability_zones": ["us-east-1a", "us-east-1b", "us-east-1c"],
    "cidr": "10.1.0.0/16",
    "flow_logs": {"role_arn": "arn:aws:iam::123456789012:role/prod-flow-logs"},
    "kms_key_arn": "arn:aws:kms:us-east-1:123456789012:key/11111111-1111-4111-8111-111111111111",
    "name": "prod-network-use1",
    "region": "us-east-1",
    "tags": {"environment": "prod"},
}


@pytest.fixture
def resources(plan_module: Planner) -> dict[str, dict[str, Any]]:
    planned = plan_module("network/vpc", CASE).modules["module.this"].resources
    return {address: resource["values"] for address, resource in planned.items() if "values" in resource}


def kinds(resources: dict[str, dict[str, Any]]) -> set[str]:
    return {address.split(".")[0] for address in resources}


def test_each_zone_has_an_isolated_subnet(resources: dict[str, dict[str, Any]]) -> None:
    assert {
        values["availability_zone"]: (values["cidr_block"], values["map_public_ip_on_launch"])
        for address, values in resources.items()
        if address.startswith("aws_subnet.")
    } == {
        "us-east-1a": ("10.1.0.0/20", False),
        "us-east-1b": ("10.1.16.0/20", False),
        "us-east-1c": ("10.1.32.0/20", False),
    }


def test_further_tiers_change_no_address_and_no_range_of_the_isolated_one(
    plan_module: Planner, resources: dict[str, dict[str, Any]]
) -> None:
    tiers = {
        "isolated": {"first": 0},
        "private": {"first": 4, "newbits": 3},
        "public": {"first": 48, "newbits": 8},
    }
    planned = plan_module("network/vpc", CASE | {"tiers": tiers}).modules["module.this"].resources
    found = {address: resource["values"] for address, resource in planned.items() if "values" in resource}
    assert {address: found[address] for address in resources} == resources
    assert {
        address: values["cidr_block"]
        for address, values in found.items()
        if address.startswith(("aws_subnet.private", "aws_subnet.public"))
    } == {
        'aws_subnet.private["us-east-1a"]': "10.1.128.0/19",
        'aws_subnet.private["us-east-1b"]': "10.1.160.0/19",
        'aws_subnet.private["us-east-1c"]': "10.1.192.0/19",
        'aws_subnet.public["us-east-1a"]': "10.1.48.0/24",
        'aws_subnet.public["us-east-1b"]': "10.1.49.0/24",
        'aws_subnet.public["us-east-1c"]': "10.1.50.0/24",
    }
    tables = sorted(address for address in set(found) - set(resources) if "route_table." in address)
    assert tables == [
        *(f'aws_route_table.private["us-east-1{letter}"]' for letter in "abc"),
        "aws_route_table.public[0]",
    ]


def test_there_is_no_way_to_the_internet_and_none_back(resources: dict[str, dict[str, Any]]) -> None:
    ways = {
        "aws_internet_gateway",
        "aws_nat_gateway",
        "aws_egress_only_internet_gateway",
        "aws_eip",
        "aws_route",
    }
    assert kinds(resources) & ways == set()
    rules = [values for address, values in resources.items() if "_rule." in address]
    assert {(rule["cidr_ipv4"], rule["cidr_ipv6"]) for rule in rules} == {(None, None)}


def test_aws_services_are_reached_through_endpoints(resources: dict[str, dict[str, Any]]) -> None:
    assert {
        values["service_name"].removeprefix("com.amazonaws.us-east-1."): values["vpc_endpoint_type"]
        for address, values in resources.items()
        if address.startswith("aws_vpc_endpoint.")
    } == {"dynamodb": "Gateway", "s3": "Gateway", "secretsmanager": "Interface"}
    assert resources['aws_vpc_endpoint.interface["secretsmanager"]']["private_dns_enabled"] is True


def test_functions_reach_endpoints_over_https_only(resources: dict[str, dict[str, Any]]) -> None:
    rules = {
        address: (values["ip_protocol"], values["from_port"], values["to_port"])
        for address, values in resources.items()
        if "_rule." in address
    }
    assert rules == dict.fromkeys(
        [
            "aws_vpc_security_group_egress_rule.functions_to_endpoints",
            'aws_vpc_security_group_egress_rule.functions_to_gateways["dynamodb"]',
            'aws_vpc_security_group_egress_rule.functions_to_gateways["s3"]',
            "aws_vpc_security_group_ingress_rule.endpoints_from_functions",
        ],
        ("tcp", 443, 443),
    )


def test_the_default_security_group_has_no_rule(plan_module: Planner) -> None:
    changes = plan_module("network/vpc", CASE).resource_changes
    after = changes["module.this.aws_default_security_group.this"]["change"]["after"]
    configured = {name for name in ("ingress", "egress") if after.get(name)}
    assert configured == set()


def test_flow_logs_are_kept_under_the_key_of_the_region(resources: dict[str, dict[str, Any]]) -> None:
    group, flow = resources["aws_cloudwatch_log_group.flow[0]"], resources["aws_flow_log.this[0]"]
    assert (group["name"], group["kms_key_id"], group["retention_in_days"]) == (
        "/aws/vpc/prod-network-use1",
        CASE["kms_key_arn"],
        30,
    )
    assert (flow["traffic_type"], flow["iam_role_arn"], flow["max_aggregation_interval"]) == (
        "ALL",
        "arn:aws:iam::123456789012:role/prod-flow-logs",
        60,
    )


def test_names_resolve_inside(resources: dict[str, dict[str, Any]]) -> None:
    network = resources["aws_vpc.this"]
    assert (network["enable_dns_support"], network["enable_dns_hostnames"]) == (True, True)
    assert network["tags"] == {"Name": "prod-network-use1", "environment": "prod"}


def test_an_endpoint_s_policy_names_the_owner_of_the_network_once_it_is_known(plan_module: Planner) -> None:
    planned = plan_module("network/vpc", CASE).modules["module.this"].resources
    document = planned["data.aws_iam_policy_document.endpoint"]["values"]
    (statement,) = document["statement"]
    assert statement["sid"] == "PrincipalsOfThisAccountOnly"
    assert [(c["test"], c["variable"]) for c in statement["condition"]] == [
        ("StringEquals", "aws:PrincipalAccount")
    ]
    assert json.dumps(statement["principals"]) == '[{"identifiers": ["*"], "type": "AWS"}]'
