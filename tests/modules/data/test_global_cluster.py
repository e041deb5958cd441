from __future__ import annotations

import pytest

from tests.modules.module_plan import Planner

pytestmark = pytest.mark.terraform

CASE = {"identifier": "prod-orders", "engine_version": "16.8", "database_name": "orders"}


def test_the_global_cluster_is_made_empty_encrypted_and_protected(plan_module: Planner) -> None:
    planned = plan_module("data/global_cluster", CASE).modules["module.this"].resources
    cluster = planned["aws_rds_global_cluster.this"]["values"]
    assert {
        name: cluster.get(name)
        for name in (
            "global_cluster_identifier",
            "engine",
            "engine_version",
            "engine_lifecycle_support",
            "database_name",
            "storage_encrypted",
            "deletion_protection",
            "force_destroy",
            "source_db_cluster_identifier",
        )
    } == {
        "global_cluster_identifier": "prod-orders",
        "engine": "aurora-postgresql",
        "engine_version": "16.8",
        "engine_lifecycle_support": "open-source-rds-extended-support-disabled",
        "database_name": "orders",
        "storage_encrypted": True,
        "deletion_protection": True,
        "force_destroy": False,
        "source_db_cluster_identifier": None,
    }


def test_extended_support_is_asked_for(plan_module: Planner) -> None:
    planned = plan_module("data/global_cluster", CASE | {"extended_support": True}).modules["module.this"]
    cluster = planned.resources["aws_rds_global_cluster.this"]["values"]
    assert cluster["engine_lifecycle_support"] == "open-source-rds-extended-support"
