"""The roots of `examples/`, planned as children of one root, and addresses for use from elsewhere."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import tftest

from tests.modules.module_plan import (
    PACKAGE,
    REGION,
    Terraform,
    offline_provider,
    temporary_files_in,
    write_package,
)
from tests.modules.module_source import MODULES, REPOSITORY
from tests.provider.executable import LOCK_FILE

EXAMPLES = REPOSITORY / "examples"
TIERS = sorted(path.name for path in MODULES.iterdir() if path.is_dir())
VARIABLES = {"compute": {"package": PACKAGE}, "edge": {"zone_id": "Z0123456789ABCDEFGHIJ"}}
"""The values of the variables that the examples ask for."""

_PROVIDER = re.compile(r'^provider "aws" \{\n.*?^\}\n', re.MULTILINE | re.DOTALL)
_CALL = re.compile(r'^module "(\w+)" \{\n  source = "([^"]+)"', re.MULTILINE)
_ADDRESS = re.compile(r"git::https://github\.com/[\w-]+/[\w-]+//([\w/]+)\?ref=([\w.]+)")


def text_of(tier: str) -> str:
    return (EXAMPLES / tier / "main.tf").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def plan(terraform: Terraform, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """One plan of all examples, each in `module.<tier>`, with a provider from outside."""
    directory = tmp_path_factory.mktemp("examples")
    (directory / "modules").symlink_to(MODULES)
    for tier in TIERS:
        (directory / "examples" / tier).mkdir(parents=True)
        (directory / "examples" / tier / "main.tf").write_text(_PROVIDER.sub("", text_of(tier)))
    root = directory / "root"
    root.mkdir()
    shutil.copyfile(LOCK_FILE, root / ".terraform.lock.hcl")
    write_package(root)
    calls = {tier: {"source": f"../examples/{tier}", **VARIABLES.get(tier, {})} for tier in TIERS}
    (root / "main.tf.json").write_text(json.dumps({**offline_provider(REGION), "module": calls}))
    run = tftest.TerraformTest(str(root), binary=terraform.binary, env=dict(terraform.environment))
    with temporary_files_in(root):
        run.setup(cleanup_on_exit=False)
        return run.plan(output=True)


@pytest.mark.terraform
@pytest.mark.timeout(400)
@pytest.mark.parametrize("tier", TIERS)
def test_every_call_of_an_example_plans_something(tier: str, plan: Any) -> None:
    labels = {label for label, _ in _CALL.findall(text_of(tier))}
    made = {
        address.split(".")[3]
        for address, change in plan.resource_changes.items()
        if address.startswith(f"module.{tier}.module.") and change["change"]["actions"] == ["create"]
    }
    assert made == labels


def test_an_example_calls_a_module_of_its_tier_and_has_a_provider_of_its_own() -> None:
    assert sorted(path.parent.name for path in EXAMPLES.glob("*/main.tf")) == TIERS
    for tier in TIERS:
        sources = [source for _, source in _CALL.findall(text_of(tier))]
        assert any(source.startswith(f"../../modules/{tier}/") for source in sources), tier
        assert len(_PROVIDER.findall(text_of(tier))) == 1, tier


def test_git_addresses_in_documents_name_a_module_and_this_version() -> None:
    version = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    tracked = subprocess.run(
        ["git", "ls-files", "*.md"], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    found = [
        (path, *address)
        for path in tracked.stdout.split()
        for address in _ADDRESS.findall(Path(REPOSITORY / path).read_text(encoding="utf-8"))
    ]
    assert found
    assert [each for each in found if not (REPOSITORY / each[1] / "variables.tf").is_file()] == []
    assert {ref for _, _, ref in found} == {f"v{version}"}
