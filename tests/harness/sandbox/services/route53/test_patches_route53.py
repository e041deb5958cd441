"""What Route 53 stores of health checks, and says of changes and of zones."""

from __future__ import annotations

import http.client
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from harness.sandbox.sandbox import Sandbox

pytestmark = pytest.mark.sandbox

TERRAFORM = (
    "APN/1.0 HashiCorp/1.0 Terraform/1.11.4 (+https://www.terraform.io) terraform-provider-aws/5.100.0"
)


def client(sandbox: Sandbox) -> Any:
    return boto3.client("route53", region_name="us-east-1", endpoint_url=sandbox.endpoint)


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


def test_terraform_is_spared_the_wait_for_a_change_and_others_see_it(sandbox: Sandbox) -> None:
    def create(reference: str, agent: str) -> str:
        body = f"<CreateHostedZoneRequest><Name>x.org</Name><CallerReference>{reference}</CallerReference>"
        path = "/2013-04-01/hostedzone"
        return ask(sandbox, "POST", path, body=f"{body}</CreateHostedZoneRequest>", User_Agent=agent)[1]

    answers = {agent: create(agent[:3], agent) for agent in (TERRAFORM, "aws-cli/2.0")}
    for zone in client(sandbox).list_hosted_zones()["HostedZones"]:
        client(sandbox).delete_hosted_zone(Id=zone["Id"])
    assert ["<ChangeInfo>" in answer for answer in answers.values()] == [False, True]


def test_a_health_check_keeps_its_children_and_regions(sandbox: Sandbox) -> None:
    route53 = client(sandbox)
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
    route53 = client(sandbox)
    zone = route53.create_hosted_zone(Name="signed.org", CallerReference="dnssec")["HostedZone"]["Id"]
    answer = route53.get_dnssec(HostedZoneId=zone)
    route53.delete_hosted_zone(Id=zone)
    assert (answer["Status"], answer["KeySigningKeys"]) == ({"ServeSignature": "NOT_SIGNING"}, [])
    with pytest.raises(ClientError):
        route53.get_dnssec(HostedZoneId="Z0000000000000")
