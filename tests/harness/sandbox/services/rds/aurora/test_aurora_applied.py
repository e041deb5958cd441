"""The modules of a global database applied in two regions, whose roles then change without Terraform.

It takes about six minutes, nearly all of it the provider's: it looks at a cluster, and at an instance, 30 s
after it has created, changed or deleted it, and not earlier.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from harness.sandbox.faults import RegionDark
from harness.sandbox.sandbox import Sandbox
from harness.terraform import installation
from tests import inventory
from tests.harness.sandbox.services.rds.aurora.conftest import DELAYS, PROMOTION, REBUILD, SWITCHOVER
from tests.harness.sandbox.services.rds.aurora.global_database import (
    ACCOUNT,
    EAST,
    WEST,
    client,
    let_pass,
    until,
)

pytestmark = [
    pytest.mark.terraform,
    pytest.mark.sandbox,
    pytest.mark.e2e,
    pytest.mark.long,
    pytest.mark.timeout(900),
]

ROOT = Path(__file__).resolve().parents[6]
LOCK_FILE = ROOT / "envs" / "reference" / "active-standby-api" / "us-east-1" / ".terraform.lock.hcl"
NAME, VERSION = "prod-orders", "16.10"
SHORT = {EAST: "use1", WEST: "usw2"}


def region_of(region: str, network: str, directory: Path) -> dict[str, Any]:
    """The resources that a cluster of the region needs, and the call of its module."""
    short, primary = SHORT[region], region == EAST
    provider = {"provider": f"aws.{short}"}
    settings: dict[str, Any] = {
        "source": module("data/database_cluster", directory),
        "providers": {"aws": f"aws.{short}"},
        "allowed_security_group_ids": {"functions": f"${{aws_security_group.{short}.id}}"},
        "deletion_protection": False,
        "engine_version": VERSION,
        "global_cluster_identifier": "${module.global.identifier}",
        "identifier": f"{NAME}-{short}",
        "kms_key_arn": f"${{aws_kms_key.{short}.arn}}",
        "role": "primary" if primary else "secondary",
        "serverless": {"min": 0.5, "max": 4},
        "skip_final_snapshot": True,
        "subnet_ids": [f"${{aws_subnet.{short}_{zone}.id}}" for zone in "ab"],
        "vpc_id": f"${{aws_vpc.{short}.id}}",
    }
    if primary:
        settings |= {
            "admin_secret_id": "${aws_secretsmanager_secret_version.admin.arn}",
            "database_name": "orders",
            "master_username": "orders_admin",
        }
    else:
        settings["depends_on"] = [f"module.{SHORT[EAST]}"]
    return {
        "aws_kms_key": {short: {**provider, "description": f"Everything of {region}."}},
        "aws_security_group": {
            short: {**provider, "name": "functions", "vpc_id": f"${{aws_vpc.{short}.id}}"}
        },
        "aws_subnet": {
            f"{short}_{zone}": {
                **provider,
                "availability_zone": f"{region}{zone}",
                "cidr_block": f"{network}.{number}.0/24",
                "vpc_id": f"${{aws_vpc.{short}.id}}",
            }
            for number, zone in enumerate("ab")
        },
        "aws_vpc": {short: {**provider, "cidr_block": f"{network}.0.0/16"}},
        "module": {short: settings},
    }


def module(name: str, directory: Path) -> str:
    return os.path.relpath(ROOT / "modules" / name, directory)


def root(directory: Path) -> dict[str, Any]:
    regions = [region_of(EAST, "10.0", directory), region_of(WEST, "10.1", directory)]
    calls = {name: call for region in regions for name, call in region.pop("module").items()}
    calls["global"] = {
        "source": module("data/global_cluster", directory),
        "providers": {"aws": f"aws.{SHORT[EAST]}"},
        "database_name": "orders",
        "deletion_protection": False,
        "engine_version": VERSION,
        "identifier": NAME,
    }
    resources: dict[str, Any] = {}
    for region in regions:
        for kind, found in region.items():
            resources.setdefault(kind, {}).update(found)
    secret = {"provider": f"aws.{SHORT[EAST]}"}
    text = json.dumps({"username": "orders_admin", "password": "a-long-password"})
    resources["aws_secretsmanager_secret"] = {"admin": {**secret, "name": "prod/orders/admin"}}
    resources["aws_secretsmanager_secret_version"] = {
        "admin": {**secret, "secret_id": "${aws_secretsmanager_secret.admin.id}", "secret_string": text}
    }
    return {
        "terraform": {"required_providers": {"aws": {"source": "hashicorp/aws", "version": "~> 5.100"}}},
        "provider": {"aws": [{"alias": short, "region": region} for region, short in SHORT.items()]},
        "module": calls,
        "resource": resources,
    }


@dataclass(frozen=True)
class Terraform:
    """Terraform in one directory, pointed at the sandbox and nothing else."""

    binary: Path
    directory: Path
    environment: dict[str, str]

    def run(self, verb: str, *arguments: str) -> str:
        done = subprocess.run(
            [str(self.binary), verb, "-no-color", *arguments],
            cwd=self.directory,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=400,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-3000:]
        return done.stdout

    def changes(self) -> list[str]:
        """What a plan would do now, as `<actions> <address>`."""
        self.run("plan", "-input=false", "-out=plan")
        planned = json.loads(self.run("show", "-json", "plan").splitlines()[-1])
        return [
            f"{','.join(change['change']['actions'])} {change['address']}"
            for change in planned.get("resource_changes", [])
            if change["change"]["actions"] not in (["no-op"], ["read"])
        ]


@pytest.fixture
def terraform(sandbox: Sandbox, quick_terraform: Path, tmp_path: Path) -> Terraform:
    sandbox.aurora.databases.delay = DELAYS.__getitem__
    configuration = installation.cli_configuration(tmp_path / "cli")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TF_"))}
    directory = tmp_path / "root"
    directory.mkdir()
    shutil.copyfile(LOCK_FILE, directory / ".terraform.lock.hcl")
    (directory / "main.tf.json").write_text(json.dumps(root(directory), indent=2))
    terraform = Terraform(
        quick_terraform,
        directory,
        {
            **inherited,
            **sandbox.environment(EAST),
            "CHECKPOINT_DISABLE": "1",
            "TF_CLI_CONFIG_FILE": str(configuration),
        },
    )
    terraform.run("init", "-input=false")
    return terraform


@pytest.mark.exercises("global-database", "apply", "second plan", "destroy")
def test_plans_stay_empty_while_failover_and_switchover_change_who_writes(
    sandbox: Sandbox, terraform: Terraform, holds: Callable[..., None]
) -> None:
    terraform.run("apply", "-auto-approve", "-input=false")
    holds(
        ROOT / "tests" / "modules" / "applied" / "global-database.yaml",
        inventory.of_directory(terraform.directory),
    )
    assert terraform.changes() == []

    def arn(region: str) -> str:
        return f"arn:aws:rds:{region}:{ACCOUNT}:cluster:{NAME}-{SHORT[region]}"

    def writers() -> list[str]:
        found = client(sandbox, "rds", WEST).describe_global_clusters()["GlobalClusters"][0]
        return [
            member["DBClusterArn"]
            for member in found["GlobalClusterMembers"]
            if member["IsWriter"] and found["Status"] == "available"
        ]

    number = sandbox.faults.inject(RegionDark(EAST, "refuse"))
    client(sandbox, "rds", WEST).failover_global_cluster(
        GlobalClusterIdentifier=NAME, TargetDbClusterIdentifier=arn(WEST), AllowDataLoss=True
    )
    let_pass(sandbox, PROMOTION + 5)
    until(lambda: writers() == [arn(WEST)])
    sandbox.faults.heal(number)
    let_pass(sandbox, REBUILD + 10)
    until(lambda: len(sandbox.aurora.history) == 5)
    assert terraform.changes() == []
    client(sandbox, "rds", WEST).switchover_global_cluster(
        GlobalClusterIdentifier=NAME, TargetDbClusterIdentifier=arn(EAST)
    )
    let_pass(sandbox, SWITCHOVER + 10)
    until(lambda: writers() == [arn(EAST)])
    assert terraform.changes() == []
    terraform.run("destroy", "-auto-approve", "-input=false")
    assert inventory.applied_in(terraform.directory) == {}
    assert client(sandbox, "rds", EAST).describe_global_clusters()["GlobalClusters"] == []
    assert sandbox.aurora.databases.clusters == {}
