"""docs/reference is what the models and the modules say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from generator.manifest import Manifest
from harness import cli
from harness.reference import manifest as manifest_reference
from harness.reference import modules as module_reference
from harness.reference import pages as reference

MODULE = {
    "README.md": "# tier/thing\n\nA thing\nof two lines.\n\nMore.\n",
    "variables.tf": """\
variable "name" {
  description = "Name of the thing."
  type        = string
  nullable    = false

  validation {
    condition     = length(var.name) > 2
    error_message = "Name must have three characters."
  }
}

variable "sizes" {
  description = "Sizes by name."
  type = map(object({
    width = number
    note  = optional(string, "none | any")
  }))
  default = {}
}
""",
    "outputs.tf": 'output "arn" {\n  description = "ARN of the thing."\n  value = aws_thing.this.arn\n}\n',
    "main.tf": 'resource "aws_thing" "this" {\n  name = var.name\n}\n\nresource "aws_thing" "copy" {\n}\n',
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "modules" / "tier" / "thing"
    found.mkdir(parents=True)
    for name, text in MODULE.items():
        (found / name).write_text(text)
    return tmp_path / "modules"


def test_the_committed_pages_are_fresh() -> None:
    assert reference.stale(reference.FOLDER, reference.wanted()) == []


def test_a_modules_page_has_inputs_validations_outputs_and_resources(folder: Path) -> None:
    page = module_reference.pages(folder)["modules/tier-thing.md"]
    assert page.splitlines()[0].startswith("<!-- Written by `make docs` from modules/tier/thing;")
    assert "\nA thing of two lines.\n" in page
    assert "| `name` | `string` | required | Name of the thing. | Name must have three characters. |" in page
    kind = '`map(object({width = number, note = optional(string, "none \\| any")}))`'
    assert f"| `sizes` | {kind} | `{{}}` | Sizes by name. |  |" in page
    assert "| `arn` | ARN of the thing. |" in page
    assert "| `aws_thing` | `copy`, `this` |" in page


def test_the_list_of_modules_links_to_every_page(folder: Path) -> None:
    pages = module_reference.pages(folder)
    assert list(pages) == ["modules.md", "modules/tier-thing.md"]
    assert "| [`tier/thing`](modules/tier-thing.md) | A thing of two lines. |" in pages["modules.md"]


def test_every_key_of_the_manifest_is_told_with_a_meaning() -> None:
    told = {
        (each.place, row[0].strip("`")): row for each in manifest_reference.sections() for row in each.rows
    }
    schema = Manifest.model_json_schema()
    for properties in (schema, *schema["$defs"].values()):
        for name in properties.get("properties", {}):
            assert any(key == name for _, key in told), name
    assert {place for place, _ in told if "failover" in place} == {"failover"}
    assert all(row[4] for row in told.values())
    assert told["edge", "ttl"][1:4] == ("integer", "`10`", "0 to 86400")
    assert told["edge.health_check", "interval"][3] == "`10`, `30`"
    assert told["failover", "lease"][1:3] == ("duration", "`20s`")
    assert told["regions.<name>", "draining"][1:3] == ("boolean", "`false`")


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        ({"type": "number", "exclusiveMinimum": 0, "maximum": 100}, ("number", "above 0, at most 100")),
        (
            {"type": "number", "minimum": 0.5, "maximum": 9, "multipleOf": 0.5},
            ("number", "0.5 to 9, in steps of 0.5"),
        ),
        ({"type": "string", "maxLength": 20}, ("string", "at most 20 characters")),
        ({"anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}]}, ("integer", "1 or more")),
        (
            {"type": "array", "items": {"enum": [403, 404]}, "minItems": 1},
            ("list of value", "1 items or more; `403`, `404`"),
        ),
        ({"type": "object", "additionalProperties": {"type": "string"}}, ("mapping to string", "")),
        ({"type": "object", "additionalProperties": True}, ("mapping to anything", "")),
        ({"const": "dns"}, ("value", '`"dns"`')),
    ],
)
def test_types_and_bounds_are_told_in_words(schema: dict[str, Any], told: tuple[str, str]) -> None:
    assert manifest_reference.described(schema, {}) == told


def test_stale_pages_are_named_and_written_and_old_ones_taken_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(reference, "FOLDER", tmp_path)
    monkeypatch.setattr(reference, "wanted", lambda: {"manifest.md": "new\n", "modules/a-b.md": "same\n"})
    (tmp_path / "modules").mkdir()
    for path, text in (("manifest.md", "old\n"), ("modules/a-b.md", "same\n"), ("modules/gone.md", "x\n")):
        (tmp_path / path).write_text(text)
    assert cli.main(["docs", "--check"]) == 1
    assert capsys.readouterr().err.splitlines() == [
        "docs/reference/manifest.md: is stale; run `make docs`",
        "docs/reference/modules/gone.md: is stale; run `make docs`",
    ]
    assert cli.main(["docs"]) == 0
    assert cli.main(["docs", "--check"]) == 0
    assert sorted(file.name for file in tmp_path.rglob("*.md")) == ["a-b.md", "manifest.md"]
