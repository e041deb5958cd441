"""Terraform attached to the proxy does what Terraform with providers of its own does."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped,unused-ignore]
import pytest

from harness.terraform import installation
from tests.modules.module_plan import offline_provider, write_examples
from tests.provider.executable import quick_terraform as opened

pytestmark = pytest.mark.terraform

VOLATILE = ("timestamp", "relevant_attributes")
"""What Terraform writes in another way each time; the second is a list without an order."""
SECONDS = 60


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The environment of a Terraform that knows nothing of the user's AWS."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TF_"))}
    return inherited | {
        "AWS_EC2_METADATA_DISABLED": "true",
        "CHECKPOINT_DISABLE": "1",
        "TF_CLI_CONFIG_FILE": str(installation.cli_configuration(tmp_path / "cli")),
    }


def run(
    terraform: Path, root: Path, environment: Mapping[str, str], *arguments: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [terraform, *arguments],
        cwd=root,
        env=dict(environment),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def planned(terraform: Path, root: Path, environment: Mapping[str, str]) -> dict[str, Any]:
    """The plan as `terraform show -json` writes it, without what is volatile."""
    for arguments in (["init", "-input=false"], ["plan", "-input=false", "-out=plan"]):
        done = run(terraform, root, environment, *arguments)
        assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(run(terraform, root, environment, "show", "-json", "plan").stdout)
    return {name: _in_order(value) for name, value in document.items() if name not in VOLATILE}


def _in_order(value: Any) -> Any:
    """The same with child modules in the order of their addresses: Terraform writes them in any."""
    if isinstance(value, list):
        return [_in_order(each) for each in value]
    if not isinstance(value, dict):
        return value
    ordered = {name: _in_order(each) for name, each in value.items()}
    if "child_modules" in ordered:
        ordered["child_modules"].sort(key=lambda module: str(module["address"]))
    return ordered


def root_of(directory: Path, **blocks: Any) -> Path:
    directory.mkdir()
    (directory / "main.tf.json").write_text(json.dumps(blocks))
    return directory


def test_a_plan_is_the_same_byte_for_byte(
    quick_terraform: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    root = tmp_path / "root"
    write_examples(root, ["security/key"])
    lock = (root / ".terraform.lock.hcl").read_text()
    quick = planned(quick_terraform, root, environment)
    assert not (root / ".terraform" / "providers").exists()
    assert (root / ".terraform.lock.hcl").read_text() == lock
    own = planned(installation.terraform_binary(), root, environment)
    assert (root / ".terraform" / "providers").exists()
    assert len(own["resource_changes"]) > 1
    assert json.dumps(quick) == json.dumps(own)


def test_each_provider_block_has_a_provider_of_its_own_in_the_environment_of_its_terraform(
    quick_terraform: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    offline = offline_provider("us-east-1")["provider"]["aws"]
    anywhere = {name: value for name, value in offline.items() if name != "region"}
    root = root_of(
        tmp_path / "root",
        provider={"aws": [anywhere, {**offline, "alias": "west", "region": "us-west-2"}]},
        data={"aws_region": {"here": {}, "west": {"provider": "aws.west"}}},
        output={name: {"value": f"${{data.aws_region.{name}.name}}"} for name in ("here", "west")},
    )
    document = planned(quick_terraform, root, environment | {"AWS_REGION": "eu-central-1"})
    values = {name: each["value"] for name, each in document["planned_values"]["outputs"].items()}
    assert values == {"here": "eu-central-1", "west": "us-west-2"}


def test_an_error_of_the_provider_is_told_as_ever(
    quick_terraform: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    vault = {"name": "no such/name"}
    root = root_of(
        tmp_path / "root", **offline_provider("us-east-1"), resource={"aws_backup_vault": {"this": vault}}
    )
    messages = [
        run(terraform, root, environment, "validate", "-json").stdout
        for terraform in (quick_terraform, installation.terraform_binary())
        if run(terraform, root, environment, "init", "-input=false").returncode == 0
    ]
    assert messages[0] == messages[1]
    assert "must consist of" in messages[0]


def test_a_type_that_nobody_uses_is_not_there(
    quick_terraform: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    unused = "_".join(("aws", "quicksight", "theme"))  # in one word it would be used here
    root = root_of(
        tmp_path / "root", **offline_provider("us-east-1"), resource={unused: {"this": {"name": "x"}}}
    )
    run(quick_terraform, root, environment, "init", "-input=false")
    done = run(quick_terraform, root, environment, "validate", "-no-color")
    said = " ".join(done.stderr.replace("│", "").split())
    assert f'The provider hashicorp/aws does not support resource type "{unused}".' in said


def test_no_provider_outlives_its_terraform_and_none_the_proxy(
    environment: dict[str, str], tmp_path: Path
) -> None:
    others = set(providers())
    (tmp_path / "alone").mkdir()
    with opened(tmp_path / "alone") as terraform:
        root = root_of(tmp_path / "root", **offline_provider("us-east-1"), data={"aws_region": {"this": {}}})
        planned(terraform, root, environment)
        (unconfigured,) = until(lambda: set(providers()) - others, count=1)
        assert unconfigured.is_running()
    until(lambda: set(providers()) - others, count=0)


def providers() -> list[psutil.Process]:
    """The provider processes below this process."""
    below = psutil.Process().children(recursive=True)
    return [process for process in below if process.name().startswith("terraform-provi")]


def until(found: Callable[[], set[psutil.Process]], *, count: int) -> set[psutil.Process]:
    deadline = time.monotonic() + 10
    while len(processes := found()) != count:
        assert time.monotonic() < deadline, processes
        time.sleep(0.05)
    return processes
