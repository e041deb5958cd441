from __future__ import annotations

import json
from typing import Any

import hcl2
import pytest

from tests.modules.module_plan import Planner
from tests.modules.module_source import MODULES

pytestmark = pytest.mark.terraform

KEY = "arn:aws:kms:us-east-1:123456789012:key/11111111-1111-4111-8111-111111111111"
SECONDARY = {
    "identifier": "prod-orders-euw1",
    "global_cluster_identifier": "prod-orders",
    "engine_version": "16.8",
    "role": "secondary",
    "allowed_security_group_ids": {"functions": "sg-0123456789abcdef0"},
    "kms_key_arn": KEY,
    "subnet_ids": ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
    "vpc_id": "vpc-0123456789abcdef0",
}
PRIMARY = SECONDARY | {
    "identifier": "prod-orders-use1",
    "role": "primary",
    "admin_secret_id": "prod/orders/admin",
    "database_name": "orders",
    "master_username": "orders_admin",
    "global_rpo_seconds": 30,
    "instances": 2,
    "monitoring": {"role_arn": "arn:aws:iam::123456789012:role/prod-rds-monitoring", "interval_seconds": 15},
    "parameters": {
        "log_statement": {"value": "all"},
        "max_connections": {"value": "500", "apply_method": "pending-reboot"},
    },
}
SERVERLESS = SECONDARY | {"serverless": {"min": 0.5, "max": 8}, "insights": {"mode": "advanced"}}


def resources(plan_module: Planner, case: dict[str, Any]) -> dict[str, dict[str, Any]]:
    planned = plan_module("data/database_cluster", case).modules["module.this"].resources
    return {address: resource["values"] for address, resource in planned.items() if "values" in resource}


def cluster(plan_module: Planner, case: dict[str, Any]) -> dict[str, Any]:
    return resources(plan_module, case)["aws_rds_cluster.this"]


def test_a_primary_is_made_with_its_administrator_and_its_database(plan_module: Planner) -> None:
    made = cluster(plan_module, PRIMARY)
    assert (made["master_username"], made["database_name"], made["master_password_wo_version"]) == (
        "orders_admin",
        "orders",
        1,
    )


def test_the_password_is_nowhere_in_the_plan(plan_module: Planner) -> None:
    made = cluster(plan_module, PRIMARY)
    assert (made["master_password"], made["master_password_wo"]) == (None, None)
    assert made.get("manage_master_user_password") is None


def test_the_first_plan_of_a_primary_reads_no_secret(plan_module: Planner) -> None:
    # planned without any AWS, so a read would have failed; what it waits for is unknown
    waits = plan_module("data/database_cluster", PRIMARY).resource_changes[
        "module.this.terraform_data.admin_secret[0]"
    ]
    assert (waits["change"]["after"]["input"], waits["change"]["after_unknown"]["output"]) == (
        "prod/orders/admin",
        True,
    )


def test_a_secondary_names_no_user_and_no_database(plan_module: Planner) -> None:
    change = plan_module("data/database_cluster", SECONDARY).resource_changes[
        "module.this.aws_rds_cluster.this"
    ]
    after = change["change"]["after"]
    assert {
        name: after.get(name) for name in ("master_username", "database_name", "master_password_wo_version")
    } == {
        "master_username": None,
        "database_name": None,
        "master_password_wo_version": None,
    }
    assert (
        "module.this.terraform_data.admin_secret[0]"
        not in plan_module("data/database_cluster", SECONDARY).resource_changes
    )


@pytest.mark.parametrize("case", [PRIMARY, SECONDARY], ids=["primary", "secondary"])
def test_both_roles_are_ready_for_the_other(plan_module: Planner, case: dict[str, Any]) -> None:
    made = cluster(plan_module, case)
    assert {
        name: made[name]
        for name in (
            "global_cluster_identifier",
            "enable_global_write_forwarding",
            "enable_http_endpoint",
            "storage_encrypted",
            "kms_key_id",
            "backup_retention_period",
            "deletion_protection",
            "skip_final_snapshot",
            "final_snapshot_identifier",
            "enabled_cloudwatch_logs_exports",
            "copy_tags_to_snapshot",
        )
    } == {
        "global_cluster_identifier": "prod-orders",
        "enable_global_write_forwarding": True,
        "enable_http_endpoint": True,
        "storage_encrypted": True,
        "kms_key_id": KEY,
        "backup_retention_period": 14,
        "deletion_protection": True,
        "skip_final_snapshot": False,
        "final_snapshot_identifier": f"{case['identifier']}-final",
        "enabled_cloudwatch_logs_exports": ["postgresql"],
        "copy_tags_to_snapshot": True,
    }


def test_what_a_switchover_changes_is_ignored() -> None:
    parsed = hcl2.loads((MODULES / "data/database_cluster/main.tf").read_text(encoding="utf-8"))
    (made,) = [
        block['"this"']
        for entry in parsed["resource"]
        for kind, block in entry.items()
        if kind == '"aws_rds_cluster"'
    ]
    ignored = {name.strip("${}") for name in made["lifecycle"][0]["ignore_changes"]}
    assert ignored == {
        "global_cluster_identifier",
        "master_password_wo_version",
        "replication_source_identifier",
    }


def test_encryption_in_transit_is_forced_and_callers_add_parameters(plan_module: Planner) -> None:
    group = resources(plan_module, PRIMARY)["aws_rds_cluster_parameter_group.this"]
    assert (group["name"], group["family"]) == ("prod-orders-use1-aurora-postgresql16", "aurora-postgresql16")
    assert {item["name"]: (item["value"], item["apply_method"]) for item in group["parameter"]} == {
        "log_min_duration_statement": ("1000", "immediate"),
        "log_statement": ("all", "immediate"),
        "max_connections": ("500", "pending-reboot"),
        "rds.force_ssl": ("1", "immediate"),
        "rds.global_db_rpo": ("30", "immediate"),
    }


def test_mysql_has_its_own_family_port_logs_and_parameters(plan_module: Planner) -> None:
    planned = resources(
        plan_module, SECONDARY | {"engine": "aurora-mysql", "engine_version": "8.0.mysql_aurora.3.08.0"}
    )
    group = planned["aws_rds_cluster_parameter_group.this"]
    made = planned["aws_rds_cluster.this"]
    assert (group["name"], group["family"]) == ("prod-orders-euw1-aurora-mysql8-0", "aurora-mysql8.0")
    assert {item["name"]: item["value"] for item in group["parameter"]} == {
        "require_secure_transport": "ON",
        "slow_query_log": "1",
    }
    assert (made["port"], sorted(made["enabled_cloudwatch_logs_exports"])) == (3306, ["error", "slowquery"])


def test_instances_are_private_and_never_upgrade_by_themselves(plan_module: Planner) -> None:
    assert {
        values["identifier"]: (
            values["instance_class"],
            values["publicly_accessible"],
            values["auto_minor_version_upgrade"],
            values["monitoring_interval"],
        )
        for address, values in resources(plan_module, PRIMARY).items()
        if address.startswith("aws_rds_cluster_instance.")
    } == {
        "prod-orders-use1-1": ("db.r6g.large", False, False, 15),
        "prod-orders-use1-2": ("db.r6g.large", False, False, 15),
    }


def test_serverless_capacity_follows_the_load(plan_module: Planner) -> None:
    planned = resources(plan_module, SERVERLESS)
    made = planned["aws_rds_cluster.this"]
    bounds = made["serverlessv2_scaling_configuration"]
    assert [(bound["min_capacity"], bound["max_capacity"]) for bound in bounds] == [(0.5, 8)]
    assert planned['aws_rds_cluster_instance.this["1"]']["instance_class"] == "db.serverless"
    assert (made["database_insights_mode"], made["performance_insights_retention_period"]) == (
        "advanced",
        465,
    )


def test_only_the_callers_reach_the_cluster_and_only_on_its_port(plan_module: Planner) -> None:
    rules = {
        address: (values["ip_protocol"], values["from_port"], values["to_port"], values["cidr_ipv4"])
        for address, values in resources(plan_module, SECONDARY).items()
        if "_rule." in address
    }
    assert rules == {
        'aws_vpc_security_group_egress_rule.callers["functions"]': ("tcp", 5432, 5432, None),
        'aws_vpc_security_group_ingress_rule.callers["functions"]': ("tcp", 5432, 5432, None),
    }


def test_logs_have_a_group_with_key_and_retention_before_rds_makes_one(plan_module: Planner) -> None:
    group = resources(plan_module, SECONDARY)['aws_cloudwatch_log_group.this["postgresql"]']
    assert (group["name"], group["kms_key_id"], group["retention_in_days"]) == (
        "/aws/rds/cluster/prod-orders-euw1/postgresql",
        KEY,
        30,
    )


def test_no_secret_s_value_can_be_found_in_the_whole_plan(plan_module: Planner) -> None:
    plan = plan_module("data/database_cluster", PRIMARY)
    assert "secret_string" not in json.dumps(list(plan.resource_changes.values()))
