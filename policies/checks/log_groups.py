"""CKV_ANTIPODE_4: logs end some day, and are encrypted with a key of ours.

CloudWatch Logs User Guide, "Working with log groups and log streams" (log events never expire by default) and
"Encrypt log data in CloudWatch Logs using AWS KMS".
"""

from __future__ import annotations

from typing import Any

from checkov.common.models.enums import CheckCategories, CheckResult
from checkov.terraform.checks.resource.base_resource_check import BaseResourceCheck
from plain_conf import is_unknown, one, whole_number


class LogGroups(BaseResourceCheck):
    def __init__(self) -> None:
        super().__init__(
            name="Log groups have a retention and a key",
            id="CKV_ANTIPODE_4",
            categories=[CheckCategories.LOGGING],
            supported_resources=["aws_cloudwatch_log_group"],
        )

    def scan_resource_conf(self, conf: dict[str, Any]) -> CheckResult:
        days, key = one(conf, "retention_in_days"), one(conf, "kms_key_id")
        ends = is_unknown(days) or (whole_number(days) or 0) > 0
        if not ends or key is None:
            return CheckResult.FAILED
        return CheckResult.UNKNOWN if is_unknown(days) else CheckResult.PASSED


check = LogGroups()
