"""What the reference environment does not use: every policy, and an environment that loses its zone's id."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from harness.sandbox.sandbox import Sandbox
from tests import inventory
from tests.modules.module_plan import Terraform, path_to
from tests.modules.module_source import NATIVE_TESTS

pytestmark = [pytest.mark.sandbox, pytest.mark.terraform, pytest.mark.timeout(300)]

HOSTS = {"us-east-1": "front.use1.example.com", "us-west-2": "front.usw2.example.com"}
CHECK = {"host": "api.use1.example.com", "search": '"health":"pass:prod/us-east-1"'}
ROLES = dict(zip(HOSTS, ("primary", "secondary"), strict=True))
FAILOVER = {region: {"host": host, "role": ROLES[region]} for region, host in HOSTS.items()}
ACTIVE = {region: {"host": host, "role": "active"} for region, host in HOSTS.items()}
CALLS: dict[str, dict[str, Any]] = {
    "failover": {"targets": {**FAILOVER, "us-east-1": FAILOVER["us-east-1"] | {"health_check": CHECK}}},
    "latency": {
        "targets": {region: target | {"health_check": CHECK} for region, target in ACTIVE.items()},
        "health_check": {"regions": ["eu-west-1", "us-east-1", "us-west-2"], "interval": 30, "threshold": 3},
    },
    "simple": {"targets": {"us-west-2": ACTIVE["us-west-2"]}},
    "turned": {
        "routing": "latency",
        "targets": {
            region: target
            | {"location": other, "health_check_id": f'${{module.latency.health_check_ids["{region}"]}}'}
            for (region, target), other in zip(ACTIVE.items(), reversed(HOSTS), strict=True)
        },
    },
    "weighted": {
        "targets": {region: target | {"weight": 100} for region, target in ACTIVE.items()},
    },
}


@dataclass(frozen=True)
class Root:
    directory: Path
    binary: str
    environment: dict[str, str]

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.binary, *arguments],
            cwd=self.directory,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def must(self, *arguments: str) -> None:
        done = self(*arguments)
        assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def root(terraform: Terraform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Root]:
    """A zone and one name per policy, applied; destroyed at the end."""
    directory = tmp_path_factory.mktemp("routing")
    (directory / "main.tf.json").write_text(json.dumps(_configuration(directory), indent=2))
    with Sandbox(account_id="123456789012", regions=list(HOSTS)) as sandbox:
        applied = Root(directory, terraform.binary, {**terraform.environment, **sandbox.environment()})
        applied.must("init", "-input=false")
        applied.must("apply", "-auto-approve", "-input=false", "-target=module.zone")
        zone_id = json.loads(applied("output", "-json", "zone_id").stdout)
        (directory / "zone.auto.tfvars.json").write_text(json.dumps({"zone_id": zone_id}))
        applied.must("apply", "-auto-approve", "-input=false")
        yield applied
        if inventory.applied_in(directory):
            applied.must("destroy", "-auto-approve", "-input=false")


def _configuration(directory: Path) -> dict[str, Any]:
    routing = path_to("edge/dns_routing", directory)
    return {
        "terraform": {"required_providers": {"aws": {"source": "hashicorp/aws", "version": "~> 5.100"}}},
        "provider": {"aws": {"region": "us-east-1", "max_retries": 1}},
        "variable": {"zone_id": {"type": "string", "default": None}},
        "module": {
            "zone": {"source": path_to("edge/zone", directory), "name": "example.com"},
            **{
                policy: {
                    "source": routing,
                    "zone_id": "${var.zone_id}",
                    "name": f"{policy}.example.com",
                    "routing": policy,
                    **call,
                    "depends_on": ["module.zone"],
                }
                for policy, call in CALLS.items()
            },
        },
        "output": {"zone_id": {"value": "${module.zone.zone_id}"}},
    }


@pytest.mark.exercises("routing", "apply")
def test_what_is_applied_for_every_policy_is_what_the_inventory_says(
    root: Root, holds: Callable[..., None]
) -> None:
    holds(NATIVE_TESTS / "applied" / "routing.yaml", inventory.of_directory(root.directory))


@pytest.mark.exercises("routing", "second plan")
def test_after_an_apply_of_every_policy_the_next_plan_is_empty(root: Root) -> None:
    planned = root("plan", "-detailed-exitcode", "-input=false", "-no-color")
    assert planned.returncode == 0, planned.stdout + planned.stderr


def test_an_apply_that_has_lost_the_zone_fails_and_leaves_the_live_records(root: Root) -> None:
    (root.directory / "lost.tfvars.json").write_text('{"zone_id": null}')
    lost = root("apply", "-auto-approve", "-input=false", "-no-color", "-var-file=lost.tfvars.json")
    assert lost.returncode == 1
    assert "zone_id is not known yet: apply the global stack first" in " ".join(lost.stderr.split())
    again = root("plan", "-detailed-exitcode", "-input=false", "-no-color")
    assert again.returncode == 0, again.stdout + again.stderr


@pytest.mark.exercises("routing", "destroy")
def test_destroy_leaves_no_name_behind(root: Root) -> None:
    root.must("destroy", "-auto-approve", "-input=false")
    assert inventory.applied_in(root.directory) == {}
