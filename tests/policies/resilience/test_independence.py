"""RES010 on real plans of regions that were tied to another."""

from __future__ import annotations

from typing import Any

import pytest

from policies.finding import Finding
from policies.resilience.independence import SOURCE
from tests.policies.resilience.changed_plans import (
    ACTIVE_STANDBY,
    GLOBAL,
    Plans,
    found,
    values,
    with_resource,
)

FIX = "move it to the global, data, interconnect or edge stack, and name what crosses by generator/naming.py"


def finding(where: str, message: str) -> Finding:
    return Finding("RES010", "error", where, message, FIX, SOURCE)


def test_a_second_provider_is_found() -> None:
    def add(planned: Plans) -> None:
        planned["us-west-2"]["configuration"]["provider_config"]["aws.use1"] = {
            "name": "aws",
            "expressions": {"region": {"constant_value": "us-east-1"}},
        }

    assert found("RES010", ACTIVE_STANDBY, add) == [
        finding(
            "us-west-2: provider aws.use1",
            "calls us-east-1: while it is dark, us-west-2 can be neither planned nor applied",
        )
    ]


def test_a_look_up_is_found() -> None:
    def add(planned: Plans) -> None:
        resources = planned["us-west-2"]["configuration"]["root_module"].setdefault("resources", [])
        resources.append(
            {"address": "data.aws_caller_identity.this", "mode": "data", "type": "aws_caller_identity"}
        )

    assert found("RES010", ACTIVE_STANDBY, add) == [
        finding(
            "us-west-2: data.aws_caller_identity.this",
            "is looked up when planning; a name that the generator computes needs no answer from anybody",
        )
    ]


@pytest.mark.parametrize(
    ("kind", "home"),
    [
        ("aws_iam_role", "us-east-1"),
        ("aws_route53_record", "us-east-1"),
        ("aws_cloudfront_distribution", "us-east-1"),
        ("aws_globalaccelerator_endpoint_group", "us-west-2"),
        ("aws_rds_global_cluster", "the region that writes"),
    ],
)
def test_what_is_changed_elsewhere_is_found(kind: str, home: str) -> None:
    assert found("RES010", GLOBAL, with_resource("eu-west-1", f"{kind}.mistake", kind)) == [
        finding(
            f"eu-west-1: {kind}.mistake",
            f"{kind} is changed in {home} alone: while that is dark, eu-west-1 cannot be applied",
        )
    ]


def test_a_web_acl_of_the_cdn_is_found_and_one_of_the_api_is_not() -> None:
    def acl(scope: str) -> list[Finding]:
        return found(
            "RES010",
            GLOBAL,
            with_resource("eu-west-1", "aws_wafv2_web_acl.x", "aws_wafv2_web_acl", scope=scope),
        )

    assert acl("CLOUDFRONT") == [
        finding(
            "eu-west-1: aws_wafv2_web_acl.x",
            "of scope CLOUDFRONT is changed in us-east-1 alone, not in eu-west-1",
        )
    ]
    assert acl("REGIONAL") == []


def test_the_arn_of_another_region_is_found_in_a_setting_and_not_in_a_policy() -> None:
    key = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"

    def with_key(stack: str, address: str, **changed: Any) -> list[Finding]:
        return found("RES010", ACTIVE_STANDBY, values(stack, address, **changed))

    address = "module.function_read.aws_lambda_function.this"
    assert with_key("us-west-2", address, kms_key_arn=key) == [
        finding(
            f"us-west-2: {address}",
            f"kms_key_arn is in us-east-1 ({key}): what us-west-2 needs has to be in us-west-2",
        )
    ]
    assert with_key("us-west-2", "module.key.aws_kms_key.this", policy=f'{{"Resource": "{key}"}}') == []


def test_a_plan_of_backups_may_name_the_vaults_that_aws_backup_copies_to_and_its_selection_may_not() -> None:
    vault = "arn:aws:backup:us-west-2:123456789012:backup-vault:prod-backups-usw2"
    table = "arn:aws:dynamodb:us-west-2:123456789012:table/prod-items"
    copies = [{"copy_action": [{"destination_vault_arn": vault}]}]
    plan = with_resource("us-east-1", "aws_backup_plan.this", "aws_backup_plan", rule=copies)
    address = "aws_backup_selection.this"
    selection = with_resource("us-east-1", address, "aws_backup_selection", resources=[table])
    assert found("RES010", ACTIVE_STANDBY, plan, selection) == [
        finding(
            f"us-east-1: {address}",
            f"resources is in us-west-2 ({table}): what us-east-1 needs has to be in us-east-1",
        )
    ]
