"""A night's look at drift reaches the next night's."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from generator.manifest.problems import InputRefused
from harness.drift import kept as kept_drift
from harness.drift import report as drift_report
from harness.drift.findings import Report
from harness.environments import Environment
from harness.terraform.errors import TerraformError
from tests.harness.delivery import estate_of_forty
from tests.harness.delivery.memory_buckets import MemoryBuckets

NIGHT = datetime(2026, 11, 23, 3, 17, tzinfo=UTC)


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    return estate_of_forty.environment(tmp_path)


def _look(day: int) -> Report:
    return Report(environment="forty", target="aws", at=NIGHT.replace(day=day), stacks=())


def test_nothing_was_kept_before_the_first_night(environment: Environment) -> None:
    assert kept_drift.last(environment, MemoryBuckets()) is None


def test_the_newest_look_is_found_among_saved_plans(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    buckets, first = MemoryBuckets(), environment.stacks[0]
    for run, day in (("900", 24), ("1000", 25)):
        monkeypatch.setenv("GITHUB_RUN_ID", run)
        assert kept_drift.keep(environment, buckets, _look(day)) == f"plans/drift/{run}-1/state/drift.json"
    buckets.put(first, f"plans/4b825dc6/1001-1/{first.name}/drift.json", b"{}")
    assert kept_drift.last(environment, buckets) == _look(25)


def test_a_look_is_never_written_over(environment: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_RUN_ID", "900")
    buckets = MemoryBuckets()
    kept_drift.keep(environment, buckets, _look(24))
    with pytest.raises(TerraformError, match="PreconditionFailed"):
        kept_drift.keep(environment, buckets, _look(25))


def test_what_lies_there_and_is_no_report_is_refused_by_its_name(environment: Environment) -> None:
    buckets, first = MemoryBuckets(), environment.stacks[0]
    buckets.put(first, f"plans/drift/1-1/{first.name}/drift.json", b"{}")
    with pytest.raises(InputRefused) as refused:
        kept_drift.last(environment, buckets)
    assert f"s3://{first.state_bucket}/plans/drift/1-1/state/drift.json: environment" in str(refused.value)


class _Dark(MemoryBuckets):
    def listed(self, *_: object) -> list[Any]:
        raise TerraformError("state: s3://forty-tfstate: timed out")

    def put(self, *_: object) -> None:
        raise TerraformError("state: s3://forty-tfstate: timed out")


def test_a_bucket_that_cannot_be_reached_hides_no_drift(environment: Environment) -> None:
    said: list[str] = []
    assert drift_report._last_kept(environment, _Dark(), said.append) is None
    drift_report._keep(environment, _Dark(), _look(24), said.append)
    assert said == [
        "since when is not known: state: s3://forty-tfstate: timed out",
        "not kept for the next look: state: s3://forty-tfstate: timed out",
    ]
