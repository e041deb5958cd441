from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from rich.console import Console
from rich.live import Live

from harness.terraform import progress
from harness.terraform.adapter import ExitStatus
from harness.terraform.events import Changes, ResourceEvent
from harness.terraform.progress_events import (
    Asking,
    ProgressEvent,
    ResourceProgress,
    RunEnded,
    RunStarted,
    Said,
    StackEnded,
    StackPlanned,
    StackStarted,
    StepStarted,
)

DONE = Changes(create=("a", "b"), destroy=("c",))


class Clock:
    def __init__(self) -> None:
        self.time = 100.0

    def __call__(self) -> float:
        return self.time


def _started() -> list[ProgressEvent]:
    change = ResourceEvent(address='aws_kms_key.k["x"]', action="create", phase="start")
    return [
        RunStarted(verb="apply", environment="prod", target="aws", stacks=(("data", 2), ("edge", 6))),
        StackStarted(stack="data"),
        StepStarted(stack="data", step="apply"),
        StackPlanned(stack="data", changes=DONE),
        ResourceProgress(stack="data", event=change),
    ]


def _table(view: progress.RunView) -> str:
    console = Console(width=140, record=True, file=io.StringIO())
    console.print(progress.live_table(view))
    return "\n".join(line.rstrip() for line in console.export_text().splitlines())


def test_the_table_shows_what_each_stack_does_and_for_how_long() -> None:
    clock = Clock()
    view = progress.RunView(clock)
    for event in _started():
        view.take(event)
    clock.time += 65
    lines = _table(view).splitlines()
    assert lines[0] == "apply prod on aws: 0/2 stacks, 1 min 5 s"
    assert lines[-2].split() == [
        *("2", "data", "running", "2", "to", "create,", "1", "to", "destroy"),
        *("creating", 'aws_kms_key.k["x"]', "(1", "min", "5", "s)", "1", "min", "5", "s"),
    ]
    assert lines[-1].split() == ["6", "edge", "waiting"]


def test_a_stack_that_ended_is_no_longer_waited_for() -> None:
    view = progress.RunView(Clock())
    for event in _started():
        view.take(event)
    assert view.waiting_for() == 'data: creating aws_kms_key.k["x"] (0 s)'
    view.take(StackEnded(stack="data", status=ExitStatus.SUCCEEDED, seconds=3, changes=DONE))
    assert view.waiting_for() == ""
    assert "succeeded" in _table(view)


def test_without_a_terminal_each_stack_has_a_line_at_its_start_and_its_end() -> None:
    stream = io.StringIO()
    writer = progress.LineWriter(stream, Clock())
    failed = StackEnded(
        stack="edge",
        status=ExitStatus.NOT_STARTED,
        seconds=0,
        changes=Changes(),
        message="edge: not started.",
    )
    for event in (
        *_started(),
        Said(stack="data", text="released lock 1"),
        StackEnded(
            stack="data", status=ExitStatus.FAILED, seconds=2.04, changes=DONE, message="data: broken"
        ),
        failed,
        RunEnded(seconds=3, succeeded=False),
    ):
        writer.take(event)
    assert stream.getvalue().splitlines() == [
        "apply prod on aws: 2 stacks",
        "data: apply (wave 2)",
        "data: released lock 1",
        "data: failed in 2.0 s, 2 created, 1 destroyed",
        "data: broken",
        "edge: not started.",
        "apply failed in 3.0 s",
    ]


def test_a_heartbeat_names_what_is_waited_for_after_half_a_minute_of_silence() -> None:
    stream, clock = io.StringIO(), Clock()
    writer = progress.LineWriter(stream, clock)
    for event in _started():
        writer.take(event)
    stream.truncate(0)
    stream.seek(0)
    for _ in range(61):
        clock.time += 1
        writer.beat()
    assert stream.getvalue().splitlines() == [
        'still at it after 30 s: data: creating aws_kms_key.k["x"] (30 s)',
        'still at it after 1 min: data: creating aws_kms_key.k["x"] (1 min)',
    ]


def test_events_are_written_as_one_json_object_each() -> None:
    at = datetime(2026, 11, 20, 12, tzinfo=UTC)
    event = StackEnded(stack="data", status=ExitStatus.TIMED_OUT, seconds=1.5, changes=DONE)
    assert json.loads(progress.json_line(event, at=at)) == {
        "event": "StackEnded",
        "at": "2026-11-20T12:00:00.000+00:00",
        "stack": "data",
        "status": "timed out",
        "seconds": 1.5,
        "changes": {"create": ["a", "b"], "update": [], "replace": [], "destroy": ["c"]},
        "message": "",
    }


def test_the_view_fits_the_stream() -> None:
    for as_json, first in ((True, "{"), (False, "apply prod on aws")):
        stream = io.StringIO()
        with progress.progress_view(stream, as_json=as_json) as observe:
            observe(_started()[0])
        assert stream.getvalue().startswith(first)


@pytest.mark.parametrize(("name", "value", "terminal"), [("FORCE_COLOR", "1", False), ("TERM", "dumb", True)])
def test_a_stream_that_cannot_be_redrawn_has_lines(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, terminal: bool
) -> None:
    monkeypatch.setenv(name, value)
    stream = io.StringIO()
    monkeypatch.setattr(stream, "isatty", lambda: terminal)
    with progress.progress_view(stream) as observe:
        observe(_started()[0])
        assert stream.getvalue() == "apply prod on aws: 2 stacks\n"


def test_the_live_view_prints_what_stacks_say_above_its_table() -> None:
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, width=120)
    with progress.live_view(console) as observe:
        for event in (*_started(), Said(stack="data", text="released lock 1")):
            observe(event)
    assert "data: released lock 1" in stream.getvalue()
    assert "apply prod on aws: 0/2 stacks" in stream.getvalue()


def test_a_question_stops_the_table_that_would_wipe_it_away(monkeypatch: pytest.MonkeyPatch) -> None:
    tables: list[Live] = []

    class KeptLive(Live):
        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            tables.append(self)

    monkeypatch.setattr(progress, "Live", KeptLive)
    with progress.live_view(Console(file=io.StringIO(), force_terminal=True, width=100)) as observe:
        (table,) = tables
        assert table.is_started
        observe(Asking(stack="data", over=False))
        assert not table.is_started
        observe(Asking(stack="data", over=True))
        assert table.is_started
    assert not table.is_started
