"""Drills on the reference environment: that they pass, and that they can fail."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from e2e.estates import Estate, drilled
from generator.recovery.budget import budget
from harness.drill.run.run import DrillResult, run_drill
from harness.drill.scenario import FaultEntry, find_scenario
from tests.drilling import TURNS

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.sandbox,
    pytest.mark.terraform,
    pytest.mark.timeout(900),
]


@pytest.mark.parametrize(
    ("scenario", "limit"), [("region-refuse", 45), ("region-503", 45), ("region-hang", 50)]
)
def test_losing_the_primary_meets_the_objectives(
    lost: Callable[[str], DrillResult], scenario: str, limit: float
) -> None:
    result = lost(scenario)
    assert (result.verdict.status, result.exit_status) == ("objectives-met", 0), result.verdict
    assert result.measurement is not None
    worst = max(
        found.worst for operation in ("read", "write") if (found := result.measurement.rto(operation))
    )
    assert 0 < worst <= limit


def test_what_is_measured_stays_within_the_predicted_worst_case(
    estate: Estate, lost: Callable[[str], DrillResult]
) -> None:
    result = lost("region-hang")
    assert result.measurement is not None
    assert result.measurement.worst <= budget(estate.environment.manifest, "hang").seconds


@pytest.fixture
def detached(estate: Estate) -> Iterator[None]:
    """The primary's record without its health check."""
    route53 = estate.client("route53", "us-east-1")
    (zone,) = route53.list_hosted_zones()["HostedZones"]
    records = route53.list_resource_record_sets(HostedZoneId=zone["Id"])["ResourceRecordSets"]
    record = next(each for each in records if each.get("Failover") == "PRIMARY")

    def upsert(changed: dict[str, Any]) -> None:
        route53.change_resource_record_sets(
            HostedZoneId=zone["Id"],
            ChangeBatch={"Changes": [{"Action": "UPSERT", "ResourceRecordSet": changed}]},
        )

    upsert({key: value for key, value in record.items() if key != "HealthCheckId"})
    yield
    upsert(record)


@pytest.mark.usefixtures("detached")
def test_a_detached_health_check_misses_the_objective(estate: Estate) -> None:
    result = drilled(estate, "region-refuse")
    assert (result.verdict.status, result.exit_status) == ("objectives-missed", 1)


def test_replication_cut_before_the_writes_misses_the_rpo_with_the_exact_number_lost(estate: Estate) -> None:
    scenario = find_scenario("replication-cut")
    result = drilled(estate, scenario)
    assert (result.verdict.status, result.exit_status) == ("objectives-missed", 1)
    assert result.measurement is not None
    cut = min(entry.at for entry in scenario.faults if entry.kind == "replication-cut")
    # acknowledged by the region that was lost, after the link was cut, or on its way over it at that moment
    acknowledged = result.ledger.acknowledged().values()
    after = [ack for ack in acknowledged if ack.served_by == "us-east-1" and ack.end >= cut]
    on_the_way = [ack for ack in acknowledged if ack.served_by == "us-east-1" and cut - 3 <= ack.end < cut]
    assert len(after) <= result.measurement.loss.lost <= len(after) + len(on_the_way)
    assert result.measurement.loss.lost > 0
    assert f"{result.measurement.loss.lost} of" in result.verdict.sentence


@pytest.mark.long
def test_a_fault_that_no_request_runs_into_is_inconclusive(estate: Estate) -> None:
    fault = FaultEntry.model_validate(
        {"at": 30, "kind": "service-down", "region": "primary", "service": "glue", "mode": "503"}
    )
    scenario = find_scenario("region-refuse").model_copy(update={"faults": (fault,), "duration": 60.0})
    with TURNS.turn():
        result = run_drill(estate.sandbox, estate.subject, scenario)
    assert (result.verdict.status, result.exit_status) == ("inconclusive", 3)


@pytest.fixture
def impostor(estate: Estate) -> Iterator[None]:
    """The primary's GET /health answered with 200 by API Gateway itself instead of the function."""
    gateway = estate.client("apigateway", "us-east-1")
    api = next(
        each["id"] for each in gateway.get_rest_apis()["items"] if each["name"] == "active-standby-api-use1"
    )
    resource = next(
        each["id"] for each in gateway.get_resources(restApiId=api)["items"] if each["path"] == "/health"
    )
    place = {"restApiId": api, "resourceId": resource, "httpMethod": "GET"}
    before = gateway.get_integration(**place)
    gateway.put_integration(
        **place, type="MOCK", requestTemplates={"application/json": '{"statusCode": 200}'}
    )
    gateway.put_method_response(**place, statusCode="200")
    gateway.put_integration_response(
        **place, statusCode="200", responseTemplates={"application/json": json.dumps({"status": "pass"})}
    )
    yield
    gateway.put_integration(
        **place, type="AWS_PROXY", integrationHttpMethod=before["httpMethod"], uri=before["uri"]
    )
    gateway.delete_method_response(**place, statusCode="200")


@pytest.mark.usefixtures("impostor")
def test_a_health_answer_that_is_not_the_functions_own_is_detected(estate: Estate) -> None:
    result = drilled(estate, "region-refuse")
    assert (result.verdict.status, result.exit_status) == ("precondition-failed", 1)
    assert "us-east-1" in result.verdict.sentence


@pytest.mark.long
def test_the_same_seed_draws_the_same_phases_and_another_seed_others(
    estate: Estate, lost: Callable[[str], DrillResult]
) -> None:
    def detection(result: DrillResult) -> float:
        step = result.worst.step("detect") if result.worst else None
        assert step is not None
        return step.seconds

    first = detection(lost("region-503"))
    again, other = (detection(drilled(estate, "region-503", seed=seed)) for seed in (1, 2))
    assert first == pytest.approx(again, abs=0.5)
    assert abs(first - other) > 0.001
