"""The whole controller against whatever comes: every step is checked by the model (Model.check).

What must hold: no two regions are ever admitted at once, and once a write of a newer epoch was accepted
none of an older one is. And when everything is well again, somebody writes.
"""

from __future__ import annotations

import threading
from typing import Any

import pytest
from controller.lease import Settings
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.lambda_src.failover_model import EAST, THREE, WEST, WITNESS, Killed, Model

GUARD = THREE.guard
NORTH, SOUTH = "eu-north-1", "sa-east-1"
# three that can write, two witnesses
FIVE = THREE._replace(voters=(EAST, WEST, WITNESS, NORTH, SOUTH), regions=(EAST, WEST, NORTH))
REGIONS = (EAST, WEST)
# Every clock differs from every other by less than GUARD: what the protocol assumes.
skews = st.fixed_dictionaries({voter: st.sampled_from([-2.4, -1.0, 0.0, 1.5, 2.4]) for voter in THREE.voters})
seconds = st.sampled_from([0.5, 1.0, 3.0, 7.0, 16.0, 26.0, 45.0, 90.0])
events = st.one_of(
    st.tuples(st.just("cut"), st.sampled_from([(EAST, WEST), (EAST, WITNESS), (WEST, WITNESS)])),
    st.tuples(st.just("join"), st.sampled_from([(EAST, WEST), (EAST, WITNESS), (WEST, WITNESS)])),
    st.tuples(st.just("isolate"), st.sampled_from(REGIONS)),
    st.tuples(st.just("dark"), st.sampled_from(THREE.voters)),
    st.tuples(st.just("light"), st.sampled_from(THREE.voters)),
    st.tuples(st.just("unwell"), st.sampled_from(REGIONS)),
    st.tuples(st.just("database"), st.sampled_from(REGIONS)),
    st.tuples(st.just("stop"), st.sampled_from(REGIONS)),
    st.tuples(st.just("well"), st.none()),
    st.tuples(
        st.just("ask"),
        st.tuples(
            st.sampled_from(["switchover", "failover", "readmit"]), st.sampled_from(REGIONS), st.booleans()
        ),
    ),
    st.tuples(st.just("kill"), st.tuples(st.sampled_from(REGIONS), st.integers(1, 60))),
    st.tuples(st.just("sleep"), st.tuples(st.sampled_from(REGIONS), st.integers(1, 30))),
)


class Sleeper:
    """A tick of a region whose worker stops at its n-th effect, and goes on when it is woken."""

    def __init__(self, model: Model, region: str, number: int) -> None:
        self.stopped_at: str | None = None
        self._left = number
        self._turn = threading.Event()
        self._wake = threading.Event()
        self._model, self._region = model, region
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> bool:
        """Let it run up to there; whether it got that far."""
        before, self._model.hook = self._model.hook, self._effect
        self._thread.start()
        self._turn.wait(timeout=20)
        self._model.hook = before
        return self.stopped_at is not None

    def wake(self) -> None:
        self._wake.set()
        self._thread.join(timeout=20)

    def _effect(self, region: str, name: str) -> None:
        if threading.current_thread() is not self._thread:
            return
        self._left -= 1
        if self._left == 0:
            self.stopped_at = name
            self._turn.set()
            self._wake.wait(timeout=60)

    def _run(self) -> None:
        try:
            self._model.tick(self._region)
        finally:
            self._turn.set()


def happen(model: Fragile, name: str, what: Any) -> None:
    match name:
        case "sleep":
            sleeper = Sleeper(model, *what)
            sleeper.start()
            model.asleep.append(sleeper)
        case "cut":
            model.cut(*what)
        case "join":
            model.cuts.discard(frozenset(what))
        case "isolate":
            model.isolate(what)
        case "dark":
            model.dark.add(what)
        case "light":
            model.dark.discard(what)
            model.rebuild()
        case "unwell":
            model.unwell.symmetric_difference_update({what})
        case "database":
            model.database_down.symmetric_difference_update({what})
        case "stop":
            model.stopped.symmetric_difference_update({what})
        case "well":
            make_well(model)
        case "ask":
            if model.lease() is not None:
                model.intend(what[0], what[1], force=what[2])
        case "kill":
            model.killing = what


def wake(model: Fragile) -> None:
    """Those that slept through the last event go on."""
    while model.asleep:
        model.asleep.pop().wake()
        model.check()


def make_well(model: Model) -> None:
    model.unwell.clear()
    model.database_down.clear()
    model.stopped.clear()
    model.heal()


class Fragile(Model):
    """A model whose controllers can be killed at their n-th effect from now on."""

    killing: tuple[str, int] | None = None

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.asleep: list[Sleeper] = []
        self.hook = self._count

    def _count(self, region: str, name: str) -> None:
        if self.killing is not None and self.killing[0] == region:
            self.killing = (region, self.killing[1] - 1)
            if self.killing[1] == 0:
                self.killing = None
                raise Killed(name)

    def tick(self, region: str) -> None:
        try:
            super().tick(region)
        except Killed:
            return


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    skew=skews,
    promotion=st.sampled_from([3.0, 20.0, 60.0]),
    history=st.lists(st.tuples(events, seconds), min_size=1, max_size=14),
    plain=st.booleans(),
    voters=st.sampled_from([THREE, FIVE]),
    drag=st.sampled_from([0.0, 0.05, 0.2]),
)
def test_no_history_of_faults_makes_two_writers_and_when_all_is_well_one_writes(
    skew: dict[str, float],
    promotion: float,
    history: list[Any],
    plain: bool,
    voters: Settings,
    drag: float,
) -> None:
    chosen = voters._replace(databases=() if plain else ("orders",))
    model = Fragile(settings=chosen, skew=skew, promotion=promotion, drag=drag)
    model.run(20)
    for (name, what), wait in history:
        happen(model, name, what)
        model.run(wait)
        if name != "sleep":
            wake(model)
    wake(model)
    make_well(model)
    # the longest way back: a promotion under way, a drain, patience, agreement, lease and guard
    model.run(promotion + 240)
    assert len(model.admitted()) == 1, [table.lease for table in model.tables.values()]
    before = len(model.accepted)
    model.run(5)
    assert len(model.accepted) > before


@pytest.mark.parametrize("paused", [23.0, 26.0, 29.0])
def test_a_worker_that_looks_before_a_takeover_and_writes_after_it_admits_nobody(paused: float) -> None:
    """The writer's controller pauses until its lease is over, looks, sleeps for a moment, and goes on."""
    for begin in (0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5):
        for number in range(1, 30):
            model = Model(THREE._replace(databases=()), skew={EAST: -2.4, WEST: 2.4})
            model.run(30 + begin)
            model.stopped.add(EAST)
            model.unwell.add(EAST)
            model.run(paused)
            model.stopped.discard(EAST)
            sleeper = Sleeper(model, EAST, number)
            asleep = sleeper.start()
            model.stopped.add(EAST)
            model.run(5)
            sleeper.wake()
            model.check()
            model.run(15)
            if not asleep:
                break


@pytest.mark.parametrize("story", ["failover", "isolated", "switchover", "evacuation"])
def test_a_worker_that_slept_at_any_of_its_effects_does_no_harm_when_it_wakes(story: str) -> None:
    """The worker of either region sleeps in the midst of a tick; others do its work; then it goes on."""
    for region in REGIONS:
        for begin in (0.0, 6.0, 27.0):
            for number in range(1, 40):
                if not slept(story, region, begin, number):
                    break


def slept(story: str, region: str, begin: float, number: int) -> bool:
    model = Model(promotion=10, skew={EAST: -2.4, WEST: 2.4})
    model.run(30)
    match story:
        case "failover":
            model.database_down.add(EAST)
        case "isolated":
            model.isolate(EAST)
        case "switchover":
            model.intend("switchover", WEST)
        case _:
            model.unwell.add(EAST)
    model.run(begin)
    sleeper = Sleeper(model, region, number)
    asleep = sleeper.start()
    model.run(70)
    sleeper.wake()
    model.run(40)
    model.check()
    assert model.admitted() == {WEST}, (story, region, begin, number, sleeper.stopped_at)
    return asleep


@given(skew=st.fixed_dictionaries({EAST: st.floats(-60, 60), WEST: st.floats(-60, 60)}))
@settings(max_examples=25, deadline=None)
def test_with_clocks_wrong_beyond_guard_the_database_still_refuses_the_old_epoch_after_a_switchover(
    skew: dict[str, float],
) -> None:
    """The promise about time is broken here; a planned switchover does not need it."""
    assume(abs(skew[EAST] - skew[WEST]) > GUARD)
    model = Model(skew=skew, promotion=10, settings=THREE._replace(automatic=False))
    model.check = model.settle  # type: ignore[method-assign]
    model.run(30)
    model.intend("switchover", WEST)
    model.run(60)
    newest = 0
    for write in model.accepted:
        assert write.epoch >= newest
        newest = write.epoch
