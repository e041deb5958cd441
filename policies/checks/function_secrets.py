"""CKV_ANTIPODE_7: a function's environment holds names of secrets, never secrets.

Lambda Developer Guide, "Working with Lambda environment variables": use Secrets Manager instead. Whoever may
call GetFunctionConfiguration reads them, and so does everyone who reads the state.
"""

from __future__ import annotations

import re
from typing import Any

from checkov.common.models.enums import CheckCategories, CheckResult
from checkov.terraform.checks.resource.base_resource_check import BaseResourceCheck
from plain_conf import blocks, is_unknown, many

NAMED = re.compile(
    r"(?:^|_)(?:PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|CREDENTIALS?|API_?KEY|PRIVATE_KEY|ACCESS_KEY)$"
)
VALUED = re.compile(
    r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"  # access key id
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----"
    r"|\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\."  # JSON web token
    r"|\b[a-z][a-z0-9+.-]*://[^/\s:@]+:[^/\s@]+@"  # user and password in a URL
)


def is_secret(name: str, value: str) -> bool:
    """By its value, or by its name unless the value only says where the secret is."""
    return bool(VALUED.search(value)) or (
        bool(NAMED.search(name.upper())) and bool(value) and not value.startswith("arn:")
    )


class FunctionSecrets(BaseResourceCheck):
    def __init__(self) -> None:
        super().__init__(
            name="Environment variables of functions hold no secrets",
            id="CKV_ANTIPODE_7",
            categories=[CheckCategories.SECRETS],
            supported_resources=["aws_lambda_function"],
        )

    def scan_resource_conf(self, conf: dict[str, Any]) -> CheckResult:
        variables = [
            (str(name), str(value))
            for environment in blocks(conf, "environment")
            for found in blocks(environment, "variables")
            for name, values in found.items()
            for value in many(values)
            if not is_unknown(value)
        ]
        secret = any(is_secret(name, value) for name, value in variables)
        return CheckResult.FAILED if secret else CheckResult.PASSED


check = FunctionSecrets()
