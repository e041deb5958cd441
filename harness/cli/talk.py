"""Messages and questions of the front door on standard error, and the texts that it writes to a file."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from generator import writer
from generator.manifest.problems import printable

if TYPE_CHECKING:
    from harness.review.confirmation import Consent


def say(line: str) -> None:
    print("\n".join(map(printable, line.split("\n"))), file=sys.stderr, flush=True)


def ask(question: str) -> bool:
    """A yes from a person at a terminal; without a terminal the answer is no."""
    return sys.stdin.isatty() and bool(typer.confirm(question, err=True))


def confirming(yes: bool) -> Callable[[str], bool]:
    """A question before a change; with YES=1 its answer is yes."""
    return (lambda _: True) if yes else ask


def consent_of(yes: bool, confirm: Sequence[str] | None) -> Consent:
    """The answers in YES and CONFIRM, and those of a person at a terminal. Raises InputRefused."""
    from harness.review import confirmation

    return confirmation.Consent(
        yes=yes,
        confirmed=confirmation.addresses(confirm or ()),
        ask=ask,
        typed=confirmation.at_a_terminal(),
    )


def write(text: str, out: Path | None) -> None:
    """To the file, whole or not at all, or to standard output where none is named."""
    if out is None:
        print(text, end="")
        return
    writer.replace(out, text.encode())
    say(f"wrote {os.path.relpath(out)}")
