"""The failover controller as an operator uses it: commands by invoking its function, its log by its table."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.drill.exchange import Caller, Reply, Request
from harness.drill.ledger import Command, Event
from harness.drill.subject import Controller
from harness.drill.watchers import scope_headers
from harness.sandbox.clock import Clock

# Model seconds.
ANSWER_SECONDS = 60.0
HOME_LIMIT = 600.0
ASK_AGAIN = 5.0
_LOG_PREFIX = "log#"


@dataclass(frozen=True)
class Operator:
    """Somebody who tells the controller what to do, through the control address of the sandbox."""

    caller: Caller
    clock: Clock
    controller: Controller
    endpoint: tuple[str, int]
    account_id: str

    async def invoke(self, region: str, payload: Mapping[str, Any]) -> Mapping[str, Any]:
        """What the controller in that region answers; {"allowed": False, "reasons": [...]} when it does
        not."""
        function = f"{self.controller.function(region)}:{self.controller.alias}"
        path = f"/2015-03-31/functions/{function}/invocations"
        request = Request(
            "POST", self.endpoint, f"lambda.{region}.amazonaws.com", path,
            headers=scope_headers(self.account_id, region, "lambda"), body=payload,
        )  # fmt: skip
        return answer_of(await self.caller.send(request, ANSWER_SECONDS), region)

    async def command(self, name: str, to: str, *, force: bool, at: float, origin: float) -> Command:
        """Give the command in the region it is to lead to, and note what came of it."""
        payload = {"command": name, "to": to, "force": force, "by": "drill"}
        answer = await self.invoke(to, payload)
        return Command(
            at=at,
            name=name,
            to=to,
            allowed=bool(answer.get("allowed")),
            answered=self.clock.now() - origin,
            reasons=tuple(str(reason) for reason in answer.get("reasons", ())),
        )

    async def come_home(self) -> list[str]:
        """Bring the lease back to the home region, as after every drill that moved it; what is in the way
        when that cannot be done. The schedules must be running."""
        home, started, answer = self.controller.home, self.clock.now(), {}
        while self.clock.now() - started < HOME_LIMIT:
            answer = dict(await self.invoke(home, {"command": "status"}))
            if writer_of(answer) == home and is_admitted(answer):
                return []
            if writer_of(answer) not in (None, home):
                answer = dict(
                    await self.invoke(home, {"command": "failback", "to": home, "force": True, "by": "drill"})
                )
            await self.clock.sleep(ASK_AGAIN)
        why = (
            "; ".join(map(str, answer.get("reasons", ())))
            or f"the last answer was {json.dumps(answer)[:300]}"
        )
        return [f"the controller did not bring the lease back to {home} within {HOME_LIMIT:g} s: {why}"]

    async def log(self, regions: Iterable[str], *, epoch_of_origin: float) -> list[Event]:
        """The controller's log as the tables of those regions hold it, each line once, oldest first."""
        events: set[Event] = set()
        for region in regions:
            request = Request(
                "POST", self.endpoint, f"dynamodb.{region}.amazonaws.com", "/",
                headers={
                    **scope_headers(self.account_id, region, "dynamodb"),
                    "X-Amz-Target": "DynamoDB_20120810.Scan",
                    "Content-Type": "application/x-amz-json-1.0",
                },
                content=json.dumps({"TableName": self.controller.table}).encode(),
            )  # fmt: skip
            reply = await self.caller.send(request, ANSWER_SECONDS)
            if reply.status == 200:
                items = json.loads(reply.body).get("Items", [])
                events.update(events_of(items, epoch_of_origin=epoch_of_origin))
        return sorted(events, key=lambda event: (event.at, event.epoch, event.phase))


def answer_of(reply: Reply, region: str) -> Mapping[str, Any]:
    """The function's answer; a refusal with its reason when there is none that could be read."""
    if reply.status != 200:
        why = reply.detail or f"HTTP {reply.status}"
        return {"allowed": False, "reasons": [f"the controller in {region} does not answer: {why}"]}
    try:
        answer = json.loads(reply.body)
    except ValueError:
        answer = None
    if not isinstance(answer, dict) or "errorMessage" in answer:
        said = (
            answer.get("errorMessage")
            if isinstance(answer, dict)
            else reply.body[:120].decode("utf-8", "replace")
        )
        return {"allowed": False, "reasons": [f"the controller in {region} failed: {said}"]}
    return answer


def writer_of(answer: Mapping[str, Any]) -> str | None:
    """The region that holds the lease, by the answer to a status command."""
    lease = _lease(answer)
    return str(lease["writer"]) if lease.get("writer") else None


def is_admitted(answer: Mapping[str, Any]) -> bool:
    """Whether clients may write there."""
    return str(_lease(answer).get("phase", "")).lower() in ("admitted", "done", "3", "4")


def _lease(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    status = answer.get("status")
    found = status.get("lease", status) if isinstance(status, dict) else {}
    return found if isinstance(found, dict) else {}


def events_of(items: Iterable[Mapping[str, Any]], *, epoch_of_origin: float) -> list[Event]:
    """The log's lines among the items of a control table, in DynamoDB's own notation.

    Keys are log#<epoch>#<Unix time>; `epoch_of_origin` is the Unix time at which the load began.
    """
    found = []
    for item in items:
        key = _text(item.get("pk"))
        if key.startswith(_LOG_PREFIX):
            epoch, _, moment = key.removeprefix(_LOG_PREFIX).partition("#")
            found.append(
                Event(
                    at=round(float(moment.partition("#")[0]) - epoch_of_origin, 3),
                    region=_text(item.get("region")),
                    phase=_text(item.get("event")),
                    epoch=int(epoch),
                    detail=_text(item.get("details")),
                )
            )
    return found


def _text(value: Mapping[str, Any] | None) -> str:
    return str(next(iter(value.values()))) if value else ""
