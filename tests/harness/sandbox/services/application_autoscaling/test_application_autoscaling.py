"""Application Auto Scaling keeps what Terraform registers and refuses what AWS refuses."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from harness.sandbox.emulators.engine import Engine, wire
from harness.sandbox.services.application_autoscaling.control_plane import control_plane, writes_scale
from tests.harness.sandbox.emulators.engine.engine_client import ACCOUNT, REGION, client_of

AT = {
    "ServiceNamespace": "dynamodb",
    "ResourceId": "table/orders",
    "ScalableDimension": "dynamodb:table:WriteCapacityUnits",
}
TRACKING = {
    "PolicyType": "TargetTrackingScaling",
    "TargetTrackingScalingPolicyConfiguration": {
        "TargetValue": 70.0,
        "PredefinedMetricSpecification": {"PredefinedMetricType": "DynamoDBWriteCapacityUtilization"},
    },
}


@pytest.fixture
def engine() -> Engine:
    return control_plane(
        ACCOUNT, epoch=lambda: 1e9, table_exists=lambda region, table: (region, table) == (REGION, "orders")
    )


@pytest.fixture
def scaling(engine: Engine) -> Any:
    return client_of(engine)


@pytest.fixture
def registered(scaling: Any) -> Any:
    scaling.register_scalable_target(**AT, MinCapacity=1, MaxCapacity=5, Tags={"team": "orders"})
    return scaling


def refusal(call: Any, **parameters: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_a_target_is_given_back_with_what_aws_fills_in(engine: Engine, registered: Any) -> None:
    (target,) = registered.describe_scalable_targets(ServiceNamespace="dynamodb")["ScalableTargets"]
    assert {**AT, "MinCapacity": 1, "MaxCapacity": 5}.items() <= target.items()
    assert target["RoleARN"].endswith("/AWSServiceRoleForApplicationAutoScaling_DynamoDBTable")
    assert not any(target["SuspendedState"].values())
    assert set(wire.model(engine.service).shape_for("ScalableTarget").required_members) <= target.keys()


def test_registering_again_changes_only_what_is_given(registered: Any) -> None:
    before = registered.describe_scalable_targets(ServiceNamespace="dynamodb")
    registered.register_scalable_target(**AT, MaxCapacity=9)
    (target,) = registered.describe_scalable_targets(ServiceNamespace="dynamodb")["ScalableTargets"]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (1, 9)
    assert target["ScalableTargetARN"] == before["ScalableTargets"][0]["ScalableTargetARN"]


def test_targets_are_filtered_and_regions_are_apart(engine: Engine, registered: Any) -> None:
    for resource in (["table/orders"], ["table/other", "table/orders"]):
        found = registered.describe_scalable_targets(ServiceNamespace="dynamodb", ResourceIds=resource)
        assert len(found["ScalableTargets"]) == 1
    found = registered.describe_scalable_targets(ServiceNamespace="dynamodb", ResourceIds=["table/other"])
    assert found["ScalableTargets"] == []
    elsewhere = client_of(engine, "us-west-2").describe_scalable_targets(ServiceNamespace="dynamodb")
    assert elsewhere["ScalableTargets"] == []


def test_tags_follow_the_arn(registered: Any) -> None:
    (target,) = registered.describe_scalable_targets(ServiceNamespace="dynamodb")["ScalableTargets"]
    arn = target["ScalableTargetARN"]
    registered.tag_resource(ResourceARN=arn, Tags={"tier": "data"})
    registered.untag_resource(ResourceARN=arn, TagKeys=["team"])
    assert registered.list_tags_for_resource(ResourceARN=arn)["Tags"] == {"tier": "data"}


def test_a_policy_needs_a_registered_target(scaling: Any, registered: Any) -> None:
    reads = AT | {"ScalableDimension": "dynamodb:table:ReadCapacityUnits"}
    assert refusal(scaling.put_scaling_policy, **reads, PolicyName="reads", **TRACKING) == (
        "ObjectNotFoundException",
        "No scalable target registered for service namespace: dynamodb, resource ID: table/orders, "
        "scalable dimension: dynamodb:table:ReadCapacityUnits",
    )
    registered.put_scaling_policy(**AT, PolicyName="writes", **TRACKING)
    (policy,) = registered.describe_scaling_policies(ServiceNamespace="dynamodb", PolicyNames=["writes"])[
        "ScalingPolicies"
    ]
    assert {**AT, **TRACKING, "Alarms": []}.items() <= policy.items()


def test_deregistering_a_target_deletes_its_policies_and_scheduled_actions(registered: Any) -> None:
    registered.put_scaling_policy(**AT, PolicyName="writes", **TRACKING)
    registered.put_scheduled_action(**AT, ScheduledActionName="nightly", Schedule="cron(0 2 * * ? *)")
    registered.deregister_scalable_target(**AT)
    found = registered.describe_scaling_policies(ServiceNamespace="dynamodb")
    assert found["ScalingPolicies"] == []
    assert registered.describe_scheduled_actions(ServiceNamespace="dynamodb")["ScheduledActions"] == []
    code, _ = refusal(registered.deregister_scalable_target, **AT)
    assert code == "ObjectNotFoundException"


def test_a_target_of_a_table_that_does_not_exist_is_refused(scaling: Any) -> None:
    missing = AT | {"ResourceId": "table/missing"}
    assert refusal(scaling.register_scalable_target, **missing, MinCapacity=1, MaxCapacity=5) == (
        "ValidationException",
        "DynamoDB table does not exist: table/missing",
    )


@pytest.mark.parametrize("capacities", [{"MinCapacity": 5, "MaxCapacity": 1}, {"MinCapacity": 1}])
def test_capacities_that_make_no_range_are_refused(scaling: Any, capacities: dict[str, int]) -> None:
    assert refusal(scaling.register_scalable_target, **AT, **capacities)[0] == "ValidationException"
    assert scaling.describe_scalable_targets(ServiceNamespace="dynamodb")["ScalableTargets"] == []


def test_what_the_model_does_not_allow_is_refused_all_at_once(registered: Any) -> None:
    code, message = refusal(registered.put_scaling_policy, **AT, PolicyName="a\tb", PolicyType="Daily")
    assert code == "ValidationException"
    assert message.startswith("2 validation errors detected: ")
    assert "Value 'a\tb' at 'policyName' failed to satisfy constraint" in message
    assert "Value 'Daily' at 'policyType' failed to satisfy constraint: Member must satisfy enum" in message


def test_dynamodb_is_told_whether_a_tables_writes_scale(engine: Engine, registered: Any) -> None:
    assert writes_scale(engine, REGION, "orders")
    assert not writes_scale(engine, "us-west-2", "orders")
    registered.deregister_scalable_target(**AT)
    assert not writes_scale(engine, REGION, "orders")
