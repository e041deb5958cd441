"""RES009 on real plans with something missing on one side."""

from __future__ import annotations

import pytest

from policies.finding import Finding
from policies.resilience.keys_and_names import CERTIFICATES, KEYS, SECRETS
from tests.policies.resilience.changed_plans import ACTIVE_STANDBY, GLOBAL, found, values, without

FIX = "run `make generate`; during a failover a secret's replicas are brought back by `make failback`"
SECRET = "module.secret_orders_app.aws_secretsmanager_secret.this"


def finding(where: str, message: str, source: str) -> Finding:
    return Finding("RES009", "error", where, message, FIX, source)


@pytest.mark.parametrize(
    ("stack", "address", "alias"),
    [
        ("us-west-2", "module.key.aws_kms_alias.this", "active-standby-api-usw2"),
        ("data", "module.key_usw2.aws_kms_alias.this", "active-standby-api-data-usw2"),
    ],
)
def test_a_region_without_a_key_is_found(stack: str, address: str, alias: str) -> None:
    assert found("RES009", ACTIVE_STANDBY, without(stack, address)) == [
        finding(
            f"us-west-2: aws_kms_alias alias/{alias}",
            f"there is no key alias/{alias} in us-west-2: what is encrypted with it cannot be read there",
            KEYS,
        )
    ]


def test_a_secret_that_a_region_lacks_is_found() -> None:
    assert found("RES009", GLOBAL, values("us-east-1", SECRET, replica=[])) == [
        finding(
            f"us-east-1: {SECRET}",
            "secret global-serverless/orders/app is not replicated to eu-west-1: its functions could not "
            "log in",
            SECRETS,
        )
    ]


def test_a_replica_under_another_regions_key_is_found() -> None:
    key = "arn:aws:kms:us-east-1:123456789012:alias/global-serverless-data-use1"
    replica = [{"region": "eu-west-1", "kms_key_id": key}]
    assert found("RES009", GLOBAL, values("us-east-1", SECRET, replica=replica)) == [
        finding(
            f"us-east-1: {SECRET}",
            f"secret global-serverless/orders/app in eu-west-1 is encrypted with {key}, a key of another "
            "region",
            SECRETS,
        )
    ]


@pytest.mark.parametrize(
    ("stack", "address", "kind"),
    [
        (
            "global",
            'module.api_domain_usw2.aws_api_gateway_domain_name.this["entry"]',
            "aws_api_gateway_domain_name",
        ),
        (
            "us-west-2",
            'module.api.aws_api_gateway_base_path_mapping.this["api.example.com"]',
            "aws_api_gateway_base_path_mapping",
        ),
    ],
)
def test_a_name_that_a_region_does_not_answer_to_is_found(stack: str, address: str, kind: str) -> None:
    assert found("RES009", ACTIVE_STANDBY, without(stack, address)) == [
        finding(
            f"{stack}: {kind} api.example.com",
            f"us-west-2 has no {kind} for api.example.com, so requests that DNS moves there are refused",
            CERTIFICATES,
        )
    ]


def test_a_name_without_a_certificate_is_found() -> None:
    own = "api.usw2.example.com"
    address = "module.api_domain_usw2.aws_acm_certificate.this"
    change = values("global", address, domain_name=own, subject_alternative_names=[own])
    assert [each.message for each in found("RES009", ACTIVE_STANDBY, change)] == [
        "us-west-2 has no aws_acm_certificate for api.example.com, so requests that DNS moves there are "
        "refused"
    ]
