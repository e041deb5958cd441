from __future__ import annotations

from typing import Any

import pytest

from tests.modules.module_plan import Planner

pytestmark = pytest.mark.terraform

CASE = {
    "zone_id": "Z0123456789ABCDEFGHIJ",
    "names": {
        "entry": {"host": "api.example.com", "record": "front.use1.example.com"},
        "regional": {"host": "api.use1.example.com", "record": "api.use1.example.com"},
    },
    "validation_record_owner": {"entry": False, "regional": True},
    "tags": {"environment": "prod"},
}


def resources(plan_module: Planner, **changes: object) -> dict[str, dict[str, Any]]:
    planned = plan_module("edge/api_domain", CASE | changes).modules["module.this"].resources
    return {address: resource["values"] for address, resource in planned.items()}


def records(planned: dict[str, dict[str, Any]], kind: str) -> dict[str, tuple[str, str]]:
    prefix = f"aws_route53_record.{kind}["
    return {
        address.removeprefix(prefix).strip('"]'): (values["type"], values["name"])
        for address, values in planned.items()
        if address.startswith(prefix)
    }


def test_one_certificate_covers_every_host_of_the_region(plan_module: Planner) -> None:
    certificate = resources(plan_module)["aws_acm_certificate.this"]
    assert (
        certificate["domain_name"],
        certificate["subject_alternative_names"],
        certificate["validation_method"],
    ) == (
        "api.example.com",
        ["api.example.com", "api.use1.example.com"],
        "DNS",
    )


def test_each_host_is_a_regional_custom_domain_with_tls_1_2(plan_module: Planner) -> None:
    planned = resources(plan_module)
    domains = {
        values["domain_name"]: (values["security_policy"], values["endpoint_configuration"])
        for address, values in planned.items()
        if address.startswith("aws_api_gateway_domain_name.")
    }
    regional = [{"ip_address_type": "ipv4", "types": ["REGIONAL"]}]
    assert domains == {
        "api.example.com": ("TLS_1_2", regional),
        "api.use1.example.com": ("TLS_1_2", regional),
    }


def test_only_owned_hosts_have_a_validation_record(plan_module: Planner) -> None:
    planned = resources(plan_module)
    owned = [address for address in planned if address.startswith("aws_route53_record.validation[")]
    assert owned == ['aws_route53_record.validation["regional"]']


def test_every_record_is_an_alias_whose_target_health_is_left_to_the_health_checks(
    plan_module: Planner,
) -> None:
    planned = resources(plan_module)
    assert records(planned, "alias") == {
        "entry/A": ("A", "front.use1.example.com"),
        "regional/A": ("A", "api.use1.example.com"),
    }
    aliases = [
        values for address, values in planned.items() if address.startswith("aws_route53_record.alias[")
    ]
    assert [values["alias"][0]["evaluate_target_health"] for values in aliases] == [False, False]


def test_a_dualstack_domain_answers_ipv6_too(plan_module: Planner) -> None:
    assert sorted(records(resources(plan_module, ip_address_type="dualstack"), "alias").values()) == [
        ("A", "api.use1.example.com"),
        ("A", "front.use1.example.com"),
        ("AAAA", "api.use1.example.com"),
        ("AAAA", "front.use1.example.com"),
    ]


def test_a_record_can_be_a_cname(plan_module: Planner) -> None:
    names = {"entry": {"host": "api.example.com", "record": "front.use1.example.com", "record_type": "cname"}}
    planned = resources(plan_module, names=names, validation_record_owner={})
    assert records(planned, "alias") == {}
    assert records(planned, "cname") == {"entry": ("CNAME", "front.use1.example.com")}
