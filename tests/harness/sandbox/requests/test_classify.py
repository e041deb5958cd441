from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.control_planes import HOMES
from harness.sandbox.requests.classify import Call, classify

IP = "127.0.0.1:4700"


def signed(region: str, service: str, **headers: str) -> dict[str, str]:
    scope = f"123456789012/20260101/{region}/{service}/aws4_request"
    return {
        "authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=00",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }


def call(
    method: str = "POST",
    path: str = "/",
    headers: Mapping[str, str] | None = None,
    host: str = IP,
    dialled: str | None = None,
    query: Mapping[str, Sequence[str]] | None = None,
) -> Call:
    return classify(method, path, headers or {}, host, dialled, query or {})


def test_the_signature_decides_the_region_of_an_sdk_call() -> None:
    headers = signed("us-west-2", "dynamodb", x_amz_target="DynamoDB_20120810.GetItem")
    assert call(headers=headers) == Call("us-west-2", "dynamodb", "GetItem", "data", "signature")


def test_a_presigned_url_counts_as_signed() -> None:
    query = {"X-Amz-Credential": ["123456789012/20260101/eu-west-1/s3/aws4_request"]}
    expected = Call("eu-west-1", "s3", None, "data", "signature")
    assert call("GET", "/bucket/key", query=query) == expected


def test_the_signature_outranks_the_host_and_the_host_the_address() -> None:
    host = "dynamodb.eu-west-1.amazonaws.com"
    assert call(headers=signed("us-west-2", "dynamodb"), host=host, dialled="us-east-1").region == "us-west-2"
    assert call(host=host, dialled="us-east-1").region == "eu-west-1"


def test_the_address_dialled_decides_the_region_of_a_custom_domain() -> None:
    for region in ("us-east-1", "us-west-2"):
        found = call("GET", "/health", host="api.example.com", dialled=region)
        assert found == Call(region, None, None, "data", "address")


def test_an_execute_api_host_names_its_region() -> None:
    found = call("GET", "/live/read", host="ab12cd34ef.execute-api.us-west-2.amazonaws.com")
    assert found == Call("us-west-2", "apigateway", "Invoke", "data", "host")


def test_a_function_url_names_its_region() -> None:
    found = call("GET", "/", host="abcdefghij.lambda-url.ap-southeast-2.on.aws")
    assert found == Call("ap-southeast-2", "lambda", "Invoke", "data", "host")


def test_a_distribution_is_served_by_no_region() -> None:
    found = call("GET", "/", host="d111111abcdef8.cloudfront.net", dialled="us-east-1")
    assert found == Call(None, "cloudfront", None, "data", "host")


@pytest.mark.parametrize(("service", "home"), sorted(HOMES.items()))
def test_control_planes_of_global_services_live_in_their_home_region(service: str, home: str) -> None:
    assert call("GET", "/2013-04-01/x", headers=signed("eu-west-1", service)).region == home


@pytest.mark.parametrize(
    ("service", "operation", "plane"),
    [
        ("dynamodb", "TransactWriteItems", "data"),
        ("dynamodb", "DescribeTable", "control"),
        ("dynamodb", "UpdateTable", "control"),
        ("kms", "GenerateDataKey", "data"),
        ("kms", "DescribeKey", "control"),
        ("secretsmanager", "GetSecretValue", "data"),
        ("secretsmanager", "CreateSecret", "control"),
        ("sqs", "SendMessage", "data"),
        ("sqs", "CreateQueue", "control"),
    ],
)
def test_operations_on_items_are_data_and_on_resources_control(
    service: str, operation: str, plane: str
) -> None:
    assert call(headers=signed("us-east-1", service, x_amz_target=f"X.{operation}")).plane == plane


def test_the_action_of_a_query_protocol_request_tells_its_plane() -> None:
    publish = call(headers=signed("us-east-1", "sns"), query={"Action": ["Publish"]})
    create = call(headers=signed("us-east-1", "sns"), query={"Action": ["CreateTopic"]})
    assert (publish.operation, publish.plane, create.operation, create.plane) == (
        "Publish",
        "data",
        "CreateTopic",
        "control",
    )


def test_invoking_a_function_is_data_and_reading_it_control() -> None:
    lambda_ = signed("us-east-1", "lambda")
    invoke = call("POST", "/2015-03-31/functions/fn%3Alive/invocations", headers=lambda_)
    read = call("GET", "/2015-03-31/functions/fn", headers=lambda_)
    assert (invoke.operation, invoke.plane, read.plane) == ("Invoke", "data", "control")


@pytest.mark.parametrize(
    ("method", "path", "query", "plane"),
    [
        ("GET", "/bucket/key", {}, "data"),
        ("PUT", "/bucket/a/b", {"partNumber": ["1"]}, "data"),
        ("GET", "/bucket", {"list-type": ["2"]}, "data"),
        ("HEAD", "/bucket", {}, "data"),
        ("PUT", "/bucket", {}, "control"),
        ("DELETE", "/bucket/", {}, "control"),
        ("GET", "/bucket", {"versioning": [""]}, "control"),
        ("PUT", "/bucket", {"policy": [""]}, "control"),
        ("GET", "/", {}, "control"),
    ],
)
def test_objects_are_data_and_buckets_control(
    method: str, path: str, query: Mapping[str, Sequence[str]], plane: str
) -> None:
    assert call(method, path, headers=signed("us-east-1", "s3"), query=query).plane == plane


def test_a_control_plane_call_to_a_global_service_keeps_its_data_planes_where_they_are() -> None:
    assert (
        call(headers=signed("us-west-2", "sts"), query={"Action": ["GetCallerIdentity"]}).region
        == "us-west-2"
    )


anything = st.text(max_size=60)


@given(
    method=anything,
    path=anything,
    headers=st.dictionaries(st.sampled_from(["authorization", "x-amz-target", "content-type"]), anything),
    host=anything,
    dialled=st.none() | st.sampled_from(["us-east-1", "us-west-2"]),
    query=st.dictionaries(st.sampled_from(["Action", "X-Amz-Credential", "policy", "x"]), st.lists(anything)),
)
def test_no_request_makes_it_raise(
    method: str,
    path: str,
    headers: dict[str, str],
    host: str,
    dialled: str | None,
    query: dict[str, list[str]],
) -> None:
    found = classify(method, path, headers, host, dialled, query)
    assert found.plane in ("control", "data")
    assert found.decided_by in ("signature", "host", "address", "default")


@given(
    region=st.from_regex(r"[a-z]{2}-[a-z]{4,9}-[1-9]", fullmatch=True),
    service=st.sampled_from(["dynamodb", "kms"]),
)
def test_a_regional_call_is_for_the_region_it_was_signed_for(region: str, service: str) -> None:
    assert call(headers=signed(region, service), dialled="us-east-1").region == region
