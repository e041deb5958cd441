"""checkov's JSON reports as plain records. What is not a report is an error, never an empty list."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

SOURCE, PLAN = "terraform", "terraform_plan"
_RESULTS = {"passed_checks": "passed", "failed_checks": "failed", "skipped_checks": "skipped"}


class Unreadable(Exception):
    """checkov's answer is not a report that can be judged."""


@dataclass(frozen=True)
class Record:
    """What one check said of one resource. `file` and `caller` (the root that calls the module) are below the
    folder that was scanned; `line` is where the resource begins; `address` is Terraform's own."""

    rule: str
    title: str
    result: str
    file: str
    line: int
    address: str
    caller: str
    guideline: str


@dataclass(frozen=True)
class Scan:
    """One framework's report. `resources`: how many checkov says that it saw, in all files together."""

    framework: str
    version: str
    resources: int
    parsing_errors: tuple[str, ...]
    records: tuple[Record, ...]


def read(text: str) -> Scan:
    """One framework's `-o json`. Raises Unreadable, also for the flat summary that checkov gives when it saw
    nothing at all."""
    try:
        report = json.loads(text)
    except json.JSONDecodeError as error:
        raise Unreadable(f"checkov's answer is not JSON ({error}): {text[:200]!r}") from None
    if not isinstance(report, dict) or "results" not in report:
        raise Unreadable(f"checkov saw nothing that it could judge: {text[:200]!r}")
    return _scan(report)


def _scan(report: Mapping[str, Any]) -> Scan:
    try:
        results, summary = report["results"], report["summary"]
        return Scan(
            framework=str(report["check_type"]),
            version=str(summary["checkov_version"]),
            resources=int(summary["resource_count"]),
            parsing_errors=tuple(
                sorted(map(str, results.get("parsing_errors") or ()))
                or ("?",) * int(summary["parsing_errors"])
            ),
            records=tuple(_records(results)),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Unreadable(f"checkov's report has not the shape of version 3: {error!r}") from None


def _records(results: Mapping[str, Any]) -> Iterator[Record]:
    for key, result in _RESULTS.items():
        for each in results.get(key) or ():
            yield Record(
                rule=str(each["check_id"]),
                title=str(each["check_name"]),
                result=result,
                file=str(each["file_path"]).lstrip("/"),
                line=int((each.get("file_line_range") or [0])[0] or 0),
                address=str(each.get("resource_address") or each["resource"]),
                caller=str(each.get("caller_file_path") or "").lstrip("/"),
                guideline=str(each.get("guideline") or ""),
            )
