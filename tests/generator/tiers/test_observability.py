"""What is watched of an environment, from its manifest alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from generator import manifest as manifests
from generator.manifest import Manifest
from generator.manifest.problems import InputRefused
from generator.stacks import stacks
from tests.generator.short_manifest import REPOSITORY, Load

FULL = (REPOSITORY / "envs" / "reference" / "global-serverless" / "manifest.yaml").read_text()


@pytest.fixture
def full(tmp_path: Path) -> Load:
    def loader(*changes: tuple[str, str]) -> Manifest:
        text = FULL
        for old, new in changes:
            assert old in text, f"{old!r} is not in the manifest"
            text = text.replace(old, new)
        file = tmp_path / "manifest.yaml"
        file.write_text(text)
        return manifests.load(file)

    return loader


def labels(manifest: Manifest, stack: str) -> set[str]:
    (found,) = [each for each in stacks(manifest) if each.name == stack]
    return {call.label for call in found.calls}


def arguments(manifest: Manifest, stack: str, label: str) -> dict[str, Any]:
    (found,) = [each for each in stacks(manifest) if each.name == stack]
    (call,) = [call for call in found.calls if call.label == label]
    return {name: value for name, value in call.arguments.items() if value is not None}


def bucket(name: str, code: str) -> str:
    return f"global-serverless-{name}-123456789012-{code}"


def test_a_short_manifest_watches_what_it_has_and_no_more(load: Load) -> None:
    manifest = load()
    alarms = arguments(manifest, "us-west-2", "alarms")
    assert set(alarms) == {
        "name",
        "api_name",
        "stage_name",
        "functions",
        "cold_start_functions",
        "tables",
        "kms_key_arn",
        "thresholds",
        "notify",
    }
    assert alarms["thresholds"] == {
        "api_5xx_percent": 1,
        "api_latency_p99_ms": 1000,
        "replication_latency_ms": 5000,
        "cold_start_percent": 10,
        "provisioned_spill_over": 1,
    }
    dashboard = arguments(manifest, "us-west-2", "dashboard")
    assert set(dashboard) == {"name", "regions"}
    assert set(dashboard["regions"][0]) == {
        "region",
        "role",
        "api_name",
        "stage_name",
        "functions",
        "tables",
    }
    assert "cdn_alarms" not in labels(manifest, "edge")


def test_every_region_shows_the_same_columns_under_a_name_of_its_own(full: Load) -> None:
    manifest = full()
    here, there = (arguments(manifest, region, "dashboard") for region in ("us-east-1", "eu-west-1"))
    assert (here.pop("name"), there.pop("name")) == ("global-serverless-use1", "global-serverless-euw1")
    assert here == there
    assert [column["region"] for column in here["regions"]] == ["us-east-1", "eu-west-1"]
    assert {name: here["regions"][1][name] for name in ("buckets", "databases", "tables")} == {
        "buckets": {"site": bucket("site", "euw1"), "files": bucket("files", "euw1")},
        "databases": ["global-serverless-orders-euw1"],
        "tables": ["global-serverless-items"],
    }


def test_each_region_is_shown_as_every_other_voter_reaches_it(full: Load) -> None:
    manifest = full()
    assert arguments(manifest, "us-east-1", "dashboard")["reachability"] == {
        "environment": "global-serverless",
        "namespace": "Antipode/Failover",
        "observers": {
            "us-east-1": ["eu-west-1"],
            "eu-west-1": ["us-east-1"],
            "us-east-2": ["us-east-1", "eu-west-1"],
        },
    }


def test_what_is_shown_of_each_voter_is_what_its_alarms_are_on(full: Load) -> None:
    manifest = full()
    shown = arguments(manifest, "us-east-1", "dashboard")["reachability"]
    for region, seen in shown["observers"].items():
        controller = arguments(manifest, region, "failover")
        assert (
            controller["observed_regions"],
            controller["metric_namespace"],
            controller["environment"],
        ) == (
            seen,
            shown["namespace"],
            shown["environment"],
        )


def test_a_database_may_lag_by_its_own_objective(full: Load) -> None:
    assert arguments(full(), "eu-west-1", "alarms")["databases"] == {"global-serverless-orders-euw1": 5000}
    own = full(("orders: {rto: 150s}", "orders: {rto: 150s, rpo: 2s}"))
    assert arguments(own, "eu-west-1", "alarms")["databases"] == {"global-serverless-orders-euw1": 2000}


def test_an_object_may_take_its_objective_but_fifteen_minutes_at_least(full: Load) -> None:
    patient = full(("files: {rpo: 15m}", "files: {rpo: 1h}"))
    assert arguments(patient, "eu-west-1", "alarms")["buckets"] == {
        bucket("site", "euw1"): {
            "replicas": {"us-east-1": bucket("site", "use1")},
            "latency_seconds": 900,
        },
        bucket("files", "euw1"): {
            "replicas": {"us-east-1": bucket("files", "use1")},
            "latency_seconds": 3600,
        },
    }


def test_rotation_and_migrations_are_watched_for_errors_and_not_for_cold_starts(full: Load) -> None:
    alarms = arguments(full(), "eu-west-1", "alarms")
    further = set(alarms["functions"]) - set(alarms["cold_start_functions"])
    assert further == {"global-serverless-rotation-euw1", "global-serverless-migrations-euw1"}


def test_warm_environments_and_kept_events_are_watched_where_a_function_has_them(load: Load) -> None:
    manifest = load(
        (
            "write: {source: write,",
            "write: {source: write, provisioned_concurrency: 2, dead_letter: true,",
        )
    )
    alarms = arguments(manifest, "us-west-2", "alarms")
    column = arguments(manifest, "us-west-2", "dashboard")["regions"][1]
    for found in (alarms, column):
        assert (found["provisioned_functions"], found["dead_letter_queues"]) == (
            ["prod-write-usw2"],
            ["prod-write-usw2-dead-letter"],
        )
    (role,) = [
        call
        for stack in stacks(manifest)
        for call in stack.calls
        if call.module == "security/function_role" and call.arguments["name"] == "prod-write-usw2"
    ]
    assert role.arguments["dead_letter_queue_name"] == "prod-write-usw2-dead-letter"


def test_the_cdn_is_watched_where_its_metrics_are_with_a_key_that_alarms_may_use(full: Load) -> None:
    manifest = full(
        ("waf: {enabled: true}", "waf: {enabled: false}"),
        ("connect_attempts: 1", "access_logs: false, connect_attempts: 1"),
    )
    (edge,) = [stack for stack in stacks(manifest) if stack.name == "edge"]
    calls = {call.label: call for call in edge.calls}
    alarms = calls["cdn_alarms"]
    assert (alarms.region, alarms.arguments["name"]) == ("us-east-1", "global-serverless-cdn")
    assert alarms.arguments["thresholds"] == {
        "error_5xx_percent": 1,
        "error_percent": 25,
        "origin_latency_ms": 2000,
    }
    assert {"cloudwatch.amazonaws.com", "sns.amazonaws.com"} <= set(calls["cdn_key"].arguments["services"])


def test_limits_and_addresses_of_the_manifest_reach_the_alarms(full: Load) -> None:
    manifest = full(
        (
            "security:\n",
            "observability:\n"
            "  cdn_metrics: false\n"
            "  notify: [oncall@example.com]\n"
            "  alarms: {cold_start_percent: 5, provisioned_spill_over: 20, cdn_5xx_percent: 0.5,"
            " cdn_error_percent: 40, cdn_origin_latency_ms: 900}\n"
            "security:\n",
        )
    )
    limits = arguments(manifest, "eu-west-1", "alarms")["thresholds"]
    assert (limits["cold_start_percent"], limits["provisioned_spill_over"]) == (5, 20)
    cdn = arguments(manifest, "edge", "cdn_alarms")
    assert (cdn["additional_metrics"], cdn["notify"]) == (False, ["oncall@example.com"])
    assert cdn["thresholds"] == {"error_5xx_percent": 0.5, "error_percent": 40, "origin_latency_ms": 900}


@pytest.mark.parametrize(
    ("limit", "message"),
    [
        ("cold_start_percent: 100", "observability.alarms.cold_start_percent: should be less than 100"),
        (
            "provisioned_spill_over: 0",
            "observability.alarms.provisioned_spill_over: should be greater than 0",
        ),
        ("cdn_5xx_percent: 0", "observability.alarms.cdn_5xx_percent: should be greater than 0"),
        ("cdn_error_percent: 100", "observability.alarms.cdn_error_percent: should be less than 100"),
        ("cdn_origin_latency_ms: 0", "observability.alarms.cdn_origin_latency_ms: should be greater than 0"),
    ],
)
def test_a_limit_that_never_or_always_rings_is_refused(full: Load, limit: str, message: str) -> None:
    with pytest.raises(InputRefused) as caught:
        full(("security:\n", f"observability:\n  alarms: {{{limit}}}\nsecurity:\n"))
    assert [message in str(problem) for problem in caught.value.problems] == [True]
