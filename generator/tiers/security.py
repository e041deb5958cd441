"""The security tier: the key that a region's stack encrypts with, and limits on what roles may be given."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, Field

from generator import naming
from generator.fields import Part, PolicyArn
from generator.regions import CDN_REGION
from generator.terraform.calls import Declaration, ModuleCall
from generator.terraform.hcl import Reference, Value

if TYPE_CHECKING:
    from generator.manifest import Manifest


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


def declarations(manifest: Manifest) -> Iterator[Declaration]:
    for region in manifest.regions:
        yield _key(manifest, region)
        if manifest.security.waf.enabled and manifest.compute.api:
            yield _web_acl(
                manifest,
                stack=region,
                label="web_acl",
                region=region,
                scope="REGIONAL",
                resources={"api": Reference("module.api.stage_arn")},
            )
    if manifest.security.waf.enabled and manifest.edge.entry == "cdn":
        yield _web_acl(manifest, stack="edge", label="cdn_web_acl", region=CDN_REGION, scope="CLOUDFRONT")


def _key(manifest: Manifest, region: str) -> ModuleCall:
    serves = manifest.edge.entry == "cdn" and any(bucket.serve for bucket in manifest.data.buckets.values())
    return ModuleCall(
        stack=region,
        label="key",
        module="security/key",
        region=region,
        arguments={
            "alias": naming.regional_key_alias(manifest.name, region),
            "description": f"Logs, functions, objects and alarms of {manifest.name} in {region}",
            "account_id": manifest.account_id,
            "services": [f"logs.{region}.amazonaws.com", "cloudwatch.amazonaws.com", "sns.amazonaws.com"],
            "cloudfront": True if serves else None,
            "deletion_window_days": manifest.security.key_deletion_window_days,
        },
    )


def _web_acl(
    manifest: Manifest,
    *,
    stack: str,
    label: str,
    region: str,
    scope: str,
    resources: dict[str, Value] | None = None,
) -> ModuleCall:
    waf = manifest.security.waf
    rules = {
        "AWSManagedRulesCommonRuleSet": 10,
        "AWSManagedRulesKnownBadInputsRuleSet": 20,
        "AWSManagedRulesSQLiRuleSet": 30,
        "AWSManagedRulesAmazonIpReputationList": 40,
    }
    return ModuleCall(
        stack=stack,
        label=label,
        module="security/web_acl",
        region=region,
        arguments={
            "name": manifest.name if scope == "CLOUDFRONT" else naming.api(manifest.name, region),
            "scope": scope,
            "rate_limit": waf.rate_limit,
            "managed_rule_groups": {
                name: {"priority": priority, "mode": waf.mode} for name, priority in rules.items()
            },
            "allowed_addresses": list(waf.allow),
            "denied_addresses": list(waf.deny),
            # behind the CDN every connection is CloudFront's own; who asked stands in this header
            "client_address_header": (
                "X-Forwarded-For" if scope == "REGIONAL" and manifest.edge.entry == "cdn" else None
            ),
            "resources": resources,
            "kms_key_arn": Reference("module.key.arn" if scope == "REGIONAL" else "module.cdn_key.arn"),
            "log_retention_days": manifest.observability.log_retention_days,
        },
    )
