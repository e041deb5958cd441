"""An operation that somebody calls, and the error that AWS answers with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Record = dict[str, Any]


class Refused(Exception):
    """A request that AWS answers with the error of this code; the text is AWS's message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, kw_only=True)
class Call:
    """An operation of a service in a region of an account; `epoch`: model time in Unix seconds."""

    service: str
    signing_name: str
    account_id: str
    region: str
    operation: str
    parameters: Record
    epoch: float

    def arn(self, path: str) -> str:
        """The ARN of a resource of this service, account and region, such as "deploymentgroup:a/b"."""
        return f"arn:aws:{self.signing_name}:{self.region}:{self.account_id}:{path}"
