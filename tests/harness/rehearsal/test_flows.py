"""Several flows, a CDN, a controller: what becomes of them in figures, steps and verdicts."""

from __future__ import annotations

import dataclasses
import math

import pytest

from harness.drill.judge.ledger import (
    Command,
    Drawn,
    Event,
    FaultMark,
    Flip,
    Kept,
    Ledger,
    Lookup,
    ReadBack,
    in_order,
)
from harness.drill.judge.measure import measure
from harness.drill.judge.recovery import Split, operation_splits, split
from harness.drill.judge.traffic import moves
from harness.drill.judge.verdict import Verdict, judge
from harness.drill.subject import Controller, DrillError, Flow, Objectives, Subject
from tests.harness.drill.drill_ledgers import CLIENTS, EAST, FAULT, SUBJECT, WEST, attempt, ledger

ORDERS = Flow("orders", "/orders/{id}", "/orders", "database", rto=150, rpo=2)
SITE = Flow("site", "/static", None, "static")
SHOP = dataclasses.replace(SUBJECT, flows=(*SUBJECT.flows, ORDERS))


def with_orders(back: float = 40.0, lost: tuple[str, ...] = (), **settings: object) -> Ledger:
    """The usual ledger, and orders that come back later than the rest."""
    made = ledger(**settings)  # type: ignore[arg-type]
    for client in CLIENTS:
        for second in range(130):
            for operation, shift in (("read orders", 0.3), ("write orders", 0.7)):
                start = second + shift
                out = FAULT <= start < FAULT + back
                region = EAST if start < FAULT + back else WEST
                made.attempts.append(
                    attempt(start, "http" if out else "ok", client=client, operation=operation, region=region)
                )
    known = {each.item for each in made.readbacks}
    made.readbacks += [
        ReadBack("recovered", WEST, item, "missing" if item in lost else "ok")
        for item in made.acknowledged()
        if item not in known
    ]
    return made


def verdict(made: Ledger, subject: Subject = SHOP) -> Verdict:
    found = measure(made)
    return judge(found, Objectives(50, 5), subject, splits=operation_splits(made, found))


def order(client: str, second: int) -> str:
    return f"{client}-write orders-{second}.7"


def test_operations_are_named_by_their_flow_and_the_first_flows_are_plain() -> None:
    subject = dataclasses.replace(SHOP, flows=(*SHOP.flows, SITE))
    assert subject.operations == ("read", "write", "read orders", "write orders", "read site")
    assert [subject.flow_of(each).name for each in subject.operations] == [
        "items", "items", "orders", "orders", "site",
    ]  # fmt: skip
    with pytest.raises(DrillError, match="shop has no operation write carts"):
        subject.flow_of("write carts")


def test_a_flow_keeps_its_own_objectives_and_else_has_the_environments() -> None:
    objectives = Objectives(rto=50, rpo=5)
    assert [SHOP.rto(each, objectives) for each in ("write", "write orders")] == [50, 150]
    assert [SHOP.rpo(each, objectives) for each in ("write", "write orders")] == [5, 2]


def test_operations_come_flow_by_flow_reads_before_writes() -> None:
    assert in_order(["write orders", "read", "read files", "read orders", "write", "read"]) == [
        "read", "write", "read files", "read orders", "write orders",
    ]  # fmt: skip


def test_every_operation_is_measured_for_itself() -> None:
    found = measure(with_orders(back=40.0))
    assert [(each.operation, round(each.worst, 1)) for each in found.judged] == [
        ("read", 25.2), ("write", 25.6), ("read orders", 40.3), ("write orders", 40.7),
    ]  # fmt: skip


def test_losses_are_counted_per_operation() -> None:
    found = measure(with_orders(lost=(order(CLIENTS[0], 28), order(CLIENTS[1], 29))))
    assert [(each.operation, each.lost) for each in found.losses] == [("write", 0), ("write orders", 2)]
    assert round(found.losses[1].age, 2) == 1.29
    assert found.loss.lost == 2


def test_each_flow_is_judged_by_its_own_objectives() -> None:
    found = verdict(with_orders(back=60.0))
    assert found.status == "objectives-met", found.sentence
    assert [each.text for each in found.findings][3:] == [
        "RTO of write orders 60.7 s of 150 s allowed (worst client)",
        "RPO: all 315 acknowledged writes can be read, 5 s allowed",
        "RPO of orders: all 210 acknowledged writes can be read, 2 s allowed",
    ]
    late = verdict(with_orders(lost=(order(CLIENTS[0], 27),)))
    assert [each.text for each in late.findings if not each.met] == [
        "RPO of orders: 1 of 270 acknowledged writes lost, the oldest 2.29 s old, 0.29 s over the 2 s allowed"
    ]


def test_a_flow_that_nobody_used_makes_it_inconclusive() -> None:
    found = verdict(ledger())
    assert found.exit_status == 3
    assert [each.text for each in found.findings] == [
        "0 clients were measured for read orders; at least 3 are needed",
        "0 clients were measured for write orders; at least 3 are needed",
        "no acknowledged write of orders was read back",
    ]


def test_the_slowest_good_answer_is_told_beside_the_outage() -> None:
    made = ledger()
    made.attempts.append(attempt(70, took=2.1))
    read = measure(made).rto("read")
    assert read is not None
    assert round(read.slowest, 1) == 2.1


# ---------------------------------------------------------------- steps


def promoted(made: Ledger, *, admitted: float = 38.0) -> Ledger:
    made.events += [
        Event(FAULT + 20, WEST, "acquired", 2),
        Event(FAULT + 20, WEST, "promoting", 2, "failover from us-east-1"),
        Event(FAULT + 36, WEST, "promoted", 2),
        Event(FAULT + admitted, WEST, "admitted", 2),
    ]
    made.drawn.append(Drawn(FAULT + 21, FAULT + 33, "aurora_promotion", WEST))
    # what came after it and cost nobody anything
    made.drawn.append(Drawn(FAULT + 33, FAULT + 90, "aurora_secondary_rebuild", EAST))
    return made


def steps(made: Ledger, operation: str) -> dict[str, tuple[float, float]]:
    """Seconds and modelled seconds of each step of the operation's worst client."""
    found = next(each for each in operation_splits(made, measure(made)) if each.operation == operation)
    assert sum(step.seconds for step in found.steps) == pytest.approx(found.seconds)
    return {step.name: (round(step.seconds, 1), round(step.modelled, 1)) for step in found.steps}


def test_a_client_that_waits_at_the_new_region_waits_for_the_promotion_and_only_that_is_modelled() -> None:
    made = promoted(with_orders(back=40.0))
    # it arrived after 25 s and was turned away until the region was admitted
    made.attempts = [
        dataclasses.replace(a, dialled=WEST) if a.operation == "write orders" and a.start > FAULT + 25 else a
        for a in made.attempts
    ]
    assert steps(made, "write orders") == {"promote": (38.0, 12.0), "warm": (2.7, 0.0)}


def test_a_promotion_that_dns_outlasts_is_no_part_of_the_way() -> None:
    made = promoted(with_orders(back=40.0), admitted=19.0)
    found = steps(made, "write orders")
    assert "promote" not in found
    assert (found["detect"], found["decide"]) == ((18.0, 0.0), (2.0, 2.0))


def test_what_does_not_wait_for_a_promotion_has_nothing_of_it_modelled() -> None:
    made = promoted(with_orders(back=60.0), admitted=50.0)
    found = steps(made, "write")
    assert "promote" not in found
    assert {name for name, (_, modelled) in found.items() if modelled} == {"decide"}


def test_a_promotion_before_dns_moves_comes_before_it() -> None:
    made = promoted(with_orders(back=60.0), admitted=22.0)
    made.flips.clear()
    made.lookups.clear()
    made.flips += [
        Flip(5, WEST, healthy=False),
        Flip(FAULT + 18, EAST, healthy=False),
        Flip(FAULT + 45, WEST, healthy=True),
    ]
    made.lookups.append(Lookup(FAULT + 48, "watcher", "us-east", ("127.0.1.2",), (WEST,), 10))
    assert {name: each[0] for name, each in steps(made, "write orders").items()} == {
        "promote": 22.0, "detect": 23.0, "decide": 3.0, "shift": 12.7, "warm": 0.0,
    }  # fmt: skip


def through_cdn(made: Ledger) -> Ledger:
    made.attempts = [dataclasses.replace(a, dialled=None) for a in made.attempts]
    return made


def test_behind_a_cdn_a_client_arrives_with_the_first_answer_of_the_other_region() -> None:
    assert {name: each[0] for name, each in steps(through_cdn(ledger()), "write").items()} == {
        "detect": 18.0, "decide": 2.0, "shift": 5.6, "warm": 0.0,
    }  # fmt: skip


def test_a_cdn_that_asked_its_other_origin_before_any_health_check_says_so() -> None:
    made = through_cdn(ledger(dict.fromkeys(CLIENTS, 3.0), flip=FAULT + 18))
    found: Split = split(made, measure(made), measure(made).recoveries[0])
    assert found.reason == "the CDN asked its other origin, before any health check had turned"


# ---------------------------------------------------------------- many regions, places and moves


def test_with_latency_routing_each_client_is_judged_by_its_nearest_region() -> None:
    near = dataclasses.replace(SUBJECT, routing="latency")
    assert verdict(ledger(), near).findings[0].text == "all 3 clients were served by their nearest region"
    made = ledger()
    made.attempts = [
        dataclasses.replace(a, place="us-west") if a.client == CLIENTS[1] else a for a in made.attempts
    ]
    found = verdict(made, near)
    assert (found.exit_status, found.findings[0].text) == (
        1,
        "1 of 3 clients were not served by their nearest region "
        "(us-east-2nd by us-east-1 instead of us-west-2)",
    )


def test_the_region_that_a_fault_struck_is_the_one_to_explain_although_another_served_more() -> None:
    made = ledger()
    assert measure(made).struck == EAST
    mark = FaultMark("region-dark", "region-dark us-west-2 refuse", FAULT, hits=3, region=WEST)
    made.faults[:] = [mark]
    assert measure(made).struck == WEST


def test_a_failover_is_one_move_and_a_seesaw_is_many() -> None:
    assert measure(ledger()).moves == 1
    there_and_back = [
        attempt(second, operation="write", region=(EAST, WEST)[second // 10 % 2]) for second in range(30, 70)
    ]
    assert moves(there_and_back) == 3
    assert moves([dataclasses.replace(a, operation="read") for a in there_and_back]) == 0
    assert moves(there_and_back, frozenset({CLIENTS[0]})) == 0


def flapping(made: Ledger) -> Ledger:
    made.faults[0] = dataclasses.replace(made.faults[0], pulses=((30, 60), (90, 120)))
    return made


def test_where_traffic_does_not_return_a_fault_that_flaps_may_move_it_once() -> None:
    latched = dataclasses.replace(SUBJECT, auto_return=False)
    found = verdict(flapping(ledger()), latched)
    assert found.findings[-1].text == "traffic moved once, although the fault came and went twice"
    assert found.status == "objectives-met"
    made = flapping(ledger())
    made.attempts += [attempt(100 + n, operation="write") for n in range(3)]
    again = verdict(made, latched)
    assert again.findings[-1].text == "traffic moved 7 times, although the fault came and went twice"
    assert again.exit_status == 1
    assert all(each.subject != "moves" for each in verdict(made, SUBJECT).findings)


# ---------------------------------------------------------------- commands, and what was kept


def moved_in_peace(*, allowed: bool = True, lost: tuple[str, ...] = ()) -> Ledger:
    made = ledger(dict.fromkeys(CLIENTS, 6.0), lost=lost)
    made.faults.clear()
    reasons = () if allowed else ("us-west-2 lags by 9 s",)
    made.commands.append(Command(FAULT, "switchover", WEST, allowed, FAULT + 0.2, reasons))
    return made


def test_a_switchover_is_timed_from_its_command() -> None:
    found = measure(moved_in_peace())
    assert (found.fault_at, found.planned, round(found.worst, 1)) == (FAULT, True, 6.6)
    done = verdict(moved_in_peace(), SUBJECT)
    assert (done.status, done.findings[0].text) == ("objectives-met", "switchover to us-west-2 was done")


def test_a_switchover_may_lose_nothing_whatever_an_outage_may() -> None:
    found = verdict(moved_in_peace(lost=(f"{CLIENTS[0]}-write-29.6",)), SUBJECT)
    assert found.exit_status == 1
    assert "1 of 372 acknowledged writes lost, the oldest 0.39 s old, 0.39 s over the 0 s allowed" in (
        found.sentence
    )


def test_a_command_that_is_refused_misses_the_objectives_with_the_controllers_reason() -> None:
    found = verdict(moved_in_peace(allowed=False), SUBJECT)
    assert found.exit_status == 1
    assert str(found.findings[0]) == (
        "switchover to us-west-2 was refused; likely because us-west-2 lags by 9 s"
    )


def test_traffic_that_goes_home_when_told_to_did_not_return_by_itself() -> None:
    latched = dataclasses.replace(SUBJECT, auto_return=False)
    made = ledger(healed=100)
    made.commands.append(Command(110, "failback", EAST, True, 110.1))
    made.attempts += [attempt(115 + n) for n in range(3)]
    found = verdict(made, latched)
    assert found.findings[-1].text == "traffic stayed in us-west-2 after healing"
    made.commands.clear()
    assert verdict(made, latched).exit_status == 1


def healed_orders(*, kept: tuple[str, ...]) -> Verdict:
    lost = (order(CLIENTS[0], 28), order(CLIENTS[1], 29))
    made = with_orders(lost=lost, healed=100)
    made.readbacks += [
        ReadBack("healed", region, item, "missing" if item in lost else "ok")
        for item in made.acknowledged()
        for region in (EAST, WEST)
    ]
    made.kept += [Kept(item, EAST) for item in kept]
    return verdict(made)


def test_rows_that_a_promoted_database_lacks_must_be_reported() -> None:
    lost = (order(CLIENTS[0], 28), order(CLIENTS[1], 29))
    told = healed_orders(kept=lost)
    assert (
        "after healing, 585 of 585 writes are in every region (or, 2 of them, reported to be in what was"
        in (told.sentence)
    )
    assert told.status == "objectives-met"
    dropped = healed_orders(kept=lost[:1])
    assert [each.text for each in dropped.findings if not each.met] == [
        "after healing, 584 of 585 writes are in every region "
        "(or, 1 of them, reported to be in what was kept of the lost database)"
    ]


def test_a_controller_is_asked_only_where_it_runs() -> None:
    controller = Controller((("us-east-1", "shop-failover-use1"),), "shop-control", "us-east-1")
    assert controller.function("us-east-1") == "shop-failover-use1"
    with pytest.raises(DrillError, match="no failover controller runs in eu-west-1; one runs in us-east-1"):
        controller.function("eu-west-1")


def test_writes_through_an_origin_group_alone_have_their_own_reason() -> None:
    alone = dataclasses.replace(SUBJECT, entry="cdn", origin_host=None)
    made = ledger(dict.fromkeys(CLIENTS, math.inf))
    assert verdict(made, alone).findings[0].reason.startswith("nothing but an origin group leads to another")
