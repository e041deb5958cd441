"""CKV_ANTIPODE_9: a replica is kept as well as the table that it may have to stand for.

DynamoDB Developer Guide, "Encryption at rest" (each replica has a key of its region) and "Point-in-time
recovery for DynamoDB" (it is enabled for each replica by itself).
"""

from __future__ import annotations

from typing import Any

from checkov.common.models.enums import CheckCategories, CheckResult
from checkov.terraform.checks.resource.base_resource_check import BaseResourceCheck
from plain_conf import blocks, is_true, is_unknown, one


class Replicas(BaseResourceCheck):
    def __init__(self) -> None:
        super().__init__(
            name="Each replica of a global table has a key of ours and point-in-time recovery",
            id="CKV_ANTIPODE_9",
            categories=[CheckCategories.BACKUP_AND_RECOVERY],
            supported_resources=["aws_dynamodb_table", "aws_dynamodb_table_replica"],
        )

    def scan_resource_conf(self, conf: dict[str, Any]) -> CheckResult:
        separate = self.entity_type == "aws_dynamodb_table_replica"
        replicas = [conf] if separate else blocks(conf, "replica")
        recoverable = [one(each, "point_in_time_recovery") for each in replicas]
        keys = [one(each, "kms_key_arn") for each in replicas]
        if not all(is_true(value) or is_unknown(value) for value in recoverable) or None in keys:
            return CheckResult.FAILED
        # a key that is not set is not known either, because AWS picks one: only source can tell
        return CheckResult.UNKNOWN if any(map(is_unknown, (*recoverable, *keys))) else CheckResult.PASSED


check = Replicas()
