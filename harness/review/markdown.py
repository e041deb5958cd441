"""Summaries of plans as Markdown for a pull request, never longer than a comment on GitHub may be.

A comment has at most 65,536 characters; GitHub answers a longer one with "body is too long (maximum is 65536
characters)". Lengths here are bytes of UTF-8, which are never fewer.

What comes from a plan stands in fenced blocks, with a fence longer than any run of backticks in it, so that
neither a pipe, nor a backtick, nor HTML, nor an @name in it means anything. GitHub colours a line of a `diff`
block by its first character: red for `-`, green for `+`, orange for `!`.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from harness.review.summary import EnvironmentSummary
from harness.terraform import plans
from harness.terraform.plans import ResourceChange
from harness.terraform.secrecy import cut, printable

LIMIT = 65_536
LONGEST_LINE = 600
_MARKS = {"destroy": "-  ", "replace": "-/+", "update": "!  ", "create": "+  "}
_DONE = {"destroy": "destroyed", "replace": "replaced", "update": "updated", "create": "created"}
_RESERVE = 300
"""Bytes that a section's heading, its fences and the note of what is left out take, besides `whole`."""


@dataclass(frozen=True)
class Section:
    """Lines for one fenced block, most important first. `rest` tells in words what lines left out held."""

    heading: str
    lines: tuple[str, ...]
    rest: Callable[[int], str]
    language: str = ""


def markdown(summaries: Sequence[EnvironmentSummary], *, whole: str, limit: int = LIMIT) -> str:
    """At most `limit` bytes. `whole` names where the whole listing is, for example `artifact plans`.

    Cut in this order: what is created first, then messages, outputs, updates; what is destroyed or replaced
    last, and never without saying how many more there are.
    """
    return document(list(_head(summaries)), list(_sections(summaries)), whole=whole, limit=limit)


def document(head: Sequence[str], sections: Sequence[Section], *, whole: str, limit: int = LIMIT) -> str:
    """Head and sections, each of which may take what those before it have left; empty ones are left out."""
    where = cell(cut(whole, 100))
    text = _fitting(head, limit // 2, where)
    filled = [section for section in sections if section.lines]
    for number, section in enumerate(filled):
        reserved = (_RESERVE + _size(where)) * (len(filled) - number)
        text += _rendered(section, limit - _size(text) - reserved, where)
    return text


def _fitting(lines: Sequence[str], room: int, where: str) -> str:
    text = ""
    for number, line in enumerate(lines):
        if _size(text) + _size(line) + 1 > room:
            return text + f"\n**… and {len(lines) - number} more lines: see {where}.**\n\n"
        text += line + "\n"
    return text


def _head(summaries: Sequence[EnvironmentSummary]) -> Iterator[str]:
    for each in summaries:
        yield f"## Plan of {code(each.environment)} on {code(each.target)}"
        yield ""
        yield _counts(each) + (f" Commit {code(each.commit[:12])}." if each.commit else "")
        yield ""
        yield "| Stack | Destroy | Replace | Update | Create | Status |"
        yield "|---|--:|--:|--:|--:|---|"
        for stack in each.stacks:
            kinds = [sum(change.kind == kind for change in stack.changes) for kind in plans.SEVERITY]
            cells = [f"**{n}**" if n and kind < 2 else str(n) for kind, n in enumerate(kinds)]
            status = cell("no changes" if stack.plan and stack.plan.is_empty else stack.status)
            mark = "" if stack.good else "❌ "
            yield f"| {code(stack.stack)} | {' | '.join(cells)} | {mark}{status} |"
        yield ""


def _counts(summary: EnvironmentSummary) -> str:
    counts = {kind: summary.count(kind) for kind in plans.SEVERITY}
    said = [f"{number} {_DONE[kind]}" for kind, number in counts.items() if number]
    failed = sum(not each.good for each in summary.stacks)
    text = f"**{', '.join(said) or 'No resource changes'}** in {len(summary.stacks)} stacks."
    return f"{text} **{failed} could not be planned.**" if failed else text


def _sections(summaries: Sequence[EnvironmentSummary]) -> Iterator[Section]:
    several = len(summaries) > 1
    lost = [
        (f"- {_where(each, stack, several)}{_line_address(change)}", what)
        for each in summaries
        for stack, change, what in each.lost
    ]
    yield Section(
        "### 🛑 Data would be lost: apply needs each of these in CONFIRM",
        tuple(line(f"{address}   {what}") for address, what in lost),
        lambda left: f"{left} more lose data",
        "diff",
    )
    yield _changes(summaries, "### Destroyed and replaced", ("destroy", "replace"), several)
    yield _changes(summaries, "### Updated", ("update",), several)
    outputs = [
        line(f"! {_where(each, stack.stack, several)}output {name}")
        for each in summaries
        for stack in each.stacks
        for name in (stack.plan.outputs if stack.plan else ())
    ]
    yield Section("### Outputs", tuple(outputs), lambda left: f"{left} more outputs change", "diff")
    messages = [line(text) for each in summaries for stack in each.stacks for text in stack.messages]
    yield Section("### Messages", tuple(messages), lambda left: f"{left} more messages")
    yield _changes(summaries, "### Created", ("create",), several)


def _changes(
    summaries: Sequence[EnvironmentSummary], heading: str, kinds: Sequence[str], several: bool
) -> Section:
    found = [
        (kind, _change(_where(each, stack.stack, several), change))
        for kind in kinds
        for each in summaries
        for stack in each.stacks
        for change in stack.changes
        if change.kind == kind
    ]

    def rest(left: int) -> str:
        hidden = [kind for kind, _ in found[len(found) - left :]]
        return ", ".join(f"{hidden.count(kind)} more {_DONE[kind]}" for kind in kinds if kind in hidden)

    return Section(heading, tuple(line for _, line in found), rest, "diff")


def _change(where: str, change: ResourceChange) -> str:
    why = plans.because(change)
    return line(f"{_MARKS[change.kind]} {where}{_line_address(change)}" + (f"   {why}" if why else ""))


def _where(summary: EnvironmentSummary, stack: str, several: bool) -> str:
    return f"{summary.environment}/{stack}:" if several else f"{stack}:"


def _line_address(change: ResourceChange) -> str:
    return printable(change.address)


def _rendered(section: Section, room: int, where: str) -> str:
    """The section within `room` bytes, or what it says when not even one line fits."""
    fence = "`" * max(3, 1 + max(_longest_run(line) for line in section.lines))
    room -= _size(section.heading) + 2 * len(fence)
    shown: list[str] = []
    for line in section.lines:
        room -= _size(line) + 1
        if room < 0:
            break
        shown.append(line)
    left = len(section.lines) - len(shown)
    text = f"{section.heading}\n\n"
    if shown:
        text += "\n".join([fence + section.language, *shown, fence]) + "\n\n"
    if left:
        text += f"**… and {section.rest(left)}: not shown here, see {where}.**\n\n"
    return text


def line(text: str) -> str:
    """One line, cut where it would be longer than a reader follows."""
    return cut(printable(text), LONGEST_LINE)


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)


def cell(text: str) -> str:
    """Text in running Markdown or in a table: nothing in it has a meaning, and it stays on its line."""
    escaped = html.escape(printable(text), quote=False)
    return re.sub(r"([\\`*_{}\[\]()#+!|~@])", lambda found: f"&#{ord(found[1])};", escaped)


def code(text: str) -> str:
    return f"<code>{cell(text)}</code>"


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))
