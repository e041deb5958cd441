"""What the controller does when regions, links and controllers fail, in a model of several regions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from controller import control_tables, probes

from generator.recovery.budget import CALLS_TO_ADMIT, CALLS_TO_PROMOTE, PROBE_LIMIT, VOTER_GRACE
from tests.lambda_src.failover_model import EAST, THREE, WEST, WITNESS, Killed, Model, ModelTables, Phase


def running(**options: Any) -> Model:
    """A model that has been well for a minute."""
    model = Model(**options)
    model.run(60)
    assert model.admitted() == {EAST}
    return model


def test_the_home_region_becomes_the_first_writer_and_all_regions_serve() -> None:
    model = running()
    lease = model.lease()
    assert lease is not None
    assert (lease.epoch, lease.writer, lease.phase, lease.kind) == (1, EAST, Phase.DONE, "bootstrap")
    assert [(line["event"], line["region"]) for line in model.lines] == [
        ("promoted", EAST),
        ("fenced", EAST),
        ("admitted", EAST),
        ("done", EAST),
    ]
    assert {write.region for write in model.accepted} == {EAST, WEST}
    assert {write.database for write in model.accepted} == {EAST}
    assert model.admission(WEST).serving  # type: ignore[union-attr]


def test_a_dark_writer_is_replaced_once_and_what_was_replicated_is_kept() -> None:
    model = running()
    fault = model.time
    model.dark.add(EAST)
    model.run(180)
    lease = model.lease()
    assert lease is not None
    assert (lease.epoch, lease.writer, lease.phase, lease.kind) == (2, WEST, Phase.DONE, "failover")
    assert (lease.previous, lease.retired) == (EAST, (EAST,))
    assert model.admitted() == {WEST}
    claimed = lease.claimed_at - fault
    # LEASE + GUARD, and a tick on either side
    assert 20 <= claimed <= 35
    first = min(write.at for write in model.accepted if write.epoch == 2)
    assert first - lease.claimed_at <= model.promotion + 6
    assert all(fault - write.at <= model.lag for write in model.lost)
    assert model.secrets == {EAST: EAST, WEST: WEST}


def test_a_writer_that_is_cut_off_stops_by_itself_before_another_is_admitted() -> None:
    model = running()
    cut = model.time
    model.isolate(EAST)
    model.run(240)
    assert model.lease().writer == WEST  # type: ignore[union-attr]
    last_in_east = max(write.at for write in model.accepted if write.epoch == 1)
    first_in_west = min(write.at for write in model.accepted if write.epoch == 2)
    assert last_in_east - cut <= THREE.lease
    assert first_in_west > last_in_east
    east = model.admission(EAST)
    assert east is not None
    # it fails its own health check, so that clients are sent elsewhere
    assert model.now(EAST) > east.serving_until


def test_a_cut_between_the_two_regions_alone_moves_clients_to_the_writer_and_nothing_else() -> None:
    model = running()
    model.cut(EAST, WEST)
    model.run(THREE.agreement - 1)
    assert model.admission(WEST).serving  # type: ignore[union-attr]
    model.run(2 * THREE.tick + 1)
    west = model.admission(WEST)
    assert west is not None
    assert (west.serving, west.reason) == (False, f"cut off from the writer {EAST}, which other voters reach")
    assert model.admission(EAST).serving  # type: ignore[union-attr]
    model.run(300)
    assert model.lease().epoch == 1  # type: ignore[union-attr]
    assert model.admitted() == {EAST}
    model.heal()
    model.run(2 * THREE.tick)
    assert model.admission(WEST).serving  # type: ignore[union-attr]


def test_a_region_that_nobody_reaches_keeps_no_other_out_of_service() -> None:
    for lose in (Model.isolate, lambda model, region: model.dark.add(region)):
        model = running()
        lose(model, EAST)
        for _ in range(60):
            model.run(1)
            assert model.admission(WEST).serving  # type: ignore[union-attr]
        assert model.lease().writer == WEST  # type: ignore[union-attr]


def test_losing_the_witness_or_the_standby_leaves_the_writer_alone() -> None:
    for lost in (WITNESS, WEST):
        model = running()
        model.dark.add(lost)
        model.run(120)
        assert (model.lease().epoch, model.admitted()) == (1, {EAST})  # type: ignore[union-attr]


def test_without_a_majority_nobody_takes_over() -> None:
    model = running()
    model.dark.update({EAST, WITNESS})
    model.run(300)
    assert model.admitted() == set()
    assert model.events("isolated")
    model.heal()
    model.run(60)
    assert (model.lease().epoch, model.admitted()) == (1, {EAST})  # type: ignore[union-attr]


def test_a_flapping_region_is_failed_over_once_and_does_not_return_by_itself() -> None:
    model = running()
    for _ in range(8):
        model.dark.add(EAST)
        model.run(45)
        model.heal()
        model.run(30)
    model.run(300)
    lease = model.lease()
    assert lease is not None
    assert (lease.epoch, lease.writer) == (2, WEST)
    assert len([line for line in model.lines if line["event"] == "promote orders"]) == 1
    east = model.admission(EAST)
    assert east is not None
    assert (east.serving, east.reason) == (False, f"retired: {WEST} took over in epoch 2")


def test_short_outages_are_ridden_out() -> None:
    model = running()
    for _ in range(20):
        model.dark.add(EAST)
        model.run(10)
        model.heal()
        model.run(15)
    assert (model.lease().epoch, model.admitted()) == (1, {EAST})  # type: ignore[union-attr]


def test_a_writer_whose_database_alone_is_lost_is_replaced_although_its_controller_lives() -> None:
    model = running()
    fault = model.time
    model.database_down.add(EAST)
    model.run(240)
    lease = model.lease()
    assert lease is not None
    assert (lease.writer, lease.kind, lease.phase) == (WEST, "failover", Phase.DONE)
    # agreement, the rest of the lease, the guard, and a tick for each of three steps
    assert lease.claimed_at - fault <= 15 + 20 + 5 + 15


def test_a_writer_that_nobody_can_reach_hands_over_without_loss_if_its_database_lives() -> None:
    model = running()
    model.unwell.add(EAST)
    model.run(240)
    lease = model.lease()
    assert lease is not None
    assert (lease.writer, lease.kind, lease.retired) == (WEST, "evacuation", (EAST,))
    assert model.lost == []
    assert [line["details"] for line in model.events("promote orders")] == [f"switchover from {EAST}"]


def test_a_replica_that_lags_more_than_the_objective_is_not_promoted_unless_a_person_forces_it() -> None:
    model = running(lag=9.0)
    model.dark.add(EAST)
    model.run(120)
    assert model.lease().epoch == 1  # type: ignore[union-attr]
    assert model.admitted() == set()
    assert model.events("takeover refused")[0]["details"] == (
        "the replica of orders lagged 9.0 s, more than 5 s"
    )
    model.intend("failover", WEST, force=True, by="ann")
    model.run(120)
    lease = model.lease()
    assert lease is not None
    assert (lease.writer, lease.by) == (WEST, "ann")


def test_in_manual_mode_a_person_decides() -> None:
    model = running(settings=THREE._replace(automatic=False))
    model.dark.add(EAST)
    model.run(120)
    assert model.events("takeover refused")[0]["details"] == "the mode is manual: run failover to take over"
    model.intend("failover", WEST)
    model.run(120)
    assert model.lease().writer == WEST  # type: ignore[union-attr]


@pytest.mark.parametrize("seed", range(20))
def test_a_switchover_loses_nothing(seed: int) -> None:
    model = Model(promotion=20 + 5 * seed, lag=0.5 * seed, skew={EAST: 0.2 * seed - 2, WEST: 1 - 0.15 * seed})
    model.run(60 + seed)
    begun = model.time
    model.intend("switchover", WEST)
    model.run(model.promotion + 90)
    lease = model.lease()
    assert lease is not None
    assert (lease.epoch, lease.writer, lease.kind, lease.phase) == (2, WEST, "switchover", Phase.DONE)
    assert lease.retired == ()
    assert model.lost == []
    last = max(write.at for write in model.accepted if write.epoch == 1)
    first = min(write.at for write in model.accepted if write.epoch == 2)
    assert begun <= last
    # the guard, a tick for each of four steps, and the promotion itself
    assert first - last <= 5 + 4 * 5 + model.promotion + 6


def test_a_switchover_and_back_leaves_everything_as_it_was() -> None:
    model = running(promotion=20)
    model.intend("switchover", WEST)
    model.run(120)
    model.intend("switchover", EAST)
    model.run(120)
    lease = model.lease()
    assert lease is not None
    assert (lease.epoch, lease.writer, model.lost) == (3, EAST, [])
    assert model.admitted() == {EAST}


def test_a_switchover_whose_heir_dies_is_taken_back() -> None:
    model = running()
    model.intend("switchover", WEST)
    while model.lease().phase != Phase.DRAINING:  # type: ignore[union-attr]
        model.run(0.5)
    model.dark.add(WEST)
    model.run(120)
    lease = model.lease()
    assert lease is not None
    assert (lease.epoch, lease.writer, lease.kind, model.lost) == (2, EAST, "return", [])
    assert model.admitted() == {EAST}


def test_a_switchover_whose_database_cannot_move_is_undone() -> None:
    model = running()
    model.intend("switchover", WEST)
    while model.lease().phase != Phase.RELEASED:  # type: ignore[union-attr]
        model.run(0.5)
    model.cut(EAST, WEST)
    model.run(120)
    lease = model.lease()
    assert lease is not None
    assert (lease.writer, lease.kind, model.lost) == (EAST, "return", [])
    assert model.events("switchover undone")


def test_a_switchover_whose_old_region_dies_becomes_a_failover() -> None:
    model = running()
    model.intend("switchover", WEST)
    while model.lease().phase != Phase.RELEASED:  # type: ignore[union-attr]
        model.run(0.5)
    model.dark.add(EAST)
    model.run(240)
    assert model.lease().writer == WEST  # type: ignore[union-attr]
    assert model.admitted() == {WEST}
    # it had been drained, and what was drained had been replicated
    assert model.lost == []


def test_a_switchover_to_a_region_that_is_not_well_is_refused() -> None:
    model = running()
    model.unwell.add(WEST)
    model.run(20)
    model.intend("switchover", WEST)
    model.run(90)
    assert (model.lease().epoch, model.admitted()) == (1, {EAST})  # type: ignore[union-attr]
    assert model.events("switchover refused")[0]["details"] == f"{WEST} is not well: run status to see why"


def test_the_old_primary_returns_as_a_retired_replica_and_its_unreplicated_writes_are_kept() -> None:
    model = running(lag=2.0)
    model.dark.add(EAST)
    model.run(180)
    lost = model.lost
    assert lost
    model.heal()
    model.run(120)
    assert model.kept == lost
    assert model.admitted() == {WEST}
    assert model.admission(EAST).serving is False  # type: ignore[union-attr]
    model.intend("readmit", EAST)
    model.run(30)
    assert model.admission(EAST).serving is True  # type: ignore[union-attr]
    assert model.lease().retired == ()  # type: ignore[union-attr]


def test_a_retired_region_does_not_take_over_by_itself_until_it_is_let_back() -> None:
    model = running()
    model.dark.add(EAST)
    model.run(180)
    model.heal()
    model.run(60)
    model.dark.add(WEST)
    model.run(120)
    assert model.lease().epoch == 2  # type: ignore[union-attr]
    assert model.events("takeover refused")[-1]["details"] == (
        f"{EAST} is retired: run failover to let it take over"
    )
    model.heal()
    model.run(60)
    model.intend("readmit", EAST)
    model.run(30)
    model.dark.add(WEST)
    model.run(180)
    assert (model.lease().epoch, model.admitted()) == (3, {EAST})  # type: ignore[union-attr]


def test_a_failback_brings_a_retired_region_home() -> None:
    model = running()
    model.dark.add(EAST)
    model.run(180)
    model.heal()
    model.run(60)
    model.intend("switchover", EAST)
    model.run(180)
    lease = model.lease()
    assert lease is not None
    assert (lease.epoch, lease.writer, lease.retired) == (3, EAST, ())
    assert model.admitted() == {EAST}


def test_a_handover_that_could_not_begin_is_given_up_and_everyone_writes_again() -> None:
    model = running()
    model.fence_fails = True
    model.intend("switchover", WEST)
    model.run(30)
    assert model.admitted() == {EAST}
    assert not model.write(WEST)
    model.run(60)
    model.fence_fails = False
    model.run(20)
    lease = model.lease()
    assert lease is not None
    assert (lease.epoch, lease.writer, lease.kind, lease.heir) == (2, EAST, "repair", None)
    assert model.write(EAST)
    assert model.write(WEST)


@pytest.mark.parametrize("databases", [(), ("orders",)])
def test_with_clocks_at_the_limit_of_guard_the_old_writer_has_stopped_when_the_new_one_starts(
    databases: tuple[str, ...],
) -> None:
    """Whatever the moment of the cut between two ticks; Model.check looks at every half second."""
    for moment in range(10):
        model = Model(THREE._replace(databases=databases), skew={EAST: -2.45, WEST: 2.45}, promotion=0.5)
        model.run(60 + moment / 2)
        model.isolate(EAST)
        model.run(60)
        assert model.admitted() == {WEST}


def test_a_drain_is_waited_for_from_when_the_admission_was_closed() -> None:
    model = running()
    closed: list[float] = []
    released: list[float] = []

    def note(region: str, name: str) -> None:
        # only this controller is slow
        model.time += 0.2 if region == EAST else 0.0
        if name == "close":
            closed.append(model.time)
        if name.startswith("propose RELEASED"):
            released.append(model.time)

    model.hook = note
    model.intend("switchover", WEST)
    while not model.events("released"):
        model.run(0.5)
    assert len(closed) == 1
    assert released[0] - closed[0] >= THREE.guard


def test_a_takeover_makes_as_many_calls_to_all_voters_as_the_recovery_budget_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[str] = []

    def counted(name: str) -> Callable[..., Any]:
        method = getattr(ModelTables, name)

        def call(tables: ModelTables, *arguments: Any, **named: Any) -> Any:
            made.append(name if tables.me == WEST else "")
            return method(tables, *arguments, **named)

        return call

    for name in ("ballots", "propose", "log"):
        monkeypatch.setattr(ModelTables, name, counted(name))
    model = running()
    model.hook = lambda region, name: made.append(name if region == WEST else "")
    model.dark.add(EAST)
    while model.admitted() != {WEST}:
        model.run(0.5, clients=False)
    promoted = made.index("promote failover")
    looked = max(number for number, name in enumerate(made[:promoted]) if name == "probe")
    assert _to_all_voters(made[looked:promoted]) == CALLS_TO_PROMOTE
    fenced = made.index("fence")
    looked = max(number for number, name in enumerate(made[:fenced]) if name == "look")
    admitted = fenced + made[fenced:].index("admit")
    assert _to_all_voters(made[looked:admitted]) == CALLS_TO_ADMIT


def _to_all_voters(made: list[str]) -> int:
    return sum(name in ("ballots", "propose", "log") for name in made)


def test_what_the_budget_says_of_a_silent_voter_is_what_the_controller_does() -> None:
    assert control_tables.GRACE_SECONDS == VOTER_GRACE
    assert probes.PATIENCE_SECONDS == PROBE_LIMIT


def test_two_candidates_that_split_the_votes_settle_it() -> None:
    north, south = "eu-north-1", "sa-east-1"
    five = THREE._replace(
        voters=(EAST, WEST, north, WITNESS, south), regions=(EAST, WEST, north), databases=("orders",)
    )
    model = running(settings=five)
    lease = model.lease()
    assert lease is not None
    # both claimed epoch 2 and died on the way
    for voter, writer in ((WEST, WEST), (WITNESS, WEST), (north, north), (south, north)):
        model.tables[voter].lease = lease._replace(
            epoch=2, writer=writer, phase=Phase.ACQUIRED, kind="failover", previous=EAST
        )
    model.dark.add(EAST)
    model.run(300)
    after = model.lease()
    assert after is not None
    assert after.writer in (WEST, north)
    assert after.epoch > 2
    assert model.admitted() == {after.writer}


def test_a_claim_that_failed_at_one_voter_does_not_keep_the_writer_from_it_for_ever() -> None:
    model = running()
    lease = model.lease()
    assert lease is not None
    model.tables[WITNESS].lease = lease._replace(epoch=7, writer=WEST, phase=Phase.ACQUIRED, until=model.time)
    model.run(60)
    after = model.lease()
    assert after is not None
    assert (after.epoch, after.writer, after.kind) == (8, EAST, "repair")
    assert {table.lease.epoch for table in model.tables.values() if table.lease} == {8}
    assert model.clusters[EAST].fence == 8
    assert model.admitted() == {EAST}


def count_effects(model: Model, region: str) -> list[str]:
    effects: list[str] = []

    def note(me: str, name: str) -> None:
        if me == region:
            effects.append(name)

    model.hook = note
    return effects


def killed_at(model: Model, region: str, number: int) -> None:
    """Let the worker of a region's controller die at its effect of this number, once."""
    left = number

    def kill(me: str, name: str) -> None:
        nonlocal left
        if me == region:
            left -= 1
            if left == 0:
                raise Killed(name)

    model.hook = kill
    genuine = model.tick

    def survivable(me: str) -> None:
        try:
            genuine(me)
        except Killed:
            model.hook = lambda region, name: None

    model.tick = survivable  # type: ignore[assignment]


@pytest.mark.parametrize("kind", ["failover", "switchover"])
def test_a_controller_killed_at_any_of_its_effects_is_resumed(kind: str) -> None:
    def begin(model: Model) -> None:
        model.run(30)
        if kind == "failover":
            model.dark.add(EAST)
        else:
            model.intend("switchover", WEST)

    for region in (WEST,) if kind == "failover" else (EAST, WEST):
        model = Model(promotion=10)
        begin(model)
        effects = count_effects(model, region)
        model.run(90)
        assert model.admitted() == {WEST}
        assert "promote " + kind in effects or region == EAST
        for number in range(1, len(effects) + 1):
            model = Model(promotion=10)
            begin(model)
            killed_at(model, region, number)
            model.run(130, clients=number % 7 == 0)
            lease = model.lease()
            assert lease is not None
            assert (lease.writer, model.admitted()) == (WEST, {WEST}), (region, number, effects[number - 1])
            assert sum(line["event"] == "promote orders" for line in model.lines) <= 2
