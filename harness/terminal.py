"""The terminal and the shell: consoles, characters that the output's encoding lacks, exit statuses, and the
failures that end a verb with a message."""

from __future__ import annotations

import codecs
import io
import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.console import Console

GOOD, FAILED, REFUSED, INCONCLUSIVE, INTERRUPTED = 0, 1, 2, 3, 130
"""0 good; 1 failed, or an objective missed; 2 bad input, or refused; 3 inconclusive; 130 interrupted."""

WIDTH = 200
"""Columns of a table where the output is a file or a pipe."""

_PLAIN = {"✓": "+", "✗": "x", "±": "*", "·": "-", "…": "~", "—": "-", "→": ">"}
"""One character of ASCII for each character of ours, so that the columns of a table stay aligned."""


class FatalError(Exception):
    """A failure that a person can act on. Its text is the whole message, `status` the exit status."""

    status = FAILED


def console(file: TextIO | None = None) -> Console:
    """A console on standard output, or on `file`: as wide as the terminal, or WIDTH where there is none."""
    from rich.console import Console

    found = Console(file=file, highlight=False)
    return found if found.is_terminal else Console(file=file, width=WIDTH, highlight=False)


def tolerate_any_encoding() -> None:
    """Replace the characters that standard output and standard error cannot encode, instead of raising.

    LC_ALL=C, PYTHONIOENCODING=latin-1 and a redirected stream of another locale lack some of ours.
    """
    codecs.register_error("antipode-plain", _replaced)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="antipode-plain")


def _replaced(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(_PLAIN.get(character, "?") for character in lacking), error.end
