"""What API Gateway makes of domain names, integrations and answers, and what it says of the time."""

from __future__ import annotations

import http.client
import importlib
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from harness.sandbox.emulators.origin import ORIGIN, Origin
from harness.sandbox.sandbox import Sandbox

pytestmark = pytest.mark.sandbox

NOON = 1_800_000_000.0
LIMITS: dict[str, Any] = {"rateLimit": 50.0, "burstLimit": 100}


def taken(slot: str, requests: int, epoch: float | None, limits: dict[str, Any] = LIMITS) -> int:
    """How many of the requests, all at one moment, the method's bucket had a token for."""
    take = importlib.import_module("ministack.services.apigateway_v1")._take_token
    token = ORIGIN.set(Origin(epoch=epoch))
    try:
        return sum(take((slot,), limits) for _ in range(requests))
    finally:
        ORIGIN.reset(token)


@pytest.fixture
def gateway(sandbox: Sandbox) -> Any:
    return boto3.client("apigateway", region_name="us-west-2", endpoint_url=sandbox.endpoint)


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


def test_tokens_come_back_at_the_rate_and_up_to_the_burst_in_model_time(sandbox: Sandbox) -> None:
    moments = (NOON, NOON, NOON + 1, NOON + 1.5, NOON + 60)
    assert [taken("a", 120, moment) for moment in moments] == [100, 0, 50, 25, 100]
    assert taken("b", 120, NOON) == 100, "each method has a bucket of its own"


def test_a_request_that_came_in_before_the_last_one_gives_no_token_back(sandbox: Sandbox) -> None:
    assert [taken("c", 120, moment) for moment in (NOON + 5, NOON, NOON + 5)] == [100, 0, 0]


def test_without_limits_nothing_is_throttled_and_at_naught_everything_is(sandbox: Sandbox) -> None:
    assert taken("d", 9, NOON, {}) == 9
    assert taken("e", 9, NOON, {"rateLimit": 0.0, "burstLimit": 0}) == 0


def test_what_has_no_model_time_is_counted_by_the_machines(sandbox: Sandbox) -> None:
    assert taken("f", 120, None, {"rateLimit": 0.001, "burstLimit": 100}) == 100


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
