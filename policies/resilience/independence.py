"""RES010, invariant I1: a regional stack reaches no other region and no control plane outside its region."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from policies.finding import Finding
from policies.resilience.estate import Estate
from policies.resilience.plan_json import Resource, configurations, provider_regions

RULE: Final = "RES010"
SOURCE: Final = "AWS Fault Isolation Boundaries, Regional services and Global services"

# where the control plane of a resource type is, whatever its provider's region
GLOBAL_TYPES: Final[dict[str, str]] = {
    "aws_iam_": "us-east-1",
    "aws_route53_": "us-east-1",
    "aws_route53domains_": "us-east-1",
    "aws_cloudfront_": "us-east-1",
    "aws_organizations_": "us-east-1",
    "aws_account_": "us-east-1",
    "aws_shield_": "us-east-1",
    "aws_globalaccelerator_": "us-west-2",
    "aws_networkmanager_": "us-west-2",
    "aws_route53recoverycontrolconfig_": "us-west-2",
    "aws_s3control_multi_region_access_point": "us-west-2",
    "aws_rds_global_cluster": "the region that writes",
    "aws_dynamodb_global_table": "every region of the table",
    "aws_dynamodb_table_replica": "the region of the table",
}
# data sources that the provider answers without a call
OFFLINE: Final = frozenset(
    {"aws_iam_policy_document", "aws_partition", "aws_region", "aws_service_principal"}
)
# where another region's ARN is only a name, and who uses it
NAMED: Final[dict[tuple[str, str], str]] = {
    ("aws_backup_plan", "rule"): "AWS Backup copies to them by itself, when a backup is complete",
    ("aws_lambda_function", "environment"): "the failover controller is told of every region",
    ("aws_secretsmanager_secret", "replica"): "Secrets Manager replicates to them by itself",
    ("aws_kms_key", "policy"): "a policy names who may",
    ("aws_s3_bucket_policy", "policy"): "a policy names who may",
    ("aws_secretsmanager_secret_policy", "policy"): "a policy names who may",
    ("aws_cloudwatch_dashboard", "dashboard_body"): "a dashboard shows every region",
}
_ARN: Final = re.compile(r"arn:aws[a-z-]*:[a-z0-9-]+:([a-z]{2,}(?:-[a-z]+)+-\d):[^\s\"'\\]*")


def check(estate: Estate) -> Iterator[Finding]:
    for region in estate.regional:
        yield from _providers(estate, region)
        yield from _data_sources(estate, region)
        for resource in estate.found.get(region, ()):
            yield from _home(resource, region)
            yield from _arns(resource, region)


def _providers(estate: Estate, region: str) -> Iterator[Finding]:
    for key, of in provider_regions(estate.plans[region]).items():
        if of != region:
            yield _finding(
                f"{region}: provider {key}",
                f"calls {of or 'a region that the plan does not name'}: while it is dark, {region} can be "
                "neither "
                "planned nor applied",
            )


def _data_sources(estate: Estate, region: str) -> Iterator[Finding]:
    for address, found in configurations(estate.plans[region]):
        if found.get("mode") == "data" and found["type"] not in OFFLINE:
            yield _finding(
                f"{region}: {address}",
                "is looked up when planning; a name that the generator computes needs no answer from anybody",
            )


def _home(resource: Resource, region: str) -> Iterator[Finding]:
    for prefix, home in GLOBAL_TYPES.items():
        if resource.type.startswith(prefix):
            yield _finding(
                resource.where,
                f"{resource.type} is changed in {home} alone: while that is dark, {region} cannot be applied",
            )
    if resource.type.startswith("aws_wafv2_") and resource.values.get("scope") == "CLOUDFRONT":
        yield _finding(resource.where, f"of scope CLOUDFRONT is changed in us-east-1 alone, not in {region}")


def _arns(resource: Resource, region: str) -> Iterator[Finding]:
    for attribute, value in resource.values.items():
        if (resource.type, attribute) in NAMED:
            continue
        for arn, of in _found(value):
            if of != region:
                yield _finding(
                    resource.where,
                    f"{attribute} is in {of} ({arn}): what {region} needs has to be in {region}",
                )


def _found(value: Any) -> list[tuple[str, str]]:
    """(ARN, its region) of every ARN with a region in a value."""
    return [(match[0], match[1]) for match in _ARN.finditer(json.dumps(value))]


def _finding(where: str, message: str) -> Finding:
    return Finding(
        rule=RULE,
        severity="error",
        where=where,
        message=message,
        fix="move it to the global, data, interconnect or edge stack, and name what crosses by "
        "generator/naming.py",
        source=SOURCE,
    )
