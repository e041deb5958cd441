"""Drills on an estate with two active regions: clients far apart, faults that come and go, regions apart."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.drill import DrillResult, Scenario, Subject
from harness.sandbox.sandbox import Sandbox
from tests.harness.drill.drill_estate import ACCOUNT, LOST, REGIONS, build, conclusive, scenario

pytestmark = [pytest.mark.sandbox, pytest.mark.drills, pytest.mark.timeout(240)]
EAST, WEST = REGIONS


@pytest.fixture(scope="module")
def estate() -> Iterator[tuple[Sandbox, Subject]]:
    with Sandbox(account_id=ACCOUNT, regions=REGIONS) as sandbox:
        yield sandbox, build(sandbox, routing="latency")


def everywhere(*faults: dict[str, object], duration: float = 80) -> Scenario:
    """Clients near either region."""
    plain = scenario(*faults, duration=duration)
    clients = {"us-east": 2, "us-west": 2, "ap-northeast": 1}
    return plain.model_copy(update={"load": plain.load.model_copy(update={"clients": clients})})


def affected(result: DrillResult) -> set[str]:
    assert result.measurement is not None
    return {each.place for each in result.measurement.recoveries if each.affected}


def test_each_client_is_served_by_its_nearest_region_and_moves_when_that_is_lost(
    estate: tuple[Sandbox, Subject],
) -> None:
    sandbox, subject = estate
    result = conclusive(sandbox, subject, everywhere(LOST), seed=1)
    assert result.verdict.status == "objectives-met", result.verdict.sentence
    assert result.verdict.findings[0].text == "all 5 clients were served by their nearest region"
    assert affected(result) == {"us-east"}
    assert result.measurement is not None
    before = {each.place: each.before for each in result.measurement.recoveries}
    assert before == {"us-east": EAST, "us-west": WEST, "ap-northeast": WEST}


@pytest.mark.long
def test_the_other_region_in_turn_takes_the_other_clients(estate: tuple[Sandbox, Subject]) -> None:
    sandbox, subject = estate
    result = conclusive(sandbox, subject, everywhere({**LOST, "region": "standby"}), seed=1)
    assert result.verdict.status == "objectives-met", result.verdict.sentence
    assert affected(result) == {"us-west", "ap-northeast"}
    assert result.measurement is not None
    assert (result.measurement.struck, result.measurement.faults[0].description) == (
        WEST, "region-dark us-west-2 refuse",
    )  # fmt: skip


@pytest.mark.long
def test_a_fault_that_flaps_moves_traffic_that_returns_by_itself_again_and_again(
    estate: tuple[Sandbox, Subject],
) -> None:
    sandbox, subject = estate
    flapping = everywhere({**LOST, "every": 60, "for": 30, "heal_at": 165}, duration=175)
    result = conclusive(sandbox, subject, flapping, seed=1)
    assert result.measurement is not None
    assert result.measurement.faults[0].times == 3
    assert len(result.ledger.faults[0].pulses) == 3
    assert result.measurement.moves >= 2
    assert result.verdict.status == "objectives-missed"
    assert result.measurement.worst > 100


def test_regions_that_cannot_talk_to_each_other_lose_nothing_once_they_can(
    estate: tuple[Sandbox, Subject],
) -> None:
    sandbox, subject = estate
    apart = {"kind": "region-partition", "region": "primary", "other": "standby", "heal_at": 45}
    result = conclusive(sandbox, subject, everywhere(apart, duration=70), seed=1)
    assert result.verdict.status == "objectives-met", result.verdict.sentence
    assert result.measurement is not None
    assert result.measurement.faults[0].hits > 10
    returned = result.measurement.returned
    assert returned is not None
    assert (returned.checked, returned.still_missing) == (len(result.ledger.acknowledged()), ())
    assert result.measurement.loss.lost == 0


def test_one_error_in_five_is_beneath_what_a_health_check_sees(estate: tuple[Sandbox, Subject]) -> None:
    sandbox, subject = estate
    gray = {"kind": "gray-failure", "region": "primary", "error_share": 0.2}
    result = conclusive(sandbox, subject, everywhere(gray), seed=1)
    assert result.measurement is not None
    assert result.verdict.status == "objectives-missed", result.verdict.sentence
    assert result.measurement.flip_at is None
    assert 0 < result.measurement.outage.ratio < 0.3
    assert dict(result.measurement.outage.by_outcome).keys() == {"HTTP 500"}
    assert result.measurement.loss.lost == 0


def test_the_loss_of_api_gateway_alone_is_failed_over(estate: tuple[Sandbox, Subject]) -> None:
    sandbox, subject = estate
    gone = {"kind": "service-down", "region": "primary", "service": "apigateway"}
    result = conclusive(sandbox, subject, everywhere(gone), seed=1)
    assert result.verdict.status == "objectives-met", result.verdict.sentence
    assert affected(result) == {"us-east"}
