"""Drills through a CDN on the real sandbox: several flows, and what the failing-over origin is for."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest

from harness.drill import DrillResult, Scenario, Subject
from harness.sandbox.sandbox import Sandbox
from tests.harness.drill.drill_estate import ACCOUNT, LOST, REGIONS, behind_cdn, conclusive, scenario

pytestmark = [pytest.mark.sandbox, pytest.mark.drills, pytest.mark.timeout(240)]
EAST, WEST = REGIONS


@pytest.fixture(scope="module")
def estate() -> Iterator[tuple[Sandbox, Subject]]:
    with Sandbox(account_id=ACCOUNT, regions=REGIONS) as sandbox:
        yield sandbox, behind_cdn(sandbox)


def worst(result: DrillResult) -> dict[str, float]:
    assert result.measurement is not None, result.verdict.sentence
    return {each.operation: round(each.worst, 1) for each in result.measurement.judged}


def test_reads_fail_over_request_by_request_and_writes_by_dns(estate: tuple[Sandbox, Subject]) -> None:
    sandbox, subject = estate
    result = conclusive(sandbox, subject, scenario({**LOST, "mode": "503"}), seed=1)
    assert result.verdict.status == "objectives-met", result.verdict.sentence
    found = worst(result)
    assert (found["read"], found["read site"]) == (0.0, 0.0)
    # a path that takes POST can have no origin group, so its reads go by DNS, too
    assert all(10 < found[operation] < 45 for operation in ("write", "write notes", "read notes"))
    assert result.measurement is not None
    assert {loss.operation for loss in result.measurement.losses} == {"write", "write notes"}
    assert all(loss.asked > 10 for loss in result.measurement.losses)
    assert result.measurement.cached > 10
    assert (result.measurement.serving_before, result.measurement.serving_at_end) == (EAST, WEST)
    splits = {each.operation: each for each in result.splits}
    assert sum(step.seconds for step in splits["write"].steps) == pytest.approx(splits["write"].seconds)


@pytest.mark.long
def test_a_region_that_is_silent_costs_a_read_the_origins_patience_and_no_more(
    estate: tuple[Sandbox, Subject],
) -> None:
    sandbox, subject = estate
    result = conclusive(sandbox, subject, scenario({**LOST, "mode": "hang"}), seed=1)
    assert result.verdict.status == "objectives-met", result.verdict.sentence
    assert result.measurement is not None
    read = result.measurement.rto("read")
    assert read is not None
    assert read.worst == 0.0
    assert 1.0 <= read.slowest <= 3.0


@pytest.mark.long
def test_without_the_failing_over_origin_writes_never_come_back_and_reads_go_on(
    estate: tuple[Sandbox, Subject],
) -> None:
    sandbox, subject = estate
    alone = scenario({**LOST, "mode": "503"}).model_copy(update={"without": "failing-over-origin"})
    result = conclusive(sandbox, subject, alone, seed=1)
    found = worst(result)
    assert (found["read"], found["write"], found["write notes"]) == (0.0, math.inf, math.inf)
    assert (result.verdict.status, result.exit_status) == ("objectives-missed", 1), result.verdict.sentence
    reasons = {each.reason for each in result.verdict.findings if not each.met}
    assert reasons == {
        "nothing but an origin group leads to another origin, and CloudFront has it for paths that take GET, "
        "HEAD and OPTIONS alone"
    }
    again = conclusive(sandbox, subject, scenario({**LOST, "mode": "503"}), seed=2)
    assert again.verdict.status == "objectives-met", again.verdict.sentence


def test_the_loss_of_s3_alone_is_seen_by_static_reads_and_nobody_is_out(
    estate: tuple[Sandbox, Subject],
) -> None:
    sandbox, subject = estate
    gone = {"kind": "service-down", "region": "primary", "service": "s3"}
    result = conclusive(sandbox, subject, scenario(gone, duration=75), seed=1)
    assert result.verdict.status == "objectives-met", result.verdict.sentence
    assert set(worst(result).values()) == {0.0}
    assert result.measurement is not None
    assert result.measurement.faults[0].hits > 0


def test_clients_wherever_they_are_get_the_objects_that_were_put(estate: tuple[Sandbox, Subject]) -> None:
    sandbox, subject = estate
    down = scenario({"kind": "control-planes-down", "region": "us-east-1"}, duration=40)
    load = down.load.model_copy(update={"clients": {"ap-northeast": 2, "oceania": 1, "sa-east": 1}})
    result = conclusive(sandbox, subject, Scenario.model_copy(down, update={"load": load}), seed=1)
    assert result.verdict.status == "objectives-met", result.verdict.sentence
    objects = list(result.ledger.requests("read site"))
    assert {a.outcome for a in objects} == {"ok"}
    assert {a.cache.split()[0] for a in objects} == {"Hit", "Miss"}
