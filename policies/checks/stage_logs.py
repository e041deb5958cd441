"""CKV_ANTIPODE_5: an API logs who called it, with the id by which a request is found in the function's log.

API Gateway Developer Guide, "Set up CloudWatch logging for REST APIs in API Gateway": access logging, and
`$context.requestId` or `$context.extendedRequestId` in its format.
"""

from __future__ import annotations

from typing import Any

from checkov.common.models.enums import CheckCategories, CheckResult
from checkov.terraform.checks.resource.base_resource_check import BaseResourceCheck
from plain_conf import blocks, is_unknown, one

IDS = ("$context.requestId", "$context.extendedRequestId")


class StageLogs(BaseResourceCheck):
    def __init__(self) -> None:
        super().__init__(
            name="API stages write an access log that has the request's id",
            id="CKV_ANTIPODE_5",
            categories=[CheckCategories.LOGGING],
            supported_resources=["aws_api_gateway_stage", "aws_apigatewayv2_stage"],
        )

    def scan_resource_conf(self, conf: dict[str, Any]) -> CheckResult:
        settings = blocks(conf, "access_log_settings")
        if not settings:
            return CheckResult.FAILED
        form = one(settings[0], "format")
        if is_unknown(form):
            return CheckResult.UNKNOWN
        named = form is not None and any(name in str(form) for name in IDS)
        return CheckResult.PASSED if named else CheckResult.FAILED


check = StageLogs()
