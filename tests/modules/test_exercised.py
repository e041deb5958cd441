from __future__ import annotations

from collections.abc import Callable

import pytest

from tests import inventory
from tests.modules import exercised, exercised_page
from tests.modules.exercised import PROVED_BY, Exercised, Kept, exercises_in, scenarios_in
from tests.modules.module_source import NATIVE_TESTS

COMMAND = "make exercised"


@pytest.fixture(scope="module")
def found() -> Exercised:
    return exercised.exercised()


def test_the_page_is_what_the_tests_say(
    found: Exercised, request: pytest.FixtureRequest, record_property: Callable[[str, object], None]
) -> None:
    written = exercised_page.page(found, exercised_page.reasons())
    if request.config.getoption("--take"):
        inventory.replace(exercised_page.PAGE, written)
    page = exercised_page.PAGE
    if not page.is_file() or page.read_text(encoding="utf-8") != written:
        record_property("take anew", COMMAND)
        pytest.fail(f"docs/exercised.md is not what the tests say: {COMMAND}", pytrace=False)


def test_every_type_is_applied_or_says_why_it_is_not(found: Exercised) -> None:
    unapplied = {each.type for each in exercised_page.kept() if not found.roots(each, exercised.APPLY)}
    applied = {each.type for each in exercised_page.kept()} - unapplied
    told = set(exercised_page.reasons())
    assert unapplied - told == set(), f"Say why in {exercised_page.ONLY_PLANNED.name}, or apply them."
    assert told & applied == set(), f"These are applied: take them out of {exercised_page.ONLY_PLANNED.name}."


def test_every_reason_has_a_source() -> None:
    assert [
        name for name, each in exercised_page.reasons().items() if sorted(each) != ["source", "why"]
    ] == []


def test_every_module_is_planned_refuses_something_and_is_applied(found: Exercised) -> None:
    for module, planned in found.planned.items():
        assert planned, module
        assert found.refused[module] > 0, module
    applied = {each.module for held in found.held.values() for each in held}
    assert set(found.planned) - applied == set()


@pytest.mark.parametrize("each", exercised.steps(), ids=lambda each: f"{each.root}-{each.step}")
def test_a_test_takes_the_step_that_it_claims(each: exercised.Exercise) -> None:
    assert each.calls & PROVED_BY[each.step], f"{each.test} calls none of {sorted(PROVED_BY[each.step])}"


def test_every_root_has_one_inventory_which_one_test_holds_it_to(found: Exercised) -> None:
    for root in found.held:
        assert len(found.tests(root, exercised.APPLY)) == 1, root
        assert found.held[root], f"{root} has no inventory"
    kept = {path.stem for path in (NATIVE_TESTS / "applied").glob("*.yaml")}
    assert kept <= set(found.held)


CLAIMS = """
pytestmark = [pytest.mark.sandbox, pytest.mark.long]

@pytest.mark.exercises("region", "apply", "destroy")
def test_one(root):
    holds(PATH, inventory.of_directory(root))
    root("destroy", "-auto-approve")

@pytest.mark.exercises("other", "second plan")
def test_two(root):
    assert True
"""


def test_marks_are_read_with_what_the_test_calls() -> None:
    one, two, three = exercises_in(CLAIMS, "modules/test_x.py")
    assert (one.root, one.step, one.test, one.long) == (
        "region",
        "apply",
        "modules/test_x.py::test_one",
        True,
    )
    assert (two.step, three.root, three.calls) == ("destroy", "other", frozenset())
    assert one.calls == {"holds", "of_directory", "root", "destroy"}


def test_scenarios_are_those_that_a_drilling_test_names() -> None:
    text = """
@pytest.mark.parametrize("scenario", ["region-hang", "no-scenario"])
def test_one(estate, scenario):
    drilled(estate, scenario)

def test_two(estate):
    assert "region-refuse"
"""
    assert scenarios_in(text) == {"region-hang"}


def test_a_type_belongs_to_the_module_that_declares_it() -> None:
    calls = {"write": "compute/function"}
    addresses = [
        "module.write.aws_lambda_function.this",
        'module.write.module.release[0].aws_codedeploy_app.a["x.y"]',
    ]
    assert exercised.held_by([{"calls": calls, "resources": addresses}]) == {
        Kept("compute/function", "aws_lambda_function"),
        Kept("compute/release", "aws_codedeploy_app"),
    }
