"""Which tests stay together in one process, which of them drill, and which start first."""

from __future__ import annotations

from pathlib import PurePosixPath

# Applies wait for the provider most of their time, and beside each other. The rest by how long they take.
LONGEST_FIRST = (
    "e2e/global_serverless",
    "e2e",
    "harness/drill",
    "modules/test_applied.py",
    "modules/compute/test_release_in_sandbox.py",
    "modules/test_readme.py",
    "modules",
)
_DRILLING = ("e2e/", "harness/drill/run/test_drill_", "harness/drill/test_drill_")
ONE_AFTER_THE_OTHER = {
    "tests/e2e/test_runbook_commands.py": "tests/e2e/global_serverless",
    "tests/harness/affected/test_affected_real_plans.py": "tests/e2e/test_lifecycle.py",
}
"""Files that need the same environment's working files, or no running sandbox, by the unit they belong to."""
_NOT_DRILLING = ("e2e/test_lifecycle.py", "harness/drill/test_drill_report.py")


def unit_of(nodeid: str) -> str:
    """A file's tests stay together, because fixtures such as a sandbox or a plan are made once for all of
    them; so do those of one applied environment."""
    file = PurePosixPath(nodeid.partition("::")[0])
    return ONE_AFTER_THE_OTHER.get(str(file)) or str(
        file.parent if file.parent.parent.name == "e2e" else file
    )


def drills(nodeid: str) -> bool:
    """Whether a test, or one of a unit, drills or may do so: it needs a worker of normal priority."""
    below = _below_tests(nodeid)
    return below.startswith(_DRILLING) and not below.startswith(_NOT_DRILLING)


def place(nodeid: str) -> int:
    """Where a test stands in the order: the longest first, so that no worker is left alone with it."""
    below = _below_tests(nodeid)
    return next((n for n, start in enumerate(LONGEST_FIRST) if below.startswith(start)), len(LONGEST_FIRST))


def _below_tests(nodeid: str) -> str:
    return nodeid.removeprefix("tests/")
