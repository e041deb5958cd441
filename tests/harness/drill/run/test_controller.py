"""What the drill makes of a failover controller's answers, and in which order it asks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

from harness.drill.judge.ledger import Command, Event
from harness.drill.load.exchange import Caller, Reply, Request
from harness.drill.run.operator import Operator, answer_of, events_of, steps_home
from harness.drill.subject import Controller
from harness.sandbox.world.clock import Clock
from tests.harness.drill.drill_ledgers import EAST, WEST

CONTROLLER = Controller(((EAST, "shop-failover-use1"), (WEST, "shop-failover-usw2")), "shop-control", EAST)


class Function(Caller):
    """Answers invocations one after the other, and keeps what it was told where."""

    def __init__(self, *answers: dict[str, Any]) -> None:
        self._answers: Iterator[dict[str, Any]] = iter(answers)
        self.told: list[tuple[str, dict[str, Any]]] = []

    async def send(self, request: Request, seconds: float) -> Reply:
        assert request.body is not None
        self.told.append((request.path.split("/")[3].split(":")[0], dict(request.body)))
        return Reply(1, 200, json.dumps(next(self._answers)).encode())


def told(function: Function) -> list[tuple[str, str, str | None]]:
    return [(name, body["command"], body.get("to")) for name, body in function.told]


def run(function: Function, what: str, *arguments: Any, **settings: Any) -> Any:
    async def main() -> Any:
        clock = Clock()
        operator = Operator(function, clock, CONTROLLER, ("127.0.0.1", 1), "123456789012", lambda: 1000.0)
        with clock.jumping():
            return await clock.spawn(getattr(operator, what)(*arguments, **settings))

    return asyncio.run(main())


def status(writer: str, phase: str = "done", *retired: str) -> dict[str, Any]:
    lease = {"writer": writer, "phase": phase, "retired": list(retired)}
    return {"allowed": True, "status": {"writer": writer, "lease": lease}}


def test_a_lease_that_is_at_home_needs_nothing() -> None:
    assert steps_home(status(EAST), EAST) == []


def test_a_lease_elsewhere_is_brought_home_and_retired_regions_are_let_back() -> None:
    assert steps_home(status(WEST), EAST) == [{"command": "failback", "to": EAST}]
    assert steps_home(status(EAST, "admitted", WEST), EAST) == [{"command": "readmit", "to": WEST}]


def test_while_a_lease_changes_hands_or_nobody_holds_one_there_is_only_waiting() -> None:
    assert steps_home(status(WEST, "acquired"), EAST) is None
    assert steps_home({"status": {"lease": None}}, EAST) is None
    assert steps_home({"allowed": False, "reasons": ["no answer"]}, EAST) is None


def test_coming_home_asks_until_the_lease_is_there() -> None:
    function = Function(status(WEST), {"allowed": True}, status(EAST, "acquired"), status(EAST))
    assert run(function, "come_home") == []
    assert told(function) == [
        ("shop-failover-use1", "status", None), ("shop-failover-use1", "failback", EAST),
        ("shop-failover-use1", "status", None), ("shop-failover-use1", "status", None),
    ]  # fmt: skip
    assert function.told[1][1] == {
        "command": "failback", "to": EAST, "force": True, "by": "drill", "now": 1000.0,
    }  # fmt: skip


def test_a_lease_that_does_not_come_home_is_told_with_the_reason() -> None:
    refused = {"allowed": False, "reasons": ["us-east-1 is not well: run status to see why"]}
    function = Function(*[each for _ in range(1000) for each in (status(WEST), refused)])
    assert run(function, "come_home") == [
        "the controller did not bring the lease back to us-east-1 within 1800 s: "
        "us-east-1 is not well: run status to see why"
    ]


def test_a_drill_begins_when_the_writer_could_be_moved() -> None:
    unknown = {
        "allowed": False,
        "reasons": ["the replication lag of orders is unknown: CloudWatch has no recent data point"],
    }
    function = Function(unknown, unknown, {"allowed": True, "reasons": []})
    assert run(function, "would_move", WEST) == []
    assert [body["dry_run"] for _, body in function.told] == [True, True, True]
    assert told(function) == [("shop-failover-usw2", "switchover", WEST)] * 3
    assert run(Function(*[unknown] * 1000), "would_move", WEST) == [
        "the controller would not move the writer to us-west-2: "
        "the replication lag of orders is unknown: CloudWatch has no recent data point"
    ]


def test_a_command_is_given_where_it_leads_to_and_its_refusal_kept() -> None:
    function = Function({"allowed": False, "reasons": ["it lags"], "steps": []})
    found = run(function, "command", "switchover", WEST, force=False, at=30.0, origin=0.0)
    assert found == Command(30.0, "switchover", WEST, False, found.answered, ("it lags",))
    assert told(function) == [("shop-failover-usw2", "switchover", WEST)]


def test_a_function_that_fails_refuses_with_what_it_said() -> None:
    broken = answer_of(Reply(1, 200, b'{"errorMessage": "boom"}'), EAST)
    assert (broken["allowed"], broken["reasons"]) == (
        False, ["the controller in us-east-1 failed: boom"],
    )  # fmt: skip
    silent = answer_of(Reply(1, None, b"", "timeout", "no answer within 60 s"), EAST)
    assert silent["reasons"] == ["the controller in us-east-1 does not answer: no answer within 60 s"]


def test_the_controllers_log_becomes_events_since_the_load_began() -> None:
    entries = [
        {"at": 1050.5, "region": WEST, "event": "admitted", "epoch": 2, "details": "failover, by controller"},
        {"at": 1020.0, "region": WEST, "event": "promote orders", "epoch": 2, "details": "failover"},
        {"at": 1020.0, "region": WEST, "event": "promote orders", "epoch": 2, "details": "failover"},
    ]
    assert events_of(entries, origin=1000.0) == [
        Event(20.0, WEST, "promoting", 2, "failover"),
        Event(50.5, WEST, "admitted", 2, "failover, by controller"),
    ]


def test_the_log_is_what_all_regions_know_of_it_together() -> None:
    begun = {"at": 1020.0, "region": WEST, "event": "promote orders", "epoch": 2, "details": "failover"}
    ended = {"at": 1050.5, "region": WEST, "event": "admitted", "epoch": 2, "details": "failover"}
    cut_off, whole = {"status": {"log": []}}, {"status": {"log": [begun, ended]}}
    for told_first, told_then in (
        (cut_off, whole),
        (whole, cut_off),
        (whole, {"allowed": False}),
        (whole, whole),
    ):
        found = run(Function(told_first, told_then), "log", (EAST, WEST), origin=1000.0)
        assert [event.phase for event in found] == ["promoting", "admitted"]


def test_what_was_kept_is_listed_in_the_lost_region_and_compared_in_the_writers() -> None:
    rows = [{"key": "k1", "id": "a"}, {"key": "k2", "id": "b"}]
    function = Function(
        {"report": {"state": "restoring"}},
        {"report": {"state": "listed", "rows": rows, "more": False}},
        status(WEST),
        {"report": {"state": "compared", "missing": rows[:1]}},
        {"report": {"state": "removed"}},
    )
    assert run(function, "kept", "orders", lost=EAST, since=900.0) == ["a"]
    asked = [
        (name[-4:], body["command"], sorted(set(body) - {"command", "now"})) for name, body in function.told
    ]
    assert asked == [
        ("use1", "reconcile", ["database", "since"]),
        ("use1", "reconcile", ["database", "since"]),
        ("use1", "status", []),
        ("usw2", "reconcile", ["database", "rows"]),
        ("use1", "reconcile", ["database", "done"]),
    ]


def test_where_nothing_was_kept_nothing_is_compared() -> None:
    function = Function({"report": {"state": "nothing was kept", "rows": []}})
    assert run(function, "kept", "orders", lost=EAST, since=900.0) == []
