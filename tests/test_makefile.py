"""The Makefile: what help shows, and that no argument of it becomes a command of the shell."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.docs.documented_commands import INTERNAL, options_of, repository_copy, verbs

REPOSITORY = Path(__file__).parents[1]
MAKEFILE = (REPOSITORY / "Makefile").read_text()
FOR_WORKFLOWS = {"summary", "jobs", "deposit", "collect", "comment", "issue", "verdict"}
GROUPS = {
    "Describe": "generate check validate assess docs",
    "Change AWS": "plan affected apply drift release destroy",
    "Prove": "drill scorecard sandbox policy bench",
    "On call": "status failover switchover failback readmit reconcile",
    "Develop": "setup test lint format inventories exercised requirements clean",
}
OPTIONS = re.search(r"^OPTIONS := ((?:.*\\\n)*.*)$", MAKEFILE, re.MULTILINE)


# make hands its options on to the tests that `make test` runs
OF_MAKE = ("JOBS", "LONG", "MAKEFLAGS", "MAKEOVERRIDES", "MARK", "TESTS", "TIMES")


def make(
    *words: str, folder: Path = REPOSITORY, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    given = {name: value for name, value in os.environ.items() if name not in OF_MAKE}
    return subprocess.run(
        ["make", *words],
        cwd=folder,
        env={**given, **(environment or {})},
        capture_output=True,
        text=True,
        check=False,
    )


def test_help_shows_the_verbs_in_groups() -> None:
    shown = make("help").stdout.split("\n\n")[1:-1]
    assert {group.splitlines()[0]: re.findall(r"^  (\w+)", group, re.MULTILINE) for group in shown} == {
        group: names.split() for group, names in GROUPS.items()
    }


def test_help_shows_nothing_that_only_workflows_use() -> None:
    targets = set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE))
    assert targets - set(verbs()) == FOR_WORKFLOWS


def test_help_is_no_wider_than_a_terminal_of_a_hundred_and_forty_columns() -> None:
    lines = make("help").stdout.splitlines()
    assert [line for line in lines if len(line) > 140 and not line.startswith("Environments:")] == []


def test_every_option_that_a_recipe_reads_is_looked_at_before_anything_runs() -> None:
    assert OPTIONS is not None
    listed = OPTIONS[1].replace("\\\n", " ").split()
    assert listed == sorted(listed)
    recipes = "".join(re.findall(r"^\t.*\n", MAKEFILE, re.MULTILINE))
    read = {
        *options_of(recipes),
        *re.findall(r"call (?:quoted|quoted_words|on|option),\$?\(?([A-Z_]+)", MAKEFILE),
    }
    assert read - set(listed) == set()
    # NEEDS is read by the harness alone, from the environment
    assert set(listed) - read - {"MARK", "LONG"} == set()


def test_no_recipe_gives_an_option_to_the_shell_unquoted() -> None:
    recipes = "".join(re.findall(r"^\t.*\n", MAKEFILE, re.MULTILINE))
    bare = re.sub(r"\$\(if \$\([A-Z_]+\),|\$\(call quoted,\$\([A-Z_]+\)\)", "", recipes)
    assert set(re.findall(r"\$\(([A-Z_]+)\)", bare)) - INTERNAL == set()


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository, with programs in .venv that write down what they are given."""
    folder = repository_copy(tmp_path_factory.mktemp("make") / "copy")
    for name in (".venv", ".venv-policy"):
        if (folder / name).is_symlink():
            (folder / name).unlink()
        (folder / name / "bin").mkdir(parents=True)
        (folder / name / ".installed").touch()
    python = folder / ".venv/bin/python"
    python.write_text('#!/bin/sh\nprintf "%s\\n" "$@" >> given\n')
    python.chmod(0o755)
    return folder


def given(folder: Path) -> list[str]:
    """The words that the program of .venv was given since it was last asked."""
    file = folder / "given"
    words = file.read_text().splitlines() if file.exists() else []
    file.unlink(missing_ok=True)
    return words


HOSTILE = ["x;touch y", "x'; touch y; '", '"; touch y; "', "`touch y`", "x && touch y", "x|touch y", "x\\"]


@pytest.mark.parametrize("value", HOSTILE)
def test_an_argument_stays_one_argument(copy: Path, value: str) -> None:
    done = make("check", f"ENV={value}", folder=copy)
    assert done.returncode == 0, done.stderr
    assert given(copy) == ["-m", "harness", "check", "--env", value]
    assert not (copy / "y").exists()


NO_OPTIONS = {"clean", "format", "help", "lint", "requirements", "setup"}
VERBS = sorted({*verbs(), *FOR_WORKFLOWS} - NO_OPTIONS)


@pytest.mark.parametrize("verb", VERBS)
def test_no_option_of_any_verb_runs_anything(copy: Path, verb: str) -> None:
    assert OPTIONS is not None
    names = OPTIONS[1].replace("\\\n", " ").split()
    arguments = [f"{name}=x';touch y;'`touch y`&touch y" for name in names if name != "PYTHON"]
    make(verb, *arguments, folder=copy)
    assert given(copy)
    assert not (copy / "y").exists()


@pytest.mark.parametrize("value", ["$(shell touch y)", "${shell touch y}", "$$(touch y)", "x\ntouch y\n"])
@pytest.mark.parametrize("where", ["argument", "environment"])
def test_what_make_would_expand_is_refused(copy: Path, value: str, where: str) -> None:
    if where == "argument":
        done = make("check", f"ENV={value}", folder=copy)
    else:
        done = make("check", folder=copy, environment={"ENV": value})
    assert done.returncode == 2
    assert "refused: " in done.stderr
    assert given(copy) == []
    assert not (copy / "y").exists()


def test_a_name_that_nobody_knows_is_refused_too_when_make_would_expand_it(copy: Path) -> None:
    done = make("check", "UNKNOWN=$(shell touch y)", folder=copy)
    assert (done.returncode, (copy / "y").exists()) == (2, False)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["test"], ["-m", "not long"]),
        (["test", "LONG=1"], []),
        (["test", "MARK=not e2e"], ["-m", "(not e2e) and not long"]),
        (["test", "LONG=1", "MARK=e2e"], ["-m", "(e2e)"]),
        (["test", "LONG=no", "TESTS=tests/a tests/b.py"], ["-m", "not long", "tests/a", "tests/b.py"]),
    ],
)
def test_what_make_test_runs(copy: Path, arguments: list[str], expected: list[str]) -> None:
    assert make(*arguments, "JOBS=3", folder=copy).returncode == 0
    assert given(copy) == [
        *("-m", "pytest", "-n", "3", "--dist", "loadscope", "--no-loadscope-reorder"),
        *expected,
    ]


def test_words_are_options_of_their_own_and_a_no_is_no_flag(copy: Path) -> None:
    arguments = ("STACK=us-west-2 edge", "SANDBOX=1", "JSON=no", 'CONFIRM=data:module.a.b["c"]')
    assert make("apply", "ENV=dev", *arguments, folder=copy).returncode == 0
    assert given(copy) == [
        *("-m", "harness", "apply", "--env", "dev", "--sandbox", "--stack", "us-west-2", "--stack", "edge"),
        *("--confirm", 'data:module.a.b["c"]'),
    ]


def test_an_environment_from_the_environment_counts_for_verbs_that_are_about_all(copy: Path) -> None:
    make("check", folder=copy)
    assert given(copy) == ["-m", "harness", "check"]
    make("check", folder=copy, environment={"ENV": "prod"})
    assert given(copy) == ["-m", "harness", "check", "--env", "prod"]
