"""Where the time of the tests goes: wall and processor time by folder, with `make test TIMES=1`.

Processor time is that of pytest's process and of all processes below it, read at the end of each file: a
file's fixtures end with its last test, and reading is too slow to be done for every test.
"""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

import psutil  # type: ignore[import-untyped,unused-ignore]
import pytest

Spent = tuple[int, float, float]
"""Tests, wall seconds, processor seconds."""

_KEY = "times"
_FOLDERS = ("e2e", "harness", "modules")
"""Below these, each folder has a row of its own."""


@dataclass
class Times:
    """A pytest plugin that adds up what each file spends, in one process or in those of pytest-xdist."""

    spent: dict[str, Spent] = field(default_factory=dict)
    _tests: int = 0
    _wall: float = 0.0
    _processor: float | None = None

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
        began = time.monotonic()
        if self._processor is None:
            self._processor = processor_seconds()
        yield
        self._tests += 1
        self._wall += time.monotonic() - began
        if nextitem is None or nextitem.path != item.path:
            file = item.nodeid.partition("::")[0]
            file_spent = (self._tests, self._wall, processor_seconds() - self._processor)
            self.spent = added(self.spent, {file: file_spent})
            self._tests, self._wall, self._processor = 0, 0.0, None

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput[_KEY] = self.spent

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        self.spent = added(self.spent, getattr(node, "workeroutput", {}).get(_KEY, {}))

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        terminalreporter.section("seconds by folder")
        for line in table(self.spent):
            terminalreporter.line(line)


def processor_seconds() -> float:
    """User and system time of this process and of all below it, those that have ended included."""
    total = sum(os.times()[:4])
    for process in psutil.Process().children(recursive=True):
        try:
            total += sum(process.cpu_times()[:4])
        except psutil.Error:  # it has just ended, and its parent counts it
            continue
    return total


def added(one: Mapping[str, Spent], other: Mapping[str, Spent]) -> dict[str, Spent]:
    """What two have spent, file by file."""
    total: defaultdict[str, Spent] = defaultdict(lambda: (0, 0.0, 0.0), one)
    for name, (tests, wall, processor) in other.items():
        before = total[name]
        total[name] = (before[0] + tests, before[1] + wall, before[2] + processor)
    return dict(total)


def table(spent: Mapping[str, Spent]) -> list[str]:
    """A Markdown table by folder, with a sum at its end, and the ten dearest files after it."""
    folders: dict[str, Spent] = {}
    for file, each in spent.items():
        folders = added(folders, {folder(file): each, "sum": each})
    total = folders.pop("sum", (0, 0.0, 0.0))
    rows = [*sorted(folders.items()), ("sum", total)]
    dearest = sorted(spent.items(), key=lambda row: row[1][2], reverse=True)[:10]
    head = ["| Folder | Tests | Wall | Processor |", "|---|---|---|---|"]
    return [*head, *map(_row, rows), "", *head, *map(_row, dearest)]


def folder(file: str) -> str:
    """`modules/edge` of `tests/modules/edge/test_zone.py`."""
    first, *rest = PurePosixPath(file).parent.parts[1:] or ("",)
    return "/".join([first, *rest[:1]]) if first in _FOLDERS else first or "tests"


def _row(row: tuple[str, Spent]) -> str:
    name, (tests, wall, processor) = row
    return f"| {name} | {tests:,} | {wall:.0f} s | {processor:.0f} s |"
