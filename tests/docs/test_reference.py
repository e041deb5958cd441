"""docs/reference is what the models and the modules say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from generator.manifest import Manifest
from harness import cli, environments
from harness.environments import REPOSITORY
from harness.reference import manifest as manifest_reference
from harness.reference import modules as module_reference
from harness.reference import pages as reference
from harness.reference.modules import BEGIN, END, Attribute

MODULE = {
    "README.md": f"# tier/thing\n\nA thing\nof two lines.\n\n{BEGIN}\nold\n{END}\n\n## Decisions\n",
    "variables.tf": """\
variable "name" {
  description = "Name of the thing."
  type        = string
  nullable    = false

  validation {
    condition     = length(var.name) > 2
    error_message = "The name must have three characters."
  }
}

variable "sizes" {
  description = <<-EOT
    Sizes by name.
    - `width`: Width in metres.
    - `note`: Remark.
    - `more.depth`: Depth in metres, or null.
  EOT
  type = map(object({
    width = number
    note  = optional(string, "none | any")
    more  = optional(object({ depth = optional(number) }), {})
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
    assert reference.stale(REPOSITORY, reference.wanted()) == []


def test_a_readme_gets_its_tables_from_the_hcl_between_the_markers(folder: Path) -> None:
    readme = module_reference.pages(folder)["modules/tier/thing/README.md"]
    sizes = (
        "Sizes by name.<br>`width` (number, required): Width in metres."
        '<br>`note` (string, default `"none \\| any"`): Remark.'
        "<br>`more.depth` (number, default `null`): Depth in metres, or null."
    )
    assert readme.splitlines() == [
        *("# tier/thing", "", "A thing", "of two lines.", "", BEGIN, "", "## Inputs", ""),
        "| name | type | default | meaning |",
        "| --- | --- | --- | --- |",
        "| `name` | `string` | required | Name of the thing. |",
        f"| `sizes` | `map(object)` | `{{}}` | {sizes} |",
        *("", "## Outputs", ""),
        "| name | meaning |",
        "| --- | --- |",
        "| `arn` | ARN of the thing. |",
        *("", END, "", "## Decisions"),
    ]


def test_a_readme_without_the_markers_is_refused(folder: Path) -> None:
    (folder / "tier" / "thing" / "README.md").write_text("# tier/thing\n\nA thing.\n\n## Inputs\n")
    with pytest.raises(ValueError, match=r"^tier/thing/README\.md needs these two lines: <!-- BEGIN"):
        module_reference.pages(folder)


def test_attributes_are_read_through_nested_objects_and_commas_in_defaults() -> None:
    kind = (
        'map(object({a = optional(list(string), ["x", "y, z"]), b = object({c = map(number), d = string})}))'
    )
    assert module_reference.attributes(kind) == [
        Attribute("a", "list(string)", '["x", "y, z"]'),
        Attribute("b.c", "map(number)", None),
        Attribute("b.d", "string", None),
    ]
    assert module_reference.attributes("map(string)") == []


def test_the_list_of_modules_links_to_every_readme(folder: Path) -> None:
    pages = module_reference.pages(folder)
    assert list(pages) == ["docs/reference/modules.md", "modules/tier/thing/README.md"]
    line = "| [`tier/thing`](../../modules/tier/thing/README.md) | A thing of two lines. |"
    assert line in pages["docs/reference/modules.md"].splitlines()


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
    monkeypatch.setattr(environments, "REPOSITORY", tmp_path)
    wanted = {"docs/reference/manifest.md": "new\n", "modules/a/b/README.md": "same\n"}
    monkeypatch.setattr(reference, "wanted", lambda: wanted)
    old = {**wanted, "docs/reference/manifest.md": "old\n", "docs/reference/modules/gone.md": "x\n"}
    for path, text in {**old, "modules/a/README.md": "not ours\n"}.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    assert cli.main(["docs", "--check"]) == 1
    assert capsys.readouterr().err.splitlines() == [
        "docs/reference/manifest.md: is stale; run `make docs`",
        "docs/reference/modules/gone.md: is stale; run `make docs`",
    ]
    assert cli.main(["docs"]) == 0
    assert cli.main(["docs", "--check"]) == 0
    files = sorted(file.relative_to(tmp_path).as_posix() for file in tmp_path.rglob("*.md"))
    assert files == ["docs/reference/manifest.md", "modules/a/README.md", "modules/a/b/README.md"]
