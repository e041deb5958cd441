from __future__ import annotations

import statistics
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.sandbox.world.delays import Delays, DelaysError

ENTRY = """\
{name}:
  distribution: {distribution}
  parameters: {parameters}
  unit: seconds
  evidence: assumed
  source: nowhere
  note: made up
"""


def write(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "delays.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_the_file_names_the_delays_that_the_sandbox_models() -> None:
    assert Delays().names == (
        "aurora_promotion",
        "aurora_replication_lag",
        "aurora_secondary_rebuild",
        "aurora_switchover",
        "cloudwatch_alarm_evaluation",
        "codedeploy_reaction",
        "dynamodb_replication_lag",
        "lambda_cold_start",
        "route53_record_change",
        "route53_status_propagation",
        "s3_replication_lag",
    )


def test_what_is_assumed_is_said_to_be_assumed() -> None:
    delays = Delays()
    assert {name: delays.entry(name).evidence for name in delays.names} == {
        "aurora_promotion": "published",
        "aurora_replication_lag": "published",
        "aurora_secondary_rebuild": "published",
        "aurora_switchover": "assumed",
        "cloudwatch_alarm_evaluation": "assumed",
        "codedeploy_reaction": "assumed",
        "dynamodb_replication_lag": "published",
        "lambda_cold_start": "published",
        "route53_record_change": "published",
        "route53_status_propagation": "assumed",
        "s3_replication_lag": "published",
    }


def test_the_worst_of_every_delay_is_the_bound_that_a_budget_uses() -> None:
    delays = Delays()
    assert {name: delays.worst(name) for name in delays.names} == {
        "aurora_promotion": 90,
        "aurora_replication_lag": 2,
        "aurora_secondary_rebuild": 600,
        "aurora_switchover": 60,
        "cloudwatch_alarm_evaluation": 80,
        "codedeploy_reaction": 15,
        "dynamodb_replication_lag": 5,
        "lambda_cold_start": 2,
        "route53_record_change": 60,
        "route53_status_propagation": 5,
        "s3_replication_lag": 900,
    }


@given(seed=st.integers())
def test_no_draw_is_negative_or_above_the_worst(seed: int) -> None:
    delays = Delays(seed)
    for name in delays.names:
        assert all(0 <= delays.draw(name) <= delays.worst(name) for _ in range(50))


def test_the_same_seed_draws_the_same_and_another_seed_draws_differently() -> None:
    one, same, other = (Delays(seed) for seed in (7, 7, 8))
    drawn = [one.draw("dynamodb_replication_lag") for _ in range(5)]
    assert drawn == [same.draw("dynamodb_replication_lag") for _ in range(5)]
    assert drawn != [other.draw("dynamodb_replication_lag") for _ in range(5)]


def test_drawing_one_delay_does_not_move_another() -> None:
    undisturbed, disturbed = Delays(3), Delays(3)
    for _ in range(10):
        disturbed.draw("dynamodb_replication_lag")
    assert disturbed.draw("route53_status_propagation") == undisturbed.draw("route53_status_propagation")


def test_a_lognormal_delay_has_the_median_and_the_99th_percentile_that_it_was_given() -> None:
    delays = Delays(1)
    drawn = [delays.draw("dynamodb_replication_lag") for _ in range(20_000)]
    cuts = statistics.quantiles(drawn, n=100)
    assert cuts[49] == pytest.approx(0.5, rel=0.03)
    assert cuts[98] == pytest.approx(1.5, rel=0.08)


def test_a_triangular_delay_stays_between_its_ends_and_leans_to_its_mode(tmp_path: Path) -> None:
    text = ENTRY.format(name="wait", distribution="triangular", parameters="{low: 1, mode: 2, high: 6}")
    delays = Delays(file=write(tmp_path, text))
    drawn = [delays.draw("wait") for _ in range(5_000)]
    assert min(drawn) >= 1
    assert max(drawn) <= delays.worst("wait") == 6
    assert statistics.mean(drawn) == pytest.approx(3, rel=0.05)


def test_an_unknown_delay_is_refused_with_the_names_that_exist(tmp_path: Path) -> None:
    file = write(tmp_path, ENTRY.format(name="wait", distribution="constant", parameters="{value: 1}"))
    with pytest.raises(DelaysError) as raised:
        Delays(file=file).draw("wiat")
    assert str(raised.value) == f"{file}: no delay is called 'wiat'; there are: wait"


@pytest.mark.parametrize(
    ("distribution", "parameters", "message"),
    [
        (
            "constant",
            "{value: -1}",
            "wait.parameters.value: Input should be greater than or equal to 0; found -1",
        ),
        ("constant", "{value: .inf}", "wait.parameters.value: Input should be a finite number; found inf"),
        (
            "uniform",
            "{low: 5, high: 1}",
            "wait.parameters: Value error, low (5) must not be above high (1); found {'low': 5, 'high': 1}",
        ),
        (
            "triangular",
            "{low: 1, mode: 9, high: 3}",
            "wait.parameters: Value error, low <= mode <= high is required, found 1, 9, 3; "
            "found {'low': 1, 'mode': 9, 'high': 3}",
        ),
        (
            "lognormal",
            "{median: 2, p99: 1, maximum: 3}",
            "wait.parameters: Value error, median < p99 <= maximum is required, found 2, 1, 3; "
            "found {'median': 2, 'p99': 1, 'maximum': 3}",
        ),
        (
            "constant",
            "{value: 1, sigma: 2}",
            "wait.parameters.sigma: Extra inputs are not permitted; found 2",
        ),
    ],
)
def test_a_wrong_value_is_named_with_file_key_and_value(
    tmp_path: Path, distribution: str, parameters: str, message: str
) -> None:
    file = write(tmp_path, ENTRY.format(name="wait", distribution=distribution, parameters=parameters))
    with pytest.raises(DelaysError) as raised:
        Delays(file=file)
    assert str(raised.value) == f"{file}: {message}"


def test_all_mistakes_are_named_at_once(tmp_path: Path) -> None:
    first = ENTRY.format(name="first", distribution="constant", parameters="{value: -1}")
    second = ENTRY.format(name="second", distribution="constant", parameters="{}")
    file = write(tmp_path, first + second)
    with pytest.raises(DelaysError) as raised:
        Delays(file=file)
    assert str(raised.value).splitlines() == [
        f"{file}: first.parameters.value: Input should be greater than or equal to 0; found -1",
        f"{file}: second.parameters.value: Field required; found {{}}",
    ]


def test_an_unknown_distribution_is_refused_with_the_allowed_ones(tmp_path: Path) -> None:
    file = write(tmp_path, ENTRY.format(name="wait", distribution="normal", parameters="{value: 1}"))
    with pytest.raises(DelaysError) as raised:
        Delays(file=file)
    assert "'constant', 'uniform', 'triangular', 'lognormal'" in str(raised.value)
    assert str(raised.value).startswith(f"{file}: wait: ")


@pytest.mark.parametrize(
    ("text", "start"), [("a: [", "not YAML: "), ("- a\n", "(document): Input should be a valid dictionary")]
)
def test_a_file_that_is_not_a_mapping_is_refused(tmp_path: Path, text: str, start: str) -> None:
    file = write(tmp_path, text)
    with pytest.raises(DelaysError) as raised:
        Delays(file=file)
    assert str(raised.value).startswith(f"{file}: {start}")


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    file = tmp_path / "none.yaml"
    with pytest.raises(DelaysError) as raised:
        Delays(file=file)
    assert str(raised.value) == f"{file}: cannot be read: No such file or directory"
