"""docs/commands.md: a row for each verb of the Makefile, under its group, with its options and no other."""

from __future__ import annotations

import re

from harness.drill.scenario import shipped
from tests.docs.documented_commands import REPOSITORY, verbs
from tests.test_makefile import GROUPS

PAGE = (REPOSITORY / "docs" / "commands.md").read_text()
VERBS = {name: options for name, options in verbs().items() if name != "help"}


def section(title: str) -> str:
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None, title
    return found[1]


def rows(text: str) -> dict[str, str]:
    """The last cell of each row of a table by the code in its first."""
    cells = [re.split(r" \| ?", line.strip("| ")) for line in text.splitlines() if line.startswith("| `")]
    return {row[0].strip("`"): row[2] if len(row) > 2 else "" for row in cells}


def test_the_groups_and_verbs_are_those_of_make_help() -> None:
    assert {group: list(rows(section(group))) for group in GROUPS} == {
        group: names.split() for group, names in GROUPS.items()
    }


def test_a_row_names_every_option_of_its_verb_and_no_other() -> None:
    told: dict[str, set[str]] = {}
    for group in GROUPS:
        for line in section(group).splitlines():
            if line.startswith("| `"):
                verb = line.split("`")[1]
                words = re.findall(r"`([^`]*)`", line.partition("`" + verb + "`")[2])
                told[verb] = {
                    name for word in words for name in re.findall(r"\b([A-Z][A-Z_]+)\b(?==|$)", word)
                }
    assert told == {verb: set(options) for verb, options in VERBS.items()}


def test_every_scenario_that_comes_with_the_project_is_named_and_no_other() -> None:
    named = re.findall(r"`([a-z0-9-]+)`", section("Scenarios").partition("\nAll are")[0])
    assert set(named) == set(shipped()) - {"real-time-check"}
