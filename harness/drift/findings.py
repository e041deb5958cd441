"""Drift: what changed outside of Terraform, what the code would change now, and since when.

One ordinary plan tells both. Its `resource_drift` is what refreshing found (the same list that a plan with
`-refresh-only` gives), its `resource_changes` what an apply would do (developer.hashicorp.com, JSON Output
Format, Plan Representation). Not everything in `resource_drift` is drift: a bucket's `versioning` changes
when our own `aws_s3_bucket_versioning` is made after it. So a changed attribute is

- `outside`, when an apply would undo it, or when the resource is gone;
- `left`, when the code sets it and an apply would leave it (`ignore_changes`: a release moves an alias);
- `noticed`, when only AWS sets it: the first look takes it as it is, a later change of it, with the state
  untouched in between, is `outside` too (a rule added by hand to a security group whose rules stand apart).
"""

from __future__ import annotations

import hashlib
import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from generator.manifest.problems import InputRefused
from harness.review import reviewed
from harness.review.reviewed import ReviewedState
from harness.terraform import losses, plans, secrecy
from harness.terraform.session import RunResult, StackResult

HISTORY = "drift.json"
_PATHS = 20
"""Differing places of one attribute that are told apart; more are told as the attribute."""


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Finding(_Record):
    """`path` is empty for a whole resource. `what`: changed, deleted; of kind `code` what an apply would do.
    `undone`: an apply puts it back. `digest` is of the present value, empty where it is a secret.
    `not_before`: time of the last check that did not show it, None if there was none."""

    address: str
    kind: Literal["outside", "code", "left", "noticed"]
    path: str = ""
    what: str
    detail: str = ""
    undone: bool = False
    digest: str = ""
    lookup: str = ""
    first_seen: datetime | None = None
    not_before: datetime | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        return (self.address, self.path, "code" if self.kind == "code" else "outside")

    @property
    def counts(self) -> bool:
        return self.kind in ("outside", "code")


class StackDrift(_Record):
    """`checked`: it was planned with all that it needs; if not, `findings` are those of the last look."""

    stack: str
    checked: bool
    status: str
    at: datetime
    against: ReviewedState | None = None
    findings: tuple[Finding, ...] = ()
    messages: tuple[str, ...] = ()


class Report(_Record):
    version: Literal[1] = 1
    environment: str
    target: str
    at: datetime
    stacks: tuple[StackDrift, ...]

    @property
    def in_sync(self) -> bool:
        return all(each.checked and not any(found.counts for found in each.findings) for each in self.stacks)


def report_of(result: RunResult, *, at: datetime, previous: Report | None) -> Report:
    """From a run of `plan` with documents. Raises InputRefused when `previous` is of something else."""
    if previous and (previous.environment, previous.target) != (result.environment, result.target):
        raise InputRefused(
            [
                f"the earlier report is of {previous.environment} on {previous.target}, "
                f"this is {result.environment} on {result.target}"
            ]
        )
    before = {each.stack: each for each in previous.stacks} if previous else {}
    return Report(
        environment=result.environment,
        target=result.target,
        at=at,
        stacks=tuple(_stack(each, at, before.get(each.stack)) for each in result.results),
    )


def with_others(report: Report, previous: Report | None) -> Report:
    """The report, and of stacks that it is not about what was known before: the history that is kept."""
    mine = {each.stack for each in report.stacks}
    others = [each for each in previous.stacks if each.stack not in mine] if previous else []
    return report.model_copy(update={"stacks": (*report.stacks, *others)})


def _stack(result: StackResult, at: datetime, before: StackDrift | None) -> StackDrift:
    if not result.status.good or result.unknown or result.document is None:
        return StackDrift(
            stack=result.stack,
            checked=False,
            status=result.status.value,
            at=at,
            findings=before.findings if before else (),
            messages=result.messages,
        )
    against = reviewed.planned_against(result.plan_file) if result.plan_file else None
    unmoved = before is not None and against is not None and before.against == against
    found = (judged(each, before, unmoved=unmoved) for each in findings(result.document))
    return StackDrift(
        stack=result.stack,
        checked=True,
        status=result.status.value,
        at=at,
        against=against,
        findings=tuple(dated(each, at, before) for each in found),
        messages=result.messages,
    )


def judged(finding: Finding, before: StackDrift | None, *, unmoved: bool) -> Finding:
    """A `noticed` change that the last report did not have is drift, if the state is still the same."""
    if finding.kind != "noticed" or before is None or not before.checked or not unmoved:
        return finding
    earlier = next((each for each in before.findings if each.key == finding.key), None)
    if earlier and earlier.kind == "noticed" and earlier.digest == finding.digest:
        return finding
    return finding.model_copy(update={"kind": "outside"})


def dated(finding: Finding, at: datetime, before: StackDrift | None) -> Finding:
    """With when it was first seen; an earlier report carries that on."""
    earlier = next((each for each in before.findings if each.key == finding.key), None) if before else None
    if earlier and earlier.kind == finding.kind:
        dates = {"first_seen": earlier.first_seen, "not_before": earlier.not_before}
    else:
        dates = {"first_seen": at, "not_before": before.at if before and before.checked else None}
    return finding.model_copy(update=dates)


def findings(document: Mapping[str, Any]) -> tuple[Finding, ...]:
    """From `terraform show -json <plan>`; no value in them is a secret. Sorted by address and path."""
    planned = {
        str(each["address"]): each
        for each in document.get("resource_changes") or ()
        if each.get("mode") != "data"
    }
    outside: list[Finding] = []
    for each in document.get("resource_drift") or ():
        if each.get("mode") != "data":
            own = (planned.get(str(each["address"])) or {}).get("change") or {}
            outside += _outside(each, own, set_by_code(document, str(each["address"])))
    found = [*outside, *_code(document, outside)]
    return tuple(sorted(found, key=lambda each: (each.address, each.path, each.kind)))


def _outside(
    drift: Mapping[str, Any], planned: Mapping[str, Any], coded: frozenset[str]
) -> Iterator[Finding]:
    address, change = str(drift["address"]), drift.get("change") or {}
    lookup = cloudtrail(address, change)
    if plans.kind_of(change.get("actions") or ()) == "destroy":
        undone = bool(plans.kind_of(planned.get("actions") or ()))
        yield Finding(address=address, kind="outside", what="deleted", undone=undone, lookup=lookup)
        return
    put_back = (
        set(plans.changed_attributes(planned)) if plans.kind_of(planned.get("actions") or ()) else set()
    )
    for name in plans.changed_attributes(change):
        was, now = (change.get("before") or {}).get(name), (change.get("after") or {}).get(name)
        paths = tuple(differing(was, now, (name,)))
        if not paths:
            continue
        kind: Literal["outside", "left", "noticed"] = (
            "outside" if name in put_back else "left" if name in coded else "noticed"
        )
        places = paths if kind == "outside" and len(paths) <= _PATHS else ((name,),)
        for each in secrecy.value_changes(change, places, losses.type_of(address)):
            yield Finding(
                address=address,
                kind=kind,
                path=each.path,
                what="changed",
                detail=f"{each.before or 'none'} -> {each.after or 'none'}",
                undone=kind == "outside",
                digest="" if each.after == secrecy.SENSITIVE else _digest(now),
                lookup=lookup,
            )


def _code(document: Mapping[str, Any], outside: Sequence[Finding]) -> Iterator[Finding]:
    """The changes of an apply, without those that only undo a change made outside."""
    gone = {each.address for each in outside if each.what == "deleted"}
    undone = {(each.address, re.split(r"[.\[]", each.path)[0]) for each in outside if each.undone}
    summary = plans.summary(document)
    for change in summary.changes:
        if change.kind == "create" and change.address in gone:
            continue
        own = [name for name in change.attributes if (change.address, name) not in undone]
        if change.kind == "update" and not own:
            continue
        detail = ", ".join(own) if change.kind == "update" else plans.because(change)
        yield Finding(address=change.address, kind="code", what=change.kind, detail=detail)
    for name in summary.outputs:
        yield Finding(address=f"output.{name}", kind="code", what="update")


def differing(was: object, now: object, path: tuple[object, ...]) -> Iterator[tuple[object, ...]]:
    """The places at which two values differ; nothing and an empty value are the same."""
    if was == now or (_empty(was) and _empty(now)):
        return
    if isinstance(was, Mapping) and isinstance(now, Mapping):
        for key in sorted(was.keys() | now.keys(), key=str):
            yield from differing(was.get(key), now.get(key), (*path, key))
    elif isinstance(was, list) and isinstance(now, list) and len(was) == len(now):
        for number, (one, other) in enumerate(zip(was, now, strict=True)):
            yield from differing(one, other, (*path, number))
    else:
        yield path


def _empty(value: object) -> bool:
    return value is None or value in ("", [], {})


def set_by_code(document: Mapping[str, Any], address: str) -> frozenset[str]:
    """Names of the attributes and blocks that the configuration gives the resource."""
    parts = losses.without_indexes(address).split(".")
    module = (document.get("configuration") or {}).get("root_module") or {}
    while parts[:1] == ["module"] and len(parts) > 2:
        module = ((module.get("module_calls") or {}).get(parts[1]) or {}).get("module") or {}
        parts = parts[2:]
    own = ".".join(parts)
    found = [each for each in module.get("resources") or () if each.get("address") == own]
    return frozenset(name for each in found for name in each.get("expressions") or {})


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]


def cloudtrail(address: str, change: Mapping[str, Any]) -> str:
    """The command that asks CloudTrail who it was, empty where the resource's name is not known.

    Its event history has the management events of 90 days, those of global services in us-east-1 (AWS
    CloudTrail User Guide, Working with CloudTrail event history).
    """
    before = change.get("before") or {}
    marks = change.get("before_sensitive")
    if not isinstance(before, Mapping) or marks is True:
        return ""
    hidden = marks if isinstance(marks, Mapping) else {}
    names = (before.get(each) for each in ("name", "bucket", "function_name", "id") if not hidden.get(each))
    name = next((each for each in names if isinstance(each, str) and each), "")
    if not name or len(name) > 200 or not name.isprintable():
        return ""
    arn = str(before.get("arn") or "").split(":")
    region = arn[3] if len(arn) > 3 and arn[3] else "us-east-1"
    return (
        f"aws cloudtrail lookup-events --region {shlex.quote(region)} --lookup-attributes "
        f"{shlex.quote(f'AttributeKey=ResourceName,AttributeValue={name}')}"
    )


def read(file: Path) -> Report:
    """Raises InputRefused: not there, or not a report."""
    try:
        return parse(file.read_bytes(), f"SINCE={file}")
    except OSError as error:
        raise InputRefused([f"SINCE={file}: {error.strerror}; name the JSON of an earlier report"]) from error


def parse(content: bytes, where: str) -> Report:
    """A report's JSON, which lies at `where`. Raises InputRefused: not a report."""
    try:
        return Report.model_validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"])) or "(whole file)"
        raise InputRefused([f"{where}: {key}: {first['msg']}; name an earlier report"]) from error


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
