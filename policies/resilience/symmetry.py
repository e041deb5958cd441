"""RES002: both sides of a pair are the same but for names; each difference that is meant is written down."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

from policies.finding import Finding
from policies.resilience.estate import Estate
from policies.resilience.plan_json import Resource
from policies.resilience.sides import ABSENT, Side, differences

RULE: Final = "RES002"
SOURCE: Final = (
    "AWS Well-Architected Framework, REL13-BP04 Manage configuration drift at the DR site or Region"
)
FILE: Final = Path(__file__).with_name("intended_differences.yaml")
WHOLE: Final = "(whole resource)"


class Intended(NamedTuple):
    """One entry of intended_differences.yaml; patterns are those of fnmatch, regions placeholders."""

    address: str
    attribute: str
    reason: str
    when: str = ""
    once_applied: bool = False

    def covers(self, address: str, attribute: str) -> bool:
        return fnmatchcase(address, self.address) and fnmatchcase(attribute, self.attribute)


@cache
def intended() -> tuple[Intended, ...]:
    return tuple(Intended(**entry) for entry in yaml.safe_load(FILE.read_text()))


def check(estate: Estate) -> Iterator[Finding]:
    lead, *others = estate.regions
    used: set[Intended] = set()
    for other in others:
        for address, attribute, here, there in _differences(estate, lead, other):
            entry = next((each for each in intended() if each.covers(_plain(address), attribute)), None)
            if entry is None:
                yield _difference(address, attribute, (lead, here), (other, there))
            else:
                used.add(entry)
    yield from _unused(estate, used)


def _differences(estate: Estate, lead: str, other: str) -> Iterator[tuple[str, str, Any, Any]]:
    """(address in placeholders, attribute, value in the lead, value in the other) of all that differs."""
    sides = [Side.of(estate, lead), Side.of(estate, other)]
    here, there = ({side.plain(each.address): each for each in side.resources} for side in sides)
    for address in [*here, *(address for address in there if address not in here)]:
        if address not in here or address not in there:
            yield address, WHOLE, _there(address in here), _there(address in there)
            continue
        one, two = here[address], there[address]
        for attribute in _compared(one, two):
            values = one.values.get(attribute, ABSENT), two.values.get(attribute, ABSENT)
            for path, *pair in differences(attribute, values, (sides[0].plain, sides[1].plain)):
                yield address, path, pair[0], pair[1]


def _there(present: bool) -> str:
    return "there" if present else ABSENT


def _compared(one: Resource, two: Resource) -> list[str]:
    """Attributes that are configured, and blocks: what AWS picks by itself is no setting."""
    return [
        attribute
        for attribute in dict.fromkeys((*one.values, *two.values))
        if attribute in one.references or attribute in two.references or _is_block(one.values.get(attribute))
        or _is_block(two.values.get(attribute))
    ]  # fmt: skip


def _is_block(value: object) -> bool:
    return isinstance(value, list) and any(isinstance(each, Mapping) for each in value)


def _plain(address: str) -> str:
    """fnmatch takes brackets for a set of characters."""
    return address.replace("[", "(").replace("]", ")")


def _difference(address: str, attribute: str, lead: tuple[str, Any], other: tuple[str, Any]) -> Finding:
    return Finding(
        rule=RULE,
        severity="error",
        where=f"{other[0]}: {address}",
        message=f"{attribute}: {_shown(lead[1])} in {lead[0]}, {_shown(other[1])} in {other[0]}",
        fix="give both the same in the manifest and `make generate`; a difference that is meant has its "
        "entry, with "
        "the reason, in policies/resilience/intended_differences.yaml",
        source=SOURCE,
    )


def _shown(value: Any) -> str:
    text = value if value in (ABSENT, "there") else repr(value)
    return text if len(text) <= 200 else f"{text[:197]}..."


def _unused(estate: Estate, used: set[Intended]) -> Iterator[Finding]:
    for entry in intended():
        if entry not in used and not entry.once_applied and _applies(estate, entry):
            yield Finding(
                rule=RULE,
                severity="warning",
                where=f"policies/resilience/intended_differences.yaml: {entry.address}",
                message=f"{entry.attribute} differs nowhere: an exemption that nothing needs hides what "
                "comes next",
                fix="take the entry out, or say with `when` which manifests it is for",
                source=SOURCE,
            )


def _applies(estate: Estate, entry: Intended) -> bool:
    """Whether the manifest has what the entry is for: `when` is a key that has to be there and not empty."""
    found: Any = estate.manifest
    for name in entry.when.split(".") if entry.when else ():
        found = getattr(found, name)
    return bool(found)
