"""An environment of a few small stacks on disk, whose Terraform is a fake one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from harness.environments import Environment
from harness.terraform.session import Session
from harness.terraform.stack import Target
from tests.harness.terraform import fake_terraform
from tests.harness.terraform.fake_terraform import FakeTerraform

ACCOUNT = "123456789012"


CALL = 'module "it" {\n  source  = "../../../modules/it"\n  package = "../functions/read.zip"\n}\n'


@dataclass(frozen=True)
class SmallEnvironment(Environment):
    """`declared`: name, wave and inputs of each stack, instead of what a manifest would give."""

    declared: tuple[Any, ...] = ()

    @property
    def stacks(self) -> Any:
        return self.declared

    def write(self, stack: str, text: str) -> None:
        root = self.folder / stack
        root.mkdir(parents=True, exist_ok=True)
        (root / "main.tf").write_text(text)


def small_environment(repository: Path, **waves: int) -> SmallEnvironment:
    """Stacks by name with their waves; `edge` takes `zone_id` from `world` where both are there."""
    zone = SimpleNamespace(variable="zone_id", upstream="world", output="zone_id")
    declared = tuple(
        SimpleNamespace(
            name=name, wave=wave, turn=0, inputs=(zone,) if name == "edge" and "world" in waves else ()
        )
        for name, wave in waves.items()
    )
    environment = SmallEnvironment(
        name="prod",
        folder=repository / "envs" / "prod",
        manifest=SimpleNamespace(account_id=ACCOUNT),  # type: ignore[arg-type]
        declared=declared,
    )
    for name in waves:
        environment.write(name, CALL)
    (environment.folder / "functions").mkdir(exist_ok=True)
    (environment.folder / "functions" / "read.zip").write_bytes(b"code")
    module = repository / "modules" / "it"
    module.mkdir(parents=True)
    (module / "main.tf").write_text("# a module\n")
    return environment


@pytest.fixture
def fake(tmp_path: Path) -> FakeTerraform:
    made = fake_terraform.make(tmp_path / "fake")
    made.answer(version={"lines": ['{"terraform_version": "1.11.4"}']})
    return made


@pytest.fixture
def session(tmp_path: Path, fake: FakeTerraform) -> Session:
    configuration = tmp_path / "terraform.rc"
    configuration.write_text("")
    return Session(
        environment="prod",
        target=Target(name="aws", variables={"AWS_REGION": "us-east-1"}),
        binary=fake.binary,
        cli_config=configuration,
        work=tmp_path / ".antipode",
        documents=True,
        orphan_wait=0.2,
    )
