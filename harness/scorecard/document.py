"""The scorecard as Markdown. Pure: cards in, text out, the same for the same cards."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from harness.scorecard.beside import Doing, Figure, beside, published, reached
from harness.scorecard.card import Card, FlowCard, Outage, environments_of, scenarios_of

MARKS = {
    "objectives-met": "✓", "objectives-missed": "✗", "precondition-failed": "✗", "inconclusive": "?",
}  # fmt: skip
WORDS = {
    "objectives-met": "met", "objectives-missed": "missed", "precondition-failed": "precondition failed",
    "inconclusive": "inconclusive",
}  # fmt: skip
PICTURE = "scorecard.svg"
HEAD = f"""<!-- Written by `make scorecard` from the reports of drills; edit nothing here. -->
# Scorecard

Every cell is a drill: real requests against the applied environment in the sandbox, a fault, and what clients
saw. RTO is the worst client that keeps to the TTL, over all seeds; RPO the age of the oldest acknowledged
write that was lost. Seconds are model seconds; those that AWS alone can tell are drawn from
`harness/sandbox/world/delays.yaml` and counted as *modelled*. ✓ objectives met, ✗ missed, ? inconclusive; "as
expected" where the drill is there to show a miss. How each is judged: `harness/drill/README.md`.

![Architecture by fault]({PICTURE})
"""


def document(cards: Sequence[Card]) -> str:
    """The whole page: the matrix, the numbers to reach, a table per environment, the published figures."""
    parts = [HEAD, *matrix(cards), *_goals(cards)]
    for environment in environments_of(cards):
        parts += section([card for card in cards if card.environment == environment])
    return "\n".join([*parts, *_published()]) + "\n"


def matrix(cards: Sequence[Card]) -> list[str]:
    """Faults down, environments across."""
    environments = environments_of(cards)
    found = {(card.scenario, card.environment): card for card in cards}
    rows = [
        [f"`{scenario}`", *(cell(found.get((scenario, name))) for name in environments)]
        for scenario in scenarios_of(cards)
    ]
    return ["## Architecture by fault", "", *table(["fault", *environments], rows), ""]


def cell(card: Card | None) -> str:
    """`✓ reads 0.0 s, writes 38.2 s, RPO 0.9 s`: the verdict, the longest outages, the oldest loss."""
    if card is None:
        return ""
    figures = figures_of(card)
    if not figures:
        return f"{MARKS[card.status]} {WORDS[card.status]}"
    text = f"{MARKS[card.status]} {', '.join(f'{name} {seconds(value)}' for name, value in figures.items())}"
    return f"{text} (as expected)" if card.as_expected and card.status != "objectives-met" else text


def figures_of(card: Card) -> dict[str, float]:
    """The worst of reads, writes and RPO over all flows, as far as the drill shows them."""
    found = {"reads": card.worst_read, "writes": card.worst_write, "RPO": card.oldest_loss}
    return {name: value for name, value in found.items() if value is not None and card.shows}


def section(cards: Sequence[Card]) -> list[str]:
    """One environment: a line per fault and flow, and what could not be shown."""
    first = cards[0]
    stores = ", ".join(f"{flow.name} ({flow.store})" for flow in first.flows)
    entry = {"dns": "DNS", "cdn": "a CDN"}.get(first.entry, first.entry)
    about = f"{first.regions} regions behind {entry}, {first.routing} routing; flows: {stores}."
    rows = []
    found = {card.scenario: card for card in cards}
    for scenario in scenarios_of(cards):
        card = found[scenario]
        for flow in card.flows:
            rows.append(_row(card, flow))
    head = (
        "fault,seeds,flow,verdict,RTO reads,slowest answer,RTO writes,of it modelled,published RTO,"
        "RPO,lost,published RPO"
    ).split(",")
    notes = [
        f"- `{card.scenario}` ({WORDS[card.status]}): {card.sentence}"
        for card in (found[name] for name in scenarios_of(cards))
        if card.status != "objectives-met"
    ]
    return [
        f"## {first.environment}",
        "",
        about,
        "",
        *table(head, rows),
        "",
        *notes,
        *([""] if notes else []),
    ]


def _row(card: Card, flow: FlowCard) -> list[str]:
    first = flow is card.flows[0]
    verdict = f"{MARKS[card.status]} {WORDS[card.status]}"
    if card.status != "objectives-met" and card.as_expected:
        verdict += ", as expected"
    head = [f"`{card.scenario}`", str(card.seeds), flow.name, verdict]
    head = head if first else ["", "", flow.name, ""]
    if not card.shows:
        return [*head, *([""] * 8)]
    modelled = flow.write.modelled if flow.write else 0.0
    return [
        *head,
        outage(flow.read),
        seconds(flow.read.slowest) if flow.read else "",
        outage(flow.write),
        seconds(modelled) if modelled else "",
        _beside(card, flow, "rto"),
        seconds(flow.loss.age) if flow.loss else "",
        f"{flow.loss.lost} of {flow.loss.asked}" if flow.loss else "",
        _beside(card, flow, "rpo"),
    ]


def outage(found: Outage | None) -> str:
    """`38.2 s of 50 s`, in bold when it is too long."""
    if found is None:
        return ""
    text = f"{seconds(found.worst)} of {found.allowed:g} s"
    return text if found.met else f"**{text}**"


def _beside(card: Card, flow: FlowCard, figure: Figure) -> str:
    """What is published for the flow's reads and writes, each figure once."""
    doing: tuple[Doing, ...] = ("read", "write") if flow.write else ("read",)
    if figure == "rpo":
        doing = doing[1:]
    found = (beside(card, flow, each, figure) for each in doing)
    return "; ".join(dict.fromkeys(f"{each.name}: {each.short}" for each in found if each is not None))


def _goals(cards: Sequence[Card]) -> list[str]:
    rows = [
        [
            each.goal.text,
            f"at most {each.goal.limit:g}" + ("" if each.goal.figure == "lost" else " s"),
            "no drill yet" if each.found is None else _found(each.found, lost=each.goal.figure == "lost"),
            {None: "", True: "✓", False: "✗"}[each.met],
            str(each.runs),
        ]
        for each in reached(cards)
    ]
    head = ["number to reach", "allowed", "worst found", "", "drills"]
    return ["## Numbers to reach", "", *table(head, rows), ""]


def _found(value: float, *, lost: bool) -> str:
    return f"{value:.0f}" if lost else seconds(value)


def _published() -> list[str]:
    kinds = {"measured": "somebody measured it", "design": "an estimate", "limit": "a documented bound"}
    rows = [[each.name, each.text, kinds[each.kind], each.source] for each in published()]
    return ["## Published figures", "", *table(["mechanism", "figure", "kind", "source"], rows)]


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """The lines of a Markdown table; a pipe in a cell stays a pipe."""
    lines = [head, ["---"] * len(head), *rows]
    return [
        "| " + " | ".join(text.replace("|", "\\|").replace("\n", " ") for text in line) + " |"
        for line in lines
    ]


def seconds(value: float) -> str:
    """`12.3 s`, or `never`."""
    return f"{value:.1f} s" if math.isfinite(value) else "never"
