"""The resource types of Application Auto Scaling and the rules by which AWS refuses them.

Source: Application Auto Scaling API Reference, RegisterScalableTarget, PutScalingPolicy,
PutScheduledAction and DeregisterScalableTarget. Nothing scales: no alarm is made and no capacity moves.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable

from harness.sandbox.emulators.engine import Call, Engine, Record, Refused, Resource, Store

SERVICE = "application-autoscaling"
TARGET = ("ServiceNamespace", "ResourceId", "ScalableDimension")
WRITE_CAPACITY = "dynamodb:table:WriteCapacityUnits"

# Application Auto Scaling User Guide, "Service-linked roles for Application Auto Scaling"
_SERVICE_LINKED_ROLES = {
    "dynamodb": "AWSServiceRoleForApplicationAutoScaling_DynamoDBTable",
    "ecs": "AWSServiceRoleForApplicationAutoScaling_ECSService",
    "lambda": "AWSServiceRoleForApplicationAutoScaling_LambdaConcurrency",
    "rds": "AWSServiceRoleForApplicationAutoScaling_RDSCluster",
}

Exists = Callable[[str, str], bool]
"""Whether a table exists: region and name."""


def control_plane(account_id: str, *, epoch: Callable[[], float], table_exists: Exists) -> Engine:
    """The service of one account. `table_exists` tells of DynamoDB's tables."""
    return Engine(SERVICE, account_id, epoch=epoch, resources=resources(table_exists))


def resources(table_exists: Exists) -> tuple[Resource, ...]:
    """The resource types of the service."""

    def checked_target(call: Call, store: Store, record: Record) -> None:
        _refuse_capacities(record)
        _refuse_missing_table(call, record, table_exists)

    target = Resource(
        shape="ScalableTarget",
        key=TARGET,
        put="RegisterScalableTarget",
        delete="DeregisterScalableTarget",
        list_all="DescribeScalableTargets",
        filters={
            "ServiceNamespace": "ServiceNamespace",
            "ResourceIds": "ResourceId",
            "ScalableDimension": "ScalableDimension",
        },
        arn="ScalableTargetARN",
        not_found="ObjectNotFoundException",
        missing="No scalable target registered for service namespace: {ServiceNamespace}, "
        "resource ID: {ResourceId}, scalable dimension: {ScalableDimension}",
        filled=_filled_target,
        checked=checked_target,
        below=("ScalingPolicy", "ScheduledAction"),
        effect="DynamoDB takes a replica of a provisioned table only once its writes have a target.",
    )
    return target, _policy(target), _scheduled_action(target)


def _policy(target: Resource) -> Resource:
    return Resource(
        shape="ScalingPolicy",
        key=(*TARGET, "PolicyName"),
        put="PutScalingPolicy",
        delete="DeleteScalingPolicy",
        list_all="DescribeScalingPolicies",
        filters={
            "ServiceNamespace": "ServiceNamespace",
            "ResourceId": "ResourceId",
            "ScalableDimension": "ScalableDimension",
            "PolicyNames": "PolicyName",
        },
        arn="PolicyARN",
        not_found="ObjectNotFoundException",
        missing="No scaling policy found for service namespace: {ServiceNamespace}, "
        "resource ID: {ResourceId}, scalable dimension: {ScalableDimension}, policy name: {PolicyName}",
        filled=_filled_policy,
        checked=_needs(target),
    )


def _scheduled_action(target: Resource) -> Resource:
    return Resource(
        shape="ScheduledAction",
        key=(*TARGET, "ScheduledActionName"),
        put="PutScheduledAction",
        delete="DeleteScheduledAction",
        list_all="DescribeScheduledActions",
        filters={
            "ServiceNamespace": "ServiceNamespace",
            "ResourceId": "ResourceId",
            "ScalableDimension": "ScalableDimension",
            "ScheduledActionNames": "ScheduledActionName",
        },
        arn="ScheduledActionARN",
        not_found="ObjectNotFoundException",
        missing="No scheduled action found for service namespace: {ServiceNamespace}, "
        "resource ID: {ResourceId}, scheduled action name: {ScheduledActionName}",
        filled=_filled_action,
        checked=_needs(target),
    )


def _filled_target(call: Call, record: Record) -> Record:
    namespace = str(record["ServiceNamespace"])
    role = _SERVICE_LINKED_ROLES.get(namespace, f"AWSServiceRoleForApplicationAutoScaling_{namespace}")
    path = f"aws-service-role/{namespace}.application-autoscaling.amazonaws.com"
    return {
        "RoleARN": f"arn:aws:iam::{call.account_id}:role/{path}/{role}",
        "CreationTime": call.epoch,
        "SuspendedState": dict.fromkeys(
            ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended"), False
        ),
        "ScalableTargetARN": call.arn(f"scalable-target/{uuid.uuid4().hex}"),
    }


def _filled_policy(call: Call, record: Record) -> Record:
    return {
        "PolicyARN": _arn(call, record, "scalingPolicy", "policyName/{PolicyName}"),
        "PolicyType": "StepScaling",
        "Alarms": [],
        "CreationTime": call.epoch,
    }


def _filled_action(call: Call, record: Record) -> Record:
    return {
        "ScheduledActionARN": _arn(
            call, record, "scheduledAction", "scheduledActionName/{ScheduledActionName}"
        ),
        "CreationTime": call.epoch,
    }


def _arn(call: Call, record: Record, kind: str, name: str) -> str:
    """As the API Reference shows it: these two kinds carry the name of EC2 Auto Scaling's service."""
    path = f"resource/{{ServiceNamespace}}/{{ResourceId}}:{name}".format(**record)
    return f"arn:aws:autoscaling:{call.region}:{call.account_id}:{kind}:{uuid.uuid4()}:{path}"


def _refuse_capacities(record: Record) -> None:
    """RegisterScalableTarget needs both capacities when the target is new; the least is at most the most."""
    least, most = record.get("MinCapacity"), record.get("MaxCapacity")
    if least is None or most is None:
        raise Refused(
            "ValidationException", "Maximum and minimum capacity are required to register a scalable target"
        )
    if not 0 <= least <= most:
        raise Refused("ValidationException", "Maximum capacity cannot be less than minimum capacity")


def _refuse_missing_table(call: Call, record: Record, table_exists: Exists) -> None:
    kind, _, rest = str(record["ResourceId"]).partition("/")
    table = rest.partition("/")[0]
    if record["ServiceNamespace"] == "dynamodb" and not (
        kind == "table" and table_exists(call.region, table)
    ):
        raise Refused("ValidationException", f"DynamoDB table does not exist: {record['ResourceId']}")


def _needs(target: Resource) -> Callable[[Call, Store, Record], None]:
    """PutScalingPolicy and PutScheduledAction: "you must register it first" (ObjectNotFoundException)."""

    def checked(call: Call, store: Store, record: Record) -> None:
        target.found(call, store, {})

    return checked


def writes_scale(engine: Engine, region: str, table: str) -> bool:
    """Whether the writes of a table have a scalable target in that region."""
    key = ("dynamodb", f"table/{table}", WRITE_CAPACITY)
    return key in engine.stores[region].records["ScalableTarget"]
