"""Each rule has its page, and the examples on it are true: the first passes, the second is found."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from policies.resilience import RULES
from tests.policies.resilience.changed_plans import Plans, found, plans, resource, values, with_resource

REPOSITORY = Path(__file__).parents[3]
PAGES = REPOSITORY / "docs" / "policies"
HEADINGS = ["Why", "Passes", "Fails", "How to fix it"]


def page_of(rule: str) -> Path:
    (page,) = PAGES.glob(f"{rule}-*.md")
    return page


def examples(rule: str, heading: str) -> list[dict[str, Any]]:
    """The examples of what "Passes", or of what "Fails"."""
    _, _, rest = page_of(rule).read_text().partition(f"\n## {heading}\n")
    section, _, _ = rest.partition("\n## ")
    return [yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", section, re.DOTALL)]


def each_example(heading: str) -> list[Any]:
    return [
        pytest.param(rule, example, id=f"{rule}-{number}")
        for rule in RULES
        for number, example in enumerate(examples(rule, heading), 1)
    ]


def rows(file: Path) -> list[tuple[str, str, str]]:
    return re.findall(
        r"^\| \[(RES\d{3})\]\(([^)]+)\) \| ([^|]+) \|$", file.read_text(encoding="utf-8"), re.MULTILINE
    )


def test_the_index_has_every_rule_and_no_other_in_their_order() -> None:
    expected = [(rule.id, page_of(rule.id).name, rule.title) for rule in RULES.values()]
    assert rows(PAGES / "README.md") == expected


def test_the_table_of_the_policies_has_every_rule_too() -> None:
    table = rows(REPOSITORY / "policies" / "README.md")
    assert table == [
        (rule.id, f"../docs/policies/{page_of(rule.id).name}", rule.title) for rule in RULES.values()
    ]


def test_no_page_is_of_a_rule_that_there_is_not() -> None:
    assert {page.name[:6] for page in PAGES.glob("RES*.md")} == set(RULES)


@pytest.mark.parametrize("rule", RULES)
def test_a_page_says_what_why_and_how_under_the_title_of_its_rule(rule: str) -> None:
    text = page_of(rule).read_text()
    title = RULES[rule].title
    slug = title.lower().replace(",", "").replace(" ", "-")
    assert text.startswith(f"# {rule} {title}\n")
    assert page_of(rule).name == f"{rule}-{slug}.md"
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == HEADINGS


@pytest.mark.parametrize("rule", RULES)
def test_a_page_has_an_example_of_both_kinds(rule: str) -> None:
    assert [bool(examples(rule, heading)) for heading in ("Passes", "Fails")] == [True, True]


@pytest.mark.parametrize(("rule", "example"), each_example("Passes"))
def test_the_passing_example_of_a_page_is_part_of_a_real_plan_that_passes(
    rule: str, example: dict[str, Any]
) -> None:
    planned = resource(plans(example["environment"]), example["stack"], example["resource"])["values"]
    assert part(planned, example["values"]) == example["values"]
    assert [each for each in found(rule, example["environment"]) if each.severity == "error"] == []


@pytest.mark.parametrize(("rule", "example"), each_example("Fails"))
def test_the_failing_example_of_a_page_is_found_in_the_words_of_the_page(
    rule: str, example: dict[str, Any]
) -> None:
    stack, address = example["stack"], example["resource"]

    def change(planned: Plans) -> None:
        if "add" in example:
            with_resource(stack, address, example["add"], **example["values"])(planned)
        else:
            values(stack, address, **example["values"])(planned)

    before = found(rule, example["environment"])
    (after,) = [each for each in found(rule, example["environment"], change) if each not in before]
    assert (after.severity, after.message) == ("error", example["finds"])


def part(whole: Any, wanted: Any) -> Any:
    """What `whole` has in the places that `wanted` names."""
    if isinstance(wanted, dict):
        whole = json.loads(whole) if isinstance(whole, str) else whole
        return {name: part(whole.get(name), value) for name, value in wanted.items()}
    if isinstance(wanted, list) and isinstance(whole, list):
        return [part(one, other) for one, other in zip(whole, wanted, strict=True)]
    return whole
