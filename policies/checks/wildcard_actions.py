"""CKV_ANTIPODE_1: no policy allows all actions of a service on all resources.

IAM User Guide, "Security best practices in IAM": apply least-privilege permissions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from checkov.common.models.enums import CheckCategories, CheckResult
from checkov.terraform.checks.data.base_check import BaseDataCheck
from checkov.terraform.checks.resource.base_resource_check import BaseResourceCheck
from plain_conf import blocks, document_statements, many, statements

ID = "CKV_ANTIPODE_1"
NAME = "No policy allows a wildcard action on a wildcard resource"


def is_boundless(statement: Mapping[str, Any]) -> bool:
    """`*` or `s3:*` on `*`. A statement with principals belongs to a resource, and `*` is that resource."""
    if statement.get("Effect") != "Allow" or statement.get("Principal"):
        return False
    every_action = bool(many(statement.get("NotAction"))) or any(
        str(action) == "*" or str(action).endswith(":*") for action in many(statement.get("Action"))
    )
    return every_action and "*" in [str(resource) for resource in many(statement.get("Resource"))]


def judged(found: Iterable[Mapping[str, Any]] | None) -> CheckResult:
    if found is None:
        return CheckResult.UNKNOWN
    return CheckResult.FAILED if any(map(is_boundless, found)) else CheckResult.PASSED


class Documents(BaseDataCheck):
    def __init__(self) -> None:
        super().__init__(
            name=NAME, id=ID, categories=[CheckCategories.IAM], supported_data=["aws_iam_policy_document"]
        )

    def scan_data_conf(self, conf: dict[str, Any]) -> CheckResult:
        return judged(document_statements(conf))


class Policies(BaseResourceCheck):
    def __init__(self) -> None:
        super().__init__(
            name=NAME,
            id=ID,
            categories=[CheckCategories.IAM],
            supported_resources=[
                "aws_iam_policy",
                "aws_iam_role",
                "aws_iam_role_policy",
                "aws_iam_group_policy",
                "aws_iam_user_policy",
            ],
        )

    def scan_resource_conf(self, conf: dict[str, Any]) -> CheckResult:
        inline = [block.get("policy") for block in blocks(conf, "inline_policy")]
        policies = [policy for policy in (conf.get("policy"), *inline) if policy]
        read = [statements(policy) for policy in policies]
        if None in read:
            return CheckResult.UNKNOWN
        return judged(statement for found in read if found for statement in found)


check = (Documents(), Policies())
