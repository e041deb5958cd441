"""The gate's result for people (a table), and for machines: JSON, JUnit and SARIF."""

from __future__ import annotations

import hashlib
import json
import os
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from harness.policy.gate import ERROR, WARNING, GateResult, Judged

SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_STYLES = {ERROR: "red", WARNING: "yellow"}


def table(result: GateResult) -> Table:
    """Standing findings, grouped by rule: a line with its message and source, then one for each resource."""
    found = Table(box=None, pad_edge=False, show_header=False)
    found.add_column("where", overflow="fold", ratio=3)
    found.add_column("fix", overflow="fold", ratio=2)
    for rule, group in _by_rule(result.standing):
        first, message = group[0].finding, _common(group)
        heading = Text.assemble((rule, f"bold {_STYLES.get(first.severity, 'red')}"), f"  {message}")
        found.add_row(heading, Text(first.source, "dim"))
        for each in group:
            said = "" if message else f": {each.finding.message}"
            found.add_row(Text(f"  {each.finding.where}{said}"), Text(each.finding.fix, "dim"))
    return found


def summary(result: GateResult, *, seconds: float) -> str:
    """The last line: how much was looked at, and what came out of it."""
    errors = sum(each.finding.severity != WARNING for each in result.standing)
    warnings = len(result.standing) - errors
    return (
        f"policy of {result.environment}: {'good' if result.good else 'FAILED'}, {_many(errors, 'error')}, "
        f"{_many(warnings, 'warning')}, {len(result.skipped)} skipped with a reason; {result.checks} "
        f"checks on {_many(result.resources, 'resource')} in {seconds:.0f} s"
    )


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _common(group: list[Judged]) -> str:
    """The message of a rule when all its findings have the same one, else nothing."""
    messages = {each.finding.message for each in group}
    return messages.pop() if len(messages) == 1 else ""


def _by_rule(judged: Iterable[Judged]) -> list[tuple[str, list[Judged]]]:
    groups: dict[str, list[Judged]] = {}
    for each in judged:
        groups.setdefault(each.finding.rule, []).append(each)
    return list(groups.items())


def as_json(result: GateResult) -> dict[str, Any]:
    return {
        "environment": result.environment,
        "good": result.good,
        "resources": result.resources,
        "checks": result.checks,
        "findings": [_object(each) for each in result.standing],
        "skipped": [_object(each) for each in result.skipped],
    }


def _object(judged: Judged) -> dict[str, Any]:
    found: dict[str, Any] = {
        **vars(judged.finding),
        "file": judged.location.file,
        "line": judged.location.line,
        "scans": list(judged.scans),
    }
    if judged.skip is not None:
        until = judged.skip.until
        found["skip"] = {
            "reason": judged.skip.reason,
            "until": until.isoformat() if until else None,
            "place": judged.skip.place,
        }
    return found


def junit(result: GateResult) -> str:
    """One suite for each rule, one case for each resource; and one that counts what was looked at."""
    root = ElementTree.Element("testsuites", name=f"policy of {result.environment}")
    looked = ElementTree.SubElement(root, "testsuite", name="looked", tests="1", failures="0", skipped="0")
    text = f"{result.checks} checks on {result.resources} resources"
    ElementTree.SubElement(looked, "testcase", classname="policy", name=text)
    for rule, group in _by_rule(result.judged):
        failed = [each for each in group if each.skip is None and each.finding.severity != WARNING]
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            name=rule,
            tests=str(len(group)),
            failures=str(len(failed)),
            skipped=str(sum(each.skip is not None for each in group)),
        )
        for each in group:
            _case(suite, each)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + _xml_text(
        ElementTree.tostring(root, encoding="unicode")
    )


def _xml_text(text: str) -> str:
    """Without the characters that XML 1.0 has no way to write."""
    return "".join(each for each in text if each in "\t\n\r" or ord(each) >= 0x20) + "\n"


def _case(suite: ElementTree.Element, judged: Judged) -> None:
    finding = judged.finding
    case = ElementTree.SubElement(suite, "testcase", classname=finding.rule, name=finding.where)
    case.set("file", judged.location.file)
    case.set("line", str(judged.location.line))
    text = f"{finding.message}\nfix: {finding.fix}\nsource: {finding.source}"
    if judged.skip is not None:
        ElementTree.SubElement(case, "skipped", message=judged.skip.reason)
    elif finding.severity == WARNING:
        ElementTree.SubElement(case, "system-out").text = f"warning: {text}"
    else:
        ElementTree.SubElement(case, "failure", message=finding.message, type=finding.severity).text = text


def sarif(result: GateResult) -> dict[str, Any]:
    """SARIF 2.1.0 (OASIS); skips are suppressions with their reasons as justification."""
    rules = [rule for rule, _ in _by_rule(result.judged)]
    described = {each.finding.rule: each.finding for each in result.judged}
    return {
        "$schema": SARIF_SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "antipode-policy",
                        "rules": [
                            {
                                "id": rule,
                                "shortDescription": {"text": described[rule].message},
                                "help": {"text": f"{described[rule].fix}\n{described[rule].source}"},
                            }
                            for rule in rules
                        ],
                    }
                },
                "automationDetails": {"id": f"policy/{result.environment}"},
                "results": [_result(each, rules) for each in result.judged],
            }
        ],
    }


def _result(judged: Judged, rules: list[str]) -> dict[str, Any]:
    finding, location = judged.finding, judged.location
    fingerprint = hashlib.sha256(f"{finding.rule}\n{finding.where}\n{finding.message}".encode()).hexdigest()
    found: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": rules.index(finding.rule),
        "level": "warning" if finding.severity == WARNING else "error",
        "message": {"text": f"{finding.where}: {finding.message} Fix: {finding.fix}"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": location.file},
                    "region": {"startLine": max(1, location.line)},
                },
                "logicalLocations": [{"fullyQualifiedName": finding.where}],
            }
        ],
        "partialFingerprints": {"antipodePolicy/v1": fingerprint},
    }
    if judged.skip is not None:
        kind = "external" if ".yaml:" in judged.skip.place else "inSource"
        found["suppressions"] = [{"kind": kind, "justification": judged.skip.reason}]
    return found


def write(result: GateResult, folder: Path) -> tuple[Path, ...]:
    """policy.json, policy.junit.xml and policy.sarif in `folder`, each replaced whole."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {
        "policy.json": json.dumps(as_json(result), indent=2) + "\n",
        "policy.junit.xml": junit(result),
        "policy.sarif": json.dumps(sarif(result), indent=2) + "\n",
    }
    written = []
    for name, text in texts.items():
        fresh = folder / f".{name}.new"
        fresh.write_text(text, encoding="utf-8")
        os.replace(fresh, folder / name)
        written.append(folder / name)
    return tuple(written)
