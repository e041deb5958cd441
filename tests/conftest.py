"""How tests are shared out among the processes of pytest-xdist (`make test`), and how they hold to what is
expected in files: a failure names the command that takes the expectation anew, the summary all of them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from tests import drilling, inventory, order
from tests.times import Times

Holds = Callable[..., None]
TAKE = "take anew"

# a busy machine stops for longer than an example takes; every test has a time limit of its own
hypothesis.settings.register_profile("suite", deadline=None)
hypothesis.settings.load_profile("suite")


@pytest.hookimpl(tryfirst=True, hookwrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    if hasattr(item.config, "workerinput") and not order.drills(item.nodeid):
        drilling.lower_priority()
    # before the test's time limit starts; what is e2e takes its turn where it drills (e2e/estates.py)
    with drilling.TURNS.turn() if item.get_closest_marker("drills") else contextlib.nullcontext():
        yield


@pytest.hookimpl
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> drilling.DrillsApart:
    return drilling.DrillsApart(config, log)


@pytest.hookimpl
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: order.place(item.nodeid))


@pytest.hookimpl
def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--times"):
        config.pluginmanager.register(Times())


@pytest.hookimpl
def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--times", action="store_true", help="sum up wall and processor time by folder (tests/times.py)"
    )
    parser.addoption(
        "--take",
        action="store_true",
        help="write what is found where another thing is expected (`make inventories`)",
    )


@pytest.fixture(scope="session", autouse=True)
def _temporary_files(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Decided before a sandbox says where Python keeps temporary files, as its folder goes with it."""
    tmp_path_factory.getbasetemp()


@pytest.fixture(scope="session")
def quick_terraform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Terraform with the AWS provider at a tenth of the processor time (tests/provider)."""
    from tests.provider import executable  # only who uses it pays for importing gRPC

    with executable.quick_terraform(tmp_path_factory.mktemp("terraform")) as found:
        yield found


@pytest.fixture
def holds(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> Holds:
    """`holds(path, found)` compares with the inventory in a file, whole, or takes it anew with `--take`.

    `command`: what takes it, where another test than this one does.
    """

    def check(path: Path, found: Mapping[str, Any], *, command: str = "") -> None:
        taking = command or taken_by(request.node.nodeid)
        if request.config.getoption("--take") and not command:
            inventory.write(path, found, command=taking)
        lines = inventory.differences(inventory.read(path), found)
        if lines:
            record_property(TAKE, taking)
            where = path.relative_to(request.config.rootpath)
            pytest.fail("\n".join([f"{where} expects something else:", *lines, f"Meant? {taking}"]), False)

    return check


def taken_by(nodeid: str) -> str:
    """The command that takes the inventories of one test anew."""
    return f"make inventories TESTS='{nodeid}'"


@pytest.hookimpl
def pytest_terminal_summary(terminalreporter: Any) -> None:
    commands = commands_of(terminalreporter.stats.get("failed", ()))
    if commands:
        terminalreporter.section("expectations that are taken anew with")
        for command in commands:
            terminalreporter.line(command)


def commands_of(reports: Iterable[Any]) -> list[str]:
    """What takes the expectations anew that the failed tests did not meet, each command once."""
    properties = (each for report in reports for each in report.user_properties)
    return list(dict.fromkeys(str(value) for name, value in properties if name == TAKE))
