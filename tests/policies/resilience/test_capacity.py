"""RES007 on real plans whose standby was made smaller."""

from __future__ import annotations

import pytest

from policies.finding import Finding
from policies.resilience.capacity import GATEWAY, LAMBDA, SURVIVORS, TABLES, _vcpus
from tests.policies.resilience.changed_plans import (
    ACTIVE_STANDBY,
    GLOBAL,
    found,
    values,
    with_resource,
    without,
)

EQUAL = (
    "give every region the same, enough for all traffic (the manifest has one value for all: `make generate`)"
)
RAISE = (
    "have the quota raised in every region before it is needed: Service Quotas answers in days, not minutes"
)
FUNCTION = "module.function_read.aws_lambda_function.this"
STAGE = "module.api.aws_api_gateway_method_settings.this"


def error(where: str, message: str, source: str = SURVIVORS) -> Finding:
    return Finding("RES007", "error", where, message, EQUAL, source)


def test_a_standby_that_reserves_less_than_no_limit_is_found() -> None:
    assert found(
        "RES007", ACTIVE_STANDBY, values("us-west-2", FUNCTION, reserved_concurrent_executions=20)
    ) == [
        error(
            f"us-west-2: {FUNCTION}",
            "reserved concurrency of read is 20 in us-west-2 and unlimited in us-east-1: when us-east-1 is "
            "lost, "
            "us-west-2 carries its traffic with less",
        )
    ]


def test_a_primary_that_is_smaller_than_its_standby_is_found_too() -> None:
    assert [
        each.message
        for each in found("RES007", ACTIVE_STANDBY, values("us-east-1", FUNCTION, memory_size=128))
    ] == [
        "memory of read in MB is 128 in us-east-1 and 256 in us-west-2: when us-west-2 is lost, us-east-1 "
        "carries its "
        "traffic with less"
    ]


def test_warm_functions_on_one_side_only_are_found() -> None:
    change = with_resource(
        "us-east-1",
        "module.function_read.aws_lambda_provisioned_concurrency_config.live[0]",
        "aws_lambda_provisioned_concurrency_config",
        function_name="active-standby-api-read-use1",
        provisioned_concurrent_executions=2,
    )
    assert found("RES007", ACTIVE_STANDBY, change) == [
        error(
            f"us-west-2: {FUNCTION}",
            "provisioned concurrency of read is 0 in us-west-2 and 2 in us-east-1: when us-east-1 is lost, "
            "us-west-2 "
            "carries its traffic with less",
        )
    ]


def test_a_throttle_of_half_the_traffic_is_found() -> None:
    settings = [{"throttling_rate_limit": 1000, "throttling_burst_limit": 1000}]
    assert found("RES007", ACTIVE_STANDBY, values("us-west-2", STAGE, settings=settings)) == [
        error(
            f"us-west-2: {STAGE}",
            "burst of the API's */* is 1000 in us-west-2 and 2000 in us-east-1: when us-east-1 is lost, "
            "us-west-2 "
            "carries its traffic with less",
        )
    ]


def test_a_limit_that_one_region_lacks_altogether_is_found() -> None:
    assert [each.message for each in found("RES007", ACTIVE_STANDBY, without("us-west-2", STAGE))] == [
        "rate of the API's */* is 1000 in us-east-1, and us-west-2 has none of it",
        "burst of the API's */* is 2000 in us-east-1, and us-west-2 has none of it",
    ]


def test_a_smaller_database_is_found() -> None:
    address = 'module.database_orders.aws_rds_cluster_instance.this["1"]'
    assert found("RES007", GLOBAL, values("eu-west-1", address, instance_class="db.r6g.medium")) == [
        error(
            f"eu-west-1: {address}",
            "size of orders's instance 1 in vCPU of its family is 1 in eu-west-1 and 2 in us-east-1: when "
            "us-east-1 is "
            "lost, eu-west-1 carries its traffic with less",
        )
    ]


def test_fewer_instances_are_found() -> None:
    change = without("us-east-1", 'module.database_orders.aws_rds_cluster_instance.this["1"]')
    messages = [each.message for each in found("RES007", GLOBAL, change)]
    assert messages[0] == (
        "instances of orders is 0 in us-east-1 and 1 in eu-west-1: when eu-west-1 is lost, us-east-1 "
        "carries its "
        "traffic with less"
    )


def test_fewer_capacity_units_are_found() -> None:
    cluster = "module.database_orders.aws_rds_cluster.this"
    changes = [
        values(
            region, cluster, serverlessv2_scaling_configuration=[{"min_capacity": 0.5, "max_capacity": most}]
        )
        for region, most in (("us-east-1", 8), ("eu-west-1", 2))
    ]
    assert [each.message for each in found("RES007", GLOBAL, *changes)] == [
        "most capacity units of orders is 2 in eu-west-1 and 8 in us-east-1: when us-east-1 is lost, "
        "eu-west-1 carries "
        "its traffic with less"
    ]


def test_provisioned_tables_have_to_scale_in_both_directions() -> None:
    address = "module.table_items.aws_dynamodb_table.this"
    provisioned = values("data", address, billing_mode="PROVISIONED", read_capacity=5, write_capacity=5)
    scaled = with_resource(
        "data",
        "aws_appautoscaling_target.read",
        "aws_appautoscaling_target",
        resource_id="table/active-standby-api-items",
        scalable_dimension="dynamodb:table:ReadCapacityUnits",
    )
    assert found("RES007", ACTIVE_STANDBY, provisioned, scaled) == [
        error(
            f"data: {address}",
            "write capacity of active-standby-api-items stays at 5 units: a region that is alone has the "
            "traffic of all",
            TABLES,
        )
    ]


def test_more_reserved_than_an_account_has_is_a_warning_with_the_sum() -> None:
    changes = [
        values(region, f"module.function_{name}.aws_lambda_function.this", reserved_concurrent_executions=500)
        for region in ("us-east-1", "us-west-2")
        for name in ("read", "write")
    ]
    assert found("RES007", ACTIVE_STANDBY, *changes) == [
        Finding(
            rule="RES007",
            severity="warning",
            where=f"{region}: aws_lambda_function",
            message=f"functions reserve 1000 executions in {region}; an account that has asked for no more "
            "has 1000 "
            "and must leave 100 unreserved",
            fix=RAISE,
            source=LAMBDA,
        )
        for region in ("us-east-1", "us-west-2")
    ]


def test_a_throttle_above_the_accounts_is_a_warning_in_each_region() -> None:
    settings = [{"throttling_rate_limit": 20_000, "throttling_burst_limit": 2_000}]
    changes = [values(region, STAGE, settings=settings) for region in ("us-east-1", "us-west-2")]
    assert found("RES007", ACTIVE_STANDBY, *changes) == [
        Finding(
            rule="RES007",
            severity="warning",
            where=f"{region}: {STAGE}",
            message=f"rate of the API's */* is 20000 in {region}, above the 10000 that an account has there "
            "unless it "
            "has asked for more",
            fix=RAISE,
            source=GATEWAY,
        )
        for region in ("us-east-1", "us-west-2")
    ]


@pytest.mark.parametrize(
    ("instance_class", "vcpus"),
    [
        ("db.t4g.medium", 1),
        ("db.r6g.large", 2),
        ("db.r6g.xlarge", 4),
        ("db.r6g.16xlarge", 64),
        ("db.serverless", 0),
    ],
)
def test_classes_double_from_step_to_step(instance_class: str, vcpus: float) -> None:
    assert _vcpus(instance_class) == vcpus
