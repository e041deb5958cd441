"""Drills through a CDN: reads fail over inside a request, writes when DNS has moved."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from e2e.estates import Estate, drilled, hold_to_inventory
from harness.terraform import runner
from harness.terraform.session import Session

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.sandbox,
    pytest.mark.terraform,
    pytest.mark.timeout(900),
]
# what an edge waits for one silent origin: connect_attempts x response_timeout of the manifest
SILENCE = 2.0


@pytest.mark.exercises("reference/cloudfront-dr-api", "apply")
def test_what_is_applied_is_what_the_inventory_says(estate: Estate, holds: Callable[..., None]) -> None:
    hold_to_inventory(estate.environment, estate.client, holds)


@pytest.mark.exercises("reference/cloudfront-dr-api", "second plan")
def test_the_second_plan_of_every_stack_is_empty(estate: Estate, terraform: Session) -> None:
    result = runner.plan(terraform, estate.stacks)
    assert {each.stack: str(each.planned) for each in result.results} == {
        stack.name: "no changes" for stack in estate.stacks
    }


def test_an_origin_group_alone_leaves_writes_down(estate: Estate) -> None:
    result = drilled(estate, "origin-group-alone")
    assert (result.verdict.status, result.exit_status) == ("objectives-missed", 1)
    assert result.measurement is not None
    read, write = (result.measurement.rto(operation) for operation in ("read", "write"))
    assert read is not None
    assert read.worst == 0.0
    assert write is not None
    assert write.recovered == 0


@pytest.mark.parametrize(
    ("scenario", "slowest_read", "slowest_write"),
    [
        ("region-refuse", 2.0, 45.0),
        pytest.param("region-503", 2.0, 45.0, marks=pytest.mark.long),
        ("region-hang", SILENCE + 1, 50.0),
    ],
)
def test_reads_never_fail_and_writes_come_back_when_dns_has_moved(
    estate: Estate, scenario: str, slowest_read: float, slowest_write: float
) -> None:
    """After the drill above, too, which took the failing-over origin away for as long as it lasted."""
    result = drilled(estate, scenario)
    assert (result.verdict.status, result.exit_status) == ("objectives-met", 0), result.verdict
    assert result.measurement is not None
    read, write = (result.measurement.rto(operation) for operation in ("read", "write"))
    assert read is not None
    assert (read.worst, read.slowest <= slowest_read) == (0.0, True), read
    assert write is not None
    assert 0 < write.worst <= slowest_write
