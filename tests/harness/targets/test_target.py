from __future__ import annotations

from pathlib import Path

import pytest

from harness import environments
from harness.targets import announced
from harness.targets.announced import RunningSandbox
from harness.targets.target import SANDBOX, forget, target_of
from harness.terraform import installation
from harness.terraform.stack import Target


def test_aws_is_the_operators_own_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installation, "aws_target", lambda: {"AWS_PROFILE": "prod"})
    with target_of(environments.load("dev"), sandbox=False) as target:
        assert target == Target(name="aws", variables={"AWS_PROFILE": "prod"})


def test_a_sandbox_that_is_kept_up_is_used_before_one_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    environment = environments.load("dev")
    variables = {"AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}
    kept_up = RunningSandbox(1, variables["AWS_ENDPOINT_URL"], "1", environment.regions, variables)
    monkeypatch.setattr(announced, "find", lambda **_: kept_up)
    with target_of(environment, sandbox=True) as target:
        assert target == Target(name=SANDBOX, variables=variables)


def test_working_files_of_one_environment_on_one_target_are_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installation, "WORK", tmp_path)
    for folder in ("sandbox/dev/edge", "sandbox/prod/edge", "aws/dev/edge"):
        (tmp_path / folder).mkdir(parents=True)
    forget(environments.load("dev"), SANDBOX)
    left = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.glob("*/*"))
    assert left == ["aws/dev", "sandbox/prod"]
