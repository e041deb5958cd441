from __future__ import annotations

import asyncio
import http.client
import io
import json
import os
import socket
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

from harness.sandbox.faults import ControlPlanesDown, GrayFailure, RegionDark, ReplicationCut, ServiceDown
from harness.sandbox.sandbox import Sandbox, SandboxError

pytestmark = pytest.mark.sandbox

ONCE = Config(retries={"total_max_attempts": 1}, read_timeout=10, connect_timeout=10)
HANDLER = """
import json, os, time
def handler(event, context):
    if event["path"] == "/slow":
        time.sleep(1)
    seen = {"region": os.environ["AWS_REGION"], "names": sorted(os.environ), "pid": os.getpid()}
    seen["epoch"] = event["requestContext"]["requestTimeEpoch"]
    return {"statusCode": 200, "body": json.dumps(seen)}
"""


def client(sandbox: Sandbox, service: str, region: str = "us-east-1") -> Any:
    return boto3.client(service, region_name=region, config=ONCE, endpoint_url=sandbox.endpoint)


def get(
    sandbox: Sandbox, region: str, host: str, path: str, *, number: int | None = None, timeout: float = 10
) -> tuple[int, Any]:
    connection = http.client.HTTPConnection(*sandbox.addresses[region], timeout=timeout)
    try:
        headers = {"Host": host} | ({"x-antipode-request": str(number)} if number is not None else {})
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read() or b"null")
    finally:
        connection.close()


def code(source: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("handler.py", source)
    return packed.getvalue()


def deploy_api(sandbox: Sandbox, region: str, host: str) -> str:
    """A REST API whose every path calls one function, behind the custom domain `host`; gives the API's id."""
    role = "arn:aws:iam::123456789012:role/any"
    client(sandbox, "lambda", region).create_function(
        FunctionName="echo",
        Runtime="python3.12",
        Role=role,
        Handler="handler.handler",
        Code={"ZipFile": code(HANDLER)},
    )
    gateway = client(sandbox, "apigateway", region)
    api = gateway.create_rest_api(name="echo", endpointConfiguration={"types": ["REGIONAL"]})["id"]
    root = gateway.get_resources(restApiId=api)["items"][0]["id"]
    proxy = gateway.create_resource(restApiId=api, parentId=root, pathPart="{proxy+}")["id"]
    gateway.put_method(restApiId=api, resourceId=proxy, httpMethod="GET", authorizationType="NONE")
    function = f"arn:aws:lambda:{region}:{sandbox.account_id}:function:echo"
    gateway.put_integration(
        restApiId=api,
        resourceId=proxy,
        httpMethod="GET",
        type="AWS_PROXY",
        integrationHttpMethod="POST",
        uri=f"arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{function}/invocations",
    )
    gateway.create_deployment(restApiId=api, stageName="live")
    gateway.create_domain_name(domainName=host, endpointConfiguration={"types": ["REGIONAL"]})
    gateway.create_base_path_mapping(domainName=host, restApiId=api, stage="live", basePath="")
    return str(api)


def remove_api(sandbox: Sandbox, region: str, host: str, api: str) -> None:
    gateway = client(sandbox, "apigateway", region)
    gateway.delete_domain_name(domainName=host)
    gateway.delete_rest_api(restApiId=api)
    client(sandbox, "lambda", region).delete_function(FunctionName="echo")


@pytest.fixture
def apis(sandbox: Sandbox) -> Iterator[dict[str, str]]:
    """The same custom domain, api.example.com, in both regions; gives the API's id in each."""
    deployed = {region: deploy_api(sandbox, region, "api.example.com") for region in sandbox.regions}
    yield deployed
    sandbox.faults.heal_all()
    for region, api in deployed.items():
        remove_api(sandbox, region, "api.example.com", api)


@pytest.fixture
def table(sandbox: Sandbox) -> Iterator[str]:
    """A global table with a replica in us-west-2."""
    dynamodb = client(sandbox, "dynamodb")
    dynamodb.create_table(
        TableName="things",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
    )
    dynamodb.update_table(TableName="things", ReplicaUpdates=[{"Create": {"RegionName": "us-west-2"}}])
    yield "things"
    sandbox.faults.heal_all()
    dynamodb.delete_table(TableName="things")
    client(sandbox, "dynamodb", "us-west-2").delete_table(TableName="things")


def test_an_sdk_sees_the_region_it_signs_for(sandbox: Sandbox, table: str) -> None:
    arn = client(sandbox, "dynamodb", "us-west-2").describe_table(TableName=table)["Table"]["TableArn"]
    assert arn == "arn:aws:dynamodb:us-west-2:123456789012:table/things"


def test_the_environment_alone_points_a_client_at_the_sandbox(sandbox: Sandbox, table: str) -> None:
    program = "import boto3; print(boto3.client('dynamodb').list_tables()['TableNames'])"
    environment = {"PATH": os.environ["PATH"], **sandbox.environment("us-west-2")}
    run = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    assert run.stdout == "['things']\n"


def test_both_emulators_use_the_sandboxs_account_and_the_requests_region(sandbox: Sandbox) -> None:
    cloudwatch = client(sandbox, "cloudwatch", "us-west-2")
    cloudwatch.put_metric_alarm(
        AlarmName="a",
        Namespace="n",
        MetricName="m",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    topic = client(sandbox, "sns", "us-west-2").create_topic(Name="t")["TopicArn"]
    alarm = cloudwatch.describe_alarms(AlarmNames=["a"])["MetricAlarms"][0]["AlarmArn"]
    assert (topic, alarm) == (
        "arn:aws:sns:us-west-2:123456789012:t",
        "arn:aws:cloudwatch:us-west-2:123456789012:alarm:a",
    )


def test_the_address_dialled_decides_which_region_serves_a_custom_domain(
    sandbox: Sandbox, apis: dict[str, str]
) -> None:
    seen = {region: get(sandbox, region, "api.example.com", "/health") for region in sandbox.regions}
    assert {region: (status, body["region"]) for region, (status, body) in seen.items()} == {
        "us-east-1": (200, "us-east-1"),
        "us-west-2": (200, "us-west-2"),
    }


def test_an_execute_api_host_is_served_in_its_own_region_only(sandbox: Sandbox, apis: dict[str, str]) -> None:
    host = f"{apis['us-west-2']}.execute-api.us-west-2.amazonaws.com"
    assert get(sandbox, "us-west-2", host, "/live/x")[1]["region"] == "us-west-2"
    assert get(sandbox, "us-east-1", host, "/live/x") == (403, {"message": "Forbidden"})


def test_a_disabled_execute_api_endpoint_is_forbidden(sandbox: Sandbox, apis: dict[str, str]) -> None:
    operation = {"op": "replace", "path": "/disableExecuteApiEndpoint", "value": "true"}
    client(sandbox, "apigateway", "us-east-1").update_rest_api(
        restApiId=apis["us-east-1"], patchOperations=[operation]
    )
    host = f"{apis['us-east-1']}.execute-api.us-east-1.amazonaws.com"
    assert get(sandbox, "us-east-1", host, "/live/x") == (403, {"message": "Forbidden"})


@pytest.mark.parametrize("path", ["/health", "/", "/_ministack/health", "/_localstack/health"])
def test_a_host_that_nobody_serves_is_forbidden_whatever_the_path(sandbox: Sandbox, path: str) -> None:
    assert get(sandbox, "us-east-1", "nobody.example.com", path) == (403, {"message": "Forbidden"})


def test_a_function_sees_lambdas_variables_and_none_of_the_users(
    sandbox: Sandbox, apis: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "secret")
    names = set(get(sandbox, "us-east-1", "api.example.com", "/env")[1]["names"])
    assert {"AWS_REGION", "AWS_LAMBDA_FUNCTION_NAME", "AWS_ENDPOINT_URL"} <= names
    assert names.isdisjoint({"GITHUB_TOKEN", "HOME", "AWS_PROFILE", "USER", "PYTEST_CURRENT_TEST"})


def test_a_region_that_refuses_resets_the_connection_and_the_other_goes_on(
    sandbox: Sandbox, apis: dict[str, str]
) -> None:
    fault = sandbox.faults.inject(RegionDark("us-east-1", "refuse"))
    with pytest.raises(ConnectionError):
        get(sandbox, "us-east-1", "api.example.com", "/health")
    with pytest.raises(ConnectionClosedError):
        client(sandbox, "dynamodb").list_tables()
    assert sandbox.faults.hits(fault) == 2
    assert get(sandbox, "us-west-2", "api.example.com", "/health")[0] == 200
    sandbox.faults.heal(fault)
    assert get(sandbox, "us-east-1", "api.example.com", "/health")[0] == 200


def test_a_region_that_hangs_never_answers(sandbox: Sandbox) -> None:
    fault = sandbox.faults.inject(RegionDark("us-east-1", "hang"))
    with pytest.raises(TimeoutError):
        get(sandbox, "us-east-1", "api.example.com", "/health", timeout=0.5)
    with pytest.raises(ReadTimeoutError):
        client(sandbox, "dynamodb").list_tables()
    assert sandbox.faults.hits(fault) == 2


def test_a_hanging_request_is_parked_so_that_its_wait_costs_no_wall_time(sandbox: Sandbox) -> None:
    sandbox.faults.inject(RegionDark("us-east-1", "hang"))

    async def visit() -> float:
        async def ask() -> None:
            reader, writer = await asyncio.open_connection(*sandbox.addresses["us-east-1"])
            writer.write(b"GET / HTTP/1.1\r\nHost: api.example.com\r\nx-antipode-request: 71\r\n\r\n")
            try:
                await sandbox.clock.wait_for(reader.read(), 60.0, request=71)
            finally:
                writer.close()

        started = sandbox.clock.now()
        with sandbox.clock.jumping(), pytest.raises(TimeoutError, match="no answer within 60 s"):
            await sandbox.clock.spawn(ask())
        return sandbox.clock.now() - started

    wall = time.monotonic()
    model = sandbox.run(visit(), timeout=30)
    assert (60.0 <= model < 61.0, time.monotonic() - wall < 5.0) == (True, True)


def test_a_region_that_answers_503_says_so_at_once(sandbox: Sandbox) -> None:
    sandbox.faults.inject(RegionDark("us-east-1", "503"))
    assert get(sandbox, "us-east-1", "api.example.com", "/") == (503, {"message": "Service Unavailable"})
    with pytest.raises(ClientError, match="ServiceUnavailable"):
        client(sandbox, "dynamodb").list_tables()


@pytest.mark.parametrize("mode", ["refuse", "hang", "503"])
def test_a_request_in_flight_loses_its_answer_when_its_region_goes_dark(
    sandbox: Sandbox, apis: dict[str, str], mode: Any
) -> None:
    get(sandbox, "us-east-1", "api.example.com", "/warm")
    outcome: list[object] = []

    def ask() -> None:
        try:
            outcome.append(get(sandbox, "us-east-1", "api.example.com", "/slow", timeout=2))
        except OSError as error:
            outcome.append(type(error).__name__)

    asking = threading.Thread(target=ask)
    asking.start()
    time.sleep(0.4)
    fault = sandbox.faults.inject(RegionDark("us-east-1", mode))
    asking.join()
    assert outcome in (
        ["TimeoutError"] if mode == "hang" else ["RemoteDisconnected"],
        ["ConnectionResetError"],
    )
    assert sandbox.faults.hits(fault) == 1


def test_a_dark_region_loses_its_functions_processes(sandbox: Sandbox, apis: dict[str, str]) -> None:
    before = get(sandbox, "us-east-1", "api.example.com", "/pid")[1]["pid"]
    sandbox.faults.heal(sandbox.faults.inject(RegionDark("us-east-1")))
    after = get(sandbox, "us-east-1", "api.example.com", "/pid")[1]["pid"]
    assert before != after


def test_iam_and_route_53_go_down_with_us_east_1_and_only_with_it(sandbox: Sandbox) -> None:
    iam, route53 = client(sandbox, "iam", "us-west-2"), client(sandbox, "route53", "us-west-2")
    sandbox.faults.inject(RegionDark("us-west-2"))
    assert (iam.list_roles()["IsTruncated"], route53.list_hosted_zones()["IsTruncated"]) == (False, False)
    sandbox.faults.heal_all()
    sandbox.faults.inject(ControlPlanesDown("us-east-1"))
    for ask in (iam.list_roles, route53.list_hosted_zones):
        with pytest.raises(ClientError, match="ServiceUnavailable"):
            ask()


def test_control_planes_down_leaves_items_readable(sandbox: Sandbox, table: str) -> None:
    dynamodb = client(sandbox, "dynamodb")
    sandbox.faults.inject(ControlPlanesDown("us-east-1"))
    dynamodb.put_item(TableName=table, Item={"pk": {"S": "a"}})
    assert dynamodb.get_item(TableName=table, Key={"pk": {"S": "a"}})["Item"] == {"pk": {"S": "a"}}
    with pytest.raises(ClientError, match="ServiceUnavailable"):
        dynamodb.describe_table(TableName=table)


def test_an_api_answers_500_while_its_regions_lambda_is_down(sandbox: Sandbox, apis: dict[str, str]) -> None:
    fault = sandbox.faults.inject(ServiceDown("us-east-1", "lambda"))
    status, body = get(sandbox, "us-east-1", "api.example.com", "/x")
    assert (status, body, sandbox.faults.hits(fault)) == (500, {"message": "Internal server error"}, 1)
    assert get(sandbox, "us-west-2", "api.example.com", "/x")[0] == 200


def test_a_gray_failure_fails_some_requests_and_delays_them_all(
    sandbox: Sandbox, apis: dict[str, str]
) -> None:
    sandbox.faults.inject(GrayFailure("us-east-1", error_share=0.5, added_seconds=0.05))
    started = time.monotonic()
    statuses = [get(sandbox, "us-east-1", "api.example.com", "/x")[0] for _ in range(20)]
    assert set(statuses) == {200, 500}
    assert time.monotonic() - started >= 1.0


def test_a_cut_link_holds_back_exactly_the_writes_made_meanwhile(sandbox: Sandbox, table: str) -> None:
    east, west = client(sandbox, "dynamodb"), client(sandbox, "dynamodb", "us-west-2")
    fault = sandbox.faults.inject(ReplicationCut("us-east-1", "us-west-2"))
    for key in "abc":
        east.put_item(TableName=table, Item={"pk": {"S": key}})
    time.sleep(0.2)
    assert (west.scan(TableName=table)["Count"], sandbox.faults.hits(fault)) == (0, 3)
    sandbox.faults.heal(fault)
    deadline = time.monotonic() + 10
    while west.scan(TableName=table)["Count"] < 3 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert (west.scan(TableName=table)["Count"], sandbox.faults.hits(fault)) == (3, 3)


def test_model_time_starts_as_wall_time_and_never_falls_behind(sandbox: Sandbox) -> None:
    before, found, after = time.time(), sandbox.epoch(), time.time()
    assert before - 0.001 <= found
    assert sandbox.epoch(100.0) - sandbox.epoch(40.0) == pytest.approx(60.0)
    if not sandbox.clock.skipped:
        assert found <= after + 0.001


def test_a_function_learns_model_time_from_its_event(sandbox: Sandbox, apis: dict[str, str]) -> None:
    async def leap() -> None:
        with sandbox.clock.jumping():
            await sandbox.clock.spawn(sandbox.clock.sleep(3600))

    sandbox.run(leap())
    before = sandbox.epoch()
    epoch = get(sandbox, "us-east-1", "api.example.com", "/any")[1]["epoch"]
    assert int(before * 1000) <= epoch <= int(sandbox.epoch() * 1000)
    assert epoch - time.time() * 1000 > 3_599_000


@pytest.fixture
def buckets(sandbox: Sandbox) -> Iterator[dict[str, str]]:
    """A versioned bucket per region; that of us-east-1 replicates to that of us-west-2."""
    made = {region: f"files-{region}" for region in sandbox.regions}
    for region, name in made.items():
        s3 = client(sandbox, "s3", region)
        constraint = {"CreateBucketConfiguration": {"LocationConstraint": region}}
        s3.create_bucket(Bucket=name, **({} if region == "us-east-1" else constraint))
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    rule = {
        "ID": "all",
        "Priority": 1,
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "DeleteMarkerReplication": {"Status": "Enabled"},
        "Destination": {"Bucket": f"arn:aws:s3:::{made['us-west-2']}"},
    }
    role = f"arn:aws:iam::{sandbox.account_id}:role/replication"
    client(sandbox, "s3").put_bucket_replication(
        Bucket=made["us-east-1"], ReplicationConfiguration={"Role": role, "Rules": [rule]}
    )
    lag, sandbox.objects.lag = sandbox.objects.lag, lambda source, destination: 0.1
    yield made
    sandbox.objects.lag = lag
    sandbox.faults.heal_all()
    for region, name in made.items():
        s3 = client(sandbox, "s3", region)
        for version in s3.list_object_versions(Bucket=name).get("Versions", []):
            s3.delete_object(Bucket=name, Key=version["Key"], VersionId=version["VersionId"])
        s3.delete_bucket(Bucket=name)


@pytest.mark.parametrize(
    "fault",
    [
        ReplicationCut("us-east-1", "us-west-2"),
        RegionDark("us-east-1"),
        ServiceDown("us-east-1", "s3"),
        ServiceDown("us-west-2", "s3"),
    ],
    ids=lambda fault: f"{fault.kind}-{getattr(fault, 'region', 'link')}",
)
def test_an_object_on_its_way_waits_until_the_fault_is_healed(
    sandbox: Sandbox, buckets: dict[str, str], fault: Any
) -> None:
    client(sandbox, "s3").put_object(Bucket=buckets["us-east-1"], Key="a", Body=b"1")
    number = sandbox.faults.inject(fault)
    time.sleep(0.4)
    assert sandbox.objects.pending("us-east-1") == 1
    sandbox.faults.heal(number)
    deadline = time.monotonic() + 10
    while sandbox.objects.pending() and time.monotonic() < deadline:
        time.sleep(0.05)
    found = client(sandbox, "s3", "us-west-2").get_object(Bucket=buckets["us-west-2"], Key="a")
    assert (found["Body"].read(), found["ReplicationStatus"]) == (b"1", "REPLICA")


def test_one_process_holds_one_sandbox(sandbox: Sandbox) -> None:
    with (
        pytest.raises(SandboxError, match="one at a time"),
        Sandbox(account_id="123456789012", regions=["us-east-1"]),
    ):
        pass


def test_it_listens_on_loopback_only(sandbox: Sandbox) -> None:
    addresses = {ip for ip, _ in [*sandbox.addresses.values(), sandbox.dns_address]}
    assert all(address.startswith("127.") for address in addresses)
    outward = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        outward.connect(("192.0.2.1", 9))
        own = outward.getsockname()[0]
    except OSError:
        pytest.skip("this machine has no address but loopback")
    finally:
        outward.close()
    port = sandbox.addresses["us-east-1"][1]
    with socket.socket() as probe:
        assert probe.connect_ex((own, port)) != 0


@pytest.mark.parametrize(
    ("account_id", "regions", "message"),
    [
        ("12345", ["us-east-1"], "account_id is '12345'; it must be 12 digits"),
        ("123456789012", [], r"regions are \[\]; at least one is needed, each once"),
        ("123456789012", ["a", "a"], r"regions are \['a', 'a'\]; at least one is needed, each once"),
    ],
)
def test_a_sandbox_that_cannot_be_is_refused(account_id: str, regions: list[str], message: str) -> None:
    with pytest.raises(SandboxError, match=message):
        Sandbox(account_id=account_id, regions=regions)


LIFE = """
import os, sys, glob, psutil, boto3
sys.path.insert(0, {root!r})
from tests.harness.sandbox.test_sandbox import deploy_api, get
from harness.sandbox.sandbox import Sandbox
before = dict(os.environ)
for _ in range(2):
    with Sandbox(account_id="123456789012", regions=["us-east-1", "us-west-2"]) as s:
        assert "AWS_PROFILE" not in os.environ
        deploy_api(s, "us-east-1", "api.example.com")
        assert get(s, "us-east-1", "api.example.com", "/x")[0] == 200
    assert psutil.Process().children(recursive=True) == [], "a worker is left"
    assert dict(os.environ) == before, "the environment was not restored"
    assert os.listdir(os.environ["TMPDIR"]) == [], os.listdir(os.environ["TMPDIR"])
print("clean")
"""


def test_a_sandbox_leaves_no_process_no_file_and_no_variable_behind(tmp_path: Path) -> None:
    root = str(Path(__file__).parents[3])
    run = subprocess.run(
        [sys.executable, "-c", LIFE.format(root=root)],
        env={**os.environ, "TMPDIR": str(tmp_path), "AWS_PROFILE": "mine", "PYTHONPATH": root},
        capture_output=True,
        text=True,
        timeout=90,
    )
    assert (run.stdout, run.returncode) == ("clean\n", 0), run.stderr
