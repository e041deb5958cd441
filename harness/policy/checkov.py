"""Runs checkov, which has an environment of its own (`.venv-policy`): its boto3 pin contradicts the
emulator's.

Its exit status says nothing (0 for an empty plan, an unknown check, a missing folder of checks), so it is
never looked at; the gate reads the reports.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from harness.environments import REPOSITORY
from harness.policy.reports import PLAN, SOURCE
from harness.terraform.errors import TerraformError

PROGRAM = REPOSITORY / ".venv-policy" / "bin" / "checkov"
CHECKS = REPOSITORY / "policies" / "checks"
PINNED = REPOSITORY / "requirements" / "policy.in"
LIMIT_SECONDS = 900.0

_SCAN = ("--skip-download", "--compact", "--output", "json")
_LISTED = re.compile(r"\b(CKV2?_[A-Z0-9]+_\d+)\b")
_TROUBLE = re.compile(r"Failed to run check|Cannot load external check|Traceback|Failed to invoke function")


class CheckovUnavailable(TerraformError):
    """checkov is not installed, or did not end."""


@dataclass(frozen=True)
class Answer:
    """`reports`: checkov's JSON, one text for each framework. `listed`: every check id that it has of its
    own. `trouble`: lines of its log that say that a check was not loaded or not run."""

    reports: tuple[str, ...]
    listed: frozenset[str]
    trouble: tuple[str, ...]


def pinned_version(text: str) -> str:
    """The version that requirements/policy.in pins."""
    found = re.search(r"^checkov==(\S+)", text, re.MULTILINE)
    if found is None:
        raise CheckovUnavailable(f"{PINNED} pins no version of checkov; write checkov==<version>")
    return found[1]


def ask(folder: Path, *, program: Path = PROGRAM, checks: Path = CHECKS) -> Answer:
    """Judge everything in `folder`: its sources, which take most of the time, beside its plans.

    Raises CheckovUnavailable.
    """
    ours = ("--external-checks-dir", str(checks))
    commands = (
        (str(program), "--framework", SOURCE, *ours, *_SCAN, "--directory", str(folder)),
        (str(program), "--framework", PLAN, *ours, *_SCAN, "--directory", str(folder)),
        (str(program), "--list", "--skip-download"),
    )
    with ThreadPoolExecutor(len(commands)) as pool:
        *scans, listing = pool.map(lambda command: _run(command, folder), commands)
    said = "".join(each.stderr for each in (*scans, listing))
    return Answer(
        reports=tuple(each.stdout for each in scans),
        listed=frozenset(_LISTED.findall(listing.stdout)),
        trouble=tuple(line.strip()[:300] for line in said.splitlines() if _TROUBLE.search(line)),
    )


def _run(command: Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command,
            cwd=folder,
            env=_environment(os.environ, home=folder),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=LIMIT_SECONDS,
            check=False,
        )
    except FileNotFoundError:
        raise CheckovUnavailable(
            f"checkov is not installed ({os.path.relpath(command[0])}); `make policy` installs it"
        ) from None
    except subprocess.TimeoutExpired:
        raise CheckovUnavailable(
            f"checkov did not end within {LIMIT_SECONDS:.0f} s and was stopped"
        ) from None


def _environment(ambient: Mapping[str, str], *, home: Path) -> dict[str, str]:
    """Nothing of the caller's own settings: CKV_ and BC_ variables and ~/.checkov.yaml can turn checks
    off."""
    kept = {name: ambient[name] for name in ("PATH", "LANG", "LC_ALL", "TMPDIR") if name in ambient}
    return {**kept, "HOME": str(home), "LOG_LEVEL": "WARNING", "PYTHONDONTWRITEBYTECODE": "1"}
