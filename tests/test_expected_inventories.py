"""tests/inventory.py and what tests/conftest.py makes of it: taken, compared, and told how to take anew."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import inventory

PLAN = {
    "resource_changes": [
        {
            "address": 'module.a.module.x["p.q"].aws_kms_key.this[0]',
            "mode": "managed",
            "type": "aws_kms_key",
            "change": {
                "actions": ["create"],
                "after": {
                    "policy": '{"Version": "2012-10-17"}',
                    "enable": True,
                    "weight": 0,
                    "off": False,
                    "none": None,
                    "secret": "s",
                    "tags_all": {"a": "b"},
                    "rule": [{"keep": 1, "drop": ""}, {"hidden": None}],
                    "long": "x" * (inventory.LONGEST + 1),
                },
                "after_unknown": {"arn": True, "rule": [{}, {"hidden": True}]},
                "after_sensitive": {"secret": True, "rule": [{}, {}]},
            },
        },
        {
            "address": "module.a.data.aws_region.this",
            "mode": "data",
            "type": "aws_region",
            "change": {"actions": ["read"]},
        },
        {
            "address": "module.ab.aws_kms_key.this",
            "mode": "managed",
            "type": "aws_kms_key",
            "change": {"actions": ["create"], "after": {}},
        },
    ],
    "output_changes": {
        "a": {
            "actions": ["create"],
            "after": {"x": {"name": "n", "list": ["1", None], "none": None}},
            "after_unknown": {"x": {"arn": True, "list": [False, True]}},
        }
    },
}


def test_an_inventory_has_what_terraform_knows_and_what_says_something() -> None:
    found = inventory.of_plan(PLAN, "a")
    long = found["values"]['module.x["p.q"].aws_kms_key.this[0]'].pop("long")
    assert (long["characters"], len(long["sha256"])) == (inventory.LONGEST + 1, 64)
    assert found == {
        "counts": {"aws_kms_key": 1},
        "values": {
            'module.x["p.q"].aws_kms_key.this[0]': {
                "enable": True,
                "policy": {"json": {"Version": "2012-10-17"}},
                "rule": [{"keep": 1}],
                "secret": inventory.SECRET,
                "weight": 0,
            }
        },
        "outputs": {
            "x": {
                "arn": inventory.UNKNOWN,
                "list": ["1", inventory.UNKNOWN],
                "name": "n",
                "none": None,
            }
        },
    }


def test_an_address_tells_its_calls_and_its_type() -> None:
    address = 'module.a["module.no"].module.b_c[0].aws_route53_record.this["x.y"]'
    assert inventory.labels_of(address) == ("a", "b_c")
    assert inventory.type_of(address) == "aws_route53_record"
    assert (inventory.labels_of("aws_vpc.this"), inventory.type_of("aws_vpc.this")) == ((), "aws_vpc")


def test_a_state_is_read_as_addresses_and_types() -> None:
    resources = [
        {"mode": "data", "type": "aws_region", "name": "this", "instances": [{}]},
        {"mode": "managed", "type": "aws_vpc", "name": "this", "instances": [{}, {"deposed": "1"}]},
        {
            "module": "module.a",
            "mode": "managed",
            "type": "aws_subnet",
            "name": "this",
            "instances": [{"index_key": 0}, {"index_key": "x"}],
        },
    ]
    assert inventory.of_state({"resources": resources}) == {
        "aws_vpc.this": "aws_vpc",
        "module.a.aws_subnet.this[0]": "aws_subnet",
        'module.a.aws_subnet.this["x"]': "aws_subnet",
    }


def test_a_stream_of_a_plan_is_read_as_what_it_creates() -> None:
    def event(address: str, action: str) -> str:
        resource = {"addr": address, "resource_type": "aws_vpc"}
        return json.dumps({"type": "planned_change", "change": {"resource": resource, "action": action}})

    lines = ["no json", '{"type": "version"}', event("aws_vpc.a", "create"), event("aws_vpc.b", "update")]
    assert inventory.of_planned_events(lines) == {"aws_vpc.a": "aws_vpc"}


def test_differences_are_told_leaf_by_leaf() -> None:
    expected = {"counts": {"aws_vpc": 1, "gone": 2}, "list": ["a", "b"], "same": [{"x": 1}]}
    found = {"counts": {"aws_vpc": 2, "new": {}}, "list": ["a", "c"], "same": [{"x": 1}]}
    assert inventory.differences(expected, found) == [
        "counts / aws_vpc: 1 is expected, 2 was found",
        "counts / gone: 2 is expected, nothing was found",
        "counts / new: {} was found, nothing is expected",
        "list / b: 'there' is expected, nothing was found",
        "list / c: 'there' was found, nothing is expected",
    ]


def test_what_is_written_is_read_and_says_how_it_was_taken(tmp_path: Path) -> None:
    path = tmp_path / "data" / "table.yaml"
    assert inventory.read(path) == {}
    inventory.write(path, {"counts": {"aws_vpc": 1}}, command="make inventories")
    assert inventory.read(path) == {"counts": {"aws_vpc": 1}}
    assert path.read_text().startswith("# Taken by `make inventories`: review the difference, do not edit.\n")
    assert [each.name for each in path.parent.iterdir()] == ["table.yaml"]


HELD = """
from pathlib import Path

import pytest


@pytest.mark.parametrize("name", ["a/b", "c"])
def test_held(holds, name):
    holds(Path(__file__).parent / f"{name}.yaml", {"counts": {"aws_vpc": 1}})
"""


@pytest.fixture
def pytest_run(tmp_path: Path):  # type: ignore[no-untyped-def]
    """Runs pytest on a file with one held inventory for each of two names."""
    tests = Path(__file__).parent
    for file in ("conftest.py", "drilling.py", "inventory.py", "order.py", "times.py"):
        (tmp_path / "tests").mkdir(exist_ok=True)
        shutil.copyfile(tests / file, tmp_path / "tests" / file)
    (tmp_path / "tests" / "test_it.py").write_text(HELD)
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --import-mode=importlib\n")

    def run(*arguments: str) -> tuple[int, str]:
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=240, check=False)
        return done.returncode, done.stdout

    return run


def test_a_failure_and_the_summary_name_the_command_that_takes_the_expectation_anew(pytest_run) -> None:  # type: ignore[no-untyped-def]
    status, said = pytest_run("-n", "1")
    assert status == 1
    _, _, summary = said.partition("expectations that are taken anew with")
    told = [line for line in summary.splitlines() if line.startswith("make ")]
    assert sorted(told) == [
        "make inventories TESTS='tests/test_it.py::test_held[a/b]'",
        "make inventories TESTS='tests/test_it.py::test_held[c]'",
    ]
    assert "tests/c.yaml expects something else:" in said
    assert "counts / aws_vpc: 1 was found, nothing is expected" in said


def test_an_expectation_is_taken_anew_by_the_test_that_holds_it(pytest_run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    assert pytest_run("--take", "tests/test_it.py::test_held[c]")[0] == 0
    assert inventory.read(tmp_path / "tests" / "c.yaml") == {"counts": {"aws_vpc": 1}}
    assert not (tmp_path / "a").exists()
