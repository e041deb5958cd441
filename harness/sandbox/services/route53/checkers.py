"""The health checkers: who probes, when, and what their results add up to.

Checkers do not coordinate (Route 53 Developer Guide, "How Amazon Route 53 determines whether a health check
is healthy"): each has a phase of its own, and waits its interval from the response to its next request
("Values that you specify when you create or update health checks", Request interval).

AWS states nowhere how many there are. The guide says that an endpoint with an interval of 30 s gets a request
about every two seconds, and one with 10 s more than one a second: that makes about 15, spread here over the
eight regions that the API lists (HealthCheckConfig, Regions).
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.sandbox.services.route53 import health
from harness.sandbox.services.route53.health import AlarmState, CheckerState, Opinion, Outcome
from harness.sandbox.services.route53.observations import Observations
from harness.sandbox.services.route53.records import HealthCheck
from harness.sandbox.world.clock import Clock

_log = logging.getLogger(__name__)

CHECKER_REGIONS = (
    "us-east-1",
    "us-west-1",
    "us-west-2",
    "eu-west-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-northeast-1",
    "sa-east-1",
)
# How often applied checks are read again, and alarms looked at, in model seconds.
SURVEY_INTERVAL = 1.0


@dataclass(frozen=True, slots=True)
class Checker:
    """One of the checkers of a region."""

    region: str
    number: int

    @property
    def name(self) -> str:
        return f"{self.region}/{self.number}"


# Two in every region but the last: 15.
CHECKERS = tuple(
    Checker(region, number)
    for number in (1, 2)
    for region in CHECKER_REGIONS
    if (region, number) != (CHECKER_REGIONS[-1], 2)
)

Probe = Callable[[HealthCheck, Checker], Awaitable[Outcome]]


@dataclass(frozen=True, slots=True)
class Event:
    """A flip: of one checker's opinion, or (checker None) of the check as records see it. Model seconds."""

    at: float
    check: str
    checker: str | None
    healthy: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """What one checker says, and the result of its last probe."""

    checker: str
    region: str
    healthy: bool
    at: float
    reason: str


@dataclass(frozen=True, slots=True)
class CheckStatus:
    """A check as records see it (inverted and disabled applied); `since` is None when it never changed.

    `last_failure` is the newest failed probe's sentence, or None.
    """

    id: str
    healthy: bool
    since: float | None
    last_failure: str | None
    reports: tuple[Report, ...]


class Fleet:
    """Runs the checkers of every applied check as participants of the clock.

    checks: what is applied now. dark_regions: regions whose own checkers cannot report. alarm_state: the
    state that the metric behind an alarm (region, name) implies; Route 53 reads the data stream, not the
    alarm.
    """

    def __init__(
        self,
        clock: Clock,
        observations: Observations,
        *,
        checks: Callable[[], Mapping[str, HealthCheck]],
        probe: Probe,
        dark_regions: Callable[[], frozenset[str]],
        alarm_state: Callable[[str, str], AlarmState],
        seed: int,
    ) -> None:
        self._clock = clock
        self._observations = observations
        self._checks = checks
        self._probe = probe
        self._dark = dark_regions
        self._alarm_state = alarm_state
        self._seed = seed
        self._survey: asyncio.Task[Any] | None = None
        self._tasks: dict[tuple[str, Checker], asyncio.Task[Any]] = {}
        self._forget_everything()

    @property
    def running(self) -> bool:
        return self._survey is not None

    def start(self) -> None:
        """Starts probing; checks that are applied later join within a second. Call on the loop."""
        if self._survey is None:
            self._survey = self._clock.spawn(self._watch(), name="route53 survey")

    async def stop(self) -> None:
        """Stops probing; statuses stay as they are."""
        tasks = [*self._tasks.values(), *([self._survey] if self._survey else [])]
        self._survey = None
        self._tasks.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def reseed(self, seed: int) -> None:
        """Begins anew with the phases of another seed: every status healthy, no history."""
        was_running = self.running
        await self.stop()
        self._seed = seed
        self._observations.reset()
        self._forget_everything()
        if was_running:
            self.start()

    def status(self, identifier: str) -> CheckStatus:
        """A check's status now. Raises LookupError for a check that is not applied."""
        if identifier not in self._checks():
            raise LookupError(f"no health check {identifier}")
        changes = [event for event in self._history if event.check == identifier and event.checker is None]
        return CheckStatus(
            id=identifier,
            healthy=health.status(identifier, self._checks(), self._observations.central),
            since=changes[-1].at if changes else None,
            last_failure=self._last_failure.get(identifier),
            reports=tuple(self._reports.get(identifier, {}).values()),
        )

    def history(self, identifier: str | None = None) -> tuple[Event, ...]:
        """Flips in the order they happened, of one check or of all."""
        return tuple(event for event in self._history if identifier in (None, event.check))

    def _forget_everything(self) -> None:
        self._states: dict[tuple[str, Checker], CheckerState] = {}
        self._reports: dict[str, dict[Checker, Report]] = {}
        self._withdrawn: set[tuple[str, Checker]] = set()
        self._statuses: dict[str, bool] = {}
        self._last_failure: dict[str, str] = {}
        self._last_alarm: dict[str, bool] = {}
        self._history: list[Event] = []

    async def _watch(self) -> None:
        while True:
            try:
                self._look()
            except Exception:
                # Without this task no check would ever be probed again, and nobody would be told.
                _log.exception("health checks could not be surveyed; trying again")
            await self._clock.sleep(SURVEY_INTERVAL)

    def _look(self) -> None:
        """Starts checkers for checks that lack them, reads alarms, notes statuses that settings changed."""
        checks = self._checks()
        for check in checks.values():
            if check.type == "CLOUDWATCH_METRIC" and not check.disabled:
                self._read_alarm(check)
            for checker in checkers_of(check):
                key = (check.id, checker)
                if key not in self._tasks or self._tasks[key].done():
                    name = f"route53 checker {checker.name} of {check.subject}"
                    self._tasks[key] = self._clock.spawn(self._run(check, checker), name=name)
        self._note_statuses("its settings changed", self._clock.now())

    async def _run(self, check: HealthCheck, checker: Checker) -> None:
        """One checker's life: its phase, then probe and interval in turn, until nobody wants it."""
        phase = random.Random(f"{self._seed}|{check.subject}|{checker.name}").random() * check.interval
        await self._clock.sleep(phase)
        current: HealthCheck | None = check
        while current is not None:
            await self._check_once(current, checker)
            await self._clock.sleep(current.interval)
            applied = self._checks().get(check.id)
            current = applied if applied is not None and checker in checkers_of(applied) else None
        self._withdraw(check.id, checker)

    async def _check_once(self, check: HealthCheck, checker: Checker) -> None:
        if checker.region not in self._dark():
            outcome = await self._outcome(check, checker)
            if checker.region not in self._dark():
                self._report(check, checker, health.judge(check, outcome))
                return
        self._withdraw(check.id, checker)

    async def _outcome(self, check: HealthCheck, checker: Checker) -> Outcome:
        try:
            return await self._probe(check, checker)
        except Exception as error:
            # A checker that dies would leave its last opinion standing: say what happened, and go on.
            _log.exception("the probe of %s failed in an unforeseen way", check.subject)
            return Outcome(error=f"the checker failed: {error!r}")

    def _report(self, check: HealthCheck, checker: Checker, opinion: Opinion) -> None:
        key = (check.id, checker)
        before = self._states.get(key, CheckerState())
        state = health.after(before, passed=opinion.passed, threshold=check.threshold)
        self._states[key] = state
        self._withdrawn.discard(key)
        now = self._clock.now()
        if not opinion.passed:
            self._last_failure[check.id] = opinion.reason
        report = Report(checker.name, checker.region, state.healthy, now, opinion.reason)
        self._reports.setdefault(check.id, {})[checker] = report
        if state.healthy != before.healthy:
            self._history.append(Event(now, check.id, checker.name, state.healthy, opinion.reason))
        self._add_up(check, now)

    def _withdraw(self, check: str, checker: Checker) -> None:
        """A checker that cannot report is not counted until it reports again, and then without a streak."""
        self._withdrawn.add((check, checker))
        self._reports.get(check, {}).pop(checker, None)
        state = self._states.get((check, checker))
        if state is not None:
            self._states[(check, checker)] = CheckerState(healthy=state.healthy)

    def _add_up(self, check: HealthCheck, now: float) -> None:
        """The 18 % rule over all checkers that can report; one that has not yet probed counts as healthy."""
        dark = self._dark()
        able = [
            key
            for checker in checkers_of(check)
            if checker.region not in dark and (key := (check.id, checker)) not in self._withdrawn
        ]
        opinions = [self._states.get(key, CheckerState()).healthy for key in able]
        healthy = health.aggregate(opinions, previous=self._observations.central(check.id))
        self._observations.publish(check.id, healthy=healthy)
        failure = self._last_failure.get(check.id)
        suffix = f"; last failure: {failure}" if failure and not healthy else ""
        self._note_statuses(f"{sum(opinions)} of {len(opinions)} checkers say healthy{suffix}", now)

    def _read_alarm(self, check: HealthCheck) -> None:
        state = self._alarm_state(check.alarm_region or "", check.alarm_name or "")
        healthy = health.alarm_health(
            state, insufficient_data=check.insufficient_data, last_known=self._last_alarm.get(check.id)
        )
        if state != "INSUFFICIENT_DATA":
            self._last_alarm[check.id] = healthy
        if not healthy:
            self._last_failure[check.id] = f"alarm {check.alarm_name} is {state}"
        self._observations.publish(check.id, healthy=healthy)
        self._note_statuses(f"alarm {check.alarm_name} is {state}", self._clock.now())

    def _note_statuses(self, reason: str, now: float) -> None:
        """Adds an event for every check whose status, as records see it, is no longer what it was."""
        checks = self._checks()
        for identifier, check in checks.items():
            healthy = health.status(identifier, checks, self._observations.central)
            if self._statuses.setdefault(identifier, healthy) != healthy:
                why = f"a child changed: {reason}" if check.type == "CALCULATED" else reason
                self._history.append(Event(now, identifier, None, healthy, why))
                self._statuses[identifier] = healthy


def checkers_of(check: HealthCheck) -> tuple[Checker, ...]:
    """The checkers that probe for a check: those of its regions, of all eight when it names none."""
    if not check.probes or check.disabled:
        return ()
    return tuple(checker for checker in CHECKERS if not check.regions or checker.region in check.regions)
