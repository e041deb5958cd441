"""The front door: every verb of the Makefile, and the one place where failures become messages and exits.

Exit status: 0 good, 1 failed or objective missed, 2 bad input or refused, 3 inconclusive, 130 interrupted.
"""

from __future__ import annotations

import errno
import os
import platform
import sys
import time
import traceback
from pathlib import Path

import typer

from generator.manifest.problems import InputRefused
from harness.cli import changes, failover, manifests, proofs, workflows
from harness.cli.app import app
from harness.cli.talk import say
from harness.environments import REPOSITORY
from harness.terminal import FAILED, GOOD, INTERRUPTED, REFUSED, FatalError, tolerate_any_encoding

__all__ = ["changes", "failover", "main", "manifests", "proofs", "workflows"]


def main(arguments: list[str] | None = None) -> int:
    """Run one verb and return its exit status; nothing but a message reaches the terminal."""
    tolerate_any_encoding()
    words = sys.argv[1:] if arguments is None else arguments
    debug = "--debug" in words
    words = [word for word in words if word != "--debug"]
    try:
        return int(app(words, standalone_mode=False) or GOOD)
    except InputRefused as refusal:
        for problem in refusal.problems:
            say(f"refused: {problem}")
        return REFUSED
    except typer.TyperException as error:
        say(f"refused: {error.format_message()}")
        return REFUSED
    except FatalError as error:
        say(f"{'refused' if error.status == REFUSED else 'failed'}: {error}")
        return error.status
    except (KeyboardInterrupt, typer.Abort):
        say("interrupted")
        return INTERRUPTED
    except Exception as error:
        if debug:
            raise
        say(f"failed: {_fault_of_machine(error) or _defect(error, words)}")
        return FAILED


def _fault_of_machine(error: Exception) -> str:
    """The message of an error that the machine is to blame for; empty for any other."""
    if not isinstance(error, OSError):
        return ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        from harness.terraform.diagnostics import DISK_FULL  # verbs that read a manifest start without it

        return DISK_FULL.text
    if error.errno == errno.EROFS or (error.errno == errno.EACCES and not os.access(REPOSITORY, os.W_OK)):
        return (
            f"{error.filename or REPOSITORY} cannot be written: {error.strerror}\n"
            "  Fix: Use a checkout that you may write to; working files go to its folder .antipode."
        )
    return ""


def _defect(error: Exception, words: list[str]) -> str:
    """What happened, and where the rest of it is."""
    try:
        where = f"details for an issue are in {_error_log(words)}"
    except OSError:
        where = "run it with --debug for the details"
    return f"{type(error).__name__}: {error}\n        this is a defect of Antipode; {where}"


def _error_log(words: list[str]) -> Path:
    folder = REPOSITORY / ".antipode" / "errors"
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.log"
    versions = f"Python {platform.python_version()} on {platform.platform()}"
    log.write_text(f"antipode {' '.join(words)}\n{versions}\n\n{traceback.format_exc()}", encoding="utf-8")
    return log.relative_to(REPOSITORY)
