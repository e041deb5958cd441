"""The table check of /health against a model of one DynamoDB item, in each order of concurrent probes.

A probe's run depends only on its clock and on the answers to its calls. So a probe is advanced by one call
by running it again from the start with the answers so far: no threads, no time, and each order can be tried.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from tests.lambda_src.calling_functions import load

# The record's number in the order of its writes; None before the first write.
History = tuple[int | None, ...]
# What a call was answered: "accepted", ("refused", number) or ("read", number).
Answer = tuple[str, int | None]


class Suspended(BaseException):
    """A probe has used up its answers: the call that it makes next."""

    def __init__(self, put: int | None) -> None:
        self.put = put


class Probe(NamedTuple):
    """`seen`: how many states the item had had when the probe's last PutItem was answered."""

    clock: int
    answers: tuple[Answer, ...] = ()
    seen: int = 0


class Client:
    """DynamoDB's client that answers from a list."""

    def __init__(self, answers: tuple[Answer, ...]) -> None:
        self._answers = iter(answers)

    def put_item(self, **request: Any) -> dict[str, Any]:
        assert request["ConditionExpression"] == "attribute_not_exists(checked_at) OR checked_at < :number"
        assert request["ExpressionAttributeValues"][":number"] == request["Item"]["checked_at"]
        kind, number = self._next(int(request["Item"]["checked_at"]["N"]))
        if kind == "refused":
            error: Any = {"Error": {"Code": "ConditionalCheckFailedException"}, **_item(number)}
            raise ClientError(error, "PutItem")
        return {}

    def get_item(self, **request: Any) -> dict[str, Any]:
        assert request["ConsistentRead"] is True
        return _item(self._next(None)[1])

    def _next(self, put: int | None) -> Answer:
        answer = next(self._answers, None)
        if answer is None:
            raise Suspended(put)
        return answer


def _item(number: int | None) -> dict[str, Any]:
    return {} if number is None else {"Item": {"pk": {"S": "health#x"}, "checked_at": {"N": str(number)}}}


@pytest.fixture(scope="module")
def advance() -> Iterator[Callable[[Probe], Suspended | str | None]]:
    """A probe's next call, or its cause (None when it is healthy) once it has ended."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_REGION", "us-west-2")
        module = load("health")

        def run(probe: Probe) -> Suspended | str | None:
            client = Client(probe.answers)
            patch.setattr(module, "_database", lambda: client)
            patch.setattr(module.time, "time_ns", lambda: probe.clock)
            try:
                cause: str | None = module._check_table("items", "pk")
            except Suspended as call:
                return call
            return cause

        yield run


# A table: the history and a probe with its next call -> each possible history and probe after that call.
Table = Callable[[History, Probe, Suspended], list[tuple[History, Probe]]]


def _answered(history: History, probe: Probe, answer: Answer) -> tuple[History, Probe]:
    seen = probe.seen if answer[0] == "read" else len(history)
    return history, probe._replace(answers=(*probe.answers, answer), seen=seen)


def honest(history: History, probe: Probe, call: Suspended) -> list[tuple[History, Probe]]:
    current = history[-1]
    if call.put is None:
        return [_answered(history, probe, ("read", current))]
    if current is not None and current >= call.put:
        return [_answered(history, probe, ("refused", current))]
    return [_answered((*history, call.put), probe, ("accepted", None))]


def drops_writes(history: History, probe: Probe, call: Suspended) -> list[tuple[History, Probe]]:
    """Checks the condition, acknowledges, and stores nothing."""
    return [(history, after) for _, after in honest(history, probe, call)]


def drops_writes_unseen(history: History, probe: Probe, call: Suspended) -> list[tuple[History, Probe]]:
    """Acknowledges each write without looking at the condition, and stores nothing."""
    if call.put is None:
        return honest(history, probe, call)
    return [_answered(history, probe, ("accepted", None))]


def reads_stale(history: History, probe: Probe, call: Suspended) -> list[tuple[History, Probe]]:
    """Reads return any state that is older than the one that the probe's last write made or met."""
    if call.put is not None:
        return honest(history, probe, call)
    older = history[: probe.seen - 1] or (None,)
    return [
        _answered(history, probe, ("read", number)) for number in sorted(set(older), key=lambda n: n or 0)
    ]


def outcomes(
    advance: Callable[[Probe], Suspended | str | None],
    table: Table,
    before: History,
    clocks: tuple[int, ...],
) -> set[str | None]:
    """The causes that any probe ends with, over all orders of the probes' calls."""
    causes: set[str | None] = set()
    start = (before, tuple(Probe(clock) for clock in clocks))
    pending, known = [start], {start}
    while pending:
        history, probes = pending.pop()
        for index, probe in enumerate(probes):
            step = advance(probe)
            if not isinstance(step, Suspended):
                causes.add(step)
                continue
            for changed, after in table(history, probe, step):
                state = (changed, (*probes[:index], after, *probes[index + 1 :]))
                if state not in known:
                    known.add(state)
                    pending.append(state)
    return causes


# no record yet, one of the past, several up to the present, one that a clock far ahead has left
BEFORE: tuple[History, ...] = ((None,), (None, 2), (None, 2, 4, 6, 9), (None, 1000))
# equal clocks, and clocks that are behind and ahead of each other and of the record
PAIRS = list(itertools.product((3, 7, 8), repeat=2))
STALE = "the record read back is older than the one written"


@pytest.mark.parametrize("before", BEFORE)
def test_two_probes_are_healthy_in_each_order_of_their_calls(advance: Any, before: History) -> None:
    assert {clocks: outcomes(advance, honest, before, clocks) for clocks in PAIRS} == {
        clocks: {None} for clocks in PAIRS
    }


@pytest.mark.parametrize("clocks", [(7, 7, 7), (7, 8, 9), (9, 3, 8)])
def test_three_probes_are_healthy_in_each_order_of_their_calls(advance: Any, clocks: tuple[int, ...]) -> None:
    assert outcomes(advance, honest, (None, 5), clocks) == {None}


@pytest.mark.parametrize("table", [drops_writes, drops_writes_unseen, reads_stale])
@pytest.mark.parametrize("before", BEFORE)
def test_no_probe_is_healthy_when_writes_are_lost_or_reads_are_stale(
    advance: Any, table: Table, before: History
) -> None:
    assert {clocks: outcomes(advance, table, before, clocks) for clocks in PAIRS} == {
        clocks: {STALE} for clocks in PAIRS
    }


@given(
    clocks=st.lists(st.integers(0, 20), min_size=15, max_size=15),
    order=st.lists(st.integers(0, 14), max_size=60),
    first=st.none() | st.integers(0, 20),
)
def test_fifteen_probes_are_healthy_in_any_order_and_by_any_clocks(
    advance: Any, clocks: list[int], order: list[int], first: int | None
) -> None:
    history: History = (first,)
    probes = [Probe(clock) for clock in clocks]
    # after the drawn order each probe runs to its end, four calls at most
    for index in (*order, *(index for index in range(15) for _ in range(4))):
        step = advance(probes[index])
        if isinstance(step, Suspended):
            ((history, probes[index]),) = honest(history, probes[index], step)
    assert [advance(probe) for probe in probes] == [None] * 15
