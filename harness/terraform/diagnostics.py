"""Terraform's errors as messages for an operator: what, where, value, fix; and who holds a state lock."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

LOCK_SUMMARY = "Error acquiring the state lock"

_FIELD = re.compile(r"^\s*(ID|Path|Operation|Who|Version|Created|Info):[ \t]*(.*?)\s*$", re.MULTILINE)
_OPERATIONS = {
    "OperationTypePlan": "plan",
    "OperationTypeApply": "apply",
    "OperationTypeRefresh": "refresh",
}
_FIXES = (
    (
        r"S3 bucket \"[^\"]+\" does not exist|NoSuchBucket",
        "Apply the state stack first: it makes the bucket (`make apply` does it in the right order).",
    ),
    (
        r"doesn't match any of the checksums previously recorded",
        "The provider is not the one in the committed lock file: use a mirror of the released one.",
    ),
    (
        r"Saved plan is stale",
        "The state changed after the plan was made: plan again.",
    ),
    (
        r"Provider configuration not present",
        "Name the region that was taken out in `removed:` of the manifest, and generate, until an apply has "
        "destroyed what it still has there.",
    ),
)


class Cause(NamedTuple):
    """A fault of the machine or of its surroundings, which stops each stack alike."""

    summary: str
    fix: str

    @property
    def text(self) -> str:
        return f"{self.summary}\n  Fix: {self.fix}"


DISK_FULL = Cause(
    "The disk is full.",
    "Free some space where the checkout and the temporary directory lie, then run the same again.",
)
_CAUSES = (
    (
        r"No valid credential sources found|failed to refresh cached credentials|no EC2 IMDS role found",
        Cause(
            "No AWS credentials are found.",
            "Give credentials, for example AWS_PROFILE=<profile>, or run against the sandbox with SANDBOX=1.",
        ),
    ),
    (
        r"ExpiredToken|token included in the request is expired",
        Cause("The AWS session has expired.", "Log in again."),
    ),
    (
        r"Failed to query available provider packages|Could not retrieve the list of available versions",
        Cause(
            "Terraform cannot get the AWS provider.",
            "Give access to the provider registry, or name a mirror of the provider in TF_PROVIDER_MIRROR.",
        ),
    ),
    (
        r"no such host|server misbehaving|[Nn]ame resolution|network is unreachable",
        Cause("The network cannot be reached.", "Check the network, the DNS server and HTTPS_PROXY."),
    ),
    (r"no space left on device|[Dd]isk quota exceeded", DISK_FULL),
)


@dataclass(frozen=True, kw_only=True)
class Diagnostic:
    """One error or warning. `file` is relative to the stack's root as Terraform gives it."""

    severity: str
    summary: str
    detail: str = ""
    address: str = ""
    file: str = ""
    line: int = 0

    @property
    def is_error(self) -> bool:
        return self.severity == "error"

    @property
    def text(self) -> str:
        return f"{self.summary}\n{self.detail}"


@dataclass(frozen=True, kw_only=True)
class LockInfo:
    """Who holds a state lock. `created` is None when Terraform could not say."""

    id: str
    path: str
    operation: str
    who: str
    created: datetime | None
    version: str = ""

    @property
    def host(self) -> str:
        return self.who.rpartition("@")[2]


def diagnostic_from(found: Mapping[str, Any]) -> Diagnostic:
    """From the `diagnostic` object of Terraform's -json output (also `validate -json`)."""
    place = found.get("range") or {}
    # The S3 backend puts a page into the summary: its first line is one.
    summary, _, more = str(found.get("summary", "")).strip().partition("\n")
    detail = f"{more.strip()}\n{found.get('detail') or ''}".strip()
    return Diagnostic(
        severity=str(found.get("severity", "error")),
        summary=summary,
        detail=detail,
        address=str(found.get("address") or ""),
        file=str(place.get("filename") or ""),
        line=int((place.get("start") or {}).get("line") or 0),
    )


def diagnostics_from_text(text: str) -> tuple[Diagnostic, ...]:
    """From the plain text of commands that know no -json; the frame that Terraform draws is taken off."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", text)
    lines = [re.sub(r"^[╷│╵]\s?", "", line) for line in plain.splitlines()]
    marked = "\n".join(lines)
    parts = re.split(r"^(Error|Warning): ", marked, flags=re.MULTILINE)
    if len(parts) == 1:
        summary, _, detail = marked.strip().partition("\n")
        return (Diagnostic(severity="error", summary=summary, detail=detail.strip()),) if summary else ()
    return tuple(_diagnostic_of_part(kind, part) for kind, part in zip(parts[1::2], parts[2::2], strict=True))


def _diagnostic_of_part(kind: str, part: str) -> Diagnostic:
    summary, _, detail = part.partition("\n")
    place = re.search(r"^\s*on (\S+) line (\d+)", detail, flags=re.MULTILINE)
    return Diagnostic(
        severity=kind.lower(),
        summary=summary.strip(),
        detail=detail.strip(),
        file=place[1] if place else "",
        line=int(place[2]) if place else 0,
    )


def lock_holder(diagnostics: Sequence[Diagnostic]) -> LockInfo | None:
    """The lock that stood in the way, if that is what a command failed of."""
    for diagnostic in diagnostics:
        if diagnostic.is_error and LOCK_SUMMARY in diagnostic.summary:
            fields = dict(reversed(_FIELD.findall(diagnostic.detail)))
            operation = str(fields.get("Operation", ""))
            return LockInfo(
                id=fields.get("ID", ""),
                path=fields.get("Path", ""),
                operation=_OPERATIONS.get(operation, operation),
                who=fields.get("Who", ""),
                created=_lock_time(fields.get("Created", "")),
                version=fields.get("Version", ""),
            )
    return None


def _lock_time(text: str) -> datetime | None:
    """`2026-11-20 13:27:41.497577596 +0000 UTC`, Go's way; nanoseconds are more than Python reads."""
    found = re.match(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)", text)
    return datetime.fromisoformat(f"{found[1]}T{found[2]}").replace(tzinfo=UTC) if found else None


def lock_message(stack: str, lock: LockInfo, *, release: str, now: datetime) -> str:
    """Who, since when, doing what, which lock, and the command that releases it."""
    if not lock.id:
        return f"{stack}: the state is locked, by whom Terraform could not read. Try again in a minute."
    age = f", for {duration((now - lock.created).total_seconds())}" if lock.created else ""
    since = f" since {lock.created:%Y-%m-%d %H:%M:%S} UTC{age}" if lock.created else ""
    return (
        f"{stack}: the state is locked by {lock.who or 'somebody unknown'}{since} "
        f"(operation {lock.operation or 'unknown'}, lock {lock.id}, state {lock.path}). "
        f"Wait until it is done; if its owner is gone, release it: {release}"
    )


def message(stack: str, diagnostic: Diagnostic, *, root: Path | None = None) -> str:
    """One diagnostic as text: `stack: summary`, then where, then the detail, then the fix if one is known.

    Of a cause that lies outside of the stack only the cause and its fix: the log has the detail.
    """
    if cause := cause_of(diagnostic):
        return f"{stack}: {cause.text}"
    where = place_of(diagnostic, root)
    lines = [f"{stack}: {diagnostic.summary}" + (f" ({diagnostic.address})" if diagnostic.address else "")]
    lines += [f"  at {where}"] if where else []
    lines += [f"  {line}" for line in diagnostic.detail.splitlines() if line.strip()]
    fix = fix_for(diagnostic)
    return "\n".join([*lines, *([f"  Fix: {fix}"] if fix else [])])


def place_of(diagnostic: Diagnostic, root: Path | None) -> str:
    """`file:line`, relative to the working directory, so that a terminal can open it."""
    if not diagnostic.file:
        return ""
    file = os.path.relpath(os.path.normpath(root / diagnostic.file)) if root else diagnostic.file
    return f"{file}:{diagnostic.line}" if diagnostic.line else file


def cause_of(diagnostic: Diagnostic) -> Cause | None:
    """The fault of the machine behind an error, if it is one of those."""
    text = diagnostic.text
    return next((cause for pattern, cause in _CAUSES if re.search(pattern, text)), None)


def fix_for(diagnostic: Diagnostic) -> str:
    text = diagnostic.text
    return next((fix for pattern, fix in _FIXES if re.search(pattern, text)), "")


def duration(seconds: float) -> str:
    """`45 s`, `3 min 5 s`, `2 h 10 min`, `3 d 4 h`."""
    whole = max(0, round(seconds))
    units = ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s"))
    for size, name, smaller, rest in units:
        if whole >= size:
            left = whole % size // smaller
            return f"{whole // size} {name}" + (f" {left} {rest}" if left else "")
    return f"{whole} s"
