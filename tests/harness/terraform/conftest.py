from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.terraform.adapter import Limits
from harness.terraform.progress_events import ProgressEvent
from harness.terraform.session import Session
from harness.terraform.stack import StackRun, Target
from tests.harness.terraform import fake_terraform
from tests.harness.terraform.fake_terraform import FakeTerraform

MakeSession = Callable[..., Session]
MakeStack = Callable[..., StackRun]


@pytest.fixture
def fake(tmp_path: Path) -> FakeTerraform:
    return fake_terraform.make(tmp_path / "fake")


@pytest.fixture
def told() -> list[ProgressEvent]:
    """The progress events of the session, in order."""
    return []


@pytest.fixture
def make_session(tmp_path: Path, fake: FakeTerraform, told: list[ProgressEvent]) -> MakeSession:
    def make(**options: Any) -> Session:
        configuration = tmp_path / "terraform.rc"
        configuration.write_text("")
        defaults: dict[str, Any] = {
            "environment": "prod",
            "target": Target(name="sandbox", variables={"AWS_REGION": "us-east-1"}),
            "binary": fake.binary,
            "cli_config": configuration,
            "work": tmp_path / ".antipode",
            "limits": Limits(grace=1),
            "workers": 4,
            "observe": told.append,
            "orphan_wait": 0.2,
        }
        return Session(**(defaults | options))

    return make


@pytest.fixture
def make_stack(tmp_path: Path) -> MakeStack:
    def make(name: str, wave: int = 1, text: str = "", **options: Any) -> StackRun:
        root = tmp_path / "envs" / "prod" / name
        root.mkdir(parents=True, exist_ok=True)
        (root / "main.tf").write_text(text)
        return StackRun(name=name, wave=wave, root=root, **options)

    return make
