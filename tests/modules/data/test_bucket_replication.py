from __future__ import annotations

from typing import Any

import pytest

from tests.modules.module_plan import Planner

pytestmark = pytest.mark.terraform

ROLE = "arn:aws:iam::123456789012:role/prod-files-replication-use1"
IRELAND = {
    "account_id": "123456789012",
    "bucket_arn": "arn:aws:s3:::prod-files-123456789012-euw1",
    "kms_key_alias_arn": "arn:aws:kms:eu-west-1:123456789012:alias/prod-data-euw1",
}
OREGON = {
    "account_id": "210987654321",
    "bucket_arn": "arn:aws:s3:::prod-files-210987654321-usw2",
    "kms_key_alias_arn": "arn:aws:kms:us-west-2:210987654321:alias/prod-data-usw2",
}
SMALLEST = {"destination": IRELAND, "role_arn": ROLE, "source_bucket": "prod-files-123456789012-use1"}
THREE_REGIONS = SMALLEST | {"further_destinations": {"usw2": OREGON}, "priority": 5}
NOTHING_EXTRA = SMALLEST | {
    "delete_markers": False,
    "prefix": "public/",
    "replica_modifications": False,
    "time_control": False,
}


def configuration(plan_module: Planner, case: dict[str, Any]) -> dict[str, Any]:
    found = plan_module("data/bucket_replication", case).modules["module.this"].resources
    (resource,) = found.values()
    return dict(resource["values"])


def rules(plan_module: Planner, case: dict[str, Any]) -> list[dict[str, Any]]:
    return list(configuration(plan_module, case)["rule"])


def test_everything_of_the_source_is_replicated_under_the_destination_s_key(plan_module: Planner) -> None:
    planned = configuration(plan_module, SMALLEST)
    (rule,) = planned["rule"]
    (destination,) = rule["destination"]
    assert (planned["bucket"], planned["role"]) == ("prod-files-123456789012-use1", ROLE)
    assert (rule["id"], rule["status"], rule["priority"]) == ("to-prod-files-123456789012-euw1", "Enabled", 0)
    assert [selected["prefix"] for selected in rule["filter"]] == [""]
    assert destination["bucket"] == IRELAND["bucket_arn"]
    assert destination["encryption_configuration"] == [{"replica_kms_key_id": IRELAND["kms_key_alias_arn"]}]


def test_deletions_and_changes_of_replicas_and_objects_under_kms_are_replicated(plan_module: Planner) -> None:
    (rule,) = rules(plan_module, SMALLEST)
    assert rule["delete_marker_replication"] == [{"status": "Enabled"}]
    assert rule["source_selection_criteria"] == [
        {
            "replica_modifications": [{"status": "Enabled"}],
            "sse_kms_encrypted_objects": [{"status": "Enabled"}],
        }
    ]


def test_time_control_is_fifteen_minutes_and_reports_what_takes_longer(plan_module: Planner) -> None:
    (destination,) = rules(plan_module, SMALLEST)[0]["destination"]
    assert destination["replication_time"] == [{"status": "Enabled", "time": [{"minutes": 15}]}]
    assert destination["metrics"] == [{"status": "Enabled", "event_threshold": [{"minutes": 15}]}]


def test_without_time_control_the_metrics_stay(plan_module: Planner) -> None:
    (rule,) = rules(plan_module, NOTHING_EXTRA)
    (destination,) = rule["destination"]
    assert destination["replication_time"] == []
    assert destination["metrics"] == [{"status": "Enabled", "event_threshold": []}]


def test_what_is_switched_off_is_said_to_be_off(plan_module: Planner) -> None:
    (rule,) = rules(plan_module, NOTHING_EXTRA)
    assert rule["delete_marker_replication"] == [{"status": "Disabled"}]
    assert rule["source_selection_criteria"][0]["replica_modifications"] == [{"status": "Disabled"}]
    assert [selected["prefix"] for selected in rule["filter"]] == ["public/"]


def test_each_further_region_has_a_rule_and_a_priority_of_its_own(plan_module: Planner) -> None:
    assert [(rule["id"], rule["priority"]) for rule in rules(plan_module, THREE_REGIONS)] == [
        ("to-prod-files-123456789012-euw1", 5),
        ("to-prod-files-210987654321-usw2", 6),
    ]


def test_replicas_in_another_account_are_made_its_own_and_those_at_home_are_left(
    plan_module: Planner,
) -> None:
    owners = [
        (destination["account"], destination["access_control_translation"])
        for rule in rules(plan_module, THREE_REGIONS)
        for destination in rule["destination"]
    ]
    assert owners == [(None, []), ("210987654321", [{"owner": "Destination"}])]
