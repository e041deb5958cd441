"""CKV_ANTIPODE_6: a bucket's policy refuses whatever does not come by TLS.

S3 User Guide, "Security best practices for Amazon S3": enforce encryption of data in transit, a Deny on
`aws:SecureTransport` false for the bucket and its objects.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from checkov.common.models.enums import CheckCategories, CheckResult
from checkov.terraform.checks.data.base_check import BaseDataCheck
from checkov.terraform.checks.resource.base_resource_check import BaseResourceCheck
from plain_conf import document_statements, many, statements

ID = "CKV_ANTIPODE_6"
NAME = "Bucket policies refuse requests that do not use TLS"


def refuses_plain_http(statement: Mapping[str, Any]) -> bool:
    condition = statement.get("Condition")
    operators = condition if isinstance(condition, dict) else {}
    plain = [
        str(value).lower()
        for operator, keys in operators.items()
        if str(operator).startswith("Bool") and isinstance(keys, dict)
        for key, values in keys.items()
        if str(key).lower() == "aws:securetransport"
        for value in many(values)
    ]
    principal = statement.get("Principal")
    everyone = many(principal.get("AWS") if isinstance(principal, dict) else principal)
    actions = {str(action) for action in many(statement.get("Action"))}
    return (
        statement.get("Effect") == "Deny"
        and plain == ["false"]
        and "*" in everyone
        and bool(actions & {"*", "s3:*"})
    )


class Documents(BaseDataCheck):
    """A document with principals and actions of S3 is a bucket's: before the first apply no plan knows what
    aws_s3_bucket_policy will hold, because the bucket's ARN is in it."""

    def __init__(self) -> None:
        super().__init__(
            name=NAME,
            id=ID,
            categories=[CheckCategories.ENCRYPTION],
            supported_data=["aws_iam_policy_document"],
        )

    def scan_data_conf(self, conf: dict[str, Any]) -> CheckResult:
        found = list(document_statements(conf))
        of_a_bucket = any(
            each.get("Principal") and any(str(action).startswith("s3:") for action in many(each["Action"]))
            for each in found
        )
        if not of_a_bucket:
            return CheckResult.UNKNOWN
        return CheckResult.PASSED if any(map(refuses_plain_http, found)) else CheckResult.FAILED


class Policies(BaseResourceCheck):
    def __init__(self) -> None:
        super().__init__(
            name=NAME,
            id=ID,
            categories=[CheckCategories.ENCRYPTION],
            supported_resources=["aws_s3_bucket_policy"],
        )

    def scan_resource_conf(self, conf: dict[str, Any]) -> CheckResult:
        found = statements(conf.get("policy"))
        if found is None:
            return CheckResult.UNKNOWN
        return CheckResult.PASSED if any(map(refuses_plain_http, found)) else CheckResult.FAILED


check = (Documents(), Policies())
