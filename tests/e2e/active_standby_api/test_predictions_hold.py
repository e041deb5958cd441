"""Fresh drills agree with what `make assess` predicts for the worst client of every operation."""

from __future__ import annotations

import statistics

import pytest

from e2e.estates import Estate, drilled
from generator.recovery.predictions import WAYS, Way, prediction
from generator.recovery.requests import operations
from harness.assessment.assessment import AGREEMENT, apart
from harness.assessment.measured import SCENARIOS

pytestmark = [
    pytest.mark.e2e, pytest.mark.sandbox, pytest.mark.terraform, pytest.mark.long, pytest.mark.timeout(900),
]  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_the_usual_prediction_is_within_a_fifth_of_fresh_drills(estate: Estate, way: Way) -> None:
    results = [drilled(estate, SCENARIOS[way], seed=seed) for seed in (1, 2, 3)]
    measured = [result.measurement for result in results if result.measurement is not None]
    assert len(measured) == len(results)
    manifest = estate.environment.manifest
    for operation in operations(manifest):
        worst = [group.worst for each in measured if (group := each.rto(operation.doing)) is not None]
        predicted = prediction(manifest, operation, way)
        assert apart(predicted.usual, statistics.median(worst)) <= AGREEMENT, (operation.name, worst)
