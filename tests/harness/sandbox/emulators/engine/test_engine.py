"""The engine reads, checks, keeps and answers by the model of a service, whatever its protocol."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from harness.sandbox.emulators.engine import Engine, Resource, constraints, wire
from harness.sandbox.requests.messages import Answer, Request
from tests.harness.sandbox.emulators.engine.engine_client import ACCOUNT, REGION, client_of

# an error that stands in no model of botocore, which moto tells
pytestmark = pytest.mark.filterwarnings("ignore:Exception\\(_ServiceError\\) with code:UserWarning")

GROUP = Resource(
    shape="Group",
    key=("GroupName",),
    create="CreateGroup",
    delete="DeleteGroup",
    list_all="GetGroups",
    arn="GroupARN",
    not_found="InvalidRequestException",
    missing="Group {GroupName} not found",
    exists="InvalidRequestException",
    filled=lambda call, record: {"GroupARN": call.arn(f"group/default/{record['GroupName']}/1")},
)
SUBNET_GROUP = Resource(
    shape="CacheSubnetGroup",
    key=("CacheSubnetGroupName",),
    create="CreateCacheSubnetGroup",
    delete="DeleteCacheSubnetGroup",
    list_all="DescribeCacheSubnetGroups",
    filters={"CacheSubnetGroupName": "CacheSubnetGroupName"},
    arn="ARN",
    not_found="CacheSubnetGroupNotFoundFault",
    missing="Cache subnet group {CacheSubnetGroupName} does not exist.",
    exists="CacheSubnetGroupAlreadyExistsFault",
    filled=lambda call, record: {"ARN": call.arn(f"subnetgroup:{record['CacheSubnetGroupName']}")},
)


def engine(service: str, *resources: Resource) -> Engine:
    return Engine(service, ACCOUNT, epoch=lambda: 1e9, resources=resources)


def posted(path: str, body: bytes) -> Answer:
    """What the engine answers to a request that no client would send."""
    request = Request(
        region=REGION,
        account_id=ACCOUNT,
        operation=None,
        method="POST",
        path=path,
        query="",
        headers={},
        body=body,
    )
    return engine("xray", GROUP).answer(request)


def test_a_rest_json_service_is_read_by_method_and_path() -> None:
    xray = client_of(engine("xray", GROUP))
    tags = [{"Key": "a", "Value": "b"}]
    made = xray.create_group(GroupName="slow", FilterExpression="duration > 5", Tags=tags)
    arn = made["Group"]["GroupARN"]
    assert arn == f"arn:aws:xray:{REGION}:{ACCOUNT}:group/default/slow/1"
    assert [group["GroupName"] for group in xray.get_groups()["Groups"]] == ["slow"]
    assert xray.list_tags_for_resource(ResourceARN=arn)["Tags"] == tags
    xray.delete_group(GroupName="slow")
    assert xray.get_groups()["Groups"] == []


def test_a_query_service_answers_xml() -> None:
    cache = client_of(engine("elasticache", SUBNET_GROUP))
    cache.create_cache_subnet_group(
        CacheSubnetGroupName="here", CacheSubnetGroupDescription="ours", SubnetIds=["subnet-1"]
    )
    (found,) = cache.describe_cache_subnet_groups(CacheSubnetGroupName="here")["CacheSubnetGroups"]
    assert found["CacheSubnetGroupDescription"] == "ours"
    with pytest.raises(cache.exceptions.CacheSubnetGroupAlreadyExistsFault):
        cache.create_cache_subnet_group(
            CacheSubnetGroupName="here", CacheSubnetGroupDescription="ours", SubnetIds=["subnet-1"]
        )
    with pytest.raises(cache.exceptions.CacheSubnetGroupNotFoundFault, match="other does not exist"):
        cache.delete_cache_subnet_group(CacheSubnetGroupName="other")


def test_an_operation_that_nothing_knows_is_501_and_told(caplog: pytest.LogCaptureFixture) -> None:
    xray = client_of(engine("xray", GROUP))
    with pytest.raises(ClientError) as caught:
        xray.get_insight(InsightId="11111111-1111-1111-8111-111111111111")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert caplog.messages == ["the sandbox cannot do GetInsight of xray"]


def test_a_path_that_is_no_operation_is_refused() -> None:
    status, _, body = posted("/Nonsense", b"{}")
    assert status == 400
    assert b"xray has no POST /Nonsense" in body


def test_a_body_that_cannot_be_read_is_refused() -> None:
    assert posted("/CreateGroup", b"[1, 2")[0] == 400


def test_what_is_given_back_cannot_change_what_is_kept() -> None:
    service = engine("xray", GROUP)
    made = service.result(REGION, "CreateGroup", {"GroupName": "slow"})
    made["Group"]["GroupName"] = "changed"
    assert service.result(REGION, "GetGroups", {})["Groups"][0]["GroupName"] == "slow"


@pytest.mark.parametrize(
    ("operation", "parameters", "said"),
    [
        (
            "CreateGroup",
            {},
            "Value null at 'groupName' failed to satisfy constraint: Member must not be null",
        ),
        (
            "CreateGroup",
            {"GroupName": "g" * 33},
            f"Value '{'g' * 33}' at 'groupName' failed to satisfy constraint: "
            "Member must have length less than or equal to 32",
        ),
        (
            "CreateGroup",
            {"GroupName": "g", "Tags": [{"Key": "k", "Value": "v"}, {"Key": "", "Value": "v"}]},
            "Value '' at 'tags.2.member.key' failed to satisfy constraint: "
            "Member must have length greater than or equal to 1",
        ),
        ("GetSamplingStatisticSummaries", {}, None),
    ],
)
def test_a_constraint_of_the_model_is_told_as_aws_tells_it(
    operation: str, parameters: dict[str, Any], said: str | None
) -> None:
    shape = wire.model("xray").operation_model(operation).input_shape
    assert constraints.violations(shape, parameters) == ([said] if said else [])


def test_ranges_of_numbers_are_checked() -> None:
    shape = wire.model("xray").operation_model("GetInsightEvents").input_shape
    identifier = "11111111-1111-1111-8111-111111111111"
    assert constraints.violations(shape, {"InsightId": identifier, "MaxResults": 51}) == [
        "Value '51' at 'maxResults' failed to satisfy constraint: "
        "Member must have value less than or equal to 50"
    ]


@given(st.text(max_size=80))
def test_a_name_of_any_text_is_kept_as_it_is_or_refused_by_its_length(name: str) -> None:
    xray = client_of(engine("xray", GROUP))
    if 1 <= len(name) <= 32:
        assert xray.create_group(GroupName=name)["Group"]["GroupName"] == name
    else:
        with pytest.raises(ClientError, match="Member must have length"):
            xray.create_group(GroupName=name)


@pytest.mark.parametrize(
    "service", ["application-autoscaling", "codedeploy", "globalaccelerator", "securityhub"]
)
def test_python_can_say_every_pattern_of_the_services_models(service: str) -> None:
    model = wire.model(service)
    shapes = [model.shape_for(name) for name in model.shape_names]
    patterns = {shape.metadata["pattern"] for shape in shapes if "pattern" in shape.metadata}
    assert [pattern for pattern in patterns if constraints.compiled_pattern(pattern) is None] == []
