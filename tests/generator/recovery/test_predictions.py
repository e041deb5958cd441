from __future__ import annotations

from pathlib import Path

import pytest

from generator import manifest as manifests
from generator.manifest import Manifest
from generator.recovery.predictions import WAYS, Way, exposure, fastest, prediction
from generator.recovery.requests import Operation, operations
from tests.generator.short_manifest import REPOSITORY, Load


def reference(name: str) -> Manifest:
    return manifests.load(Path(REPOSITORY / "envs/reference" / name / "manifest.yaml"))


def operation(manifest: Manifest, name: str) -> Operation:
    return next(each for each in operations(manifest) if each.name == name)


def test_operations_are_reads_and_writes_of_each_store_then_what_the_cdn_serves() -> None:
    assert [(each.name, each.kind, each.routes) for each in operations(reference("global-serverless"))] == [
        ("read items", "table", ("GET /read",)),
        ("write items", "table", ("POST /write",)),
        ("read files", "bucket", ("GET /files/{id}",)),
        ("write files", "bucket", ("POST /files",)),
        ("read orders", "database", ("GET /orders/{id}",)),
        ("write orders", "database", ("POST /orders",)),
        ("static site", "static", ("GET /static/*",)),
    ]


def test_a_route_whose_function_uses_no_store_is_an_operation_too(load: Load) -> None:
    plain = load(
        ("    write: {source", "    echo: {source: read}\n    write: {source"),
        ("POST /write: write", "POST /write: write, GET /echo: echo"),
    )
    assert [(each.name, each.routes) for each in operations(plain)][-1] == (
        "read (no store)",
        ("GET /echo",),
    )


@pytest.mark.parametrize(
    ("way", "usual", "worst", "floor"),
    [("refused", 32.0, 37, 16), ("silent", 41.5, 48, 23), ("503", 32.0, 37, 16)],
)
def test_requests_over_dns_come_back_by_the_published_formula(
    load: Load, way: Way, usual: float, worst: float, floor: float
) -> None:
    manifest = load()
    found = prediction(manifest, operation(manifest, "write items"), way)
    assert (round(found.usual, 3), found.worst, found.floor, found.kept) == (usual, worst, floor, True)


def test_detection_with_three_failures_of_ten_seconds_is_the_published_28_and_40_seconds(load: Load) -> None:
    manifest = load(
        ("topology: active-standby", "topology: active-standby\nedge: {health_check: {threshold: 3}}")
    )
    read = operation(manifest, "read items")
    detected = [prediction(manifest, read, way).steps[0].usual for way in ("refused", "silent")]
    assert [round(each) for each in detected] == [28, 40]


def test_reads_through_the_cdn_do_not_fail_but_take_longer_when_a_region_is_silent() -> None:
    manifest = reference("cloudfront-dr-api")
    read = operation(manifest, "read items")
    found = [prediction(manifest, read, way) for way in WAYS]
    assert [(each.usual, each.worst, each.patience) for each in found] == [(0, 1, 0), (0, 3, 2), (0, 1, 0)]


def test_reads_that_the_cdn_gives_up_too_late_go_the_way_of_all_requests() -> None:
    manifest = reference("cloudfront-dr-api")
    slow = manifest.model_copy(
        update={
            "edge": manifest.edge.model_copy(
                update={"cdn": manifest.edge.cdn.model_copy(update={"response_timeout": 30})}
            )
        }
    )
    found = prediction(slow, operation(slow, "read items"), "silent")
    assert [part.step for part in found.steps] == ["detect", "decide", "shift", "warm"]
    # the fastest settings take another way, inside the request
    assert found.floor == 1


def test_writes_to_a_database_wait_for_the_lease_and_the_promotion() -> None:
    manifest = reference("global-serverless")
    found = prediction(manifest, operation(manifest, "write orders"), "refused")
    assert [(part.step, part.usual, part.worst) for part in found.steps] == [
        ("detect", 22.5, 25),
        ("decide", 2.5, 5),
        ("promote", 60, 90),
        ("shift", 2.5, 10),
        ("warm", 0.5, 1),
    ]
    assert (found.objective, found.kept) == (150, True)


def test_a_silent_voter_costs_a_takeover_a_grace_at_every_call_to_all() -> None:
    manifest = reference("global-serverless")
    found = prediction(manifest, operation(manifest, "write orders"), "silent")
    assert [(part.step, round(part.usual, 3), part.worst) for part in found.steps] == [
        ("detect", 22.5, 25),
        ("decide", 4.9, 7.4),
        ("promote", 60, 90),
        ("shift", 6.4, 13.9),
        ("warm", 2.0, 4),
    ]


def test_what_a_drill_draws_cannot_be_contradicted_by_it() -> None:
    manifest = reference("global-serverless")
    by_name = {
        name: prediction(manifest, operation(manifest, name), "refused")
        for name in ("write items", "write orders", "read items")
    }
    drawn = {name: [part.step for part in found.steps if part.drawn] for name, found in by_name.items()}
    assert drawn == {"write items": ["decide"], "write orders": ["promote"], "read items": []}
    assert by_name["write orders"].measurable == 28.0


def test_writes_to_a_database_behind_a_slow_name_are_as_late_as_the_name() -> None:
    manifest = reference("global-serverless")
    slow = manifest.model_copy(update={"edge": manifest.edge.model_copy(update={"ttl": 600})})
    found = prediction(slow, operation(slow, "write orders"), "refused")
    assert (found.worst, found.kept) == (627, False)


def test_no_setting_makes_the_floor_any_lower(load: Load) -> None:
    manifest = fastest(load())
    found = prediction(manifest, operation(manifest, "read items"), "refused")
    assert found.worst == found.floor
    assert [(line.step, line.seconds) for line in found.floor_lines] == [
        ("detect", 10),
        ("decide", 5),
        ("shift", 0),
        ("warm", 1),
    ]


def test_what_a_write_is_exposed_to_is_what_its_store_publishes() -> None:
    manifest = reference("global-serverless")
    found = {each.name: exposure(manifest, each) for each in operations(manifest)}
    assert {name: (each.usual, each.bound, each.objective) for name, each in found.items() if each} == {
        "write items": (1, None, 5),
        "write files": (900, 900, 900),
        "write orders": (1, None, 5),
    }


def test_a_database_that_stops_commits_has_a_bound() -> None:
    manifest = reference("global-serverless")
    orders = manifest.data.databases["orders"].model_copy(update={"rpo_guard": 30})
    guarded = manifest.model_copy(
        update={"data": manifest.data.model_copy(update={"databases": {"orders": orders}})}
    )
    found = exposure(guarded, operation(guarded, "write orders"))
    assert found is not None
    assert (found.bound, found.told) == (
        30,
        "typically under a second; no commitment, but commits stop when every copy lags by 30 s",
    )
