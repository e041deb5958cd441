"""Each patch is still needed, still fits the emulator's code, and still mends what it is there for."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from harness.sandbox import patches
from harness.sandbox.patches import Patch
from harness.sandbox.server import Sandbox

pytestmark = pytest.mark.sandbox

TERRAFORM = (
    "APN/1.0 HashiCorp/1.0 Terraform/1.11.4 (+https://www.terraform.io) terraform-provider-aws/5.100.0"
)


def client(sandbox: Sandbox, service: str, region: str = "us-east-1") -> Any:
    return boto3.client(service, region_name=region, endpoint_url=sandbox.endpoint)


def ask(sandbox: Sandbox, method: str, path: str, *, body: str = "", **headers: str) -> tuple[int, str]:
    """A Route 53 call, signed in name only, with headers of one's own."""
    connection = http.client.HTTPConnection(*_host(sandbox), timeout=10)
    scope = "Credential=123456789012/20260101/us-east-1/route53/aws4_request"
    authorization = f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0"
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body=body, headers={"Authorization": authorization, **sent})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text


def _host(sandbox: Sandbox) -> tuple[str, int]:
    ip, _, port = sandbox.endpoint.removeprefix("http://").partition(":")
    return ip, int(port)


@pytest.mark.parametrize("patch", patches.registered(), ids=lambda patch: patch.name)
def test_the_emulators_code_is_what_the_patch_was_written_for(sandbox: Sandbox, patch: Patch) -> None:
    found = patches.digest_of(patches.watched(patch))
    assert found == patch.digest, (
        f"{patch.name} has changed: see whether the patch still fits, then set its digest to {found}"
    )


@pytest.mark.parametrize("patch", patches.registered(), ids=lambda patch: patch.name)
def test_every_patch_is_applied_and_says_what_aws_does(sandbox: Sandbox, patch: Patch) -> None:
    assert patches.found_at(patch.module, patch.attribute) is not patches.ORIGINALS[patch.name]
    assert patch.mend.__doc__ is not None


def test_every_file_of_patches_is_found_by_its_name() -> None:
    files = {file.stem for file in Path(patches.__file__).parent.glob("patches_*.py")}
    found = {patch.mend.__module__.rpartition(".")[2] for patch in patches.registered()}
    assert found == {"patches", *files}


def test_a_second_patch_of_one_attribute_is_refused() -> None:
    with pytest.raises(ValueError, match="_HEALTH_PATHS is replaced") as caught:
        patches.mends("ministack.app", "_HEALTH_PATHS", digest="")(lambda original: original)
    assert str(caught.value) == (
        "ministack.app:_HEALTH_PATHS is replaced by harness.sandbox.patches.health_paths already, so "
        "test_patches.<lambda> would do nothing; make one patch of the two"
    )


@pytest.fixture
def gateway(sandbox: Sandbox) -> Any:
    return client(sandbox, "apigateway", "us-west-2")


@pytest.fixture
def api(gateway: Any) -> Iterator[str]:
    made = gateway.create_rest_api(name="patched")["id"]
    yield made
    gateway.delete_rest_api(restApiId=made)


@pytest.fixture
def domain(gateway: Any) -> Iterator[dict[str, Any]]:
    yield gateway.create_domain_name(
        domainName="api.example.org", endpointConfiguration={"types": ["REGIONAL"]}
    )
    gateway.delete_domain_name(domainName="api.example.org")


def preflight(gateway: Any, api: str, *, template: str, status: str = "204") -> str:
    """An OPTIONS method with a MOCK integration at the API's root; gives the root's id."""
    root = str(gateway.get_resources(restApiId=api)["items"][0]["id"])
    at: dict[str, Any] = {"restApiId": api, "resourceId": root, "httpMethod": "OPTIONS"}
    gateway.put_method(**at, authorizationType="NONE")
    gateway.put_integration(
        **at, type="MOCK", requestTemplates={"application/json": f'{{"statusCode": {status}}}'}
    )
    gateway.put_method_response(**at, statusCode=status)
    gateway.put_integration_response(
        **at, statusCode=status, responseTemplates={"application/json": template}
    )
    return root


def test_health_of_the_emulator_is_not_served_at_a_users_path(sandbox: Sandbox) -> None:
    import ministack.app

    assert ministack.app._HEALTH_PATHS == ("/_ministack/health", "/_localstack/health")


def test_terraform_is_spared_the_wait_for_a_change_and_others_see_it(sandbox: Sandbox) -> None:
    def create(reference: str, agent: str) -> str:
        body = f"<CreateHostedZoneRequest><Name>x.org</Name><CallerReference>{reference}</CallerReference>"
        path = "/2013-04-01/hostedzone"
        return ask(sandbox, "POST", path, body=f"{body}</CreateHostedZoneRequest>", User_Agent=agent)[1]

    answers = {agent: create(agent[:3], agent) for agent in (TERRAFORM, "aws-cli/2.0")}
    for zone in client(sandbox, "route53").list_hosted_zones()["HostedZones"]:
        client(sandbox, "route53").delete_hosted_zone(Id=zone["Id"])
    assert ["<ChangeInfo>" in answer for answer in answers.values()] == [False, True]


def test_a_health_check_keeps_its_children_and_regions(sandbox: Sandbox) -> None:
    route53 = client(sandbox, "route53")
    regions = ["us-east-1", "us-west-2", "eu-west-1"]
    child = route53.create_health_check(
        CallerReference="child",
        HealthCheckConfig={"Type": "HTTPS", "FullyQualifiedDomainName": "x.org", "Regions": regions},
    )["HealthCheck"]
    parent = route53.create_health_check(
        CallerReference="parent",
        HealthCheckConfig={"Type": "CALCULATED", "HealthThreshold": 1, "ChildHealthChecks": [child["Id"]]},
    )["HealthCheck"]
    for made in (parent, child):
        route53.delete_health_check(HealthCheckId=made["Id"])
    assert child["HealthCheckConfig"]["Regions"] == regions
    assert parent["HealthCheckConfig"]["ChildHealthChecks"] == [child["Id"]]


def test_a_zone_without_dnssec_is_not_signing(sandbox: Sandbox) -> None:
    route53 = client(sandbox, "route53")
    zone = route53.create_hosted_zone(Name="signed.org", CallerReference="dnssec")["HostedZone"]["Id"]
    answer = route53.get_dnssec(HostedZoneId=zone)
    route53.delete_hosted_zone(Id=zone)
    assert (answer["Status"], answer["KeySigningKeys"]) == ({"ServeSignature": "NOT_SIGNING"}, [])
    with pytest.raises(ClientError):
        route53.get_dnssec(HostedZoneId="Z0000000000000")


def test_a_regional_domain_has_its_regions_host_name_and_zone(domain: dict[str, Any]) -> None:
    host, zone, status = (
        domain[k] for k in ("regionalDomainName", "regionalHostedZoneId", "domainNameStatus")
    )
    assert (host[:2], host[12:], zone, status) == (
        "d-",
        ".execute-api.us-west-2.amazonaws.com",
        "Z2OJLYMUO9EFXC",
        "AVAILABLE",
    )
    assert not {"distributionDomainName", "mutualTlsAuthentication", "certificateArn"} & domain.keys()


def test_an_empty_base_path_is_read_and_deleted_as_none(
    gateway: Any, api: str, domain: dict[str, Any]
) -> None:
    name = domain["domainName"]
    gateway.create_base_path_mapping(domainName=name, restApiId=api, basePath="")
    assert gateway.get_base_path_mapping(domainName=name, basePath="(none)")["restApiId"] == api
    gateway.delete_base_path_mapping(domainName=name, basePath="(none)")
    assert gateway.get_base_path_mappings(domainName=name).get("items", []) == []


def test_a_stage_without_access_logs_says_nothing_of_them(gateway: Any, api: str) -> None:
    preflight(gateway, api, template="")
    gateway.create_deployment(restApiId=api, stageName="live")
    stages = gateway.get_stages(restApiId=api)["item"]
    assert "accessLogSettings" not in gateway.get_stage(restApiId=api, stageName="live")
    assert ["accessLogSettings" in stage for stage in stages] == [False]


def test_a_mock_integration_has_no_method_of_its_own(gateway: Any, api: str) -> None:
    root = preflight(gateway, api, template="")
    found = gateway.get_integration(restApiId=api, resourceId=root, httpMethod="OPTIONS")
    assert (found["type"], found.keys() & {"httpMethod", "uri"}) == ("MOCK", set())


def test_a_mock_answer_renders_its_template_and_a_204_has_no_body(
    sandbox: Sandbox, gateway: Any, api: str, domain: dict[str, Any]
) -> None:
    preflight(gateway, api, template='#set($context.responseOverride.header.X-A = $input.params("a"))body')
    gateway.create_deployment(restApiId=api, stageName="live")
    gateway.create_base_path_mapping(
        domainName=domain["domainName"], restApiId=api, stage="live", basePath=""
    )
    connection = http.client.HTTPConnection(*sandbox.addresses["us-west-2"], timeout=10)
    connection.request("OPTIONS", "/?a=seen", headers={"Host": domain["domainName"]})
    answer = connection.getresponse()
    seen = (answer.status, answer.getheader("X-A"), answer.getheader("Content-Length"), answer.read())
    connection.close()
    assert seen == (204, "seen", None, b"")


def test_an_aws_managed_key_appears_when_it_is_asked_for(sandbox: Sandbox) -> None:
    kms = client(sandbox, "kms")
    first = kms.describe_key(KeyId="alias/aws/dynamodb")["KeyMetadata"]
    again = kms.describe_key(KeyId="alias/aws/dynamodb")["KeyMetadata"]
    other = client(sandbox, "kms", "us-west-2").describe_key(KeyId="alias/aws/dynamodb")["KeyMetadata"]
    assert (first["KeyManager"], first["Arn"] == again["Arn"], first["Arn"] == other["Arn"]) == (
        "AWS",
        True,
        False,
    )
    assert kms.create_key()["KeyMetadata"]["KeyManager"] == "CUSTOMER"


def test_a_replica_is_encrypted_with_the_key_of_its_own_region(sandbox: Sandbox) -> None:
    east, west = client(sandbox, "dynamodb"), client(sandbox, "dynamodb", "us-west-2")
    keys = [client(sandbox, "kms", region).create_key()["KeyMetadata"]["Arn"] for region in sandbox.regions]
    east.create_table(
        TableName="keyed",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": keys[0]},
    )
    create = {"Create": {"RegionName": "us-west-2", "KMSMasterKeyId": keys[1]}}
    east.update_table(TableName="keyed", ReplicaUpdates=[create])
    source, replica = (each.describe_table(TableName="keyed")["Table"] for each in (east, west))
    for each in (east, west):
        each.delete_table(TableName="keyed")
    assert source["Replicas"][0]["KMSMasterKeyId"] == keys[1]
    used = [found["SSEDescription"]["KMSMasterKeyArn"] for found in (source, replica)]
    assert used == keys
