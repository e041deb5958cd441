from __future__ import annotations

import pytest

from harness.terraform import losses, plans


@pytest.mark.parametrize(
    ("address", "resource_type"),
    [
        ("aws_s3_bucket.b", "aws_s3_bucket"),
        ('module.a["x.y"].module.b[0].aws_dynamodb_table.this["c.d\\"]"]', "aws_dynamodb_table"),
        ("nonsense", ""),
    ],
)
def test_the_type_is_read_from_an_address(address: str, resource_type: str) -> None:
    assert losses.type_of(address) == resource_type


def test_destroying_or_replacing_data_loses_it_and_updating_it_does_not() -> None:
    assert losses.lost("aws_s3_bucket.b", "destroy") == losses.DATA["aws_s3_bucket"]
    assert losses.lost("aws_s3_bucket.b", "replace") == losses.DATA["aws_s3_bucket"]
    assert losses.lost("aws_s3_bucket.b", "update") is None
    assert losses.lost("aws_lambda_function.f", "destroy") is None


def test_nothing_is_both_data_and_not() -> None:
    assert not losses.DATA.keys() & losses.NOT_DATA.keys()


def _update(address: str, before: dict[str, object], after: dict[str, object]) -> plans.ResourceChange:
    change = {"actions": ["update"], "before": before, "after": after, "after_unknown": {}}
    (found,) = plans.summary({"resource_changes": [{"address": address, "change": change}]}).changes
    return found


def test_a_replica_that_an_update_takes_away_is_lost_data() -> None:
    replicas = [{"region_name": "eu-west-1"}, {"region_name": "us-west-2"}]
    found = _update("aws_dynamodb_table.t", {"replica": replicas}, {"replica": replicas[:1]})
    assert found.loses == ("replica us-west-2",)
    assert losses.lost(found.address, found.kind, found.loses) == "replica us-west-2"
    assert plans.because(found) == "loses replica us-west-2, replica"


def test_a_replica_more_loses_nothing() -> None:
    replicas = [{"region_name": "eu-west-1"}, {"region_name": "us-west-2"}]
    assert _update("aws_dynamodb_table.t", {"replica": replicas[:1]}, {"replica": replicas}).loses == ()


def test_backups_kept_for_less_time_are_lost_data() -> None:
    name = "backup_retention_period"
    assert _update("aws_rds_cluster.c", {name: 30}, {name: 7}).loses == (
        "what is older than backup_retention_period 7 (was 30)",
    )
    assert _update("aws_rds_cluster.c", {name: 7}, {name: 30}).loses == ()
