"""CKV_ANTIPODE_3: data cannot be deleted by one call.

DynamoDB Developer Guide, "Using deletion protection"; Aurora User Guide, "Deleting Aurora DB clusters".
"""

from __future__ import annotations

from typing import Any

from checkov.common.models.enums import CheckCategories, CheckResult
from checkov.terraform.checks.resource.base_resource_check import BaseResourceCheck
from plain_conf import is_true, is_unknown, one

ATTRIBUTES = {
    "aws_dynamodb_table": "deletion_protection_enabled",
    "aws_dynamodb_table_replica": "deletion_protection_enabled",
    "aws_rds_cluster": "deletion_protection",
    "aws_rds_global_cluster": "deletion_protection",
}


class DeletionProtection(BaseResourceCheck):
    def __init__(self) -> None:
        super().__init__(
            name="Tables, clusters and global clusters have deletion protection",
            id="CKV_ANTIPODE_3",
            categories=[CheckCategories.BACKUP_AND_RECOVERY],
            supported_resources=list(ATTRIBUTES),
        )

    def scan_resource_conf(self, conf: dict[str, Any]) -> CheckResult:
        value = one(conf, ATTRIBUTES[self.entity_type])
        if is_unknown(value):
            return CheckResult.UNKNOWN
        return CheckResult.PASSED if is_true(value) else CheckResult.FAILED


check = DeletionProtection()
