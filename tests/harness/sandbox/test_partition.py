"""Two regions that cannot talk to each other, while everybody else reaches both."""

from __future__ import annotations

import http.client
import io
import json
import time
import zipfile
from typing import Any

import boto3
import pytest
from botocore.config import Config

from harness.sandbox.faults import RegionPartition, ServiceDown
from harness.sandbox.sandbox import Sandbox

pytestmark = pytest.mark.sandbox

EAST, WEST = "us-east-1", "us-west-2"
ONCE = Config(retries={"total_max_attempts": 1}, connect_timeout=3, read_timeout=8)
# Looks into a table of each region, and asks the other region's host at the endpoint that AWS gives it.
SOURCE = """
import boto3, os, urllib.error, urllib.request
from botocore.config import Config

ONCE = Config(retries={"total_max_attempts": 1}, connect_timeout=1, read_timeout=1)

def seen(region):
    dynamodb = boto3.client("dynamodb", region_name=region, config=ONCE)
    try:
        return len(dynamodb.scan(TableName="apart")["Items"])
    except Exception as error:
        return type(error).__name__

def probe(host):
    request = urllib.request.Request(os.environ["AWS_ENDPOINT_URL"] + "/health", headers={"Host": host})
    try:
        return urllib.request.urlopen(request, timeout=1).status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return "unreachable"

def handler(event, context):
    return {"regions": {region: seen(region) for region in event["regions"]}, "probe": probe(event["host"])}
"""


def client(sandbox: Sandbox, service: str, region: str) -> Any:
    return boto3.client(service, region_name=region, config=ONCE, endpoint_url=sandbox.endpoint)


def deploy(sandbox: Sandbox, region: str) -> None:
    """A function that looks at other regions, and an API at <region>.example.com that answers by itself."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("handler.py", SOURCE)
    client(sandbox, "lambda", region).create_function(
        FunctionName="looking", Runtime="python3.12", Role="arn:aws:iam::123456789012:role/any",
        Handler="handler.handler", Code={"ZipFile": packed.getvalue()}, Timeout=10,
    )  # fmt: skip
    client(sandbox, "dynamodb", region).create_table(
        TableName="apart",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
    )
    gateway = client(sandbox, "apigateway", region)
    api = gateway.create_rest_api(name="looking")["id"]
    root = gateway.get_resources(restApiId=api)["items"][0]["id"]
    health = gateway.create_resource(restApiId=api, parentId=root, pathPart="health")["id"]
    place = {"restApiId": api, "resourceId": health, "httpMethod": "GET"}
    gateway.put_method(**place, authorizationType="NONE")
    gateway.put_integration(
        **place, type="MOCK", requestTemplates={"application/json": '{"statusCode": 200}'}
    )
    gateway.put_method_response(**place, statusCode="200")
    gateway.put_integration_response(**place, statusCode="200")
    gateway.create_deployment(restApiId=api, stageName="live")
    gateway.create_domain_name(
        domainName=f"{region}.example.com", endpointConfiguration={"types": ["REGIONAL"]}
    )
    gateway.create_base_path_mapping(domainName=f"{region}.example.com", restApiId=api, stage="live")


@pytest.fixture(scope="module")
def regions(_running_sandbox: Sandbox) -> Sandbox:
    for region in (EAST, WEST):
        deploy(_running_sandbox, region)
    return _running_sandbox


def look(sandbox: Sandbox, region: str) -> dict[str, Any]:
    """What the function of `region` sees of both regions."""
    other = WEST if region == EAST else EAST
    answer = client(sandbox, "lambda", region).invoke(
        FunctionName="looking",
        Payload=json.dumps({"regions": [EAST, WEST], "host": f"{other}.example.com"}),
    )
    return dict(json.loads(answer["Payload"].read()))


def status(sandbox: Sandbox, region: str) -> int:
    connection = http.client.HTTPConnection(*sandbox.addresses[region], timeout=5)
    connection.request("GET", "/health", headers={"Host": f"{region}.example.com"})
    answer = connection.getresponse().status
    connection.close()
    return answer


def test_functions_of_two_parted_regions_do_not_reach_each_other(regions: Sandbox, sandbox: Sandbox) -> None:
    whole = {"regions": {EAST: 0, WEST: 0}, "probe": 200}
    assert (look(sandbox, EAST), look(sandbox, WEST)) == (whole, whole)
    fault = sandbox.faults.inject(RegionPartition(EAST, WEST, "refuse"))
    parted = look(sandbox, EAST)
    assert (parted["regions"][EAST], parted["probe"]) == (0, "unreachable")
    assert isinstance(parted["regions"][WEST], str)
    assert isinstance(look(sandbox, WEST)["regions"][EAST], str)
    assert sandbox.faults.hits(fault) == 4
    sandbox.faults.heal(fault)
    assert look(sandbox, EAST) == whole


def test_a_parted_region_goes_on_serving_clients(regions: Sandbox, sandbox: Sandbox) -> None:
    fault = sandbox.faults.inject(RegionPartition(EAST, WEST))
    assert (status(sandbox, EAST), status(sandbox, WEST), sandbox.faults.hits(fault)) == (200, 200, 0)


def test_nothing_is_replicated_between_parted_regions_until_they_meet_again(sandbox: Sandbox) -> None:
    east, west = client(sandbox, "dynamodb", EAST), client(sandbox, "dynamodb", WEST)
    east.create_table(
        TableName="shared",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
    )
    east.update_table(TableName="shared", ReplicaUpdates=[{"Create": {"RegionName": WEST}}])
    fault = sandbox.faults.inject(RegionPartition(EAST, WEST))
    east.put_item(TableName="shared", Item={"pk": {"S": "from-east"}})
    west.put_item(TableName="shared", Item={"pk": {"S": "from-west"}})
    time.sleep(0.2)
    assert (east.scan(TableName="shared")["Count"], west.scan(TableName="shared")["Count"]) == (1, 1)
    assert sandbox.faults.hits(fault) == 2
    sandbox.faults.heal(fault)
    deadline = time.monotonic() + 12
    while west.scan(TableName="shared")["Count"] < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert west.scan(TableName="shared")["Count"] == 2


def test_the_loss_of_api_gateway_takes_custom_domains_with_it(regions: Sandbox, sandbox: Sandbox) -> None:
    fault = sandbox.faults.inject(ServiceDown(EAST, "apigateway"))
    assert (status(sandbox, EAST), status(sandbox, WEST)) == (503, 200)
    assert sandbox.faults.hits(fault) == 1
