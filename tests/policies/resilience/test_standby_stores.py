"""RES001 on real plans with a standby made unable to take over."""

from __future__ import annotations

from typing import Any

from policies.finding import Finding
from policies.resilience.standby_stores import CLUSTERS, FUNCTIONS, OBJECTS, TABLES
from tests.policies.resilience.changed_plans import (
    ACTIVE_STANDBY,
    GLOBAL,
    edited,
    found,
    values,
    with_resource,
    without,
)

FIX = (
    "name the region under `regions` and run `make generate`; a root that was edited by hand is put right "
    "by it"
)


def finding(where: str, message: str, source: str) -> Finding:
    return Finding("RES001", "error", where, message, FIX, source)


def test_a_table_without_a_replica_is_found() -> None:
    address = "module.table_items.aws_dynamodb_table.this"
    assert found("RES001", ACTIVE_STANDBY, values("data", address, replica=[])) == [
        finding(
            f"data: {address}",
            "table items, which GET /read needs, has no replica in us-west-2 (it has: us-east-1)",
            TABLES,
        )
    ]


def test_a_table_that_is_not_planned_is_missed_in_every_region() -> None:
    address = "module.table_items.aws_dynamodb_table.this"
    assert [each.message for each in found("RES001", ACTIVE_STANDBY, without("data", address))] == [
        "table items, which GET /read needs, has no replica in us-east-1 (it has: none)",
        "table items, which GET /read needs, has no replica in us-west-2 (it has: none)",
    ]


def test_a_replica_may_be_a_resource_of_its_own() -> None:
    separate = with_resource(
        "data",
        "aws_dynamodb_table_replica.this",
        "aws_dynamodb_table_replica",
        provider="aws.usw2",
        global_table_arn="arn:aws:dynamodb:us-east-1:123456789012:table/active-standby-api-items",
        point_in_time_recovery=True,
    )
    inside = values("data", "module.table_items.aws_dynamodb_table.this", replica=[])
    assert found("RES001", ACTIVE_STANDBY, inside, separate) == []


def test_a_function_that_one_region_lacks_is_found() -> None:
    change = without("us-west-2", "module.function_write.aws_lambda_function.this")
    assert found("RES001", ACTIVE_STANDBY, change) == [
        finding(
            "us-west-2: aws_lambda_function active-standby-api-write-usw2",
            "function write answers a route and is not in us-west-2, so us-west-2 cannot take over",
            FUNCTIONS,
        )
    ]


def test_a_bucket_that_one_region_lacks_is_found() -> None:
    change = without("eu-west-1", "module.bucket_files.aws_s3_bucket.this")
    assert found("RES001", GLOBAL, change) == [
        finding(
            "eu-west-1: aws_s3_bucket global-serverless-files-123456789012-euw1",
            "bucket files, which GET /files/{id} needs, is not in eu-west-1",
            OBJECTS,
        )
    ]


def test_replication_in_one_direction_only_is_found() -> None:
    change = without(
        "interconnect", "module.replication_site_euw1.aws_s3_bucket_replication_configuration.this"
    )
    assert found("RES001", GLOBAL, change) == [
        finding(
            "interconnect: aws_s3_bucket_replication_configuration of "
            "global-serverless-site-123456789012-euw1",
            "bucket site, which the CDN's /static/* needs, is not replicated from eu-west-1 to us-east-1",
            OBJECTS,
        )
    ]


def test_replication_of_some_objects_is_not_replication() -> None:
    def narrow(planned: Any) -> None:
        planned["rule"][0]["filter"] = [{"prefix": "images/"}]

    def stop(planned: Any) -> None:
        planned["rule"][0]["status"] = "Disabled"

    address = "module.replication_files_use1.aws_s3_bucket_replication_configuration.this"
    expected = ["bucket files, which GET /files/{id} needs, is not replicated from us-east-1 to eu-west-1"]
    for edit in (narrow, stop):
        messages = [each.message for each in found("RES001", GLOBAL, edited("interconnect", address, edit))]
        assert messages == expected


def test_a_cluster_outside_the_global_database_is_found() -> None:
    address = "module.database_orders.aws_rds_cluster.this"
    assert found("RES001", GLOBAL, values("eu-west-1", address, global_cluster_identifier=None)) == [
        finding(
            f"eu-west-1: {address}",
            "database orders, which GET /orders/{id} needs, has no member of global-serverless-orders in "
            "eu-west-1",
            CLUSTERS,
        )
    ]


def test_a_cluster_without_instances_is_found() -> None:
    change = without("eu-west-1", 'module.database_orders.aws_rds_cluster_instance.this["1"]')
    assert found("RES001", GLOBAL, change) == [
        finding(
            "eu-west-1: module.database_orders.aws_rds_cluster.this",
            "database orders, which GET /orders/{id} needs, has no instance in eu-west-1: it would have to "
            "be made "
            "during the failover",
            CLUSTERS,
        )
    ]
