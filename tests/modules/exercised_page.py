"""docs/exercised.md: what the tests exercise, and what is only planned and why, as one page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

import yaml

from tests.modules.exercised import AGAIN, APPLY, DESTROY, Exercised, Kept
from tests.modules.module_source import NATIVE_TESTS, REPOSITORY, modules, resource_types

PAGE = REPOSITORY / "docs" / "exercised.md"
ONLY_PLANNED = NATIVE_TESTS / "only_planned.yaml"

_HEAD = """# What is exercised

Written by `make exercised` from the tests: from their marks, from the inventories that they hold plans and
states to, and from the refused cases that they run. A test fails when this page is not what they say.

{modules} modules declare {types} resource types, each counted once for every module. {applied} of them are
applied in the embedded AWS and planned again without a change, {destroyed} are destroyed again too, {drilled}
stand in an environment that is drilled, and {planned} are only planned. Nothing has been applied to a real
AWS account.
"""

_TERMS = """- **Planned**: with the real provider; every value is held to `tests/modules/inventories/`.
- **Refused**: cases that `terraform test` expects to be refused; every condition of a module has one.
- **Applied, planned again, destroyed**: in the sandbox. What a root holds is its inventory, which the applied
  state must equal. Tests that are called long run with `make test LONG=1`.
- **Drilled**: in an environment whose regions, services or links are lost while clients measure it.
"""


def reasons(path: Path = ONLY_PLANNED) -> dict[str, Mapping[str, str]]:
    """By resource type, `why` it is only planned and the `source` that says so."""
    return yaml.safe_load(path.read_text(encoding="utf-8")) or {}


@cache
def kept() -> tuple[Kept, ...]:
    """Every resource type of every module, AWS's own."""
    return tuple(
        Kept(module, type_)
        for module in modules()
        for type_ in resource_types(module)
        if type_ != "terraform_data"
    )


def page(found: Exercised, why: Mapping[str, Mapping[str, str]]) -> str:
    every = kept()
    head = _HEAD.format(
        modules=len(found.planned),
        types=len(every),
        applied=_how_many(found, every, AGAIN),
        destroyed=_how_many(found, every, DESTROY),
        drilled=sum(any(root in found.drills for root in found.roots(each, APPLY)) for each in every),
        planned=sum(not found.roots(each, APPLY) for each in every),
    )
    return "\n".join(
        [
            head,
            _TERMS,
            "## Roots that are applied\n",
            *_roots(found),
            "\n## Modules\n",
            *_module_rows(found),
            "\n## Resource types\n",
            *_type_rows(found, every, why),
            "",
        ]
    )


def _how_many(found: Exercised, every: Sequence[Kept], step: str) -> int:
    return sum(bool(found.roots(each, step)) for each in every)


def _roots(found: Exercised) -> list[str]:
    rows = [
        (
            f"`{root}`",
            *(_tests(found, root, step) for step in (APPLY, AGAIN, DESTROY)),
            _listed(f"`{scenario}`" for scenario in found.drills.get(root, ())),
        )
        for root in sorted(found.held)
    ]
    return _table(("root", "applied", "planned again, no change", "destroyed", "drilled"), rows)


def _tests(found: Exercised, root: str, step: str) -> str:
    tests = found.tests(root, step)
    return "<br>".join(
        f"[{each.test.partition('::')[2].removeprefix('test_').replace('_', ' ')}]"
        f"(../tests/{each.test.partition('::')[0]}){' (long)' if each.long else ''}"
        for each in tests
    )


def _module_rows(found: Exercised) -> list[str]:
    rows = []
    for module, planned in found.planned.items():
        kinds = [each for each in kept() if each.module == module]
        steps = [_listed(f"`{root}`" for root in _common(found, kinds, step)) for step in (APPLY, DESTROY)]
        drilled = [root for root in _common(found, kinds, APPLY) if root in found.drills]
        amount = f"{sum(planned.values())} of {len(planned)} types"
        drills = _listed(f"`{root}`" for root in drilled)
        rows.append((f"`{module}`", amount, str(found.refused[module]), *steps, drills))
    return _table(("module", "planned", "refused", "applied, planned again", "destroyed", "drilled"), rows)


def _common(found: Exercised, kinds: Sequence[Kept], step: str) -> list[str]:
    """The roots that hold anything of a module and go through a step."""
    return sorted({root for each in kinds for root in found.roots(each, step)})


def _type_rows(found: Exercised, every: Sequence[Kept], why: Mapping[str, Mapping[str, str]]) -> list[str]:
    rows = []
    for each in every:
        planned = found.planned[each.module].get(each.type, 0)
        steps = [_listed(f"`{root}`" for root in found.roots(each, step)) for step in (APPLY, DESTROY)]
        if not steps[0]:
            steps[0] = _reason(why[each.type])
        rows.append((f"`{each.module}`", f"`{each.type}`", str(planned), *steps))
    return _table(
        ("module", "resource type", "planned", "applied, or only planned because", "destroyed"), rows
    )


def _reason(why: Mapping[str, str]) -> str:
    return f"**only planned**: {why['why']} ({why['source']})"


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return [*lines, *("| " + " | ".join(cell or "–" for cell in row) + " |" for row in rows)]
