from __future__ import annotations

from typing import Any

import pytest

from tests.modules.module_plan import Planner

pytestmark = pytest.mark.terraform

CASE = {
    "zone_id": "Z0123456789ABCDEFGHIJ",
    "names": ["www.example.com", "app.example.com"],
    "tags": {"environment": "prod"},
}


def resources(plan_module: Planner, **changes: object) -> dict[str, dict[str, Any]]:
    planned = plan_module("edge/viewer_certificate", CASE | changes).modules["module.this"].resources
    return {address: resource["values"] for address, resource in planned.items()}


def test_one_certificate_is_validated_by_dns_for_every_name(plan_module: Planner) -> None:
    certificate = resources(plan_module)["aws_acm_certificate.this"]
    assert {
        name: certificate[name]
        for name in ("domain_name", "subject_alternative_names", "validation_method", "tags")
    } == {
        "domain_name": "www.example.com",
        "subject_alternative_names": ["app.example.com", "www.example.com"],
        "validation_method": "DNS",
        "tags": {"environment": "prod"},
    }


def test_each_name_has_a_validation_record_in_the_zone(plan_module: Planner) -> None:
    records = {
        address: (values["zone_id"], values["ttl"], values["allow_overwrite"])
        for address, values in resources(plan_module).items()
        if address.startswith("aws_route53_record.")
    }
    assert records == {
        'aws_route53_record.validation["app.example.com"]': ("Z0123456789ABCDEFGHIJ", 300, True),
        'aws_route53_record.validation["www.example.com"]': ("Z0123456789ABCDEFGHIJ", 300, True),
    }


def test_a_call_that_does_not_own_the_records_waits_for_the_certificate_alone(plan_module: Planner) -> None:
    planned = resources(plan_module, validation_record_owner=False)
    assert sorted(address for address in planned if not address.startswith("data.")) == [
        "aws_acm_certificate.this",
        "aws_acm_certificate_validation.this",
    ]
