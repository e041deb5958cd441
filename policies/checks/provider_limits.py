"""CKV_ANTIPODE_2: the provider gives up soon, and works in one account only.

With its default of 25 retries a root whose control plane is dark hangs for ten minutes and more
(docs/traps.md), which breaks region independence. AWS provider, "allowed_account_ids" and "max_retries".
"""

from __future__ import annotations

from typing import Any

from checkov.common.models.enums import CheckCategories, CheckResult
from checkov.terraform.checks.provider.base_check import BaseProviderCheck
from plain_conf import many, one, whole_number

MOST_RETRIES = 5


class ProviderLimits(BaseProviderCheck):
    def __init__(self) -> None:
        super().__init__(
            name="The provider sets max_retries to 5 at most, and allowed_account_ids",
            id="CKV_ANTIPODE_2",
            categories=[CheckCategories.GENERAL_SECURITY],
            supported_provider=["aws"],
        )

    def scan_provider_conf(self, conf: dict[str, Any]) -> CheckResult:
        retries = whole_number(one(conf, "max_retries"))
        limited = retries is not None and 1 <= retries <= MOST_RETRIES
        return CheckResult.PASSED if limited and many(conf.get("allowed_account_ids")) else CheckResult.FAILED


check = ProviderLimits()
