"""EventBridge schedules in model time: rules with rate() that start a Lambda function.

The emulator fires rules in wall time, in a thread of its own; a drill's minutes pass in seconds. Between
`start` and `stop` the rules that are applied are fired here, on the clock.

Rules, from the Amazon EventBridge User Guide, "Creating a rule that runs on a schedule": a rate is a whole
number of minutes, hours or days; the target gets the rule's constant input, else a "Scheduled Event".
EventBridge and Lambda work in the rule's own region, so a dark region does not tick.

A function that is to act more often than once a minute loops inside one invocation: its constant input says
`tick_seconds` and `ticks`. A loop in wall time would stand still while model time leaps, so such an input is
cut into single ticks: every `tick_seconds` one invocation with `ticks` 1 and `now`, the tick's Unix time.

Not done: cron(), targets other than functions, retries, flexible windows.
"""

from __future__ import annotations

import asyncio
import datetime
import json
import random
import re
import uuid
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from harness.sandbox.services.events import stored
from harness.sandbox.world.clock import Clock

_RATE = re.compile(r"^rate\((\d+) (minute|hour|day)s?\)$")
_REMEMBERED = 10_000
_UNITS = {"minute": 60.0, "hour": 3600.0, "day": 86400.0}

Invoke = Callable[[str, str, Mapping[str, Any]], Awaitable[str | None]]


class Schedule(NamedTuple):
    """A function that is started every `interval` model seconds; `scope` is its rule's key in the store."""

    scope: tuple[str, str, str]
    function: str
    interval: float
    input: Mapping[str, Any] | None

    @property
    def region(self) -> str:
        return self.scope[1]


@dataclass(frozen=True)
class Firing:
    """One time that a schedule was due, at a moment of model time; `error` says why it came to nothing."""

    region: str
    function: str
    moment: float
    error: str | None = None


class Schedules:
    """The schedules of one sandbox. All methods belong to the clock's loop.

    `invoke(region, function ARN, event)` starts the function and waits for it; it returns what went wrong.
    `epoch(moment)` is the Unix time of a moment of model time.
    """

    def __init__(
        self, clock: Clock, *, invoke: Invoke, epoch: Callable[[float], float], seed: int = 0
    ) -> None:
        self._clock = clock
        self._invoke = invoke
        self._epoch = epoch
        self._seed = seed
        self._tasks: list[asyncio.Task[None]] = []
        # the last ones only: a sandbox that is kept up ticks for days
        self.firings: deque[Firing] = deque(maxlen=_REMEMBERED)

    def start(self, *, seed: int | None = None) -> int:
        """Fire the rules that are applied now, from now on; returns how many schedules there are.

        Each begins at a moment of its own within its first interval, drawn from the seed. Started again, it
        forgets `firings` and begins anew.
        """
        self.stop()
        self.firings.clear()
        self._seed = self._seed if seed is None else seed
        found = list(applied_schedules())
        for schedule in found:
            name = f"schedule-{schedule.region}-{schedule.function}"
            self._tasks.append(self._clock.spawn(self._run(schedule), name=name))
        return len(found)

    def stop(self) -> None:
        """Fire nothing any more. An invocation that is on its way is not waited for."""
        for task in self._tasks:
            task.cancel()
        self._tasks = []

    @property
    def running(self) -> bool:
        return bool(self._tasks)

    async def _run(self, schedule: Schedule) -> None:
        due = self._clock.now() + schedule.interval * self._phase(schedule)
        while True:
            await self._clock.sleep(due - self._clock.now())
            if is_enabled(schedule):
                await self._fire(schedule)
            # an invocation that takes longer than its interval delays the next tick, as a loop would
            due = max(due + schedule.interval, self._clock.now())

    async def _fire(self, schedule: Schedule) -> None:
        moment = self._clock.now()
        event = event_of(schedule, self._epoch(moment))
        error = await self._invoke(schedule.region, schedule.function, event)
        self.firings.append(Firing(schedule.region, schedule.function, moment, error))

    def _phase(self, schedule: Schedule) -> float:
        return random.Random(f"{self._seed}/{schedule.scope}/{schedule.function}").random()


def applied_schedules() -> Iterator[Schedule]:
    """The schedules of every rate() rule that the embedded EventBridge holds, enabled or not."""
    for scope, rule in stored.rules():
        rate = interval_of(rule.get("ScheduleExpression", ""))
        if rate is None:
            continue
        for target in stored.targets(scope):
            if target.get("Arn", "").split(":")[2:3] == ["lambda"]:
                constant = _input_of(target)
                yield Schedule(scope, target["Arn"], _tick_seconds(constant) or rate, constant)


def is_enabled(schedule: Schedule) -> bool:
    """Whether the rule is still there, switched on, and still has the target."""
    rule = stored.rule(schedule.scope)
    return (
        rule is not None
        and rule.get("State") == "ENABLED"
        and any(target.get("Arn") == schedule.function for target in stored.targets(schedule.scope))
    )


def interval_of(expression: str) -> float | None:
    """The seconds of a rate() expression, None for any other.

    >>> interval_of("rate(5 minutes)"), interval_of("cron(0 12 * * ? *)")
    (300.0, None)
    """
    match = _RATE.match(expression)
    return int(match[1]) * _UNITS[match[2]] if match else None


def event_of(schedule: Schedule, now: float) -> Mapping[str, Any]:
    """What the function gets when the schedule is due at `now`, in Unix seconds."""
    if _tick_seconds(schedule.input) is not None:
        return {**(schedule.input or {}), "ticks": 1, "now": now}
    if schedule.input is not None:
        return schedule.input
    account, region, rule = schedule.scope
    moment = datetime.datetime.fromtimestamp(now, tz=datetime.UTC)
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": account,
        "time": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": region,
        "resources": [f"arn:aws:events:{region}:{account}:rule/{rule.rpartition('|')[2]}"],
        "detail": {},
    }


def _input_of(target: Mapping[str, Any]) -> Mapping[str, Any] | None:
    try:
        found = json.loads(target.get("Input") or "null")
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _tick_seconds(given: Mapping[str, Any] | None) -> float | None:
    """The length of a tick, of an input that asks for several in one invocation."""
    seconds = (given or {}).get("tick_seconds")
    if (given or {}).get("ticks") is None or not isinstance(seconds, int | float) or seconds <= 0:
        return None
    return float(seconds)
