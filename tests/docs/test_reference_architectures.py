"""docs/reference-architectures.md: every key, module, test and drill that it names is there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from generator.manifest import Manifest
from harness.drill.scenario import shipped

REPOSITORY = Path(__file__).parents[2]
PAGE = REPOSITORY / "docs" / "reference-architectures.md"


class Row(NamedTuple):
    says: str
    keys: tuple[str, ...]
    modules: tuple[str, ...]
    tests: tuple[str, ...]
    drills: tuple[str, ...]


def rows() -> list[Row]:
    """The rows of all tables; those that only explain have no first column."""
    found = []
    for line in PAGE.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| ") and len(cells) == 5 and cells[0] not in ("", "The description says"):
            named = [tuple(re.findall(r"`([^`]+)`", cell)) for cell in cells[1:]]
            found.append(Row(cells[0].strip(), *named))
    return found


ROWS = rows()


def test_all_tables_are_read() -> None:
    assert len(ROWS) > 55


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.says[:50])
def test_what_a_row_names_is_there(row: Row) -> None:
    for module in row.modules:
        assert (REPOSITORY / "modules" / module / "main.tf").is_file(), module
    for test in row.tests:
        path = REPOSITORY / test
        assert path.is_file() or any(path.glob("test_*.py")) or any(path.glob("*/test_*.py")), test
    assert set(row.drills) <= set(shipped())
    schema = Manifest.model_json_schema()
    for key in row.keys:
        assert key_exists(schema, key), key


def key_exists(schema: dict[str, Any], key: str) -> bool:
    """Whether a dotted manifest key, with <name> for a key of one's own, is in the JSON schema."""
    places = [schema]
    for part in key.split("."):
        places = [step for place in places for step in _into(schema, place, part)]
    return bool(places)


def _into(schema: dict[str, Any], place: dict[str, Any], part: str) -> list[dict[str, Any]]:
    resolved = _resolved(schema, place)
    if part.startswith("<"):
        # keys of one's own that have to match a pattern stand under it
        patterned = [inner for each in resolved for inner in each.get("patternProperties", {}).values()]
        return patterned + [
            each["additionalProperties"] for each in resolved if each.get("additionalProperties")
        ]
    return [each["properties"][part] for each in resolved if part in each.get("properties", {})]


def _resolved(schema: dict[str, Any], place: dict[str, Any]) -> list[dict[str, Any]]:
    if "$ref" in place:
        return _resolved(schema, schema["$defs"][place["$ref"].rpartition("/")[2]])
    for kind in ("anyOf", "allOf"):
        if kind in place:
            return [each for option in place[kind] for each in _resolved(schema, option)]
    return [place]


def test_a_key_that_is_not_there_is_not_found() -> None:
    schema = Manifest.model_json_schema()
    assert not key_exists(schema, "edge.cdn.api_origins")
    assert not key_exists(schema, "data.databases.<name>.rotation")
