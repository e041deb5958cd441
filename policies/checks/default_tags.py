"""CKV_ANTIPODE_8: whatever a root makes says whose it is.

Tagging AWS Resources, "Best practices": tag programmatically and consistently; the provider's default_tags
do.
"""

from __future__ import annotations

from typing import Any

from checkov.common.models.enums import CheckCategories, CheckResult
from checkov.terraform.checks.provider.base_check import BaseProviderCheck
from plain_conf import blocks

TAGS = frozenset({"environment", "stack", "managed-by"})


class DefaultTags(BaseProviderCheck):
    def __init__(self) -> None:
        super().__init__(
            name="The provider tags everything with environment, stack and managed-by",
            id="CKV_ANTIPODE_8",
            categories=[CheckCategories.CONVENTION],
            supported_provider=["aws"],
        )

    def scan_provider_conf(self, conf: dict[str, Any]) -> CheckResult:
        named = {
            str(name).strip('"')
            for default in blocks(conf, "default_tags")
            for tags in blocks(default, "tags")
            for name in tags
        }
        return CheckResult.PASSED if named >= TAGS else CheckResult.FAILED


check = DefaultTags()
