"""The governance tier: the roles that GitHub Actions plans and applies with, and the bound of all others."""

from __future__ import annotations

from collections.abc import Iterator

from generator import naming
from generator.manifest import Manifest
from generator.manifest.delivery import Delivery
from generator.naming import resource_label
from generator.terraform.calls import Declaration, ModuleCall, StackOutput
from generator.terraform.hcl import Reference, Value

# AWS services of each module's resources; tests/generator/tiers/test_governance.py compares them to the HCL.
SERVICES: dict[str, tuple[str, ...]] = {
    "compute/function": ("cloudwatch", "codedeploy", "lambda", "logs", "sqs"),
    "compute/migration": ("lambda",),
    "compute/release": ("cloudwatch", "codedeploy", "logs"),
    "compute/rest_api": ("apigateway", "lambda", "logs"),
    "data/backup_plan": ("backup",),
    "data/backup_settings": ("backup",),
    "data/backup_vault": ("backup",),
    "data/bucket": ("s3",),
    "data/bucket_replication": ("s3",),
    "data/database_cluster": ("ec2", "logs", "rds"),
    "data/global_cluster": ("rds",),
    "data/global_table": ("dynamodb",),
    "data/log_bucket": ("s3",),
    "data/provisioned_table": ("autoscaling", "dynamodb"),
    "data/table_replica": ("dynamodb",),
    "edge/api_domain": ("acm", "apigateway", "route53"),
    "edge/distribution": ("cloudfront", "logs", "route53", "s3"),
    "edge/dns_routing": ("route53",),
    "edge/viewer_certificate": ("acm", "route53"),
    "edge/zone": ("route53",),
    "network/vpc": ("ec2", "logs"),
    "observability/alarm_topic": ("sns",),
    "observability/alarms": ("cloudwatch", "sns"),
    "observability/cdn_alarms": ("cloudfront", "cloudwatch", "sns"),
    "observability/dashboard": ("cloudwatch",),
    "operations/failover": ("cloudwatch", "dynamodb", "events", "lambda", "sns"),
    "operations/state_backend": ("kms", "s3"),
    "security/api_logging_role": ("iam",),
    "security/backup_role": ("iam",),
    "security/database_secret": ("lambda", "secretsmanager"),
    "security/failover_role": ("iam",),
    "security/function_role": ("iam",),
    "security/key": ("kms",),
    "security/release_role": ("iam",),
    "security/replication_role": ("iam",),
    "security/web_acl": ("logs", "wafv2"),
}


def declarations(manifest: Manifest, used: frozenset[str]) -> Iterator[Declaration]:
    """`used`: the modules that the environment's stacks call, as `<tier>/<module>`."""
    if manifest.delivery is None:
        return
    label = "delivery"
    yield ModuleCall(
        stack="state",
        label=label,
        module="governance/delivery_role",
        region=manifest.recovery_region,
        arguments=_arguments(manifest, manifest.delivery, used),
    )
    for role in ("plan", "apply"):
        yield StackOutput(
            stack="state",
            name=f"{role}_role_arn",
            value=Reference(f"module.{label}.{role}_role_arn"),
            description=f"Role that GitHub Actions takes to {role} {manifest.name}.",
        )


def _arguments(manifest: Manifest, delivery: Delivery, used: frozenset[str]) -> dict[str, Value]:
    return {
        "account_id": manifest.account_id,
        "branch": None if delivery.branch == "main" else delivery.branch,
        "create_oidc_provider": False if delivery.oidc_provider == "existing" else None,
        "domain": manifest.domain,
        "environment": manifest.name,
        "permissions_boundary": delivery.permissions_boundary,
        "repository": delivery.repository,
        "role_boundary": manifest.security.permissions_boundary,
        "services": sorted({service for module in used for service in SERVICES[module]}),
        "state_buckets": {
            resource_label(naming.provider_alias(region)): {
                "name": naming.state_bucket(manifest.name, manifest.account_id, region),
                "kms_alias": naming.state_key_alias(manifest.name, region),
            }
            for region in manifest.state_regions
        },
    }
