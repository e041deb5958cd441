"""Commands for the failover controller: status, failover, switchover, failback, readmit, reconcile.

A command is an invocation of the controller's function in the region that it leads to, which writes down
what was asked; the controllers carry it out at their next ticks. Nothing here calls a control plane, so it
works while any region is dark.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from rich.table import Table

from generator import naming
from generator.manifest import implied
from generator.manifest.failover import FAILOVER
from generator.manifest.problems import InputRefused
from harness import aws, terminal
from harness.environments import Environment
from harness.targets.target import target_of
from harness.terminal import FAILED, GOOD, FatalError

Command = Literal["failover", "switchover", "failback", "readmit"]
Answer = Mapping[str, Any]
# Seconds. An invocation looks at every voter and may carry out a tick at once.
CONNECT, READ = 3.0, 60.0
FOLLOWED = 600.0
LOOK_EVERY = 2.0


class OutOfReach(FatalError):
    """The controller's function in a region does not answer; the message says why."""


@dataclass(frozen=True)
class Controllers:
    """The functions of every voter. `variables` are the AWS_* settings that lead to the account."""

    environment: Environment
    variables: Mapping[str, str]

    @property
    def regions(self) -> tuple[str, ...]:
        return implied.voters(self.environment.manifest)

    def ask(self, region: str, payload: Mapping[str, Any]) -> Answer:
        """The answer of the function in one region. Raises OutOfReach."""
        name = naming.function(self.environment.manifest.name, FAILOVER, region)
        try:
            answer = self._client(region).invoke(
                FunctionName=name, Qualifier=naming.FUNCTION_ALIAS, Payload=json.dumps(payload).encode()
            )
            told = json.loads(answer["Payload"].read())
        except (BotoCoreError, ClientError, ValueError) as error:
            raise OutOfReach(f"{name} in {region} does not answer: {error}") from error
        if answer.get("FunctionError") or not isinstance(told, dict):
            raise OutOfReach(f"{name} in {region} failed: {json.dumps(told)[:500]}")
        return told

    def status(self, *, first: str | None = None) -> Answer:
        """How things stand, by the first controller that answers. Raises OutOfReach when none does."""
        manifest = self.environment.manifest
        order = dict.fromkeys([first, manifest.recovery_region, *self.regions])
        reasons = []
        for region in filter(None, order):
            try:
                return self.ask(region, {"command": "status"})
            except OutOfReach as error:
                reasons.append(str(error))
        raise OutOfReach("; ".join(reasons))

    def _client(self, region: str) -> Any:
        config = Config(connect_timeout=CONNECT, read_timeout=READ, retries={"total_max_attempts": 1})
        return aws.client("lambda", region, self.variables, config=config)


@contextlib.contextmanager
def controllers(environment: Environment, *, sandbox: bool) -> Iterator[Controllers]:
    """The controllers of an environment. Raises InputRefused when it has none."""
    if environment.manifest.failover is None:
        raise InputRefused(
            [
                f"{environment.name} has no failover controller: add failover: {{witness: <a third region>}} "
                "to its manifest"
            ]
        )
    with target_of(environment, sandbox=sandbox) as target:
        yield Controllers(environment, dict(target.variables))


def status(environment: Environment, *, sandbox: bool, as_json: bool) -> int:
    """Print how things stand; 1 when no controller answers or nobody may write."""
    with controllers(environment, sandbox=sandbox) as found:
        answer = found.status()["status"]
    if as_json:
        print(json.dumps(answer))
    else:
        _show(answer)
    return GOOD if answer.get("writer") and answer.get("phase") in ("admitted", "done") else FAILED


def command(
    environment: Environment,
    name: Command,
    *,
    to: str | None,
    sandbox: bool,
    dry_run: bool,
    force: bool,
    as_json: bool,
    confirm: Callable[[str], bool],
    by: str,
) -> int:
    """Show what would happen and what speaks against it, ask, do it, and follow it to its end.

    0 done (or dry run allowed), 1 not done in time. Raises InputRefused when the controllers refuse.
    """
    target = to or _target(environment, name)
    payload = {"command": name, "to": target, "force": force, "by": by}
    with controllers(environment, sandbox=sandbox) as found:
        # the region that takes over knows best how far its copies lag, and outlives the other one
        planned = found.ask(target, {**payload, "dry_run": True})
        _tell_plan(name, target, planned, as_json=as_json)
        if not planned["allowed"]:
            raise InputRefused([f"{name} to {target}: {reason}" for reason in planned["reasons"]])
        if dry_run:
            return GOOD
        if not sandbox and not confirm(f"{name} of {environment.name} to {target}?"):
            raise InputRefused(["nothing was done; answer yes at a terminal, or run again with YES=1"])
        answer = found.ask(target, payload)
        if not answer["allowed"]:
            raise InputRefused([f"{name} to {target}: {reason}" for reason in answer["reasons"]])
        return _follow(found, name, target, as_json=as_json)


def reconcile(environment: Environment, *, region: str | None, sandbox: bool, as_json: bool) -> int:
    """Report the writes that only a lost region had; 1 when there are some."""
    with controllers(environment, sandbox=sandbox) as found:
        answer = found.ask(region or environment.manifest.lead_region, {"command": "reconcile"})
    if as_json:
        print(json.dumps(answer))
    else:
        terminal.console().print_json(json.dumps(answer))
    if not answer.get("allowed", True):
        raise InputRefused([f"reconcile: {reason}" for reason in answer.get("reasons", ())])
    return FAILED if answer.get("missing") else GOOD


def _target(environment: Environment, name: Command) -> str:
    manifest = environment.manifest
    return manifest.lead_region if name in ("failback", "readmit") else manifest.recovery_region


def _follow(found: Controllers, name: Command, target: str, *, as_json: bool) -> int:
    """Print what the controllers log until the target writes, or FOLLOWED seconds have gone by."""
    started, told = time.monotonic(), 0
    while time.monotonic() - started < FOLLOWED:
        try:
            now = found.status(first=target)["status"]
        except OutOfReach as error:
            _line(str(error), as_json=as_json)
            time.sleep(LOOK_EVERY)
            continue
        log = now.get("log", [])
        for entry in log[told:]:
            _line(_entry(entry), as_json=as_json)
        told = len(log)
        if _is_done(name, target, now):
            seconds = time.monotonic() - started
            _line(f"{name} to {target} is done after {seconds:.0f} s", as_json=as_json)
            return GOOD
        time.sleep(LOOK_EVERY)
    _line(f"{name} to {target} is not done after {FOLLOWED:.0f} s; `make status` tells more", as_json=as_json)
    return FAILED


def _is_done(name: Command, target: str, now: Answer) -> bool:
    if name == "readmit":
        return target not in (now.get("lease") or {}).get("retired", ())
    return now.get("writer") == target and now.get("phase") == "done"


def _tell_plan(name: Command, target: str, planned: Answer, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"event": "Plan", "command": name, "to": target, **planned}))
        return
    out = terminal.console()
    out.print(f"{name} to {target}: {'allowed' if planned['allowed'] else 'refused'}")
    for number, step in enumerate(planned.get("steps", ()), start=1):
        out.print(f"  {number}. {step}", highlight=False)
    for reason in planned.get("reasons", ()):
        out.print(f"  not now: {reason}", style="red", highlight=False)


def _show(answer: Answer) -> None:
    out = terminal.console()
    lease = answer.get("lease") or {}
    out.print(
        f"writer {answer['writer'] or 'nobody'}, epoch {answer['epoch']}, {answer['phase']}, "
        f"mode {answer['mode']}, home {answer['home']}"
        + (f"; retired: {', '.join(lease['retired'])}" if lease.get("retired") else ""),
        highlight=False,
    )
    found = Table(title="Who sees what", title_justify="left")
    regions = sorted({region for seen in answer["observations"].values() for region in seen})
    for column in ("voter", "epoch", "lease of", *(f"sees {region}" for region in regions)):
        found.add_column(column)
    for voter, vote in answer["voters"].items():
        seen = answer["observations"].get(voter, {})
        cells = [_seen(seen.get(region)) for region in regions]
        found.add_row(
            voter,
            *(("out of reach", "") if vote is None else (str(vote.get("epoch", "")), vote.get("writer", ""))),
            *cells,
        )
    out.print(found)
    for name, state in answer["databases"].items():
        lag = answer["lag_seconds"].get(name)
        writer = state["writer"] if state else "unknown"
        out.print(
            f"{name}: writer {writer}" + (f", lag {lag:.2f} s here" if lag is not None else ""),
            highlight=False,
        )
    for entry in answer.get("log", ()):
        out.print(_entry(entry), highlight=False)


def _seen(observation: Answer | None) -> str:
    if observation is None:
        return ""
    seconds = observation["seen_at"] - observation["since"]
    well = "well" if observation["well"] else f"lost ({observation.get('cause') or 'no cause'})"
    return f"{well} for {seconds:.0f} s"


def _entry(entry: Answer) -> str:
    moment = time.strftime("%H:%M:%S", time.gmtime(float(entry.get("at", 0))))
    details = f": {entry['details']}" if entry.get("details") else ""
    return (
        f"{moment} epoch {entry.get('epoch', '?')} {entry.get('region', '?')} {entry.get('event')}{details}"
    )


def _line(text: str, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"event": "Progress", "text": text}))
    else:
        terminal.console().print(text, markup=False)
