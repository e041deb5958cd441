"""Losing data takes its name: given in CONFIRM beforehand, or typed at a terminal; YES=1 is no answer.

`CONFIRM="data:module.table_items.aws_dynamodb_table.this"` names a resource of one stack; without the stack
it names that address in every stack. Addresses are separated by commas or blanks outside of brackets.
"""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from generator.manifest.problems import InputRefused
from harness.review.summary import lost_by
from harness.terraform import losses
from harness.terraform.errors import NotConfirmed
from harness.terraform.plans import PlanSummary
from harness.terraform.progress_events import Asking, Observer
from harness.terraform.session import Review
from harness.terraform.stack import StackRun

Typed = Callable[[str], str]
"""Puts a question and returns what was typed."""


@dataclass(frozen=True, kw_only=True)
class Consent:
    """The answers of the person who changes something: given beforehand, or at a terminal.

    `yes` is YES=1, `confirmed` the names in CONFIRM. `ask` puts a question of yes or no. `typed` asks for a
    name; it is None where nobody can be asked.
    """

    yes: bool = False
    confirmed: frozenset[str] = frozenset()
    ask: Callable[[str], bool] = lambda question: False
    typed: Typed | None = None

    def require(self, question: str) -> None:
        """Raises InputRefused unless the answer is yes."""
        if not (self.yes or self.ask(question)):
            raise InputRefused(["nothing was done; answer yes at a terminal, or run again with YES=1"])


_WORDS = re.compile(r'(?:[^\s,\[]|\[(?:"(?:\\.|[^"\\])*"|[^\]"]*)\])+')
Lost = Mapping[str, str]
"""What is lost by the address it is lost with."""


def addresses(given: Iterable[str]) -> frozenset[str]:
    """The addresses in the values of `--confirm`. Raises InputRefused for brackets that do not end."""
    texts = tuple(given)
    found = [word for text in texts for word in _WORDS.findall(text)]
    left = [text for text in texts if re.sub(r"[\s,]", "", _WORDS.sub("", text))]
    if left:
        raise InputRefused(
            [
                f"CONFIRM={text}: has a bracket that does not end; give addresses as the plan shows them"
                for text in left
            ]
        )
    return frozenset(found)


def unconfirmed(stack: str, lost: Lost, confirmed: Iterable[str]) -> dict[str, str]:
    """The losses that nobody has named."""
    names = set(confirmed)
    return {
        address: what
        for address, what in lost.items()
        if address not in names and f"{stack}:{address}" not in names
    }


def lost_in(plan: PlanSummary) -> dict[str, str]:
    return {each.address: what for each in plan.changes if (what := lost_by(each))}


def refusal(stack: str, missing: Lost) -> str:
    """The message when names are missing: each address, its loss, and the CONFIRM to type."""
    lines = [f"  {address}: {what}" for address, what in sorted(missing.items())]
    words = " ".join(f"{stack}:{address}" for address in sorted(missing))
    return "\n".join(
        [
            f"{stack}: the plan destroys data that nobody has named, nothing of it was applied:",
            *lines,
            f"  If that is what you want: CONFIRM={shell_quoted(words)}",
        ]
    )


def shell_quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def data_review(consent: Consent, *, observe: Observer = lambda event: None) -> Review:
    """A review that lets pass what loses nothing, or what has been named; at a terminal it asks for names.

    Stacks are reviewed side by side, questions put one by one.
    """
    turn = threading.Lock()

    def review(stack: StackRun, plan: PlanSummary) -> bool:
        missing = unconfirmed(stack.name, lost_in(plan), consent.confirmed)
        if missing and consent.typed is not None:
            with turn:
                observe(Asking(stack=stack.name, over=False))
                missing = ask_each(stack.name, missing, consent.typed)
                observe(Asking(stack=stack.name, over=True))
        if missing:
            raise NotConfirmed(refusal(stack.name, missing))
        return True

    return review


def ask_each(stack: str, missing: Lost, typed: Typed) -> dict[str, str]:
    """The losses that are still not named after asking for each. The first wrong answer ends it."""
    left = dict(missing)
    for address, what in sorted(missing.items()):
        answer = typed(f"{stack}: this loses {what}. Type its address to go on\n  {address}\n> ")
        if answer.strip() not in (address, f"{stack}:{address}"):
            break
        del left[address]
    return left


def confirm_destruction(
    environment: str,
    held: Mapping[str, Sequence[str]],
    *,
    account: str,
    consent: Consent,
    say: Callable[[str], None],
) -> None:
    """Everything that goes is listed, data by name; then the environment's name is the answer.

    `held`: addresses in each stack's state. Typed at a terminal, or YES=1 together with CONFIRM=<env>: one
    alone may be a habit or a leftover. Raises InputRefused.
    """
    say(f"DESTROY of {environment} in AWS account {account}:")
    for stack, found in held.items():
        say(f"  {stack}: {len(found)} resources")
        for address in found:
            if what := losses.lost(address, "destroy"):
                say(f"    {address}: {what}")
    if consent.yes and environment in consent.confirmed:
        return
    question = f"Type the environment's name to destroy it ({environment})\n> "
    if consent.typed and consent.typed(question).strip() == environment:
        return
    raise InputRefused(
        [
            f"nothing was destroyed; type {environment} at a terminal, or run again with "
            f"YES=1 CONFIRM={environment}"
        ]
    )


def at_a_terminal() -> Typed | None:
    """Asks on stderr, reads from stdin; None when no person sits there."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return None

    def typed(question: str) -> str:
        print(question, end="", file=sys.stderr, flush=True)
        return sys.stdin.readline()

    return typed
