from __future__ import annotations

from typing import Any

import pytest

from tests.modules.module_plan import Planner

pytestmark = pytest.mark.terraform

KEY = "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-4234-8234-123456789012"
ALIAS = "arn:aws:kms:us-east-1:123456789012:alias/prod-data-use1"
SMALLEST = {"account_id": "123456789012", "kms_key_arn": KEY, "name": "prod-files-123456789012-use1"}
FULL = SMALLEST | {
    "access_logs": {"enabled": True, "retention_days": 30},
    "archive": {"access_days": 90, "deep_access_days": 180},
    "cloudfront": True,
    "cors": {"origins": ["https://www.example.com"], "methods": ["GET", "PUT"], "headers": ["Content-Type"]},
    "kms_key_alias": "prod-data-use1",
    "missing_is_404": True,
    "noncurrent_days": 30,
    "object_lock": {"days": 7},
    "tags": {"tier": "data"},
}


def resources(plan_module: Planner, case: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found = plan_module("data/bucket", case).modules["module.this"].resources
    return {address: resource["values"] for address, resource in found.items() if "values" in resource}


def some(values: dict[str, Any], names: set[str]) -> dict[str, Any]:
    return {name: values[name] for name in names}


def statements(plan_module: Planner, case: dict[str, Any]) -> list[dict[str, Any]]:
    """The policy as written: ARNs of the bucket are not known before it is, so the plan has no JSON yet."""
    plan = plan_module("data/bucket", case)
    (document,) = [
        resource["values"]
        for resource in plan.root_module["child_modules"][0]["resources"]
        if resource["address"] == "module.this.data.aws_iam_policy_document.this"
    ]
    return list(document["statement"])


def named(plan_module: Planner, sid: str, case: dict[str, Any] = FULL) -> dict[str, Any]:
    (statement,) = [found for found in statements(plan_module, case) if found["sid"] == sid]
    return statement


def conditions(statement: dict[str, Any]) -> set[tuple[str, str, tuple[str, ...]]]:
    return {(found["test"], found["variable"], tuple(found["values"])) for found in statement["condition"]}


def test_every_object_is_versioned_and_under_the_bucket_s_key(plan_module: Planner) -> None:
    found = resources(plan_module, SMALLEST)
    assert found["aws_s3_bucket_versioning.this"]["versioning_configuration"][0]["status"] == "Enabled"
    (rule,) = found["aws_s3_bucket_server_side_encryption_configuration.this"]["rule"]
    assert rule == {
        "apply_server_side_encryption_by_default": [{"sse_algorithm": "aws:kms", "kms_master_key_id": KEY}],
        "bucket_key_enabled": True,
    }


def test_nothing_of_the_bucket_can_be_made_public(plan_module: Planner) -> None:
    found = resources(plan_module, SMALLEST)
    block = {"block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"}
    assert some(found["aws_s3_bucket_public_access_block.this"], block) == dict.fromkeys(block, True)
    assert found["aws_s3_bucket_ownership_controls.this"]["rule"] == [
        {"object_ownership": "BucketOwnerEnforced"}
    ]


def test_a_bucket_with_objects_in_it_is_not_destroyed_unless_asked(plan_module: Planner) -> None:
    assert resources(plan_module, SMALLEST)["aws_s3_bucket.this"]["force_destroy"] is False
    forced = resources(plan_module, SMALLEST | {"force_destroy": True})
    assert forced["aws_s3_bucket.this"]["force_destroy"] is True


@pytest.mark.parametrize(
    ("sid", "expected"),
    [
        ("EncryptedInTransitOnly", {("Bool", "aws:SecureTransport", ("false",))}),
        ("ModernTlsOnly", {("NumericLessThan", "s3:TlsVersion", ("1.2",))}),
    ],
)
def test_requests_without_modern_tls_are_refused(
    plan_module: Planner, sid: str, expected: set[tuple[str, str, tuple[str, ...]]]
) -> None:
    statement = named(plan_module, sid)
    assert some(statement, {"effect", "actions", "principals"}) == {
        "effect": "Deny",
        "actions": ["s3:*"],
        "principals": [{"type": "AWS", "identifiers": ["*"]}],
    }
    assert conditions(statement) == expected


def test_an_upload_that_names_another_key_or_algorithm_is_refused(plan_module: Planner) -> None:
    algorithm, key = (f"s3:x-amz-server-side-encryption{suffix}" for suffix in ("", "-aws-kms-key-id"))
    assert conditions(named(plan_module, "KmsEncryptionOnly")) == {
        ("Null", algorithm, ("false",)),
        ("StringNotEquals", algorithm, ("aws:kms",)),
    }
    assert conditions(named(plan_module, "OwnKeyOnly")) == {
        ("Null", key, ("false",)),
        ("StringNotEquals", key, (KEY, ALIAS)),
    }


def test_only_this_account_s_distributions_read_and_only_when_asked(plan_module: Planner) -> None:
    allowed = {found["sid"]: found for found in statements(plan_module, FULL) if found["effect"] != "Deny"}
    assert {sid: found["actions"] for sid, found in allowed.items()} == {
        "CloudFrontReads": ["s3:GetObject"],
        "CloudFrontLearnsWhatIsMissing": ["s3:ListBucket"],
    }
    distributions = "arn:aws:cloudfront::123456789012:distribution/*"
    for found in allowed.values():
        assert found["principals"] == [{"type": "Service", "identifiers": ["cloudfront.amazonaws.com"]}]
        assert conditions(found) == {("ArnLike", "aws:SourceArn", (distributions,))}
    assert {found["effect"] for found in statements(plan_module, SMALLEST)} == {"Deny"}


def test_old_versions_and_unfinished_uploads_are_removed(plan_module: Planner) -> None:
    rules = resources(plan_module, FULL)["aws_s3_bucket_lifecycle_configuration.this"]["rule"]
    old, uploads, tiering = rules
    assert [rule["id"] for rule in rules] == [
        "expire-old-versions",
        "abort-incomplete-uploads",
        "intelligent-tiering",
    ]
    assert old["noncurrent_version_expiration"][0]["noncurrent_days"] == 30
    assert old["expiration"][0]["expired_object_delete_marker"] is True
    assert uploads["abort_incomplete_multipart_upload"] == [{"days_after_initiation": 7}]
    (transition,) = tiering["transition"]
    assert some(transition, {"days", "storage_class"}) == {"days": 0, "storage_class": "INTELLIGENT_TIERING"}


def test_objects_stay_where_they_are_without_intelligent_tiering(plan_module: Planner) -> None:
    found = resources(plan_module, SMALLEST | {"intelligent_tiering": False})
    rules = found["aws_s3_bucket_lifecycle_configuration.this"]["rule"]
    assert [rule["id"] for rule in rules] == ["expire-old-versions", "abort-incomplete-uploads"]


def test_archive_tiers_are_there_only_for_those_who_can_wait_for_a_restore(plan_module: Planner) -> None:
    address = "aws_s3_bucket_intelligent_tiering_configuration.archive[0]"
    assert address not in resources(plan_module, SMALLEST)
    tiers = resources(plan_module, FULL)[address]["tiering"]
    assert {(tier["access_tier"], tier["days"]) for tier in tiers} == {
        ("ARCHIVE_ACCESS", 90),
        ("DEEP_ARCHIVE_ACCESS", 180),
    }


def test_pages_of_named_origins_alone_may_call_the_bucket(plan_module: Planner) -> None:
    (rule,) = resources(plan_module, FULL)["aws_s3_bucket_cors_configuration.this[0]"]["cors_rule"]
    assert (sorted(rule["allowed_methods"]), rule["allowed_origins"], rule["allowed_headers"]) == (
        ["GET", "PUT"],
        ["https://www.example.com"],
        ["Content-Type"],
    )


def test_a_lock_is_made_with_the_bucket_and_in_governance_mode_by_default(plan_module: Planner) -> None:
    found = resources(plan_module, FULL)
    assert found["aws_s3_bucket.this"]["object_lock_enabled"] is True
    (rule,) = found["aws_s3_bucket_object_lock_configuration.this[0]"]["rule"]
    (retention,) = rule["default_retention"]
    assert (retention["mode"], retention["days"]) == ("GOVERNANCE", 7)
    assert resources(plan_module, SMALLEST)["aws_s3_bucket.this"]["object_lock_enabled"] is False


def test_access_logs_go_to_a_bucket_of_their_own_that_s3_can_write_to(plan_module: Planner) -> None:
    module = plan_module("data/bucket", FULL).modules["module.this"]
    logs = module.child_modules["module.logs[0]"].resources
    assert logs["aws_s3_bucket.this"]["values"]["bucket"] == "prod-files-123456789012-use1-logs"
    (rule,) = logs["aws_s3_bucket_lifecycle_configuration.this"]["values"]["rule"]
    assert rule["expiration"][0]["days"] == 30
    (rule,) = logs["aws_s3_bucket_server_side_encryption_configuration.this"]["values"]["rule"]
    assert rule["apply_server_side_encryption_by_default"][0]["sse_algorithm"] == "AES256"
    logging = module.resources["aws_s3_bucket_logging.this[0]"]["values"]
    assert (logging["target_bucket"], logging["target_prefix"]) == (
        "prod-files-123456789012-use1-logs",
        "access/",
    )


def test_the_smallest_bucket_is_one_bucket(plan_module: Planner) -> None:
    module = plan_module("data/bucket", SMALLEST).modules["module.this"]
    assert module.child_modules == {}
    assert [address for address in module.resources if "logging" in address] == []
