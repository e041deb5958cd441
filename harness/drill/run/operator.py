"""The failover controller as an operator uses it: its function is invoked with a command."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.drill.judge.ledger import Command, Event
from harness.drill.load.exchange import Caller, Reply, Request
from harness.drill.load.watchers import scope_headers
from harness.drill.subject import Controller
from harness.sandbox.world.clock import Clock

# Model seconds.
ANSWER_SECONDS = 60.0
# A database's old primary is rebuilt within minutes of its region's return; only then can it be the home
# again.
HOME_LIMIT = 1800.0
# CloudWatch has a figure of a new copy's lag after a minute or two.
READY_LIMIT = 300.0
RECONCILE_LIMIT = 1200.0
ASK_AGAIN = 5.0


@dataclass(frozen=True)
class Operator:
    """Somebody who tells the controller what to do, through the control address of the sandbox.

    epoch: the Unix time of the model's present, which the function is told instead of the machine's.
    """

    caller: Caller
    clock: Clock
    controller: Controller
    endpoint: tuple[str, int]
    account_id: str
    epoch: Callable[[], float]

    async def invoke(self, region: str, payload: Mapping[str, Any]) -> Mapping[str, Any]:
        """What the controller in that region answers; {"allowed": False, "reasons": [...]} when it does
        not."""
        function = f"{self.controller.function(region)}:{self.controller.alias}"
        path = f"/2015-03-31/functions/{function}/invocations"
        request = Request(
            "POST", self.endpoint, f"lambda.{region}.amazonaws.com", path,
            headers=scope_headers(self.account_id, region, "lambda"),
            body={**payload, "now": self.epoch()},
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
        """Bring the lease back to the home region, and every region back into service, as after every drill
        that moved it; what is in the way when that cannot be done. The schedules must be running."""
        home, started = self.controller.home, self.clock.now()
        answer: Mapping[str, Any] = {}
        while self.clock.now() - started < HOME_LIMIT:
            answer = await self.invoke(home, {"command": "status"})
            steps = steps_home(answer, home)
            if steps == []:
                return []
            for step in steps or ():
                answer = await self.invoke(home, {**step, "force": True, "by": "drill"})
            await self.clock.sleep(ASK_AGAIN)
        said = f"the last answer was {json.dumps(answer)[:300]}"
        why = _reasons(answer) or said
        return [f"the controller did not bring the lease back to {home} within {HOME_LIMIT:g} s: {why}"]

    async def would_move(self, region: str) -> list[str]:
        """Wait until a switchover to the region would be allowed, as on a quiet day: how far its databases
        lag is known only a minute or two after they became copies. What forbids it, if that does not end."""
        started = self.clock.now()
        asked = {"command": "switchover", "to": region, "dry_run": True, "by": "drill"}
        while not (answer := await self.invoke(region, asked)).get("allowed"):
            if self.clock.now() - started >= READY_LIMIT:
                why = _reasons(answer) or "no reason given"
                return [f"the controller would not move the writer to {region}: {why}"]
            await self.clock.sleep(ASK_AGAIN)
        return []

    async def kept(self, database: str, *, lost: str, since: float) -> list[str]:
        """The ids of the rows, written after `since` (Unix time), that only what was kept of the lost
        region's database has, as `reconcile` reports them: restored there, compared with the writer, cleared
        away."""
        started, listed = self.clock.now(), None
        asked = {"command": "reconcile", "database": database}
        while listed is None and self.clock.now() - started < RECONCILE_LIMIT:
            report = _report(await self.invoke(lost, {**asked, "since": since}))
            if report.get("state") == "restoring":
                await self.clock.sleep(ASK_AGAIN)
            else:
                listed = report.get("rows", [])
        if not listed:
            return []
        status = (await self.invoke(lost, {"command": "status"})).get("status")
        writer = status.get("writer") if isinstance(status, dict) else None
        missing = _report(await self.invoke(str(writer), {**asked, "rows": listed})) if writer else {}
        await self.invoke(lost, {**asked, "done": True})
        return sorted(str(row["id"]) for row in missing.get("missing", ()))

    async def log(self, regions: Iterable[str], *, origin: float) -> list[Event]:
        """The controller's log, oldest first, as those of these regions tell it whose functions answer: one
        that is cut off from the others knows only a part. `origin` is the Unix time at which the load
        began."""
        entries: list[Mapping[str, Any]] = []
        for region in regions:
            status = (await self.invoke(region, {"command": "status"})).get("status")
            if isinstance(status, dict):
                entries += status.get("log", ())
        return events_of(entries, origin=origin)


def _reasons(answer: Mapping[str, Any]) -> str:
    """Why a command was refused, as one line; empty when the answer has no reason."""
    return "; ".join(map(str, answer.get("reasons", ())))


def _report(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    found = answer.get("report")
    return found if isinstance(found, dict) else {}


def steps_home(answer: Mapping[str, Any], home: str) -> list[dict[str, Any]] | None:
    """The commands that a status calls for until everything is as on a quiet day: none left when it is, None
    when there is nothing to do but wait."""
    status = answer.get("status")
    lease = status.get("lease") if isinstance(status, dict) else None
    if not isinstance(lease, dict) or lease.get("phase") not in ("admitted", "done"):
        return None
    if lease.get("writer") != home:
        return [{"command": "failback", "to": home}]
    return [{"command": "readmit", "to": region} for region in lease.get("retired", ())]


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


def events_of(entries: Iterable[Mapping[str, Any]], *, origin: float) -> list[Event]:
    """The log's entries as events of the drill: when a database begins to be promoted is one phase, whichever
    the database. `origin` is the Unix time at which the load began."""
    found = [
        Event(
            at=round(float(entry["at"]) - origin, 3),
            region=str(entry.get("region", "")),
            phase="promoting" if str(entry["event"]).startswith("promote ") else str(entry["event"]),
            epoch=int(entry.get("epoch", 0)),
            detail=str(entry.get("details", "")),
        )
        for entry in entries
    ]
    return sorted(set(found), key=lambda event: (event.at, event.epoch, event.phase))
