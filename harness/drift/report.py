"""`make drift`: every stack planned, compared with the last look, and told to people and machines."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from generator import writer
from harness import terminal
from harness.delivery.kept_plans import Buckets
from harness.drift import findings as drifts
from harness.drift import kept as kept_drift
from harness.drift.findings import HISTORY, Finding, Report, StackDrift
from harness.environments import Environment
from harness.review import markdown as markdowns
from harness.review.markdown import Section, cell, code, line
from harness.targets.session import Run, stack_runs
from harness.terminal import FAILED, GOOD, INTERRUPTED
from harness.terraform import runner
from harness.terraform.errors import TerraformError
from harness.terraform.session import Session

_HEADINGS = {
    "outside": "Changed outside of Terraform",
    "code": "What the code would change now",
    "left": "Changed outside, and the code leaves it to others",
    "noticed": "Set by AWS or by another resource since the last apply",
}


def drift(
    run: Run,
    *,
    since: Path | None = None,
    report: Path | None = None,
    markdown: Path | None = None,
    kept: bool = False,
    say: Callable[[str], None],
) -> int:
    """0 in sync, 1 drift or a stack that could not be planned, 130 interrupted.

    kept: the earlier look is the last one in the state bucket, where this one is kept too (`kept_drift`).
    """
    earlier = drifts.read(since) if since else None
    environment, stacks = run.environment, run.stacks
    with run.open(documents=True) as opened:
        history = opened.directory("drift").path.parent / HISTORY
        buckets = Buckets(opened.target.variables) if kept else None
        if earlier is None and buckets:
            earlier = _last_kept(environment, buckets, say)
        if earlier is None and history.is_file():
            earlier = drifts.read(history)
        result = runner.plan(opened, stacks, known=stack_runs(environment))
        found = drifts.report_of(result, at=drifts.now(), previous=earlier)
        _remove_plans(opened, [each.name for each in stacks])
        if result.exit_code == INTERRUPTED:
            return INTERRUPTED
        known = drifts.with_others(found, earlier)
        if buckets:
            _keep(environment, buckets, known, say)
    writer.replace(history, (known.model_dump_json(indent=2) + "\n").encode())
    if report:
        writer.replace(report, (found.model_dump_json(indent=2) + "\n").encode())
    if markdown:
        writer.replace(markdown, as_markdown(found).encode())
    if run.as_json:
        print(json.dumps({"event": "Drift", **found.model_dump(mode="json")}))
    else:
        show(found, terminal.console())
    return GOOD if found.in_sync else FAILED


def _last_kept(environment: Environment, buckets: Buckets, say: Callable[[str], None]) -> Report | None:
    """A bucket in a region that is lost must not hide the drift of the others."""
    try:
        return kept_drift.last(environment, buckets)
    except TerraformError as error:
        say(f"since when is not known: {error}")
        return None


def _keep(environment: Environment, buckets: Buckets, report: Report, say: Callable[[str], None]) -> None:
    try:
        say(f"kept {kept_drift.keep(environment, buckets, report)}")
    except TerraformError as error:
        say(f"not kept for the next look: {error}")


def _remove_plans(session: Session, stacks: Sequence[str]) -> None:
    """Nobody applies them, and they hold secrets."""
    for stack in stacks:
        session.directory(stack).plan_file.unlink(missing_ok=True)


def since(finding: Finding) -> str:
    """`between A and B` where an earlier look did not find it, else the first look that did."""
    if finding.first_seen is None:
        return ""
    if finding.not_before is None:
        return f"before {_time(finding.first_seen)}"
    return f"between {_time(finding.not_before)} and {_time(finding.first_seen)}"


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def text_of(finding: Finding) -> str:
    """`table.read_capacity: 5 -> 7` without the stack, on one line."""
    place = f"{finding.address}.{finding.path}" if finding.path else finding.address
    if finding.kind == "code":
        detail = f": {finding.detail}" if finding.detail else ""
        return f"{place} would be {_PAST.get(finding.what, finding.what)}{detail}"
    if finding.what == "deleted":
        return f"{place} was deleted"
    kept = "" if finding.undone or finding.kind != "outside" else " (an apply would leave it)"
    return f"{place}: {finding.detail}{kept}"


_PAST = {"create": "created", "update": "updated", "replace": "replaced", "destroy": "destroyed"}


def show(report: Report, console: Console) -> None:
    for kind, heading in _HEADINGS.items():
        rows = list(_of_kind(report, kind))
        if not rows:
            continue
        found = Table("stack", "what", "since", box=None, pad_edge=False, title=heading, title_justify="left")
        colour = "red" if kind == "outside" else "yellow" if kind == "code" else "dim"
        for stack, finding in rows:
            found.add_row(escape(stack), f"[{colour}]{escape(text_of(finding))}[/{colour}]", since(finding))
        console.print(found)
    for each in report.stacks:
        if not each.checked:
            known = sum(found.counts for found in each.findings)
            console.print(
                f"{each.stack}: not checked ({each.status}); {known} findings of the last look stand",
                style="red",
                markup=False,
            )
        for message in each.messages:
            console.print(message, markup=False, highlight=False, soft_wrap=True)
    for lookup in sorted({found.lookup for _, found in _of_kind(report, "outside") if found.lookup}):
        console.print(f"who it was: {lookup}", markup=False, highlight=False, soft_wrap=True)
    console.print(verdict(report), markup=False, highlight=False)


def verdict(report: Report) -> str:
    unchecked = [each.stack for each in report.stacks if not each.checked]
    outside = sum(1 for _ in _of_kind(report, "outside"))
    ours = sum(1 for _ in _of_kind(report, "code"))
    text = f"{report.environment} on {report.target}: {len(report.stacks)} stacks, "
    if report.in_sync:
        return text + "in sync"
    said = [f"{outside} changed outside of Terraform"] if outside else []
    said += [f"{ours} changes of the code not applied"] if ours else []
    said += [f"not checked: {', '.join(unchecked)}"] if unchecked else []
    return text + ", ".join(said)


def _of_kind(report: Report, kind: str) -> Iterator[tuple[str, Finding]]:
    for each in report.stacks:
        if each.checked:
            yield from ((each.stack, found) for found in each.findings if found.kind == kind)


def as_markdown(report: Report) -> str:
    """For an issue, within GitHub's limit; what changed outside of Terraform is cut last."""
    head = [
        f"## Drift of {code(report.environment)} on {code(report.target)}",
        "",
        f"{cell(verdict(report))}, looked at {_time(report.at)}.",
        "",
    ]
    unchecked = [each for each in report.stacks if not each.checked]
    sections = [
        _section(report, "outside", "- "),
        Section(
            "### Could not be checked",
            tuple(line(f"- {text}") for each in unchecked for text in _unchecked(each)),
            _more("more lines"),
            "diff",
        ),
        _section(report, "code", "! "),
        Section("### Who it was", _lookups(report), _more("more"), "sh"),
        _section(report, "left", "# "),
        _section(report, "noticed", "# "),
    ]
    return markdowns.document(head, sections, whole="the JSON report")


def _section(report: Report, kind: str, mark: str) -> Section:
    lines = [
        line(f"{mark}{stack}: {text_of(finding)}   {since(finding)}")
        for stack, finding in _of_kind(report, kind)
    ]
    return Section(f"### {_HEADINGS[kind]}", tuple(lines), _more("more"), "diff")


def _unchecked(each: StackDrift) -> Iterator[str]:
    yield f"{each.stack}: {each.status}"
    yield from each.messages
    for found in each.findings:
        if found.counts:
            yield f"{each.stack}: of the last look: {text_of(found)}   {since(found)}"


def _lookups(report: Report) -> tuple[str, ...]:
    return tuple(sorted({found.lookup for _, found in _of_kind(report, "outside") if found.lookup}))


def _more(words: str) -> Callable[[int], str]:
    return lambda left: f"{left} {words}"
