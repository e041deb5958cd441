"""docs/guide.md: every command in it is one that the Makefile takes; the long test runs them."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from harness import environments
from harness.drill.scenario import shipped
from tests.docs.documented_commands import REPOSITORY, lines, make_commands, problems, repository_copy

GUIDE = REPOSITORY / "docs" / "guide.md"
# What a reader of the guide makes on the way.
MINE = "mine"


def test_every_make_command_of_the_guide_is_one_that_the_makefile_takes() -> None:
    known = frozenset({*environments.names(), MINE})
    commands = make_commands(GUIDE.read_text())
    assert len(commands) > 12
    assert [each for command in commands for each in problems(command, environments=known)] == []
    assert {name for command in commands for name in command.words("SCENARIO")} <= set(shipped())


def test_the_guide_goes_through_every_step_in_order() -> None:
    verbs = [command.verb for command in make_commands(GUIDE.read_text())]
    for earlier, later in (
        ("drill", "assess"),
        ("assess", "generate"),
        ("generate", "plan"),
        ("plan", "apply"),
    ):
        assert verbs.index(earlier) < verbs.index(later)


def test_every_file_that_the_guide_links_to_is_there() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", GUIDE.read_text()):
        assert (GUIDE.parent / target).exists(), target


def test_everything_else_in_it_only_makes_a_folder_and_copies_a_manifest() -> None:
    others = [line for line in lines(GUIDE.read_text()) if not line.startswith("make ")]
    assert others == ["mkdir -p envs/mine", "cp envs/dev/manifest.yaml envs/mine/manifest.yaml"]
    assert (REPOSITORY / "envs/dev/manifest.yaml").is_file()


@pytest.mark.long
@pytest.mark.e2e
@pytest.mark.sandbox
@pytest.mark.terraform
@pytest.mark.timeout(3600)
def test_the_guides_commands_run_in_a_copy_of_the_repository(tmp_path: Path) -> None:
    """Sections 1 to 4, without what waits for a person or needs an account."""
    copy = repository_copy(tmp_path / "copy")
    sections = re.split(r"^## \d\. ", GUIDE.read_text(), flags=re.MULTILINE)[1:5]
    commands = [line for section in sections for line in lines(section)]
    ran = [line for line in commands if not line.startswith("make sandbox") and "apply" not in line]
    for line in ran:
        done = subprocess.run(["bash", "-c", line], cwd=copy, capture_output=True, text=True, check=False)
        # make turns every failure into 2 and names the status; an inconclusive drill is no defect of it
        assert done.returncode == 0 or "Error 3" in done.stderr, (line, done.stderr[-2000:])
    assert (copy / "envs/mine/RUNBOOK.md").is_file()
    assert (copy / "assessment.md").read_text().startswith("# Assessment of reference/active-standby-api")
