"""A function that CodeDeploy releases, applied to the embedded AWS: who moves the alias, and when.

No traffic is shifted here: the tests move the alias as CodeDeploy would (UpdateAlias, first with weights), to
plan in the middle of it. Deployments themselves are tested in tests/e2e/test_released_environment.py.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from harness.sandbox.sandbox import Sandbox
from tests import inventory
from tests.modules.module_plan import LOCK_FILE, PACKAGE, REGION, Terraform, path_to
from tests.modules.module_source import NATIVE_TESTS

pytestmark = [pytest.mark.terraform, pytest.mark.sandbox, pytest.mark.timeout(300)]

ACCOUNT = "123456789012"
FUNCTION = "prod-write-use1"
RELEASE_ROLE = f"arn:aws:iam::{ACCOUNT}:role/prod-release-use1"


@dataclass(frozen=True)
class Root:
    """A root with the function; `plan` gives what would be done and which outputs would change."""

    directory: Path
    binary: str
    environment: dict[str, str]

    def __call__(self, *arguments: str) -> str:
        done = subprocess.run(
            [self.binary, *arguments],
            cwd=self.directory,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def write(self, *, code: str, canary: bool) -> None:
        with zipfile.ZipFile(self.directory / PACKAGE, "w") as package:
            package.writestr(
                zipfile.ZipInfo("handler.py"), f"def handler(event, context):\n    return {code!r}\n"
            )
        (self.directory / "main.tf.json").write_text(
            json.dumps(_configuration(self.directory, canary=canary))
        )

    def apply(self) -> None:
        self("apply", "-auto-approve", "-input=false")

    def plan(self) -> tuple[dict[str, list[str]], dict[str, Any]]:
        self("plan", "-input=false", "-out=plan.bin")
        plan = json.loads(self("show", "-json", "plan.bin"))
        changed = {
            change["address"]: change["change"]["actions"]
            for change in plan.get("resource_changes", [])
            if change["change"]["actions"] != ["no-op"]
        }
        outputs = {
            name: change["after"]
            for name, change in plan.get("output_changes", {}).items()
            if change["actions"] != ["no-op"]
        }
        return changed, outputs

    def outputs(self) -> dict[str, Any]:
        return {name: output.get("value") for name, output in json.loads(self("output", "-json")).items()}


def _configuration(directory: Path, *, canary: bool) -> dict[str, Any]:
    return {
        "terraform": {"required_providers": {"aws": {"source": "hashicorp/aws", "version": "~> 5.100"}}},
        "provider": {"aws": {"region": REGION}},
        "module": {
            "key": {
                "source": path_to("security/key", directory),
                "account_id": ACCOUNT,
                "alias": "prod-use1",
                "description": "Everything of prod in us-east-1.",
                "services": [f"logs.{REGION}.amazonaws.com"],
            },
            "function": {
                "source": path_to("compute/function", directory),
                "canary": {"role_arn": RELEASE_ROLE, "alarms": {"p99_milliseconds": 800}} if canary else None,
                "description": "write of prod in us-east-1",
                "kms_key_arn": "${module.key.arn}",
                "name": FUNCTION,
                "package": PACKAGE,
                "role_arn": f"arn:aws:iam::{ACCOUNT}:role/{FUNCTION}",
            },
        },
        "output": {name: {"value": f"${{module.function.{name}}}"} for name in ("release", "version")},
    }


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(account_id=ACCOUNT, regions=[REGION]) as running:
        yield running


@pytest.fixture
def root(sandbox: Sandbox, terraform: Terraform, tmp_path: Path) -> Iterator[Root]:
    """The function with its first version, which Terraform itself has put behind the alias."""
    shutil.copyfile(LOCK_FILE, tmp_path / ".terraform.lock.hcl")
    (tmp_path / PACKAGE).parent.mkdir()
    environment = {**terraform.environment, **sandbox.environment(REGION)}
    made = Root(tmp_path, terraform.binary, environment)
    made.write(code="first", canary=False)
    made("init", "-input=false")
    try:
        made.apply()
        yield made
    finally:
        made("destroy", "-auto-approve", "-input=false")


def alias(sandbox: Sandbox, **moved: Any) -> tuple[str, dict[str, float]]:
    """The version behind the alias and the weights of others, after it was moved if `moved` says so."""
    functions = boto3.client(
        "lambda",
        region_name=REGION,
        endpoint_url=sandbox.endpoint,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    if moved:
        functions.update_alias(FunctionName=FUNCTION, Name="live", **moved)
    found = functions.get_alias(FunctionName=FUNCTION, Name="live")
    return found["FunctionVersion"], found.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})


def adopt_canary(root: Root) -> None:
    """What the README of compute/function says to do for a function that exists."""
    root("state", "mv", *(f"module.function.aws_lambda_alias.{kind}[0]" for kind in ("live", "released")))
    root.write(code="first", canary=True)


def test_a_function_is_given_a_canary_without_its_alias_being_made_anew(root: Root) -> None:
    adopt_canary(root)
    changed, _ = root.plan()
    assert {address.rpartition("module.release[0].")[2]: actions for address, actions in changed.items()} == {
        "aws_cloudwatch_log_metric_filter.failures[0]": ["create"],
        "aws_cloudwatch_metric_alarm.duration[0]": ["create"],
        "aws_cloudwatch_metric_alarm.errors": ["create"],
        "aws_codedeploy_app.this": ["create"],
        "aws_codedeploy_deployment_group.this": ["create"],
    }


@pytest.mark.exercises("release", "apply", "second plan")
def test_terraform_publishes_and_codedeploy_alone_moves_the_alias(
    root: Root, sandbox: Sandbox, holds: Callable[..., None]
) -> None:
    adopt_canary(root)
    root.apply()
    holds(NATIVE_TESTS / "applied" / "release.yaml", inventory.of_directory(root.directory))
    assert root.outputs().get("release") is None

    root.write(code="second", canary=True)
    root.apply()
    assert alias(sandbox) == ("1", {})
    assert root.plan() == ({}, {})
    request = json.loads(root.outputs()["release"])
    appspec = json.loads(request["revision"]["appSpecContent"]["content"])
    assert appspec["Resources"][0][FUNCTION]["Properties"] == {
        "Alias": "live",
        "CurrentVersion": "1",
        "Name": FUNCTION,
        "TargetVersion": "2",
    }

    weights = {"AdditionalVersionWeights": {"2": 0.1}}
    assert alias(sandbox, FunctionVersion="1", RoutingConfig=weights) == ("1", {"2": 0.1})
    assert root.plan() == ({}, {})

    assert alias(sandbox, FunctionVersion="2", RoutingConfig={"AdditionalVersionWeights": {}}) == ("2", {})
    assert root.plan() == ({}, {"release": None, "version": "2"})


@pytest.mark.long
def test_a_release_that_was_taken_back_can_be_submitted_again(root: Root, sandbox: Sandbox) -> None:
    adopt_canary(root)
    root.write(code="second", canary=True)
    root.apply()
    submitted = root.outputs()["release"]
    alias(sandbox, FunctionVersion="1", RoutingConfig={"AdditionalVersionWeights": {"2": 0.1}})
    alias(sandbox, FunctionVersion="1", RoutingConfig={"AdditionalVersionWeights": {}})
    root.apply()
    assert root.outputs()["release"] == submitted
