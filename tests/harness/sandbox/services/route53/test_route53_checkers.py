"""The fleet of checkers on the virtual clock: phases, intervals, detection, dark regions, history."""

from __future__ import annotations

import asyncio
import itertools
import statistics
import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.sandbox.services.route53.checkers import CHECKER_REGIONS, CHECKERS, Checker, Fleet, checkers_of
from harness.sandbox.services.route53.health import AlarmState, Outcome
from harness.sandbox.services.route53.observations import PROPAGATION, Observations
from harness.sandbox.services.route53.records import HealthCheck
from harness.sandbox.world.clock import Clock

T = TypeVar("T")
OK = Outcome(connected=0.0, responded=0.0, code=200)
REFUSED = Outcome(error="connection refused")


def check(**settings: Any) -> HealthCheck:
    return HealthCheck(**{"id": "h", "type": "HTTP", "port": 80, "domain": "api.example.com", **settings})


class Scene:
    """A fleet over a world that a test changes: what probes meet, which regions are dark, what alarms say."""

    def __init__(
        self, *checks: HealthCheck, seed: int = 1, delay: Callable[[str], float] = lambda _: 0.0
    ) -> None:
        self.clock = Clock()
        self.checks = {check.id: check for check in checks}
        self.outcome: Outcome | Exception = OK
        self.seconds = 0.0
        self.dark: frozenset[str] = frozenset()
        self.alarm: AlarmState = "INSUFFICIENT_DATA"
        self.probes: list[tuple[float, str, str]] = []
        self.observations = Observations(self.clock, places=["us-east", "oceania"], delay=delay)
        self.fleet = Fleet(
            self.clock,
            self.observations,
            checks=lambda: self.checks,
            probe=self.probe,
            dark_regions=lambda: self.dark,
            alarm_state=lambda region, name: self.alarm,
            seed=seed,
        )

    async def probe(self, check: HealthCheck, checker: Checker) -> Outcome:
        self.probes.append((self.clock.now(), check.id, checker.name))
        if self.seconds:
            await self.clock.sleep(self.seconds)
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome

    def flips(self, identifier: str = "h") -> list[tuple[float, bool]]:
        return [(e.at, e.healthy) for e in self.fleet.history(identifier) if e.checker is None]

    def play(self, script: Callable[[], Coroutine[Any, Any, T]]) -> T:
        async def main() -> T:
            with self.clock.jumping():
                self.fleet.start()
                try:
                    return await self.clock.spawn(script())
                finally:
                    await self.fleet.stop()

        return asyncio.run(main())


def test_about_fifteen_checkers_stand_in_the_eight_published_regions() -> None:
    assert len(CHECKERS) == 15
    assert {checker.region for checker in CHECKERS} == set(CHECKER_REGIONS)
    assert len(CHECKER_REGIONS) == 8


def test_a_check_that_names_regions_is_probed_from_those_only() -> None:
    regions = ("us-east-1", "eu-west-1", "sa-east-1")
    names = [checker.name for checker in checkers_of(check(regions=regions))]
    assert names == ["us-east-1/1", "eu-west-1/1", "sa-east-1/1", "us-east-1/2", "eu-west-1/2"]


@pytest.mark.parametrize(("interval", "low", "high"), [(30, 0.4, 0.6), (10, 1.0, 1.6)])
def test_an_endpoint_gets_about_the_published_rate_of_requests(
    interval: int, low: float, high: float
) -> None:
    """One in about two seconds at 30 s, more than one a second at 10 s."""
    scene = Scene(check(interval=interval))
    scene.play(lambda: scene.clock.sleep(300))
    assert low < len(scene.probes) / 300 < high


def test_checkers_are_not_coordinated() -> None:
    scene = Scene(check(interval=30))
    scene.play(lambda: scene.clock.sleep(29.9))
    moments = [at for at, _, _ in scene.probes]
    gaps = [later - earlier for earlier, later in itertools.pairwise(moments)]
    assert statistics.pstdev(gaps) > 0.5


def test_the_interval_runs_from_the_response_to_the_next_request() -> None:
    scene = Scene(check(interval=10))
    scene.seconds = 2.0
    scene.play(lambda: scene.clock.sleep(60))
    mine = [at for at, _, checker in scene.probes if checker == "us-east-1/1"]
    gaps = [later - earlier for earlier, later in itertools.pairwise(mine)]
    assert gaps == pytest.approx([12.0] * len(gaps), abs=0.2)
    assert len(gaps) >= 3


def test_each_seed_has_its_own_phases_and_the_same_seed_the_same() -> None:
    def phases(seed: int) -> list[float]:
        scene = Scene(check(interval=30), seed=seed)
        scene.play(lambda: scene.clock.sleep(31))
        return [round(at) for at, _, _ in scene.probes[:15]]

    first, again, other = phases(1), phases(1), phases(2)
    assert first == pytest.approx(again, abs=1)
    assert first != other


@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 1000),
    interval=st.sampled_from([10, 30]),
    threshold=st.integers(1, 4),
    moment=st.floats(40, 80),
)
def test_refused_connections_turn_a_check_unhealthy_between_n_minus_1_and_n_intervals(
    seed: int, interval: int, threshold: int, moment: float
) -> None:
    scene = Scene(check(interval=interval, threshold=threshold), seed=seed)

    async def script() -> float:
        await scene.clock.sleep(moment)
        scene.outcome = REFUSED
        struck = scene.clock.now()
        await scene.clock.sleep(threshold * interval + 5)
        return struck

    struck = scene.play(script)
    ((at, healthy),) = scene.flips()
    assert healthy is False
    assert (threshold - 1) * interval <= at - struck <= threshold * interval + 1


def test_a_black_hole_is_detected_later_by_the_time_each_probe_waits() -> None:
    """Section C of the facts: about 0.82 I + (n-1)(I+t) + t, with t = 4 s."""
    scene = Scene(check(interval=10, threshold=3))

    async def script() -> float:
        await scene.clock.sleep(40)
        scene.outcome, scene.seconds = Outcome(), 4.0
        struck = scene.clock.now()
        await scene.clock.sleep(60)
        return struck

    struck = scene.play(script)
    ((at, healthy),) = scene.flips()
    assert healthy is False
    assert 32 <= at - struck <= 43


def test_recovery_needs_the_same_threshold_of_passes() -> None:
    scene = Scene(check(interval=10, threshold=3))

    async def script() -> float:
        scene.outcome = REFUSED
        await scene.clock.sleep(60)
        scene.outcome = OK
        healed = scene.clock.now()
        await scene.clock.sleep(60)
        return healed

    healed = scene.play(script)
    assert [healthy for _, healthy in scene.flips()] == [False, True]
    # The third of fifteen to pass three times makes more than 18 %.
    assert 20 <= scene.flips()[1][0] - healed <= 31


def test_a_new_check_is_healthy_until_enough_probes_failed() -> None:
    scene = Scene(check(interval=10, threshold=2))
    scene.outcome = REFUSED

    async def script() -> tuple[bool, bool]:
        await scene.clock.sleep(9)
        early = scene.fleet.status("h").healthy
        await scene.clock.sleep(15)
        return early, scene.fleet.status("h").healthy

    assert scene.play(script) == (True, False)


def test_a_new_inverted_check_is_unhealthy_until_enough_probes_failed() -> None:
    scene = Scene(check(interval=10, threshold=1, inverted=True))
    scene.outcome = REFUSED

    async def script() -> tuple[bool, bool]:
        await scene.clock.sleep(0.01)
        early = scene.fleet.status("h").healthy
        await scene.clock.sleep(15)
        return early, scene.fleet.status("h").healthy

    assert scene.play(script) == (False, True)


def test_checkers_in_a_dark_region_neither_probe_nor_count() -> None:
    regions = ("us-east-1", "us-west-2", "eu-west-1")
    scene = Scene(check(interval=10, threshold=1, regions=regions))

    async def script() -> tuple[str, ...]:
        await scene.clock.sleep(15)
        scene.dark, scene.outcome = frozenset({"us-east-1"}), REFUSED
        scene.probes.clear()
        await scene.clock.sleep(15)
        return tuple(report.region for report in scene.fleet.status("h").reports)

    reporting = scene.play(script)
    assert set(reporting) == {"us-west-2", "eu-west-1"}
    assert {checker.partition("/")[0] for _, _, checker in scene.probes} == {"us-west-2", "eu-west-1"}
    assert scene.fleet.status("h").healthy is False
    assert "0 of 4 checkers say healthy" in scene.fleet.history("h")[-1].reason


def test_a_check_whose_checkers_are_all_dark_keeps_its_status() -> None:
    scene = Scene(check(interval=10, threshold=1, regions=("us-east-1",)))

    async def script() -> None:
        await scene.clock.sleep(15)
        scene.dark, scene.outcome = frozenset({"us-east-1"}), REFUSED
        await scene.clock.sleep(60)

    scene.play(script)
    assert (scene.fleet.status("h").healthy, scene.flips()) == (True, [])


def test_checkers_of_a_healed_region_count_again_after_their_next_report() -> None:
    scene = Scene(check(interval=10, threshold=1))

    async def script() -> tuple[int, int]:
        await scene.clock.sleep(15)
        scene.dark = frozenset({"us-east-1"})
        await scene.clock.sleep(15)
        during = len(scene.fleet.status("h").reports)
        scene.dark = frozenset()
        await scene.clock.sleep(15)
        return during, len(scene.fleet.status("h").reports)

    assert scene.play(script) == (13, 15)


def test_checkers_of_a_healed_region_weigh_as_much_as_before() -> None:
    scene = Scene(check(interval=10, threshold=1))

    async def script() -> None:
        await scene.clock.sleep(15)
        scene.dark = frozenset({"us-east-1"})
        await scene.clock.sleep(15)
        scene.dark = frozenset()
        await scene.clock.sleep(15)
        scene.outcome = REFUSED
        await scene.clock.sleep(15)

    scene.play(script)
    (flip,) = (event for event in scene.fleet.history("h") if event.checker is None)
    assert flip.reason == "2 of 15 checkers say healthy; last failure: connection refused"


def test_a_probe_under_way_when_its_checkers_region_goes_dark_is_not_reported() -> None:
    scene = Scene(check(interval=10, threshold=1, regions=("us-east-1",)))
    scene.outcome, scene.seconds = REFUSED, 4.0

    async def script() -> None:
        while not scene.probes:
            await scene.clock.sleep(0.1)
        scene.dark = frozenset({"us-east-1"})
        await scene.clock.sleep(10)

    scene.play(script)
    assert scene.fleet.status("h").reports == ()
    assert scene.fleet.history("h") == ()


@pytest.mark.parametrize("seed", range(6))
def test_checkers_do_not_count_from_the_moment_their_region_is_dark(seed: int) -> None:
    """Their last opinions must not hold a status up until they would have probed again."""
    scene = Scene(check(interval=30, threshold=1, regions=("us-east-1", "us-west-2")), seed=seed)

    async def script() -> None:
        await scene.clock.sleep(31)
        scene.dark, scene.outcome = frozenset({"us-east-1"}), REFUSED
        await scene.clock.sleep(31)

    scene.play(script)
    events = scene.fleet.history("h")
    west = [event.at for event in events if event.checker is not None]
    ((at, healthy),) = scene.flips()
    assert (len(west), at, healthy) == (2, west[1], False)


def test_history_says_when_each_checker_flipped_and_why() -> None:
    scene = Scene(check(interval=10, threshold=2))

    async def script() -> None:
        await scene.clock.sleep(20)
        scene.outcome = Outcome(connected=0.0, responded=0.0, code=503)
        await scene.clock.sleep(25)

    scene.play(script)
    events = scene.fleet.history("h")
    flips = [event for event in events if event.checker is not None]
    assert len(flips) == 15
    assert {event.reason for event in flips} == {"HTTP 503"}
    (whole,) = (event for event in events if event.checker is None)
    assert whole.reason == "2 of 15 checkers say healthy; last failure: HTTP 503"
    assert whole.at == sorted(event.at for event in flips)[12]
    status = scene.fleet.status("h")
    assert (status.healthy, status.since, status.last_failure) == (False, whole.at, "HTTP 503")


def test_a_calculated_check_follows_its_children() -> None:
    parent = check(id="p", type="CALCULATED", children=("h", "x"), health_threshold=2)
    scene = Scene(check(interval=10, threshold=1), check(id="x", disabled=True), parent)

    async def script() -> None:
        await scene.clock.sleep(15)
        scene.outcome = REFUSED
        await scene.clock.sleep(15)

    scene.play(script)
    assert [healthy for _, healthy in scene.flips("p")] == [False]
    assert scene.flips("p")[0][0] == pytest.approx(scene.flips("h")[0][0], abs=0.01)


def test_an_alarm_check_follows_its_metric_and_remembers_the_last_known_status() -> None:
    scene = Scene(check(type="CLOUDWATCH_METRIC", alarm_name="a", alarm_region="us-west-2"))

    async def script() -> list[bool]:
        seen = []
        for scene.alarm in ("INSUFFICIENT_DATA", "ALARM", "INSUFFICIENT_DATA", "OK", "INSUFFICIENT_DATA"):
            await scene.clock.sleep(1.5)
            seen.append(scene.fleet.status("h").healthy)
        return seen

    assert scene.play(script) == [True, False, False, True, True]
    assert scene.fleet.status("h").last_failure == "alarm a is INSUFFICIENT_DATA"


def test_a_disabled_check_is_not_probed_and_is_healthy() -> None:
    scene = Scene(check(interval=10, threshold=1))
    scene.outcome = REFUSED

    async def script() -> None:
        await scene.clock.sleep(15)
        scene.checks["h"] = check(interval=10, threshold=1, disabled=True)
        await scene.clock.sleep(11)
        scene.probes.clear()
        await scene.clock.sleep(30)

    scene.play(script)
    assert scene.probes == []
    assert [healthy for _, healthy in scene.flips()] == [False, True]
    assert scene.fleet.history("h")[-1].reason == "its settings changed"


def test_a_check_that_is_applied_later_is_probed_within_its_interval() -> None:
    scene = Scene()

    async def script() -> None:
        await scene.clock.sleep(5)
        scene.checks["late"] = check(id="late", interval=10)
        await scene.clock.sleep(11.5)

    scene.play(script)
    assert len({checker for _, _, checker in scene.probes}) == 15


def test_a_check_that_is_removed_is_no_longer_probed_nor_known() -> None:
    scene = Scene(check(interval=10))

    async def script() -> None:
        await scene.clock.sleep(15)
        scene.checks.clear()
        await scene.clock.sleep(11)
        scene.probes.clear()
        await scene.clock.sleep(30)

    scene.play(script)
    assert scene.probes == []
    with pytest.raises(LookupError, match="no health check h"):
        scene.fleet.status("h")


def test_a_probe_that_breaks_is_a_failed_probe_with_its_reason() -> None:
    scene = Scene(check(interval=10, threshold=1))
    scene.outcome = ValueError("odd")
    scene.play(lambda: scene.clock.sleep(15))
    assert scene.fleet.status("h").last_failure == "the checker failed: ValueError('odd')"


def test_reseeding_forgets_statuses_and_history_and_goes_on_probing() -> None:
    scene = Scene(check(interval=10, threshold=1))
    scene.outcome = REFUSED

    async def script() -> tuple[bool, bool, int]:
        await scene.clock.sleep(15)
        before = scene.fleet.status("h").healthy
        scene.outcome = OK
        await scene.fleet.reseed(2)
        after = scene.fleet.status("h").healthy
        scene.probes.clear()
        await scene.clock.sleep(11)
        return before, after, len(scene.fleet.history())

    assert scene.play(script) == (False, True, 0)
    assert len(scene.probes) >= 15


def test_every_place_learns_of_a_change_after_its_own_delay() -> None:
    delays = iter([1.0, 5.0])
    names: list[str] = []

    def delay(name: str) -> float:
        names.append(name)
        return next(delays)

    scene = Scene(delay=delay)

    async def script() -> list[tuple[bool, ...]]:
        scene.observations.publish("h", healthy=False)
        seen = []
        for _ in range(3):
            places = [scene.observations.seen_from(place)("h") for place in ("us-east", "oceania")]
            seen.append((scene.observations.central("h"), *places))
            await scene.clock.sleep(3)
        return seen

    assert scene.play(script) == [(False, True, True), (False, False, True), (False, False, False)]
    assert names == [PROPAGATION, PROPAGATION]


def test_a_change_that_overtakes_an_older_one_is_not_undone_by_it() -> None:
    delays = iter([10.0, 0.0, 1.0, 0.0])
    scene = Scene(delay=lambda _: next(delays))

    async def script() -> list[bool]:
        scene.observations.publish("h", healthy=False)
        scene.observations.publish("h", healthy=True)
        seen = []
        for _ in range(2):
            await scene.clock.sleep(6)
            seen.append(scene.observations.seen_from("us-east")("h"))
        return seen

    assert scene.play(script) == [True, True]


def test_a_minute_of_probing_costs_hardly_any_wall_time() -> None:
    scene = Scene(check(interval=10), check(id="x", interval=10, domain="x.example.com"))
    started = time.monotonic()
    scene.play(lambda: scene.clock.sleep(60))
    assert len(scene.probes) >= 150
    assert time.monotonic() - started < 5
