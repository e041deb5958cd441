"""What the front door says and asks, on standard error, and what it writes where a person wants a file."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import typer

from generator import writer


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def ask(question: str) -> bool:
    """A yes from a person at a terminal; without a terminal the answer is no."""
    return sys.stdin.isatty() and bool(typer.confirm(question, err=True))


def confirming(yes: bool) -> Callable[[str], bool]:
    """What asks before a change, or says yes for a person who said so already."""
    return (lambda _: True) if yes else ask


def write(text: str, out: Path | None) -> None:
    """To the file, whole or not at all, or to standard output where none is named."""
    if out is None:
        print(text, end="")
        return
    writer.replace(out, text.encode())
    say(f"wrote {os.path.relpath(out)}")
