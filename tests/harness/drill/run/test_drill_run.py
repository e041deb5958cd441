"""Drills on the real sandbox, against an estate made with boto3: each must be able to fail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from harness.drill import Subject, run_drills
from harness.drill.report import write_report
from harness.drill.run.crosscheck import cross_check
from harness.sandbox.sandbox import Sandbox
from tests.harness.drill.drill_estate import ACCOUNT, LOST, REGIONS, build, conclusive, scenario

pytestmark = [pytest.mark.sandbox, pytest.mark.drills, pytest.mark.timeout(240)]
EAST, WEST = REGIONS


@pytest.fixture(scope="module")
def estate() -> Iterator[tuple[Sandbox, Subject]]:
    with Sandbox(account_id=ACCOUNT, regions=REGIONS) as sandbox:
        yield sandbox, build(sandbox)


def test_a_lost_region_is_recovered_from_and_seeds_differ(
    estate: tuple[Sandbox, Subject], tmp_path: Path
) -> None:
    sandbox, subject = estate
    series = run_drills(sandbox, subject, scenario(LOST), seeds=(1, 2))
    assert [result.verdict.status for result in series.results] == ["objectives-met"] * 2
    for result in series.results:
        measured = result.measurement
        assert measured is not None
        assert (measured.serving_before, measured.serving_at_end) == (EAST, WEST)
        assert 10 < measured.worst < 45
        assert result.worst is not None
        assert sum(step.seconds for step in result.worst.steps) == pytest.approx(result.worst.seconds)
        assert measured.loss.age <= 5
    assert len({result.worst.seconds for result in series.results if result.worst}) == 2
    written = write_report(series, tmp_path, command="make drill")
    assert written.page.stat().st_size > 50_000


@pytest.mark.long
def test_a_region_that_hangs_takes_longer_but_not_for_ever(estate: tuple[Sandbox, Subject]) -> None:
    sandbox, subject = estate
    result = conclusive(sandbox, subject, scenario({**LOST, "mode": "hang"}), seed=1)
    assert result.verdict.status == "objectives-met", result.verdict.sentence
    assert result.measurement is not None
    assert dict(result.measurement.outage.by_outcome).keys() == {"timeout"}


@pytest.mark.long
def test_every_write_acknowledged_after_a_cut_of_replication_is_lost_and_no_other(
    estate: tuple[Sandbox, Subject],
) -> None:
    sandbox, subject = estate
    cut = {"kind": "replication-cut", "source": "primary", "destination": "standby"}
    result = conclusive(sandbox, subject, scenario(cut, {**LOST, "at": 30}, duration=90), seed=1)
    assert (result.verdict.status, result.exit_status) == ("objectives-missed", 1), result.verdict.sentence
    assert result.measurement is not None
    loss, acknowledged = result.measurement.loss, result.ledger.acknowledged()
    after_cut = {item for item, ack in acknowledged.items() if ack.start >= 15 and ack.served_by == EAST}
    assert after_cut
    assert after_cut <= set(loss.items)
    # and those that were on the way when it was cut, at most the longest modelled lag before it
    assert all(acknowledged[item].end >= 15 - 5 for item in loss.items)
    assert loss.age == pytest.approx(15, abs=1.5)


@pytest.mark.long
def test_a_fault_that_nothing_runs_into_is_inconclusive(estate: tuple[Sandbox, Subject]) -> None:
    sandbox, subject = estate
    unused = {"kind": "service-down", "region": "primary", "service": "sqs"}
    result = conclusive(sandbox, subject, scenario(unused, duration=40), seed=1)
    assert (result.verdict.status, result.exit_status) == ("inconclusive", 3)
    assert result.verdict.findings[0].text == (
        "no request ran into the fault (service-down us-east-1 sqs 503): it was not there, or "
        "nothing went its way"
    )


def test_a_lost_control_plane_is_run_into_and_no_client_notices(estate: tuple[Sandbox, Subject]) -> None:
    sandbox, subject = estate
    down = {"kind": "control-planes-down", "region": "us-east-1"}
    result = conclusive(sandbox, subject, scenario(down, duration=40), seed=1)
    assert result.verdict.status == "objectives-met", result.verdict.sentence
    assert result.measurement is not None
    assert result.measurement.outage.failed == 0
    control = [a.outcome for a in result.ledger.requests("control")]
    assert control[:3] == ["ok", "ok", "ok"]
    assert control[-3:] == ["http", "http", "http"]


def test_after_healing_every_write_is_everywhere_and_traffic_returns_only_if_allowed(
    estate: tuple[Sandbox, Subject],
) -> None:
    sandbox, subject = estate
    back = scenario({**LOST, "heal_at": 75}, duration=130)
    result = conclusive(sandbox, replace(subject, auto_return=False), back, seed=3)
    assert result.measurement is not None
    returned = result.measurement.returned
    assert returned is not None
    assert (returned.survivor, returned.returned_to, returned.still_missing) == (WEST, EAST, ())
    assert returned.checked == len(result.ledger.acknowledged())
    assert result.exit_status == 1
    assert result.verdict.findings[-1].text.endswith("although auto_return is off")


@pytest.mark.long
def test_real_time_and_the_virtual_clock_agree(estate: tuple[Sandbox, Subject]) -> None:
    sandbox, subject = estate
    _, _, agreement = cross_check(sandbox, subject, scenario(LOST, duration=62), seed=4)
    assert agreement.agrees, str(agreement)
