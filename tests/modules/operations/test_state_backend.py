from __future__ import annotations

from typing import Any

import pytest

from tests.modules.module_plan import Planner

pytestmark = pytest.mark.terraform

CASE = {
    "bucket_name": "prod-tfstate-123456789012-use1",
    "account_id": "123456789012",
    "kms_alias": "prod-state-use1",
}
LOGGED = CASE | {"access_logs": {"enabled": True, "retention_days": 30}}


def resources(plan_module: Planner, case: dict[str, Any]) -> dict[str, dict[str, Any]]:
    planned = plan_module("operations/state_backend", case).modules["module.this"].resources
    return {address: resource["values"] for address, resource in planned.items() if "values" in resource}


def policy_statements(plan_module: Planner, document: str) -> dict[str, dict[str, Any]]:
    """The statements of a policy document that waits for ARNs, by statement id."""
    changes = plan_module("operations/state_backend", LOGGED).resource_changes
    statements = changes[f"module.this.data.aws_iam_policy_document.{document}"]["change"]["after"][
        "statement"
    ]
    return {statement["sid"]: statement for statement in statements}


def conditions(statement: dict[str, Any]) -> list[tuple[str, str, Any]]:
    return [(one["test"], one["variable"], one.get("values")) for one in statement["condition"]]


def test_state_is_versioned_private_and_not_destroyed_by_accident(plan_module: Planner) -> None:
    planned = resources(plan_module, CASE)
    access = planned["aws_s3_bucket_public_access_block.this"]
    assert planned["aws_s3_bucket.this"]["force_destroy"] is False
    assert planned["aws_s3_bucket_versioning.this"]["versioning_configuration"][0]["status"] == "Enabled"
    assert planned["aws_s3_bucket_ownership_controls.this"]["rule"] == [
        {"object_ownership": "BucketOwnerEnforced"}
    ]
    assert {
        name: access[name]
        for name in (
            "block_public_acls",
            "block_public_policy",
            "ignore_public_acls",
            "restrict_public_buckets",
        )
    } == {
        "block_public_acls": True,
        "block_public_policy": True,
        "ignore_public_acls": True,
        "restrict_public_buckets": True,
    }


def test_state_is_encrypted_by_a_rotating_key_of_its_own(plan_module: Planner) -> None:
    planned = resources(plan_module, CASE)
    (rule,) = planned["aws_s3_bucket_server_side_encryption_configuration.this"]["rule"]
    key = planned["aws_kms_key.this"]
    assert rule["bucket_key_enabled"] is True
    assert rule["apply_server_side_encryption_by_default"][0]["sse_algorithm"] == "aws:kms"
    assert (key["enable_key_rotation"], key["deletion_window_in_days"]) == (True, 30)
    assert planned["aws_kms_alias.this"]["name"] == "alias/prod-state-use1"


def test_old_versions_go_after_ninety_days_but_for_the_last_ten(plan_module: Planner) -> None:
    rules = resources(plan_module, CASE)["aws_s3_bucket_lifecycle_configuration.this"]["rule"]
    by_id = {rule["id"]: rule for rule in rules}
    assert by_id["expire-old-versions"]["noncurrent_version_expiration"] == [
        {"newer_noncurrent_versions": 10, "noncurrent_days": 90}
    ]
    assert by_id["abort-incomplete-uploads"]["abort_incomplete_multipart_upload"] == [
        {"days_after_initiation": 7}
    ]


def test_the_policy_refuses_plain_http_old_tls_and_foreign_encryption(plan_module: Planner) -> None:
    statements = policy_statements(plan_module, "bucket")
    assert {sid: statement["effect"] for sid, statement in statements.items()} == dict.fromkeys(
        ("EncryptedInTransitOnly", "ModernTlsOnly", "KmsEncryptionOnly", "OwnKeyOnly"), "Deny"
    )
    assert conditions(statements["EncryptedInTransitOnly"]) == [("Bool", "aws:SecureTransport", ["false"])]
    assert conditions(statements["ModernTlsOnly"]) == [("NumericLessThan", "s3:TlsVersion", ["1.2"])]


def test_an_upload_that_names_no_encryption_is_not_refused(plan_module: Planner) -> None:
    header = "s3:x-amz-server-side-encryption"
    statements = policy_statements(plan_module, "bucket")
    assert conditions(statements["KmsEncryptionOnly"]) == [
        ("Null", header, ["false"]),
        ("StringNotEquals", header, ["aws:kms"]),
    ]
    assert conditions(statements["OwnKeyOnly"])[0] == ("Null", f"{header}-aws-kms-key-id", ["false"])


def test_access_logs_are_off_by_default(plan_module: Planner) -> None:
    module = plan_module("operations/state_backend", CASE).modules["module.this"]
    assert module.child_modules == {}
    assert [address for address in module.resources if "logging" in address] == []


def test_access_logs_go_to_a_private_bucket_that_s3_can_write_to(plan_module: Planner) -> None:
    module = plan_module("operations/state_backend", LOGGED).modules["module.this"]
    logs = module.child_modules["module.logs[0]"].resources
    planned = {address: resource["values"] for address, resource in logs.items() if "values" in resource}
    (rule,) = planned["aws_s3_bucket_server_side_encryption_configuration.this"]["rule"]
    (expiry,) = planned["aws_s3_bucket_lifecycle_configuration.this"]["rule"]
    assert planned["aws_s3_bucket.this"]["bucket"] == "prod-tfstate-123456789012-use1-logs"
    assert planned["aws_s3_bucket_public_access_block.this"]["block_public_policy"] is True
    assert rule["apply_server_side_encryption_by_default"][0]["sse_algorithm"] == "AES256"
    assert expiry["expiration"][0]["days"] == 30
    assert module.resources["aws_s3_bucket_logging.this[0]"]["values"]["target_prefix"] == "access/"
