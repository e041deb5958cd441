"""What a killed run made is found again by name or id: every type of resource that the modules make."""

from __future__ import annotations

import re
import string

import pytest

from harness.terraform import adoption
from harness.terraform.installation import REPOSITORY

_RESOURCE = re.compile(r'^resource "(\w+)"', re.MULTILINE)


def _made_by_modules() -> set[str]:
    files = (REPOSITORY / "modules").rglob("*.tf")
    return {found for file in files for found in _RESOURCE.findall(file.read_text())}


def _identifiers(resource_type: str, attributes: dict[str, str], made: str) -> dict[str, str]:
    change = {"actions": ["create"], "after": attributes}
    plan = {"resource_changes": [{"address": f"{resource_type}.x", "type": resource_type, "change": change}]}
    return adoption.identifiers(plan, {f"{resource_type}.x": made})


def test_every_type_that_the_modules_make_is_found_again_or_can_be_made_again() -> None:
    made = _made_by_modules()
    assert len(made) > 90
    assert made - adoption.IDENTIFIED_BY.keys() - adoption.REPEATABLE.keys() == set()
    assert not adoption.IDENTIFIED_BY.keys() & adoption.REPEATABLE.keys()
    assert adoption.REPEATABLE.keys() <= made


@pytest.mark.parametrize("resource_type", sorted(adoption.IDENTIFIED_BY))
def test_a_type_without_what_identifies_it_is_left_out_and_with_it_is_not(resource_type: str) -> None:
    fields = string.Formatter().parse(adoption.IDENTIFIED_BY[resource_type])
    names = {name for _, name, _, _ in fields if name}
    attributes = {name: f"the-{name}" for name in names - {"id"}}
    made = "the-id" if "id" in names else ""
    expected = adoption.IDENTIFIED_BY[resource_type].format_map(attributes | {"id": "the-id"})
    assert _identifiers(resource_type, attributes, made) == {f"{resource_type}.x": expected}
    for missing in sorted(names):
        without = {name: value for name, value in attributes.items() if name != missing}
        assert _identifiers(resource_type, without, "" if missing == "id" else made) == {}


def test_what_can_be_made_again_is_never_imported() -> None:
    assert _identifiers("aws_sqs_queue_policy", {"queue_url": "url"}, "url") == {}
