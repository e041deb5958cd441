"""The security tier: the key that a region's stack encrypts with, and limits on what roles may be given."""

from __future__ import annotations

from collections.abc import Iterator

from generator import naming
from generator.manifest import Manifest
from generator.regions import CDN_REGION
from generator.terraform.calls import Declaration, ModuleCall
from generator.terraform.hcl import Reference, Value


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
            # behind the CDN every connection is CloudFront's; the viewer's address is in this header
            "client_address_header": (
                "X-Forwarded-For" if scope == "REGIONAL" and manifest.edge.entry == "cdn" else None
            ),
            "resources": resources,
            "kms_key_arn": Reference("module.key.arn" if scope == "REGIONAL" else "module.cdn_key.arn"),
            "log_retention_days": manifest.observability.log_retention_days,
        },
    )
