"""What a manifest says of keys, roles and the firewall."""

from __future__ import annotations

import ipaddress
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from generator.manifest.fields import Part, PolicyArn


def _range(text: str) -> str:
    if ipaddress.ip_network(text).version != 4:
        raise ValueError("must be an IPv4 range such as 198.51.100.0/24")
    return text


Range = Annotated[str, AfterValidator(_range)]


class Waf(Part):
    """The web application firewall before the CDN and every regional API."""

    enabled: bool = Field(False, description="Whether requests are inspected.")
    mode: Literal["block", "count"] = Field("block", description="count only reports what would be blocked.")
    rate_limit: Annotated[int, Field(ge=10, le=2_000_000_000)] | None = Field(
        2000, description="Requests of one address in five minutes; null sets no limit."
    )
    allow: list[Range] = Field(default_factory=list, description="IPv4 ranges that are never blocked.")
    deny: list[Range] = Field(default_factory=list, description="IPv4 ranges that are always blocked.")


class Security(Part):
    """Keys, roles and the firewall."""

    waf: Waf = Field(default_factory=lambda: Waf(), description="Web application firewall.")

    key_deletion_window_days: Annotated[int, Field(ge=7, le=30)] = Field(
        30, description="Days between a key's deletion being asked for and being done."
    )
    permissions_boundary: PolicyArn | None = Field(
        None, description="ARN of the policy that bounds every role."
    )
