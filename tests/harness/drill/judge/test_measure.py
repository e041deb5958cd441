from __future__ import annotations

import dataclasses
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.drill.judge import ledger as ledger_module
from harness.drill.judge.ledger import FaultMark, Ledger, ReadBack
from harness.drill.judge.measure import SUSTAIN_SECONDS, measure, recovery, recovery_times
from harness.drill.judge.recovery import median_split, split, worst_split
from tests.harness.drill.drill_ledgers import (
    CLIENTS,
    EAST,
    END,
    FAULT,
    WEST,
    attempt,
    ledger,
    nobody_comes_back,
)


def test_recovery_is_timed_from_the_fault_to_the_end_of_the_first_lasting_success() -> None:
    attempts = [attempt(31, "refused"), attempt(32, "refused"), attempt(40, took=0.5), attempt(50)]
    assert recovery(attempts, fault_at=FAULT).seconds == 10.5


def test_a_success_before_the_last_failure_does_not_count() -> None:
    attempts = [attempt(31, "refused"), attempt(35), attempt(41, "timeout"), attempt(45, took=0), attempt(60)]
    assert recovery(attempts, fault_at=FAULT).seconds == 15


def test_a_success_that_nothing_confirms_for_long_enough_is_no_recovery() -> None:
    short = [attempt(31, "refused"), attempt(40, took=0), attempt(40 + SUSTAIN_SECONDS - 0.1, took=0)]
    enough = [attempt(31, "refused"), attempt(40, took=0), attempt(40 + SUSTAIN_SECONDS, took=0)]
    assert recovery(short, fault_at=FAULT).seconds == math.inf
    assert recovery(enough, fault_at=FAULT).seconds == 10


def test_a_client_without_a_failure_was_not_out_at_all() -> None:
    found = recovery([attempt(31), attempt(40)], fault_at=FAULT)
    assert (found.seconds, found.affected) == (0.0, False)


def test_a_missing_item_is_a_loss_and_not_an_outage() -> None:
    attempts = [attempt(31, "refused"), attempt(40, took=0), attempt(41, "missing"), attempt(50)]
    assert recovery(attempts, fault_at=FAULT).seconds == 10


def test_recovery_does_not_begin_with_a_missing_item() -> None:
    attempts = [attempt(31, "refused"), attempt(35, "missing"), attempt(40, took=0), attempt(50)]
    assert recovery(attempts, fault_at=FAULT).seconds == 10


def test_median_and_worst_are_taken_over_clients_per_operation() -> None:
    found = measure(ledger({CLIENTS[0]: 10, CLIENTS[1]: 20, CLIENTS[2]: 40}))
    read = found.rto("read")
    assert read is not None
    assert (round(read.median, 2), round(read.worst, 2), read.worst_client) == (20.21, 40.21, CLIENTS[2])
    assert round(found.worst, 2) == 40.61


def test_clients_that_overstay_the_ttl_are_counted_apart() -> None:
    made = ledger({CLIENTS[2]: 70})
    made.overstaying = frozenset({CLIENTS[2]})
    found = measure(made)
    read, stale = found.rto("read"), found.rto("read", overstaying=True)
    assert read is not None
    assert stale is not None
    assert (read.clients, round(read.worst)) == (2, 25)
    assert (stale.clients, round(stale.worst)) == (1, 70)


def test_a_client_that_never_recovers_makes_the_worst_infinite_and_not_the_median() -> None:
    read = measure(ledger({CLIENTS[2]: math.inf})).rto("read")
    assert read is not None
    assert (read.recovered, read.worst, math.isfinite(read.median)) == (2, math.inf, True)


def test_a_lost_write_is_one_that_cannot_be_read_back_and_its_age_ends_at_the_fault() -> None:
    made = ledger(lost=[f"{CLIENTS[0]}-write-27.6", f"{CLIENTS[1]}-write-29.6"])
    found = measure(made).loss
    assert (found.lost, round(found.age, 2), found.oldest) == (2, 2.39, f"{CLIENTS[0]}-write-27.6")
    assert found.after_fault == 0


def test_a_write_lost_although_acknowledged_after_the_fault_lengthens_the_age() -> None:
    made = ledger(lost=[f"{CLIENTS[0]}-write-29.6", f"{CLIENTS[0]}-write-99.6"])
    found = measure(made).loss
    assert (round(found.age, 2), found.after_fault) == (70.0, 1)


def test_a_write_that_gives_no_answer_when_read_back_is_lost() -> None:
    made = ledger()
    last = made.readbacks[-1]
    made.readbacks[-1] = dataclasses.replace(last, outcome="timeout")
    found = measure(made).loss
    assert (found.lost, found.unreadable, found.items) == (1, 1, (last.item,))


def test_a_write_that_only_one_of_two_surviving_regions_holds_is_lost() -> None:
    made = ledger()
    item = made.readbacks[0].item
    made.readbacks.append(ReadBack("recovered", EAST, item, "missing"))
    assert measure(made).loss.items == (item,)


def test_what_was_never_acknowledged_cannot_be_lost() -> None:
    made = ledger()
    made.readbacks.append(ReadBack("recovered", WEST, "never-acknowledged", "missing"))
    assert measure(made).loss.lost == 0


def test_a_request_in_flight_when_the_fault_comes_belongs_to_the_outage() -> None:
    made = ledger()
    made.attempts.append(attempt(29.9, "refused", took=0.3))
    found = measure(made)
    assert found.baseline.failed == 0
    assert found.baseline.requests == 30 * 2 * len(CLIENTS)


def test_old_answers_after_replication_was_cut_are_no_trouble_of_the_baseline() -> None:
    made = ledger()
    made.faults.insert(0, FaultMark("replication-cut", "replication-cut us-east-1 us-west-2", 10, hits=4))
    made.attempts += [
        attempt(9.5, "missing"),
        attempt(12, "missing"),
        attempt(13, "stale"),
        attempt(14, "http", status=502),
    ]
    assert measure(made).baseline.by_outcome == (("missing", 1), ("HTTP 502", 1))


def test_failures_before_the_fault_are_the_baselines() -> None:
    made = ledger()
    made.attempts.append(attempt(12, "http", status=502))
    found = measure(made)
    assert found.baseline.by_outcome == (("HTTP 502", 1),)
    assert found.baseline_example == f"read by {CLIENTS[0]} at 12.0 s: HTTP 502"


def test_recovery_is_timed_from_the_loss_of_the_region_and_not_from_a_cut_before_it() -> None:
    made = ledger()
    made.faults.insert(0, FaultMark("replication-cut", "replication-cut us-east-1 us-west-2", 10, hits=4))
    assert measure(made).fault_at == FAULT


def test_recovery_is_watched_until_healing_only() -> None:
    made = ledger(dict.fromkeys(CLIENTS, 80.0), healed=100)
    assert measure(made).window_end == 100
    assert measure(made).worst == math.inf


def test_after_healing_it_shows_what_came_back_what_is_missing_and_who_serves() -> None:
    lost = [f"{CLIENTS[0]}-write-28.6", f"{CLIENTS[0]}-write-29.6"]
    made = ledger(healed=100, lost=lost)
    made.attempts += [attempt(110 + n, client="us-east-9th") for n in range(3)]
    made.readbacks += [ReadBack("healed", EAST, lost[0], "ok"), ReadBack("healed", EAST, lost[1], "missing")]
    returned = measure(made).returned
    assert returned is not None
    assert (returned.came_back, returned.still_missing) == (1, (lost[1],))
    assert (returned.survivor, returned.returned_to, returned.returned_at) == (WEST, EAST, 110.01)


def test_the_worst_clients_steps_add_up_to_its_recovery() -> None:
    made = ledger({CLIENTS[2]: 40})
    found = worst_split(made, measure(made))
    assert found is not None
    assert found.client == CLIENTS[2]
    steps = {step.name: round(step.seconds, 2) for step in found.steps}
    assert steps == {"detect": 18.0, "decide": 2.0, "shift": 20.6, "warm": 0.01}
    assert {step.name: step.kind for step in found.steps}["decide"] == "modelled"
    assert sum(step.seconds for step in found.steps) == pytest.approx(found.seconds)


def test_the_median_client_has_a_split_of_its_own() -> None:
    made = ledger({CLIENTS[0]: 22, CLIENTS[2]: 40})
    found = median_split(made, measure(made))
    assert found is not None
    assert found.client == CLIENTS[1]


def test_without_a_flip_there_is_no_split_but_a_reason() -> None:
    made = ledger(flip=None)
    found = measure(made)
    assert split(made, found, found.recoveries[0]).reason == "no health check of the region turned unhealthy"


def test_a_ledger_without_a_fault_cannot_be_measured() -> None:
    with pytest.raises(ValueError, match="holds no fault"):
        measure(Ledger())


def test_a_ledger_survives_being_written_and_read() -> None:
    made = ledger(healed=100, lost=[f"{CLIENTS[0]}-write-29.6"])
    made.overstaying = frozenset({"x"})
    assert ledger_module.parse(ledger_module.lines(made)) == made


@settings(deadline=None)
@given(st.lists(st.floats(min_value=0, max_value=1e4) | st.just(math.inf), min_size=1, max_size=30))
def test_the_worst_client_is_never_faster_than_the_median(seconds: list[float]) -> None:
    template = measure(ledger()).recoveries[0]
    group = [dataclasses.replace(template, client=f"c{n}", seconds=s) for n, s in enumerate(seconds)]
    (found,) = recovery_times(group)
    assert found.worst >= found.median
    assert found.recovered == sum(s < math.inf for s in seconds)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(CLIENTS), st.floats(min_value=1, max_value=90)))
def test_a_later_return_never_measures_shorter(back: dict[str, float]) -> None:
    sooner = measure(ledger(back)).worst
    later = measure(ledger({name: back.get(name, 25.0) + 2 for name in CLIENTS})).worst
    assert later >= sooner


def test_when_nobody_comes_back_everything_is_infinite() -> None:
    found = measure(nobody_comes_back())
    assert [(each.median, each.worst) for each in found.judged] == [(math.inf, math.inf)] * 2
    assert found.outage.failed == found.outage.requests == int(END - FAULT) * 2 * len(CLIENTS)


def test_an_item_that_lags_before_the_fault_is_no_fault_where_a_store_is_known_to_lag() -> None:
    made = ledger()
    made.attempts += [
        attempt(12, "missing", operation="read files"),
        attempt(13, "missing"),
        attempt(14, "refused", operation="read files"),
    ]
    assert measure(made).baseline.failed == 3
    made.lagging = frozenset({"read files"})
    assert measure(made).baseline.by_outcome == (("missing", 1), ("refused", 1))
