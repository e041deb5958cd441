"""The contract of the rooms: who may use whom, and where emulators are known."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.sandbox import services
from harness.sandbox.sandbox import Sandbox, SandboxError
from harness.sandbox.service import Service, furnished, reachable_by_patches, running
from harness.sandbox.services import SERVICES
from harness.sandbox.services.route53 import Route53
from tests.harness.sandbox.rooms import a_context

KNOW_EMULATORS = {"patches.py", "endpoint.py", "stored.py"}


class Early(Service):
    name = "early"


class Late(Service):
    name = "late"


class AsksForLate(Service):
    def __init__(self, context: object) -> None:
        super().__init__(context)  # type: ignore[arg-type]
        self.context.services[Late]


def test_a_room_may_use_those_before_it() -> None:
    early, late = furnished((Early, Late), a_context())
    assert late.context.services[Early] is early


def test_a_room_that_asks_for_one_that_starts_later_is_told_both_names() -> None:
    with pytest.raises(LookupError) as caught:
        furnished((Early, AsksForLate, Late), a_context())
    assert str(caught.value) == (
        "AsksForLate asks for Late, which does not start before it; "
        "the order is that of SERVICES in harness/sandbox/services/__init__.py"
    )


def test_patches_reach_the_rooms_of_the_running_sandbox_alone() -> None:
    rooms = furnished((Early,), a_context())
    with reachable_by_patches(rooms):
        assert (running(Early), running(Late)) == (rooms[Early], None)
    assert running(Early) is None


def test_every_room_has_a_name_of_its_own() -> None:
    names = [kind.name for kind in SERVICES]
    assert all(names)
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    "name",
    "addresses aurora cloudfront dns_address edge_addresses endpoint lambda_pools objects replication "
    "route53 schedules".split(),
)
def test_nothing_of_a_sandbox_can_be_used_before_it_runs(name: str) -> None:
    with pytest.raises(SandboxError, match="the sandbox is not running; use it inside"):
        getattr(Sandbox(account_id="123456789012", regions=["us-east-1"]), name)


def test_no_room_can_be_had_before_the_sandbox_runs() -> None:
    with pytest.raises(SandboxError, match="the sandbox is not running"):
        Sandbox(account_id="123456789012", regions=["us-east-1"]).service(Route53)


def emulator_imports(file: Path) -> Iterator[str]:
    """The modules of emulators that a file imports or names, anywhere in it."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [str(node.module)]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names = [node.value]
        yield from (name for name in names if name.split(".")[0] in ("ministack", "moto") and "." in name)


def test_in_a_room_only_patches_and_stored_know_the_emulators() -> None:
    rooms = Path(services.__file__).parent
    others = [file for file in sorted(rooms.rglob("*.py")) if file.name not in KNOW_EMULATORS]
    assert others
    assert {str(file.relative_to(rooms)): [*emulator_imports(file)] for file in others} == {
        str(file.relative_to(rooms)): [] for file in others
    }


@pytest.mark.parametrize(
    "source",
    ["from moto.core import x", "def f():\n    import ministack.app", "load('ministack.services.rds')"],
)
def test_an_emulator_is_seen_wherever_it_is_named(tmp_path: Path, source: str) -> None:
    (tmp_path / "room.py").write_text(source, encoding="utf-8")
    assert [*emulator_imports(tmp_path / "room.py")] != []
