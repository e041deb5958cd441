"""Skips: findings that somebody decided to live with, each with a reason, and where it is a debt, an end.

A skip stands beside its resource in a module (`# checkov:skip=CKV_AWS_115:why`), or in policies/skips.yaml
when it is about many resources or about some environments. Both become the same `Skip` and are applied to
every scan alike by the gate, never by checkov (docs/adr/0011).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from generator.manifest import yaml_source
from generator.manifest.problems import InputRefused, Problem, dotted

SHORTEST_REASON = 20
ANY = "*"

_COMMENT = re.compile(r"^\s*(?:#|//)\s*checkov:skip=(?P<rule>[A-Z][A-Z0-9_]*)(?::(?P<reason>.*))?$")
_MENTION = re.compile(r"checkov:skip")
_BLOCK = re.compile(r"^(?:resource|data) \"(?P<type>\w+)\" \"(?P<name>\w+)\" \{")
_UNTIL = re.compile(r"\buntil (\d{4}-\d{2}-\d{2})\b")
_ISSUE = re.compile(r"(?:^|\s|\()#\d+\b|https://\S+/issues/\d+")
_DEBT = re.compile(r"\b(todo|fixme|debt|for now|not yet|temporar\w+|later|until|some day)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Skip:
    """`resource` is a glob over addresses with and without their modules; `module` a folder below modules/,
    or `*`; `environment` a glob over names of environments; `place` the file and line it is written in."""

    rule: str
    resource: str
    module: str
    environment: str
    reason: str
    until: date | None
    place: str

    def covers(self, rule: str, *, addresses: Iterable[str], module: str, environment: str) -> bool:
        return (
            rule == self.rule
            and self.module in (ANY, module)
            and self.is_for(environment)
            and any(fnmatchcase(address, self.resource) for address in addresses)
        )

    def is_for(self, environment: str) -> bool:
        return fnmatchcase(environment, self.environment)


def inline(file: Path, text: str, *, module: str) -> tuple[list[Skip], list[str]]:
    """The skips in a module's file, and what is wrong with them. `module`: compute/function.

    Blocks begin and end in the first column, as `terraform fmt` leaves them.
    """
    found: list[Skip] = []
    wrong: list[str] = []
    block = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if opening := _BLOCK.match(line):
            block = f"{opening['type']}.{opening['name']}"
        elif line.startswith("}"):
            block = ""
        if not _MENTION.search(line):
            continue
        comment, place = _COMMENT.match(line), f"{file}:{number}"
        if comment is None:
            wrong.append(
                f"{place}: a skip is written `# checkov:skip=ID:reason` on a line of its own "
                f"(found {line.strip()!r})"
            )
        elif not block:
            wrong.append(
                f"{place}: {comment['rule']} is skipped outside of any resource; move it into the block"
            )
        else:
            skip, problems = _from_comment(comment["rule"], comment["reason"] or "", block, module, place)
            found.append(skip)
            wrong += problems
    return found, wrong


def _from_comment(rule: str, text: str, block: str, module: str, place: str) -> tuple[Skip, list[str]]:
    reason = text.strip()
    ends = _UNTIL.search(reason)
    problems = list(_faults_of(rule, reason, place, dated=bool(ends)))
    until = None
    if ends:
        try:
            until = date.fromisoformat(ends[1])
        except ValueError:
            problems.append(f"{place}: {rule}: `until {ends[1]}` is not a day; write it as until 2027-06-30")
    return Skip(rule, block, module, ANY, reason, until, place), problems


def _faults_of(rule: str, reason: str, place: str, *, dated: bool) -> Iterator[str]:
    if len(reason) < SHORTEST_REASON:
        yield (
            f"{place}: {rule}: the reason must have at least {SHORTEST_REASON} characters and say why this "
            f"resource is right as it is (found {reason!r})"
        )
    debt = _DEBT.search(reason)
    if debt and not dated and not _ISSUE.search(reason):
        yield (
            f"{place}: {rule}: {debt[0]!r} makes it a debt; name the issue (#12) or the day it ends "
            "(until 2027-06-30)"
        )


class _Entry(BaseModel):
    """One entry of policies/skips.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rule: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9_.-]*$")
    resource: str = Field(min_length=1)
    module: str = ANY
    environment: str = ANY
    reason: str
    until: date | None = None


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    skips: tuple[_Entry, ...]


def central(file: Path) -> tuple[list[Skip], list[str]]:
    """The skips of policies/skips.yaml, and what is wrong with their reasons. Raises InputRefused for a file
    that is not of this shape, because nothing may be judged by half of it."""
    source = yaml_source.read(file)
    try:
        entries = _File.model_validate(source.data).skips
    except ValidationError as error:
        raise InputRefused([_problem(source, detail) for detail in error.errors()]) from None
    found: list[Skip] = []
    wrong: list[str] = []
    for index, entry in enumerate(entries):
        place = f"{file}:{source.line(('skips', index))}"
        reason = " ".join(entry.reason.split())
        found.append(
            Skip(entry.rule, entry.resource, entry.module, entry.environment, reason, entry.until, place)
        )
        wrong += _faults_of(entry.rule, reason, place, dated=entry.until is not None)
    return found, wrong


def _problem(source: yaml_source.Source, detail: object) -> Problem:
    assert isinstance(detail, dict)
    key = tuple(detail["loc"])
    return Problem(source.file, source.line(key), dotted(key), str(detail["msg"]).lower())


def expired(skips: Iterable[Skip], *, today: date) -> list[str]:
    """A message for each skip whose last day is over."""
    return [
        f"{skip.place}: {skip.rule} on {skip.resource} ended on {skip.until}; fix it, or decide anew"
        for skip in skips
        if skip.until is not None and skip.until < today
    ]


def unknown(skips: Iterable[Skip], *, known: frozenset[str]) -> list[str]:
    """A message for each skip of a check that checkov does not have; rules that are not checkov's have no
    CKV."""
    return [
        f"{skip.place}: {skip.rule} is not a check that checkov knows; correct the id or take the skip out"
        for skip in skips
        if skip.rule.startswith("CKV") and skip.rule not in known
    ]
