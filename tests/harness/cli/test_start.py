"""How a verb starts: what it imports, and Ctrl-C while it imports. A new process for each."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness.environments import REPOSITORY

NOT_FOR_READERS = (
    "boto3",
    "botocore",
    "harness.drill",
    "harness.sandbox",
    "harness.terraform",
    "matplotlib",
    "ministack",
    "moto",
    "numpy",
    "python_terraform",
    "uvicorn",
)
RUN = """
import contextlib, io, json, sys
from harness.cli import main
with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
    with contextlib.suppress(SystemExit):
        main(sys.argv[1:])
print(json.dumps(sorted(sys.modules)))
"""
INTERRUPTED_AT = """
import os, runpy, signal, sys
module, sys.argv = sys.argv[1], ["harness", "check", "--env", "dev"]
class CtrlC:
    def find_spec(self, name, *_):
        if name == module:
            os.kill(os.getpid(), signal.SIGINT)
# a background job of a shell starts with the signal ignored
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.meta_path.insert(0, CtrlC())
runpy.run_module("harness", run_name="__main__")
"""


def modules_of(*words: str) -> set[str]:
    """The names of the modules that are imported once the verb is done."""
    ended = subprocess.run(
        [sys.executable, "-c", RUN, *words], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    return set(json.loads(ended.stdout))


@pytest.mark.parametrize(
    ("words", "own"),
    [
        (("check", "--env", "dev"), "generator.estate"),
        (("generate", "--env", "dev"), "generator.estate"),
        (("assess",), "harness.assessment.report"),
        (("affected", "--env", "dev", "--base", "HEAD"), "harness.affected.change"),
        (("--help",), "harness.cli"),
        (("apply", "--help"), "harness.cli"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_verb_that_only_reads_a_manifest_imports_no_emulator_and_no_terraform(
    words: tuple[str, ...], own: str
) -> None:
    imported = modules_of(*words)
    assert own in imported
    assert [name for name in NOT_FOR_READERS if name in imported] == []


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM, signal.SIGINT], ids=lambda each: each.name)
def test_a_sandbox_that_is_ended_while_it_starts_leaves_nothing(
    number: signal.Signals, tmp_path: Path
) -> None:
    ended = subprocess.Popen(
        [sys.executable, "-m", "harness", "sandbox", "--empty", "--port", "0", "--dns-port", "0"],
        cwd=REPOSITORY,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # the processes of pytest-xdist ignore SIGINT, and what they start would too
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob("antipode-sandbox-*")) and time.monotonic() < deadline:
        time.sleep(0.02)
    ended.send_signal(number)
    _, told = ended.communicate(timeout=60)
    assert (ended.returncode, told, list(tmp_path.iterdir())) == (130, "interrupted\n", [])


@pytest.mark.parametrize("module", ["harness.cli", "typer", "pydantic", "generator.estate"])
def test_ctrl_c_during_an_import_is_130_and_one_line(module: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", INTERRUPTED_AT, module],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "interrupted\n")
