from __future__ import annotations

import io
import os
import subprocess
import sys

import pytest

from harness import terminal
from harness.environments import REPOSITORY


def ascii_stream() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding="ascii")


def test_a_character_that_the_encoding_lacks_becomes_one_of_ascii(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = ascii_stream()
    monkeypatch.setattr(sys, "stdout", stream)
    terminal.tolerate_any_encoding()
    print("✓ met · read… 界", end="", flush=True)
    assert stream.buffer.getvalue() == b"+ met - read~ ?"  # type: ignore[attr-defined]


def test_standard_error_takes_any_character_too(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = ascii_stream()
    monkeypatch.setattr(sys, "stderr", stream)
    terminal.tolerate_any_encoding()
    print("refused: ✗", end="", file=sys.stderr, flush=True)
    assert stream.buffer.getvalue() == b"refused: x"  # type: ignore[attr-defined]


def test_a_character_that_the_encoding_has_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="latin-1")
    monkeypatch.setattr(sys, "stdout", stream)
    terminal.tolerate_any_encoding()
    print("± ✓", end="", flush=True)
    assert stream.buffer.getvalue() == "± +".encode("latin-1")


def test_a_table_in_a_pipe_is_as_wide_as_it_needs_to_be() -> None:
    stream = io.StringIO()
    terminal.console(stream).print("x" * terminal.WIDTH)
    assert stream.getvalue() == "x" * terminal.WIDTH + "\n"


@pytest.mark.parametrize(
    "locale",
    [
        {"LC_ALL": "C"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONIOENCODING": "latin-1"},
        {"PYTHONIOENCODING": "ascii"},
    ],
    ids=lambda each: " ".join(f"{name}={value}" for name, value in each.items()),
)
def test_an_assessment_is_a_plain_table_in_any_locale(locale: dict[str, str]) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "harness", "assess"],
        cwd=REPOSITORY,
        env={**os.environ, **locale},
        capture_output=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert b"Recovery time of each operation" in ended.stdout
    assert b"Error" not in ended.stdout
