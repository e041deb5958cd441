"""The Lambda function of the failover controller: ticks by the clock and commands by people. See README.md.

Events:
- {"ticks": n, "tick_seconds": s}: n ticks in real time.
- {"ticks": 1, "now": t}: one tick at the Unix time t, by the sandbox's clock.
- {"command": "status" | "failover" | "switchover" | "failback" | "readmit" | "reconcile", "to": region,
  "dry_run": bool, "force": bool, "by": who}: returns {"allowed", "reasons", "steps", "status"}.
"""

from __future__ import annotations

import functools
import json
import os
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from controller import commands, kept_rows
from controller.control_tables import ControlTables
from controller.global_databases import GlobalDatabase, GlobalDatabases
from controller.lease import Lease, Settings, established
from controller.loop import Memory, World, tick
from controller.ports import Failed
from controller.probes import RegionalProbes
from controller.view import Intent, View
from shared import environment, logs
from shared.environment import Misconfigured

# EventBridge calls the function about once a minute, not exactly. Two more ticks leave no gap, and two
# workers at once are as safe as one.
MORE_TICKS = 2
LOGGED_EPOCHS = 5

_MEMORY = Memory()


def handler(event: object, context: object) -> dict[str, Any]:
    """One invocation. Failures that a lost region can cause are logged; Misconfigured is raised."""
    fields: Mapping[str, Any] = event if isinstance(event, Mapping) else {}
    world = _world(_clock(fields), float(fields.get("tick_seconds", 5)), context)
    if "command" in fields:
        return _run_command(world, fields)
    if "now" in fields:
        tick(world, _MEMORY)
        return {"ticks": 1}
    return {"ticks": _ticks(world, fields, context)}


def _ticks(world: World, event: Mapping[str, Any], context: object) -> int:
    """Tick every `tick_seconds`, with MORE_TICKS beyond those of the event, and end before the timeout.

    Returns the number of ticks.
    """
    seconds, requested = float(event.get("tick_seconds", 5)), int(event.get("ticks", 1))
    started, done = time.monotonic(), 0
    total = requested + MORE_TICKS if requested > 1 else requested
    while done < total and _remaining(context) > seconds + 5:
        tick(world, _MEMORY)
        done += 1
        if done < total:
            time.sleep(max(0.0, started + done * seconds - time.monotonic()))
    return done


def _remaining(context: object) -> float:
    """Seconds until the function's timeout."""
    remaining: Callable[[], int] | None = getattr(context, "get_remaining_time_in_millis", None)
    return remaining() / 1000 if remaining else float("inf")


def _clock(event: Mapping[str, Any]) -> Callable[[], float]:
    """A clock of Unix seconds. If the event has `now`, it starts there and runs in real time."""
    if "now" not in event:
        return time.time
    began, now = time.monotonic(), float(event["now"])
    return lambda: now + time.monotonic() - began


# ---------------------------------------------------------------- commands


def _run_command(world: World, event: Mapping[str, Any]) -> dict[str, Any]:
    """Plan a command, and store its intent if it is allowed and not a dry run. Returns the response."""
    command = event["command"]
    if command not in commands.COMMANDS:
        return {
            "allowed": False,
            "reasons": [f"command must be one of {', '.join(commands.COMMANDS)}"],
            "steps": [],
        }
    view, now = _current_view(world), world.clock()
    report = commands.status(now, world.me, world.settings, view)
    if command == commands.STATUS:
        return {"allowed": True, "reasons": [], "steps": [], "status": {**report, "log": _log(world, view)}}
    if command == commands.RECONCILE:
        return {**kept_rows.reconcile(_ports(world.me)[1], event), "status": report}
    plan = commands.plan_command(
        now, world.me, world.settings, view, command, event.get("to"), force=event.get("force") is True
    )
    response = {
        "allowed": plan.allowed,
        "reasons": list(plan.reasons),
        "steps": list(plan.steps),
        "status": report,
    }
    lease = established(view.votes, world.settings.quorum)
    if not plan.allowed or lease is None or event.get("dry_run") is True:
        return {**response, "dry_run": event.get("dry_run") is True}
    return {**response, **_record_intent(world, plan, lease, event, now)}


def _record_intent(
    world: World, plan: commands.Plan, lease: Lease, event: Mapping[str, Any], now: float
) -> dict[str, Any]:
    """Store the intent at the voters and log it. Returns the fields that this adds to the response."""
    intent = Intent(
        id=uuid.uuid4().hex,
        kind=plan.kind,
        to=plan.to,
        epoch=lease.epoch,
        at=now,
        by=str(event.get("by", "somebody")),
        force=event.get("force") is True,
    )
    entry = {"at": now, "region": world.me, "event": f"asked for {event['command']}", "epoch": lease.epoch}
    details = f"to {intent.to} by {intent.by}" + (", forced" if intent.force else "")
    world.tables.log({**entry, "details": details})
    if world.tables.write_intent(intent) < world.settings.quorum:
        return {"allowed": False, "reasons": ["no majority of the voters stored the command: run it again"]}
    # take the first steps now, without waiting for the next tick
    tick(world, _MEMORY)
    return {"intent": intent.id}


def _current_view(world: World) -> View:
    """The view for a person: the ballots, and the databases and their lags as far as they can be read."""
    view = View(ballots=world.tables.ballots())
    if not world.settings.databases or world.me not in world.settings.regions:
        return view
    try:
        view = view._replace(databases=world.databases.states())
    except Failed as failure:
        world.write_line({"event": "cannot look at the databases", "cause": str(failure)})
    return view._replace(lags=world.databases.lags(world.clock()))


def _log(world: World, view: View) -> list[dict[str, Any]]:
    """The log entries of the last LOGGED_EPOCHS epochs."""
    lease = established(view.votes, world.settings.quorum)
    last = lease.epoch if lease else 0
    epochs = range(max(1, last - LOGGED_EPOCHS + 1), last + 1)
    return [entry for epoch in epochs for entry in world.tables.read_log(epoch)]


# ---------------------------------------------------------------- settings


def _world(clock: Callable[[], float], tick_seconds: float, context: object) -> World:
    me = environment.region()
    ports = _ports(me)
    return World(
        me=me,
        settings=settings()._replace(tick=tick_seconds),
        clock=clock,
        tables=ports[0],
        databases=ports[1],
        probes=ports[2],
        write_line=lambda line: logs.log("INFO", str(line.get("event")), context=context, **_fields(line)),
    )


def _fields(line: Mapping[str, object]) -> dict[str, object]:
    return {
        ("seen_from" if name == "region" else name): value for name, value in line.items() if name != "event"
    }


@functools.cache
def _ports(me: str) -> tuple[ControlTables, GlobalDatabases, RegionalProbes]:
    """The ports of this region, made once per worker to keep clients and connections."""
    configured = settings()
    regions = _json_object("REGIONS")
    return (
        ControlTables(me, configured.voters, environment.variable("CONTROL_TABLE")),
        GlobalDatabases(me, configured.home, os.environ.get("ACCOUNT_ID", ""), databases()),
        RegionalProbes(
            me,
            environment.environment_name(),
            {region: str(regions[region]["health_url"]) for region in configured.regions},
        ),
    )


def settings() -> Settings:
    """The controller's settings from the environment variables. Raises Misconfigured."""
    voters, regions = _json("VOTERS"), _json_object("REGIONS")
    if not isinstance(voters, list) or len(voters) < 3 or len(voters) % 2 == 0:
        raise Misconfigured("VOTERS must be a JSON list of an odd number of regions, at least three")
    if not set(regions) <= set(voters):
        raise Misconfigured("REGIONS must name only regions of VOTERS")
    configured = Settings(
        voters=tuple(voters),
        regions=tuple(sorted(regions, key=lambda region: int(regions[region]["succession"]))),
        home=environment.variable("HOME_REGION"),
        lease=_seconds("LEASE_SECONDS", 20),
        guard=_seconds("GUARD_SECONDS", 5),
        agreement=_seconds("AGREEMENT_SECONDS", 15),
        rpo=_seconds("RPO_SECONDS", 5),
        settled=_seconds("SETTLED_SECONDS", 300),
        automatic=os.environ.get("MODE", "automatic") == "automatic",
        auto_return=os.environ.get("AUTO_RETURN", "false") == "true",
        active_standby=os.environ.get("TOPOLOGY", "active-active") != "active-active",
        databases=tuple(sorted(_json_object("GLOBAL_CLUSTERS"))),
    )
    if configured.home not in configured.regions:
        raise Misconfigured(f"HOME_REGION {configured.home} is not in REGIONS")
    return configured


def databases() -> dict[str, GlobalDatabase]:
    """The databases of GLOBAL_CLUSTERS, by name. Raises Misconfigured."""
    return {
        name: GlobalDatabase(
            identifier=entry["global"],
            clusters=entry["clusters"],
            admin_secret=entry["admin_secret"],
            secrets=tuple(entry["secrets"]),
            database=entry["database"],
            keys=entry.get("keys", {}),
        )
        for name, entry in _json_object("GLOBAL_CLUSTERS").items()
    }


def _json_object(name: str) -> dict[str, Any]:
    value = _json(name) if os.environ.get(name) else {}
    if not isinstance(value, dict):
        raise Misconfigured(f"{name} must be a JSON object")
    return value


def _json(name: str) -> Any:
    try:
        return json.loads(environment.variable(name))
    except ValueError:
        raise Misconfigured(f"{name} must be JSON") from None


def _seconds(name: str, default: float) -> float:
    try:
        return float(os.environ.get(name) or default)
    except ValueError:
        raise Misconfigured(f"{name} must be a number of seconds") from None
