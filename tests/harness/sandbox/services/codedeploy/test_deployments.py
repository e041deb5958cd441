"""CodeDeploy's deployments of functions: traffic that shifts on the model clock, and comes back."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections import Counter
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from harness.sandbox.faults import ServiceDown
from harness.sandbox.sandbox import Sandbox
from harness.sandbox.services.codedeploy.appspec import parsed
from harness.sandbox.services.codedeploy.shift import Step, steps
from harness.sandbox.services.lambda_.invoke import invoke_function
from harness.sandbox.services.lambda_.patches import chosen_version

sandboxed = pytest.mark.sandbox

ACCOUNT, EAST = "123456789012", "us-east-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/release"
AT: dict[str, Any] = {"applicationName": "write", "deploymentGroupName": "live"}
STYLE = {"deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL"}
HALF = {"type": "TimeBasedCanary", "timeBasedCanary": {"canaryPercentage": 50, "canaryInterval": 5}}
EVENTS = ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"]
ALARM = "write-release-errors"
HANDLER = """
import boto3, json
def handler(event, context):
    if {fails}:
        raise ValueError("told to fail")
    if {status} == 500:
        print(json.dumps({{"level": "ERROR", "version": context.function_version}}), flush=True)
    told = {{"version": context.function_version, "arn": context.invoked_function_arn}}
    return {{"statusCode": {status}, **told}}
def hook(event, context):
    boto3.client("codedeploy").put_lifecycle_event_hook_execution_status(
        deploymentId=event["DeploymentId"],
        lifecycleEventHookExecutionId=event["LifecycleEventHookExecutionId"],
        status="{report}",
    )
"""


def client(sandbox: Sandbox, service: str) -> Any:
    return boto3.client(service, region_name=EAST, endpoint_url=sandbox.endpoint)


def package(*, fails: bool = False, status: int = 200, report: str = "Succeeded") -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("handler.py", HANDLER.format(fails=fails, status=status, report=report))
    return packed.getvalue()


@pytest.fixture
def functions(sandbox: Sandbox) -> Iterator[Any]:
    """Version 1 of "write" answers, and "live" points at it; 2 fails, 3 answers 500, 4 is as good as 1."""
    functions = client(sandbox, "lambda")
    functions.create_function(
        FunctionName="write",
        Runtime="python3.12",
        Role=ROLE,
        Handler="handler.handler",
        Code={"ZipFile": package()},
        Publish=True,
    )
    for code in (package(fails=True), package(status=500), package(status=201)):
        functions.update_function_code(FunctionName="write", ZipFile=code, Publish=True)
    functions.create_alias(FunctionName="write", Name="live", FunctionVersion="1")
    yield functions
    functions.delete_function(FunctionName="write")


@pytest.fixture
def codedeploy(sandbox: Sandbox, functions: Any) -> Iterator[Any]:
    """An application whose group sends half of the requests to the new version for five minutes, and watches
    an alarm on the new version."""
    pass_time(sandbox, 200)  # or the alarm would still ring of what an earlier test did
    watch(sandbox, "2")
    codedeploy = client(sandbox, "codedeploy")
    codedeploy.create_application(applicationName="write", computePlatform="Lambda")
    codedeploy.create_deployment_config(
        deploymentConfigName="half", computePlatform="Lambda", trafficRoutingConfig=HALF
    )
    codedeploy.create_deployment_group(
        **AT,
        deploymentConfigName="half",
        serviceRoleArn=ROLE,
        deploymentStyle=STYLE,
        alarmConfiguration={"enabled": True, "alarms": [{"name": ALARM}]},
        autoRollbackConfiguration={"enabled": True, "events": EVENTS},
    )
    yield codedeploy
    codedeploy.delete_application(applicationName="write")
    codedeploy.delete_deployment_config(deploymentConfigName="half")
    client(sandbox, "cloudwatch").delete_alarms(AlarmNames=[ALARM])


def watch(sandbox: Sandbox, version: str) -> None:
    """The alarm of modules/compute/release."""
    named = {"FunctionName": "write", "Resource": "write:live", "ExecutedVersion": version}
    dimensions = [{"Name": name, "Value": value} for name, value in named.items()]

    def query(name: str, metric: str) -> dict[str, Any]:
        of = {"Namespace": "AWS/Lambda", "MetricName": metric, "Dimensions": dimensions}
        return {"Id": name, "MetricStat": {"Metric": of, "Period": 60, "Stat": "Sum"}, "ReturnData": False}

    client(sandbox, "cloudwatch").put_metric_alarm(
        AlarmName=ALARM,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        EvaluationPeriods=1,
        DatapointsToAlarm=1,
        Threshold=1,
        TreatMissingData="notBreaching",
        Metrics=[
            {
                "Id": "share",
                "Expression": "IF(requests >= 5, 100 * errors / requests, 0)",
                "ReturnData": True,
            },
            query("errors", "Errors"),
            query("requests", "Invocations"),
        ],
    )


def request(target: str, *, current: str = "1", hooks: dict[str, str] | None = None) -> dict[str, Any]:
    """The body of CreateDeployment, as modules/compute/release makes it."""
    properties = {"Name": "write", "Alias": "live", "CurrentVersion": current, "TargetVersion": target}
    content = json.dumps(
        {
            "version": "0.0",
            "Resources": [{"write": {"Type": "AWS::Lambda::Function", "Properties": properties}}],
            "Hooks": [{event: name} for event, name in (hooks or {}).items()],
        }
    )
    told = {"content": content, "sha256": hashlib.sha256(content.encode()).hexdigest()}
    return {**AT, "revision": {"revisionType": "AppSpecContent", "appSpecContent": told}}


def alias(functions: Any) -> tuple[str, dict[str, float]]:
    found = functions.get_alias(FunctionName="write", Name="live")
    return found["FunctionVersion"], found.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})


def info(codedeploy: Any, identifier: str) -> dict[str, Any]:
    found: dict[str, Any] = codedeploy.get_deployment(deploymentId=identifier)["deploymentInfo"]
    return found


def pass_time(sandbox: Sandbox, seconds: float, *, every: float | None = None) -> int:
    """Model time, in which the alias is called every so many seconds; returns how many calls failed."""
    live = f"arn:aws:lambda:{EAST}:{ACCOUNT}:function:write:live"

    async def traffic() -> int:
        failed, end = 0, sandbox.clock.now() + seconds
        while (now := sandbox.clock.now()) < end:
            if every is not None:
                failed += await invoke_function(ACCOUNT, EAST, live, {}) is not None
            await sandbox.clock.sleep(min(every or seconds, end - now))
        return failed

    async def main() -> int:
        with sandbox.clock.jumping():
            return await sandbox.clock.spawn(traffic())

    return sandbox.run(main(), timeout=90)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("CodeDeployDefault.LambdaAllAtOnce", [(0, 100)]),
        ("CodeDeployDefault.LambdaCanary10Percent5Minutes", [(0, 10), (300, 100)]),
        ("CodeDeployDefault.LambdaCanary10Percent30Minutes", [(0, 10), (1800, 100)]),
        (
            "CodeDeployDefault.LambdaLinear10PercentEvery1Minute",
            [(n * 60, 10 + n * 10) for n in range(10)],
        ),
        (
            "CodeDeployDefault.LambdaLinear10PercentEvery10Minutes",
            [(n * 600, 10 + n * 10) for n in range(10)],
        ),
    ],
)
def test_the_ready_made_configurations_shift_as_their_names_say(
    name: str, expected: list[tuple[float, int]]
) -> None:
    assert steps(name, None) == tuple(Step(*each) for each in expected)


def test_own_configurations_shift_by_percent_and_minutes() -> None:
    linear = {"type": "TimeBasedLinear", "timeBasedLinear": {"linearPercentage": 40, "linearInterval": 2}}
    assert steps("own", HALF) == (Step(0, 50), Step(300, 100))
    assert steps("own", linear) == (Step(0, 40), Step(120, 80), Step(240, 100))


def test_a_configuration_that_aws_has_not_is_refused() -> None:
    with pytest.raises(ValueError, match=r"there is no deployment configuration CodeDeployDefault\.Lambda7"):
        steps("CodeDeployDefault.Lambda7Percent", None)


def test_an_appspec_whose_digest_is_another_is_refused() -> None:
    asked = request("2")
    asked["revision"]["appSpecContent"]["sha256"] = "0" * 64
    with pytest.raises(ValueError, match="sha256 is not that of the content"):
        parsed(asked)


@pytest.mark.parametrize(("draw", "version"), [(0.0, "2"), (0.099, "2"), (0.1, "1"), (0.999, "1")])
def test_a_call_of_a_weighted_alias_is_routed_by_weight(draw: float, version: str) -> None:
    weighted = {"FunctionVersion": "1", "RoutingConfig": {"AdditionalVersionWeights": {"2": 0.1}}}
    assert chosen_version(weighted, draw) == version


@sandboxed
def test_calls_of_a_weighted_alias_really_go_to_both_versions(sandbox: Sandbox, functions: Any) -> None:
    functions.update_alias(
        FunctionName="write", Name="live", RoutingConfig={"AdditionalVersionWeights": {"4": 0.3}}
    )
    ran: Counter[str] = Counter()
    for _ in range(100):
        answer = functions.invoke(FunctionName="write", Qualifier="live")
        told = json.loads(answer["Payload"].read())
        assert (answer["ExecutedVersion"], told["arn"]) == (
            told["version"],
            f"arn:aws:lambda:{EAST}:{ACCOUNT}:function:write:live",
        )
        ran[told["version"]] += 1
    assert set(ran) == {"1", "4"}
    assert 15 <= ran["4"] <= 45


@sandboxed
def test_other_services_calls_of_a_weighted_alias_go_to_both_versions(
    sandbox: Sandbox, functions: Any
) -> None:
    functions.update_alias(
        FunctionName="write", Name="live", RoutingConfig={"AdditionalVersionWeights": {"2": 0.5}}
    )
    assert 5 <= pass_time(sandbox, 40, every=1) <= 35


@sandboxed
def test_a_good_version_gets_its_share_and_then_everything(
    sandbox: Sandbox, functions: Any, codedeploy: Any
) -> None:
    watch(sandbox, "4")
    identifier = codedeploy.create_deployment(**request("4"), description="to 4")["deploymentId"]
    assert (info(codedeploy, identifier)["status"], alias(functions)) == ("Created", ("1", {}))
    pass_time(sandbox, 20)
    assert (info(codedeploy, identifier)["status"], alias(functions)) == ("InProgress", ("1", {"4": 0.5}))
    assert pass_time(sandbox, 310, every=3) == 0
    done = info(codedeploy, identifier)
    assert (done["status"], done["creator"], done["description"], alias(functions)) == (
        "Succeeded",
        "user",
        "to 4",
        ("4", {}),
    )
    assert 299 < (done["completeTime"] - done["startTime"]).total_seconds() < 320
    assert codedeploy.list_deployments(**AT, includeOnlyStatuses=["Succeeded"])["deployments"] == [identifier]


@sandboxed
def test_failing_calls_set_the_alarm_off_and_the_alarm_takes_the_version_back(
    sandbox: Sandbox, functions: Any, codedeploy: Any
) -> None:
    identifier = codedeploy.create_deployment(**request("2"))["deploymentId"]
    assert pass_time(sandbox, 300, every=2) > 0
    stopped = info(codedeploy, identifier)
    assert (stopped["status"], stopped["errorInformation"], alias(functions)) == (
        "Stopped",
        {"code": "ALARM_ACTIVE", "message": f"One or more alarms have been activated: {ALARM}."},
        ("1", {}),
    )
    rollback = info(codedeploy, stopped["rollbackInfo"]["rollbackDeploymentId"])
    assert (rollback["status"], rollback["creator"], rollback["rollbackInfo"]) == (
        "Succeeded",
        "codeDeployRollback",
        {"rollbackTriggeringDeploymentId": identifier},
    )
    assert pass_time(sandbox, 30, every=2) == 0


@sandboxed
def test_an_answer_with_status_500_is_no_error_of_the_function(
    sandbox: Sandbox, functions: Any, codedeploy: Any
) -> None:
    watch(sandbox, "3")
    identifier = codedeploy.create_deployment(**request("3"))["deploymentId"]
    pass_time(sandbox, 330, every=2)
    assert (info(codedeploy, identifier)["status"], alias(functions)) == ("Succeeded", ("3", {}))


@sandboxed
def test_an_answer_with_status_500_counts_when_a_metric_filter_reads_it_from_the_log(
    sandbox: Sandbox, functions: Any, codedeploy: Any
) -> None:
    logs = client(sandbox, "logs")
    pass_time(sandbox, 2, every=1)
    group = "/aws/lambda/write"
    logs.put_metric_filter(
        logGroupName=group,
        filterName="failures",
        filterPattern='{ ($.level = "ERROR") && ($.version = "3") }',
        metricTransformations=[
            {"metricName": "failures", "metricNamespace": "Own/Releases", "metricValue": "1"}
        ],
    )
    cloudwatch = client(sandbox, "cloudwatch")
    watch(sandbox, "3")
    (found,) = cloudwatch.describe_alarms(AlarmNames=[ALARM])["MetricAlarms"]
    (share, *measured) = found["Metrics"]
    failures = {"Namespace": "Own/Releases", "MetricName": "failures"}
    share["Expression"] = "IF(requests >= 5, 100 * (errors + FILL(failures, 0)) / requests, 0)"
    cloudwatch.put_metric_alarm(
        AlarmName=ALARM,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        EvaluationPeriods=1,
        Threshold=1,
        TreatMissingData="notBreaching",
        Metrics=[
            share,
            *measured,
            {
                "Id": "failures",
                "MetricStat": {"Metric": failures, "Period": 60, "Stat": "Sum"},
                "ReturnData": False,
            },
        ],
    )
    identifier = codedeploy.create_deployment(**request("3"))["deploymentId"]
    pass_time(sandbox, 300, every=2)
    stopped = info(codedeploy, identifier)
    logs.delete_metric_filter(logGroupName=group, filterName="failures")
    assert (stopped["status"], stopped["errorInformation"]["code"], alias(functions)) == (
        "Stopped",
        "ALARM_ACTIVE",
        ("1", {}),
    )


@sandboxed
def test_a_deployment_does_not_begin_while_an_alarm_rings(
    sandbox: Sandbox, functions: Any, codedeploy: Any
) -> None:
    cloudwatch = client(sandbox, "cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName=ALARM,
        Namespace="AWS/ApiGateway",
        MetricName="5XXError",
        Period=60,
        Statistic="Sum",
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    cloudwatch.set_alarm_state(AlarmName=ALARM, StateValue="ALARM", StateReason="told to")
    identifier = codedeploy.create_deployment(**request("4"))["deploymentId"]
    pass_time(sandbox, 30)
    found = info(codedeploy, identifier)
    assert (found["status"], found["errorInformation"]["code"], alias(functions)) == (
        "Stopped",
        "ALARM_ACTIVE",
        ("1", {}),
    )


@sandboxed
@pytest.mark.parametrize(
    ("back", "expected"), [(True, ("1", {})), (None, ("1", {})), (False, ("1", {"4": 0.5}))]
)
def test_a_stopped_deployment_is_rolled_back_if_it_was_asked_for(
    sandbox: Sandbox,
    functions: Any,
    codedeploy: Any,
    back: bool | None,
    expected: tuple[str, dict[str, float]],
) -> None:
    identifier = codedeploy.create_deployment(**request("4"))["deploymentId"]
    pass_time(sandbox, 60)
    asked = {} if back is None else {"autoRollbackEnabled": back}
    answer = codedeploy.stop_deployment(deploymentId=identifier, **asked)
    pass_time(sandbox, 30)
    found = info(codedeploy, identifier)
    assert (answer["status"], found["status"], found["errorInformation"]["code"], alias(functions)) == (
        "Pending",
        "Stopped",
        "MANUAL_STOP",
        expected,
    )
    with pytest.raises(ClientError, match="DeploymentAlreadyCompletedException"):
        codedeploy.stop_deployment(deploymentId=identifier)


@sandboxed
@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (request("4", current="3"), "the alias live is at version 1, not 3"),
        (request("1"), "CurrentVersion and TargetVersion are both 1"),
        (request("9"), "write has no version 9"),
    ],
)
def test_a_revision_that_does_not_fit_the_alias_fails_and_moves_nothing(
    sandbox: Sandbox, functions: Any, codedeploy: Any, asked: dict[str, Any], message: str
) -> None:
    identifier = codedeploy.create_deployment(**asked)["deploymentId"]
    pass_time(sandbox, 30)
    found = info(codedeploy, identifier)
    assert (found["status"], found["errorInformation"], alias(functions)) == (
        "Failed",
        {"code": "INVALID_LAMBDA_CONFIGURATION", "message": message},
        ("1", {}),
    )


@sandboxed
def test_an_alias_that_is_shared_by_two_versions_already_cannot_be_deployed(
    sandbox: Sandbox, functions: Any, codedeploy: Any
) -> None:
    functions.update_alias(
        FunctionName="write", Name="live", RoutingConfig={"AdditionalVersionWeights": {"4": 0.3}}
    )
    identifier = codedeploy.create_deployment(**request("4"))["deploymentId"]
    pass_time(sandbox, 30)
    assert info(codedeploy, identifier)["errorInformation"]["message"] == (
        "the alias live shifts traffic between two versions already"
    )


@sandboxed
def test_a_group_has_one_deployment_at_a_time(sandbox: Sandbox, functions: Any, codedeploy: Any) -> None:
    identifier = codedeploy.create_deployment(**request("4"))["deploymentId"]
    with pytest.raises(ClientError, match=f"already has an active Deployment '{identifier}'"):
        codedeploy.create_deployment(**request("4"))
    codedeploy.stop_deployment(deploymentId=identifier)
    pass_time(sandbox, 30)


@sandboxed
@pytest.mark.parametrize(
    ("report", "status", "code"),
    [("Succeeded", "InProgress", None), ("Failed", "Failed", "HOOK_EXECUTION_FAILURE")],
)
def test_no_traffic_is_shifted_before_the_test_function_has_reported(
    sandbox: Sandbox, functions: Any, codedeploy: Any, report: str, status: str, code: str | None
) -> None:
    functions.create_function(
        FunctionName="CodeDeployHook_write",
        Runtime="python3.12",
        Role=ROLE,
        Handler="handler.hook",
        Code={"ZipFile": package(report=report)},
    )
    asked = request("4", hooks={"BeforeAllowTraffic": "CodeDeployHook_write"})
    identifier = codedeploy.create_deployment(**asked)["deploymentId"]
    pass_time(sandbox, 40)
    found = info(codedeploy, identifier)
    functions.delete_function(FunctionName="CodeDeployHook_write")
    weights = {"4": 0.5} if report == "Succeeded" else {}
    assert (found["status"], found.get("errorInformation", {}).get("code"), alias(functions)) == (
        status,
        code,
        ("1", weights),
    )
    if status == "InProgress":
        codedeploy.stop_deployment(deploymentId=identifier)
        pass_time(sandbox, 30)


@sandboxed
def test_a_test_that_fails_after_all_traffic_was_shifted_brings_the_old_version_back(
    sandbox: Sandbox, functions: Any, codedeploy: Any
) -> None:
    functions.create_function(
        FunctionName="CodeDeployHook_write",
        Runtime="python3.12",
        Role=ROLE,
        Handler="handler.hook",
        Code={"ZipFile": package(report="Failed")},
    )
    asked = request("4", hooks={"AfterAllowTraffic": "CodeDeployHook_write"})
    identifier = codedeploy.create_deployment(
        **asked, deploymentConfigName="CodeDeployDefault.LambdaAllAtOnce"
    )["deploymentId"]
    pass_time(sandbox, 40)
    functions.delete_function(FunctionName="CodeDeployHook_write")
    found = info(codedeploy, identifier)
    assert (found["status"], found["errorInformation"], "rollbackInfo" in found, alias(functions)) == (
        "Failed",
        {
            "code": "HOOK_EXECUTION_FAILURE",
            "message": "AfterAllowTraffic: CodeDeployHook_write reported Failed.",
        },
        True,
        ("1", {}),
    )


@sandboxed
def test_a_request_can_watch_other_alarms_than_its_group(
    sandbox: Sandbox, functions: Any, codedeploy: Any
) -> None:
    none = {"enabled": False, "alarms": []}
    identifier = codedeploy.create_deployment(**request("2"), overrideAlarmConfiguration=none)["deploymentId"]
    assert pass_time(sandbox, 150, every=3) > 0
    assert info(codedeploy, identifier)["status"] == "InProgress"
    codedeploy.stop_deployment(deploymentId=identifier)
    pass_time(sandbox, 30)


@sandboxed
def test_a_test_function_that_does_not_report_within_an_hour_fails_the_deployment(
    sandbox: Sandbox, functions: Any, codedeploy: Any
) -> None:
    asked = request("4", hooks={"BeforeAllowTraffic": "CodeDeployHook_missing"})
    identifier = codedeploy.create_deployment(**asked)["deploymentId"]
    pass_time(sandbox, 3500)
    assert info(codedeploy, identifier)["status"] == "InProgress"
    pass_time(sandbox, 150)
    assert info(codedeploy, identifier)["errorInformation"] == {
        "code": "HOOK_EXECUTION_FAILURE",
        "message": "BeforeAllowTraffic: CodeDeployHook_missing did not report within an hour (there is no "
        "function CodeDeployHook_missing in us-east-1).",
    }


@sandboxed
def test_without_lambda_in_its_region_a_deployment_waits(
    sandbox: Sandbox, functions: Any, codedeploy: Any
) -> None:
    identifier = codedeploy.create_deployment(**request("4"))["deploymentId"]
    fault = sandbox.faults.inject(ServiceDown(EAST, "lambda"))
    pass_time(sandbox, 120)
    assert info(codedeploy, identifier)["status"] == "InProgress"
    sandbox.faults.heal(fault)
    assert alias(functions) == ("1", {})
    pass_time(sandbox, 20)
    assert alias(functions) == ("1", {"4": 0.5})
    codedeploy.stop_deployment(deploymentId=identifier)
    pass_time(sandbox, 30)
