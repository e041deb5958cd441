"""CodeDeploy's applications, configurations and groups, as a release of a function needs them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from harness.sandbox.sandbox import Sandbox

pytestmark = pytest.mark.sandbox

ROLE = "arn:aws:iam::123456789012:role/release"
SHIFT = {"type": "TimeBasedLinear", "timeBasedLinear": {"linearPercentage": 20, "linearInterval": 2}}
STYLE = {"deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL"}
AT: dict[str, Any] = {"applicationName": "write", "deploymentGroupName": "live"}


@pytest.fixture
def codedeploy(sandbox: Sandbox) -> Iterator[Any]:
    """With the application "write" and the configuration "slowly"."""
    client = boto3.client("codedeploy", region_name="us-east-1", endpoint_url=sandbox.endpoint)
    client.create_application(
        applicationName="write", computePlatform="Lambda", tags=[{"Key": "team", "Value": "blue"}]
    )
    client.create_deployment_config(
        deploymentConfigName="slowly", computePlatform="Lambda", trafficRoutingConfig=SHIFT
    )
    yield client
    client.delete_application(applicationName="write")
    client.delete_deployment_config(deploymentConfigName="slowly")


def test_an_application_is_of_its_region_and_has_its_tags(sandbox: Sandbox, codedeploy: Any) -> None:
    found = codedeploy.get_application(applicationName="write")["application"]
    assert (found["applicationName"], found["computePlatform"]) == ("write", "Lambda")
    arn = f"arn:aws:codedeploy:us-east-1:{sandbox.account_id}:application:write"
    codedeploy.tag_resource(ResourceArn=arn, Tags=[{"Key": "tier", "Value": "1"}])
    codedeploy.untag_resource(ResourceArn=arn, TagKeys=["team"])
    assert codedeploy.list_tags_for_resource(ResourceArn=arn)["Tags"] == [{"Key": "tier", "Value": "1"}]
    elsewhere = boto3.client("codedeploy", region_name="us-west-2", endpoint_url=sandbox.endpoint)
    with pytest.raises(ClientError, match="ApplicationDoesNotExistException"):
        elsewhere.get_application(applicationName="write")


def test_a_configuration_is_read_as_it_was_made_and_made_once(codedeploy: Any) -> None:
    found = codedeploy.get_deployment_config(deploymentConfigName="slowly")["deploymentConfigInfo"]
    assert (found["computePlatform"], found["trafficRoutingConfig"]) == ("Lambda", SHIFT)
    with pytest.raises(ClientError, match="DeploymentConfigAlreadyExistsException"):
        codedeploy.create_deployment_config(deploymentConfigName="slowly", computePlatform="Lambda")


def test_a_group_keeps_what_it_was_given_through_a_change(codedeploy: Any) -> None:
    alarms = {"enabled": True, "ignorePollAlarmFailure": False, "alarms": [{"name": "errors"}]}
    made = codedeploy.create_deployment_group(
        **AT,
        deploymentConfigName="slowly",
        serviceRoleArn=ROLE,
        deploymentStyle=STYLE,
        alarmConfiguration=alarms,
    )
    codedeploy.update_deployment_group(
        applicationName="write",
        currentDeploymentGroupName="live",
        deploymentConfigName="CodeDeployDefault.LambdaCanary10Percent5Minutes",
    )
    found = codedeploy.get_deployment_group(**AT)["deploymentGroupInfo"]
    assert found == {
        **AT,
        "alarmConfiguration": alarms,
        "computePlatform": "Lambda",
        "deploymentConfigName": "CodeDeployDefault.LambdaCanary10Percent5Minutes",
        "deploymentGroupId": made["deploymentGroupId"],
        "deploymentStyle": STYLE,
        "serviceRoleArn": ROLE,
    }
    codedeploy.delete_deployment_group(**AT)
    with pytest.raises(ClientError, match="DeploymentGroupDoesNotExistException"):
        codedeploy.get_deployment_group(**AT)


def test_a_configuration_in_use_is_not_deleted(codedeploy: Any) -> None:
    codedeploy.create_deployment_group(**AT, deploymentConfigName="slowly", serviceRoleArn=ROLE)
    with pytest.raises(ClientError, match="DeploymentConfigInUseException"):
        codedeploy.delete_deployment_config(deploymentConfigName="slowly")


def test_a_group_names_a_configuration_that_there_is(codedeploy: Any) -> None:
    with pytest.raises(ClientError, match="DeploymentConfigDoesNotExistException"):
        codedeploy.create_deployment_group(**AT, deploymentConfigName="quickly", serviceRoleArn=ROLE)


def test_what_it_cannot_do_is_said_at_once(codedeploy: Any) -> None:
    with pytest.raises(ClientError, match="the sandbox cannot do ListDeploymentInstances of codedeploy"):
        codedeploy.list_deployment_instances(deploymentId="d-1")


def test_what_moto_cannot_do_is_said_at_once_and_not_tried_again(sandbox: Sandbox) -> None:
    dax = boto3.client("dax", region_name="us-east-1", endpoint_url=sandbox.endpoint)
    with pytest.raises(ClientError) as caught:
        dax.create_parameter_group(ParameterGroupName="any")
    assert (caught.value.response["ResponseMetadata"]["RetryAttempts"], str(caught.value)) == (
        0,
        "An error occurred (NotImplemented) when calling the CreateParameterGroup operation: the sandbox "
        "cannot do CreateParameterGroup of dax: The create_parameter_group action has not been implemented "
        "in moto",
    )
