from __future__ import annotations

from dataclasses import replace

from generator import manifest as manifests
from generator.manifest import Manifest
from generator.recovery.single_points import SinglePoint, single_points
from generator.stacks import Stack, stacks
from generator.terraform.calls import ModuleCall
from generator.terraform.hcl import Reference
from tests.generator.short_manifest import REPOSITORY, Load


def serverless() -> Manifest:
    return manifests.load(REPOSITORY / "envs/reference/global-serverless/manifest.yaml")


def named(manifest: Manifest, planned: tuple[Stack, ...] | None = None) -> dict[str, SinglePoint]:
    return {point.name: point for point in single_points(manifest, planned or stacks(manifest))}


def changed(planned: tuple[Stack, ...], module: str, **arguments: object) -> tuple[Stack, ...]:
    """The stacks with those arguments in every call of a module."""

    def call(each: ModuleCall) -> ModuleCall:
        if each.module != module:
            return each
        return replace(each, arguments={**each.arguments, **arguments})  # type: ignore[dict-item]

    return tuple(replace(stack, calls=tuple(map(call, stack.calls))) for stack in planned)


def without(planned: tuple[Stack, ...], module: str, region: str | None = None) -> tuple[Stack, ...]:
    return tuple(
        replace(
            stack,
            calls=tuple(
                call
                for call in stack.calls
                if call.module != module or (region is not None and call.region != region)
            ),
        )
        for stack in planned
    )


def test_a_short_environment_has_these_and_no_others(load: Load) -> None:
    assert [(point.place, point.name) for point in single_points(load(), stacks(load()))] == [
        ("on the path", "the surviving region"),
        ("on the path", "one set of health checkers, in all places"),
        ("every request", "one hosted zone, one domain"),
        ("every request", "AWS account 123456789012"),
        ("off the path", "one key per region and purpose"),
        ("off the path", "Route 53's control plane (us-east-1)"),
        ("off the path", "IAM's control plane (us-east-1)"),
        ("off the path", "state bucket prod-tfstate-123456789012-usw2"),
        ("off the path", "state bucket prod-tfstate-123456789012-use1"),
    ]


def test_a_third_region_takes_the_surviving_one_off_the_list(load: Load) -> None:
    three = load(("compute:", "  eu-west-1: {role: standby, cidr: 10.2.0.0/16}\ncompute:"))
    assert "the surviving region" not in named(three)
    drained = load(("compute:", "  eu-west-1: {role: standby, cidr: 10.2.0.0/16, draining: true}\ncompute:"))
    assert "the surviving region" in named(drained)


def test_a_database_adds_its_writer_its_instances_and_its_majority() -> None:
    found = named(serverless())
    assert found["one writer of global-serverless-orders"].place == "on the path"
    assert found["one instance in cluster global-serverless-orders-euw1"].where == (
        "eu-west-1: module.database_orders"
    )
    assert found["the majority of 3 voters"].why.startswith(
        "us-east-1, eu-west-1, us-east-2: one may be lost"
    )
    assert found["one CloudFront distribution"].place == "every request"
    assert found["RDS's control plane"].place == "on the path"


def test_a_store_that_is_in_one_region_only_is_on_the_path() -> None:
    manifest, planned = serverless(), stacks(serverless())
    table = named(manifest, changed(planned, "data/global_table", replicas={}))
    assert table["table global-serverless-items has no copy in another region"].place == "on the path"
    bucket = named(manifest, without(planned, "data/bucket_replication"))
    assert "bucket global-serverless-files-123456789012-use1 has no copy in another region" in bucket
    cluster = named(manifest, without(planned, "data/database_cluster", "eu-west-1"))
    assert "database global-serverless-orders-use1 has no copy in another region" in cluster


def test_nothing_of_a_whole_environment_is_without_a_copy() -> None:
    assert not [name for name in named(serverless()) if "no copy" in name]


def test_a_second_instance_takes_the_cluster_off_the_list() -> None:
    manifest = serverless()
    found = named(manifest, changed(stacks(manifest), "data/database_cluster", instances=2))
    assert not [name for name in found if name.startswith("one instance")]


def test_a_missing_witness_is_told_and_a_person_in_the_loop_too() -> None:
    manifest = serverless()
    assert manifest.failover is not None
    alone = manifest.failover.model_copy(update={"witness": None, "mode": "manual"})
    found = named(manifest.model_copy(update={"failover": alone}))
    assert found["a witness is missing"].where == "failover.witness"
    assert found["a person"].where == "failover.mode"


def test_health_checks_from_few_places_are_named(load: Load) -> None:
    manifest = load()
    few = {"path": "/health", "regions": ["us-east-1", "us-west-1", "us-west-2"]}
    found = named(manifest, changed(stacks(manifest), "edge/dns_routing", health_check=few))
    assert found["one set of health checkers, in 3 places"].why.startswith(
        "us-east-1, us-west-1, us-west-2: "
    )


def test_a_key_that_serves_two_regions_is_a_single_point(load: Load) -> None:
    manifest = load()
    shared = ModuleCall(
        stack="data",
        label="table_copy",
        module="data/global_table",
        region="us-west-2",
        arguments={
            "name": "copy",
            "replicas": {"us-east-1": {}},
            "kms_key_arn": Reference("module.key_use1.arn"),
        },
    )
    planned = tuple(
        replace(stack, calls=(*stack.calls, shared)) if stack.name == "data" else stack
        for stack in stacks(manifest)
    )
    assert named(manifest, planned)["key alias/prod-data-use1"].why == (
        "us-west-2 cannot read its data without the key of us-east-1"
    )
