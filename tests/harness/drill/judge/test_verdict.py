from __future__ import annotations

import dataclasses
import math

from hypothesis import given, settings
from hypothesis import strategies as st

from harness.drill.judge.ledger import FaultMark, Ledger, Lookup, ReadBack
from harness.drill.judge.measure import measure
from harness.drill.judge.recovery import operation_splits
from harness.drill.judge.verdict import Verdict, judge, precondition_failed
from harness.drill.subject import Objectives, Subject
from tests.harness.drill.drill_ledgers import CLIENTS, EAST, SUBJECT, WEST, attempt, ledger, nobody_comes_back


def verdict(
    made: Ledger, *, rto: float = 50, rpo: float = 5, stale: bool = False, subject: Subject = SUBJECT
) -> Verdict:
    found = measure(made)
    objectives = Objectives(rto=rto, rpo=rpo, judge_stale=stale)
    return judge(found, objectives, subject, splits=operation_splits(made, found))


def without_health_check() -> Subject:
    return dataclasses.replace(
        SUBJECT, regions=tuple(dataclasses.replace(each, health_check=None) for each in SUBJECT.regions)
    )


def test_objectives_that_hold_are_met_and_exit_0() -> None:
    found = verdict(ledger())
    assert (found.status, found.exit_status) == ("objectives-met", 0)
    assert found.sentence == (
        "Objectives met: RTO of read 25.2 s of 50 s allowed (worst client); "
        "RTO of write 25.6 s of 50 s allowed (worst client); "
        "RPO: all 315 acknowledged writes can be read, 5 s allowed."
    )


def test_a_recovery_that_takes_too_long_is_missed_by_so_much_and_names_the_longest_step() -> None:
    found = verdict(ledger({CLIENTS[2]: 60}))
    assert (found.status, found.exit_status) == ("objectives-missed", 1)
    assert str(found.findings[0]) == (
        "RTO of read 60.2 s is 10.2 s over the 50 s allowed (worst client us-east-3rd); likely because "
        "shift took 40.2 s of it: answers are cached for the record's TTL of 10 s"
    )


def test_without_a_health_check_no_dns_answer_ever_names_the_standby() -> None:
    found = verdict(nobody_comes_back(flip=None), subject=without_health_check())
    assert found.exit_status == 1
    assert str(found.findings[0]) == (
        "RTO of read: 3 of 3 clients never recovered, 50 s allowed; likely because no DNS answer ever named "
        "us-west-2: the record of us-east-1 has no health check"
    )


def test_a_health_check_that_stays_green_is_named_as_the_reason() -> None:
    found = verdict(nobody_comes_back(flip=None))
    assert found.findings[0].reason == (
        "no DNS answer ever named us-west-2: the health check of us-east-1 never turned unhealthy"
    )


def test_a_health_check_that_no_record_follows_is_named_as_the_reason() -> None:
    made = nobody_comes_back()
    made.lookups.clear()
    assert verdict(made).findings[0].reason == (
        "no DNS answer ever named us-west-2, although the health check of us-east-1 turned "
        "unhealthy after 18.0 s"
    )


def test_a_standby_that_fails_too_is_named_as_the_reason() -> None:
    made = nobody_comes_back()
    made.attempts += [attempt(60 + n, "http", status=500, region=WEST) for n in range(7)]
    assert verdict(made).findings[0].reason == (
        "us-west-2 was reached, but failed too (us-west-2: HTTP 500, 7 times)"
    )


def test_lost_writes_within_the_objective_are_allowed_and_told() -> None:
    found = verdict(ledger(lost=[f"{CLIENTS[0]}-write-27.6"]))
    assert found.status == "objectives-met"
    assert found.findings[-1].text == (
        "RPO: 1 of 315 acknowledged writes lost, the oldest 2.39 s old, 5 s allowed"
    )


def test_a_cut_of_replication_before_the_writes_misses_the_rpo_with_their_exact_number() -> None:
    lost = [f"{client}-write-{second}.6" for client in CLIENTS for second in range(10, 30)]
    made = ledger(lost=lost)
    made.faults.append(FaultMark("replication-cut", "replication-cut us-east-1 us-west-2", 10.5, hits=60))
    found = verdict(made)
    assert found.exit_status == 1
    assert str(found.findings[-1]) == (
        "RPO: 60 of 315 acknowledged writes lost, the oldest 19.39 s old, 14.39 s over the 5 s allowed; "
        "likely because replication was cut before they were written"
    )


def test_an_rpo_of_zero_allows_no_lost_write() -> None:
    assert verdict(ledger(lost=[f"{CLIENTS[0]}-write-29.6"]), rpo=0).exit_status == 1
    assert verdict(ledger(), rpo=0).exit_status == 0


def test_a_fault_that_no_request_ran_into_is_inconclusive() -> None:
    found = verdict(ledger(hits=0))
    assert (found.status, found.exit_status) == ("inconclusive", 3)
    assert found.sentence == (
        "Inconclusive: no request ran into the fault (region-dark us-east-1 refuse): it was not there, or "
        "nothing went its way."
    )


def test_requests_that_fail_before_the_fault_make_it_inconclusive() -> None:
    made = ledger()
    made.attempts.append(attempt(12, "http", status=502))
    found = verdict(made)
    assert found.exit_status == 3
    assert found.findings[0].text == (
        "1 of 181 requests went wrong before the fault (first: read by us-east-1st at 12.0 s: HTTP 502), so "
        "what came after proves nothing"
    )


def test_too_few_clients_make_it_inconclusive() -> None:
    found = verdict(ledger(clients=CLIENTS[:2]))
    assert found.exit_status == 3
    assert found.findings[0].text == "2 clients were measured for read; at least 3 are needed"


def test_when_nothing_was_read_back_it_is_inconclusive() -> None:
    made = ledger()
    made.readbacks.clear()
    assert verdict(made).sentence == "Inconclusive: no acknowledged write was read back."


def test_a_window_that_ends_before_the_objective_is_inconclusive_and_not_missed() -> None:
    found = verdict(nobody_comes_back(healed=60))
    assert found.sentence == (
        "Inconclusive: recovery was watched for 30 s only, too short for an objective of 50 s."
    )


def test_clients_that_overstay_the_ttl_are_judged_only_when_asked() -> None:
    made = ledger({"us-east-4th": 90}, clients=[*CLIENTS, "us-east-4th"])
    made.overstaying = frozenset({"us-east-4th"})
    assert verdict(made).exit_status == 0
    judged = verdict(made, stale=True)
    assert judged.exit_status == 1
    assert judged.findings[2].text.startswith(
        "RTO of read (clients that overstay the TTL) 90.2 s is 40.2 s over"
    )


def test_a_return_of_traffic_that_is_not_allowed_misses_the_objectives() -> None:
    made = ledger(healed=100)
    made.attempts += [attempt(110 + n) for n in range(3)]
    manual = dataclasses.replace(SUBJECT, auto_return=False)
    assert verdict(made).exit_status == 0
    assert verdict(made, subject=manual).findings[-1].text == (
        "traffic returned to us-east-1 10.0 s after healing, although auto_return is off"
    )
    assert verdict(made, subject=manual).exit_status == 1


def test_a_write_that_is_still_missing_after_healing_misses_the_objectives() -> None:
    made = ledger(healed=100)
    made.readbacks += [ReadBack("healed", EAST, item, "ok") for item in made.acknowledged()]
    made.readbacks[-1] = dataclasses.replace(made.readbacks[-1], outcome="missing")
    found = verdict(made)
    assert found.exit_status == 1
    assert [each.text for each in found.findings if not each.met] == [
        "after healing, 314 of 315 writes are in every region"
    ]


def test_health_answered_by_something_else_fails_the_precondition_with_exit_1() -> None:
    found = precondition_failed(["health is answered by something else"])
    assert (found.exit_status, found.sentence) == (
        1, "Precondition failed: health is answered by something else."
    )  # fmt: skip


@settings(deadline=None)
@given(
    lost=st.sets(st.tuples(st.sampled_from(CLIENTS), st.integers(0, 129)), max_size=12),
    rpo=st.floats(min_value=0, max_value=60),
)
def test_no_verdict_passes_with_a_lost_write_older_than_the_rpo(
    lost: set[tuple[str, int]], rpo: float
) -> None:
    made = ledger(lost=[f"{client}-write-{second}.6" for client, second in lost])
    found = measure(made)
    acknowledged = made.acknowledged()
    ages = [found.fault_at - acknowledged[item].end for item in found.loss.items]
    if any(age > rpo for age in ages):
        assert verdict(made, rpo=rpo).exit_status == 1


@settings(deadline=None)
@given(
    back=st.dictionaries(
        st.sampled_from(CLIENTS), st.floats(min_value=0.5, max_value=95) | st.just(math.inf)
    ),
    rto=st.floats(min_value=1, max_value=90),
)
def test_no_verdict_passes_when_a_client_was_out_longer_than_the_rto(
    back: dict[str, float], rto: float
) -> None:
    made = ledger(back)
    if measure(made).worst > rto:
        assert verdict(made, rto=rto).exit_status == 1
    else:
        assert verdict(made, rto=rto).exit_status == 0


@settings(deadline=None)
@given(st.floats(min_value=1, max_value=89))
def test_a_return_one_second_before_the_objective_passes_and_one_after_does_not(rto: float) -> None:
    made = ledger(dict.fromkeys(CLIENTS, rto), flip=None)
    made.lookups.append(Lookup(40, "watcher", "us-east", ("127.0.1.2",), (WEST,), 10))
    worst = measure(made).worst
    assert verdict(made, rto=worst + 1).exit_status == 0
    assert verdict(made, rto=worst - 1).exit_status == 1 if worst > 1 else True
