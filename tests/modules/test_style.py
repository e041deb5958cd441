from __future__ import annotations

import re

import hcl2
import pytest

from harness.reference.modules import attributes, description
from tests.modules.module_source import (
    FILES_OF_A_MODULE,
    MODULES,
    Block,
    modules,
    outputs,
    precondition_messages,
    variables,
)

pytestmark = pytest.mark.parametrize("module", modules())


def _names(found: list[Block]) -> list[str]:
    return [block.name for block in found]


def _without_a_sentence(found: list[Block]) -> list[str]:
    return [block.name for block in found if not _is_one_sentence(block.attributes.get("description", ""))]


def _is_one_sentence(text: str) -> bool:
    return text[:1].isupper() and text.endswith(".") and ". " not in text


def _is_about(variable: str, message: str) -> bool:
    return re.fullmatch(rf"(?:The|In) (?:.* )?{variable}\b.*[.]", message) is not None


def test_a_module_has_the_files_that_every_module_has(module: str) -> None:
    present = {path.name for path in (MODULES / module).iterdir()}
    assert set(FILES_OF_A_MODULE) - present == set()


def test_variables_are_alphabetical_with_tags_last(module: str) -> None:
    found = _names(variables(module))
    assert found == sorted(found, key=lambda name: (name == "tags", name))


def test_every_variable_has_a_type_and_one_sentence(module: str) -> None:
    found = variables(module)
    assert found
    assert [block.name for block in found if "type" not in block.attributes] == []
    plain = [block for block in found if not attributes(block.attributes["type"])]
    assert _without_a_sentence(plain) == []


def test_a_variable_of_objects_describes_each_attribute_on_a_line(module: str) -> None:
    for variable in variables(module):
        wanted = attributes(variable.attributes["type"])
        if wanted:
            first, *lines = description(variable.attributes["description"]).splitlines()
            assert _is_one_sentence(first), variable.name
            described = [re.fullmatch(r"- `([\w.]+)`: (\S.*[.])", line) for line in lines]
            assert [each and each[1] for each in described] == [each.path for each in wanted], variable.name


def test_outputs_are_alphabetical_and_have_one_sentence(module: str) -> None:
    found = outputs(module)
    assert found
    assert _names(found) == sorted(_names(found))
    assert _without_a_sentence(found) == []


def test_a_validation_message_is_a_sentence_with_the_variable_as_it_is_spelled(module: str) -> None:
    messages = [
        (variable.name, validation["error_message"])
        for variable in variables(module)
        for validation in variable.attributes.get("validation", [])
    ]
    assert [message for name, message in messages if not _is_about(name, message)] == []


def test_a_precondition_message_is_a_sentence(module: str) -> None:
    messages = precondition_messages(module)
    assert [message for message in messages if not re.fullmatch(r"[A-Z].*[.]", message)] == []


def test_versions_pin_terraform_and_the_provider(module: str) -> None:
    (terraform,) = hcl2.loads((MODULES / module / "versions.tf").read_text(encoding="utf-8"))["terraform"]
    assert terraform["required_version"] == '">= 1.11"'
    assert terraform["required_providers"][0]["aws"]["version"] == '"~> 5.100"'


def test_a_module_configures_no_provider_and_asks_aws_nothing(module: str) -> None:
    parsed = [hcl2.loads(path.read_text(encoding="utf-8")) for path in (MODULES / module).glob("*.tf")]
    assert [entry for file in parsed for entry in file.get("provider", [])] == []
    asked = {kind.strip('"') for file in parsed for entry in file.get("data", []) for kind in entry}
    assert asked <= {"aws_iam_policy_document", "aws_partition", "aws_region"}
