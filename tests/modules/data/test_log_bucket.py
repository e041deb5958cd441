from __future__ import annotations

import json
from typing import Any

import pytest

from tests.modules.module_plan import Planner

pytestmark = pytest.mark.terraform

NAME = "prod-files-123456789012-use1-logs"
KEY = "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-4234-8234-123456789012"
SOURCE = "arn:aws:s3:::prod-files-123456789012-use1"
CASE: dict[str, Any] = {
    "account_id": "123456789012",
    "name": NAME,
    "writers": {
        "AccessLogsOfTheBucket": {"service": "logging.s3.amazonaws.com", "source_arns": [SOURCE]},
    },
}
DELIVERED = CASE | {
    "kms_key_arn": KEY,
    "writers": {
        "AWSLogDeliveryWrite": {
            "service": "delivery.logs.amazonaws.com",
            "source_arns": ["arn:aws:logs:us-east-1:123456789012:delivery-source:*"],
            "acl": "bucket-owner-full-control",
            "prefix": "AWSLogs/123456789012/",
        }
    },
}


def resources(plan_module: Planner, case: dict[str, Any]) -> dict[str, dict[str, Any]]:
    planned = plan_module("data/log_bucket", case).modules["module.this"].resources
    return {address: resource["values"] for address, resource in planned.items() if "values" in resource}


def statements(plan_module: Planner, case: dict[str, Any]) -> list[dict[str, Any]]:
    policy = resources(plan_module, case)["aws_s3_bucket_policy.this"]["policy"]
    return list(json.loads(policy)["Statement"])


def test_a_log_bucket_is_private_and_keeps_its_logs_unless_asked(plan_module: Planner) -> None:
    planned = resources(plan_module, CASE)
    access = planned["aws_s3_bucket_public_access_block.this"]
    blocked = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
    assert [access[name] for name in blocked] == [True, True, True, True]
    assert planned["aws_s3_bucket_ownership_controls.this"]["rule"] == [
        {"object_ownership": "BucketOwnerEnforced"}
    ]
    assert planned["aws_s3_bucket.this"]["force_destroy"] is False


def test_logs_expire(plan_module: Planner) -> None:
    planned = resources(plan_module, CASE | {"retention_days": 30})
    (rule,) = planned["aws_s3_bucket_lifecycle_configuration.this"]["rule"]
    assert (rule["expiration"][0]["days"], rule["abort_incomplete_multipart_upload"]) == (
        30,
        [{"days_after_initiation": 7}],
    )


@pytest.mark.parametrize(
    ("case", "encryption"),
    [
        (CASE, {"sse_algorithm": "AES256", "kms_master_key_id": None}),
        (DELIVERED, {"sse_algorithm": "aws:kms", "kms_master_key_id": KEY}),
    ],
)
def test_logs_are_encrypted_by_s3_or_by_a_key(
    plan_module: Planner, case: dict[str, Any], encryption: dict[str, Any]
) -> None:
    planned = resources(plan_module, case)
    (rule,) = planned["aws_s3_bucket_server_side_encryption_configuration.this"]["rule"]
    (found,) = rule["apply_server_side_encryption_by_default"]
    # the provider plans an absent key as null or as an empty text
    assert found | {"kms_master_key_id": found["kms_master_key_id"] or None} == encryption


def test_s3_writes_logs_of_the_named_bucket_alone(plan_module: Planner) -> None:
    allowed, _ = statements(plan_module, CASE)
    assert allowed == {
        "Sid": "AccessLogsOfTheBucket",
        "Effect": "Allow",
        "Principal": {"Service": "logging.s3.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{NAME}/*",
        "Condition": {
            "ArnEquals": {"aws:SourceArn": SOURCE},
            "StringEquals": {"aws:SourceAccount": "123456789012"},
        },
    }


def test_log_delivery_writes_under_the_account_s_prefix_alone(plan_module: Planner) -> None:
    allowed, _ = statements(plan_module, DELIVERED)
    assert (allowed["Resource"], allowed["Condition"]) == (
        f"arn:aws:s3:::{NAME}/AWSLogs/123456789012/*",
        {
            "ArnLike": {"aws:SourceArn": "arn:aws:logs:us-east-1:123456789012:delivery-source:*"},
            "StringEquals": {
                "aws:SourceAccount": "123456789012",
                "s3:x-amz-acl": "bucket-owner-full-control",
            },
        },
    )


def test_nobody_reaches_the_logs_without_tls(plan_module: Planner) -> None:
    _, refused = statements(plan_module, CASE)
    assert (refused["Effect"], refused["Action"], refused["Principal"], refused["Condition"]) == (
        "Deny",
        "s3:*",
        {"AWS": "*"},
        {"Bool": {"aws:SecureTransport": "false"}},
    )
    assert sorted(refused["Resource"]) == [f"arn:aws:s3:::{NAME}", f"arn:aws:s3:::{NAME}/*"]
