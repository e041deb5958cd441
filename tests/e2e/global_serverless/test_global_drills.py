"""The whole serverless estate: table, database, objects and a CDN, led by the failover controller."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from e2e.estates import Estate, drilled, hold_to_inventory
from harness.drill.judge.recovery import PROMOTE_DELAY, operation_splits
from harness.terraform import runner
from harness.terraform.session import Session

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.sandbox,
    pytest.mark.terraform,
    pytest.mark.timeout(1200),
]


@pytest.mark.exercises("reference/global-serverless", "apply")
def test_what_is_applied_is_what_the_inventory_says(estate: Estate, holds: Callable[..., None]) -> None:
    hold_to_inventory(estate.environment, estate.client, holds)


@pytest.mark.long
def test_a_switchover_loses_nothing(estate: Estate) -> None:
    result = drilled(estate, "switchover")
    assert (result.verdict.status, result.exit_status) == ("objectives-met", 0), result.verdict
    assert result.measurement is not None
    assert [each.lost for each in result.measurement.losses] == [0] * len(result.measurement.losses)


def test_losing_the_writers_region_promotes_the_other_within_a_minute_beside_aurora_itself(
    estate: Estate,
) -> None:
    result = drilled(estate, "region-refuse")
    assert (result.verdict.status, result.exit_status) == ("objectives-met", 0), result.verdict
    assert result.measurement is not None
    (orders,) = [
        each
        for each in operation_splits(result.ledger, result.measurement)
        if each.operation == "write orders"
    ]
    assert orders.seconds - orders.modelled <= 60
    (wait,) = [each for each in result.ledger.drawn if each.delay == PROMOTE_DELAY]
    assert orders.modelled == pytest.approx(wait.until - wait.at)
    read = result.measurement.rto("read")
    assert read is not None
    assert (read.worst, read.slowest <= 2.0) == (0.0, True), read


@pytest.mark.exercises("reference/global-serverless", "second plan")
def test_the_second_plan_of_every_stack_is_empty_although_the_writer_has_moved(
    estate: Estate, terraform: Session
) -> None:
    result = runner.plan(terraform, estate.stacks)
    assert {each.stack: str(each.planned) for each in result.results} == {
        stack.name: "no changes" for stack in estate.stacks
    }
