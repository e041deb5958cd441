from __future__ import annotations

import pytest

from generator.recovery.budget import MODES, budget, refusals
from tests.generator.short_manifest import Load


def test_the_budget_of_the_defaults_adds_up_to_37_and_48_seconds(load: Load) -> None:
    manifest = load()
    assert [
        (mode, [(line.step, line.seconds) for line in budget(manifest, mode).lines]) for mode in MODES
    ] == [
        ("refuse", [("detect", 20), ("decide", 5), ("shift", 10), ("warm", 2)]),
        ("hang", [("detect", 28), ("decide", 5), ("shift", 10), ("warm", 5)]),
    ]


def test_provisioned_concurrency_takes_the_cold_start_out_of_the_budget(load: Load) -> None:
    warm = load(
        ("access: {items: read}", "access: {items: read}, provisioned_concurrency: 1"),
        ("access: {items: write}", "access: {items: write}, provisioned_concurrency: 1"),
    )
    assert budget(warm, "refuse").step("warm") == 1


def test_an_objective_at_the_floor_is_accepted(load: Load) -> None:
    assert refusals(load(("rto: 50s", "rto: 48s"))) == ()


def test_an_objective_below_the_floor_is_refused_with_the_setting_that_would_fix_it(load: Load) -> None:
    slow = (
        "topology: active-standby",
        "topology: active-standby\nedge: {ttl: 60, health_check: {interval: 10, threshold: 3}}",
    )
    (refusal,) = refusals(load(("rto: 50s", "rto: 90s"), slow))
    assert refusal.key == ("objectives", "rto")
    assert refusal.message == (
        "1m30s is below this design's worst case of 112 s when the region falls silent "
        "(detect 42 + decide 5 + shift 60 + warm 5); set edge.ttl: 10 (now 60)"
    )


def test_an_objective_that_only_faster_detection_reaches_names_both_settings(load: Load) -> None:
    slow = (
        "topology: active-standby",
        "topology: active-standby\nedge: {ttl: 60, health_check: {interval: 30, threshold: 3}}",
    )
    (refusal,) = refusals(load(("rto: 50s", "rto: 48s"), slow))
    assert refusal.message.endswith(
        "set edge.ttl: 10 (now 60) and edge.health_check.interval: 10 (now 30) and "
        "edge.health_check.threshold: 2 (now 3)"
    )


def test_an_objective_that_no_setting_reaches_names_the_floor(load: Load) -> None:
    (refusal,) = refusals(load(("rto: 50s", "rto: 20s")))
    assert refusal.message.endswith("set objectives.rto to 50s or more")


@pytest.mark.parametrize("rpo", ["0s"])
def test_no_loss_at_all_cannot_be_promised_over_asynchronous_replication(load: Load, rpo: str) -> None:
    (refusal,) = refusals(load(("rpo: 5s", f"rpo: {rpo}")))
    assert refusal.key == ("objectives", "rpo")
    assert refusal.message.startswith("0s is below the usual lag of a global table, 1 s")
