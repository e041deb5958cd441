from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from harness.sandbox.sandbox import Sandbox

pytestmark = pytest.mark.sandbox

ALL = ("GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE")
LISTS = {"CustomHeadersConfig", "RemoveHeadersConfig"}
OWN_HEADER = {"Quantity": 1, "Items": [{"Header": "X-Own", "Value": "1", "Override": True}]}


@pytest.mark.parametrize(
    ("sent", "answered"),
    [({}, set()), ({"CustomHeadersConfig": OWN_HEADER}, {"CustomHeadersConfig"})],
)
def test_a_response_headers_policy_has_the_lists_of_headers_that_were_sent_and_no_others(
    sandbox: Sandbox, sent: dict[str, Any], answered: set[str]
) -> None:
    cloudfront = boto3.client("cloudfront", region_name="us-east-1", endpoint_url=sandbox.endpoint)
    settings = {"Name": "p", "SecurityHeadersConfig": {"ContentTypeOptions": {"Override": True}}, **sent}
    made = cloudfront.create_response_headers_policy(ResponseHeadersPolicyConfig=settings)
    policy = cloudfront.get_response_headers_policy(Id=made["ResponseHeadersPolicy"]["Id"])
    cloudfront.delete_response_headers_policy(Id=made["ResponseHeadersPolicy"]["Id"], IfMatch=made["ETag"])
    assert LISTS & policy["ResponseHeadersPolicy"]["ResponseHeadersPolicyConfig"].keys() == answered


@pytest.fixture
def cloudfront(sandbox: Sandbox) -> Iterator[Any]:
    client = boto3.client("cloudfront", region_name="us-east-1", endpoint_url=sandbox.endpoint)
    yield client
    for one in client.list_distributions()["DistributionList"].get("Items", []):
        found = client.get_distribution_config(Id=one["Id"])
        off = {**found["DistributionConfig"], "Enabled": False}
        tag = client.update_distribution(Id=one["Id"], IfMatch=found["ETag"], DistributionConfig=off)["ETag"]
        client.delete_distribution(Id=one["Id"], IfMatch=tag)


def items(*values: Any) -> dict[str, Any]:
    return {"Quantity": len(values), "Items": list(values)}


def settings(
    reference: str, *, target: str = "a", methods: tuple[str, ...] = ("GET", "HEAD"), members: str = "ab"
) -> dict[str, Any]:
    custom = {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"}
    origins = [
        {"Id": name, "DomainName": f"{name}.example.com", "CustomOriginConfig": custom} for name in "ab"
    ]
    group = {
        "Id": "group",
        "FailoverCriteria": {"StatusCodes": items(503)},
        "Members": items(*({"OriginId": name} for name in members)),
    }
    return {
        "CallerReference": reference,
        "Comment": "",
        "Enabled": True,
        "Aliases": items("app.example.com"),
        "Origins": items(*origins),
        "OriginGroups": items(group),
        "DefaultCacheBehavior": {
            "TargetOriginId": target,
            "ViewerProtocolPolicy": "https-only",
            "AllowedMethods": {**items(*methods), "CachedMethods": items("GET", "HEAD")},
            "CachePolicyId": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
        },
    }


@pytest.mark.parametrize("changes", [{"target": "c"}, {"members": "ac", "target": "group"}])
def test_a_behavior_or_group_that_names_no_origin_is_refused(
    cloudfront: Any, changes: dict[str, str]
) -> None:
    with pytest.raises(ClientError, match="NoSuchOrigin"):
        cloudfront.create_distribution(DistributionConfig=settings("1", **changes))


def test_a_behavior_that_writes_to_an_origin_group_is_refused(cloudfront: Any) -> None:
    with pytest.raises(ClientError, match="cannot include POST, PUT, PATCH, or DELETE"):
        cloudfront.create_distribution(DistributionConfig=settings("1", target="group", methods=ALL))
    cloudfront.create_distribution(DistributionConfig=settings("1", target="group", methods=ALL[:3]))


def test_an_alias_belongs_to_one_distribution(cloudfront: Any) -> None:
    made = cloudfront.create_distribution(DistributionConfig=settings("1"))
    with pytest.raises(ClientError, match="CNAMEAlreadyExists"):
        cloudfront.create_distribution(DistributionConfig=settings("2"))
    changed = settings("1", methods=ALL)
    cloudfront.update_distribution(
        Id=made["Distribution"]["Id"], IfMatch=made["ETag"], DistributionConfig=changed
    )


@pytest.mark.parametrize(
    ("changes", "parameter"),
    [
        ({"HeadersConfig": {"HeaderBehavior": "whitelist", "Headers": items("Accept")}}, "HeaderBehavior"),
        ({"QueryStringsConfig": {"QueryStringBehavior": "all"}}, "QueryStringBehavior"),
        ({"EnableAcceptEncodingGzip": True}, "EnableAcceptEncodingGzip"),
    ],
)
def test_a_cache_policy_that_keeps_nothing_names_nothing_to_keep_it_by(
    cloudfront: Any, changes: dict[str, Any], parameter: str
) -> None:
    key = {
        "EnableAcceptEncodingGzip": False,
        "HeadersConfig": {"HeaderBehavior": "none"},
        "CookiesConfig": {"CookieBehavior": "none"},
        "QueryStringsConfig": {"QueryStringBehavior": "none"},
    }
    policy = {"Name": "p", "MinTTL": 0, "DefaultTTL": 0, "MaxTTL": 0}
    with pytest.raises(ClientError, match=f"{parameter} is invalid for policy with caching disabled"):
        cloudfront.create_cache_policy(
            CachePolicyConfig={**policy, "ParametersInCacheKeyAndForwardedToOrigin": {**key, **changes}}
        )
    made = cloudfront.create_cache_policy(
        CachePolicyConfig={**policy, "ParametersInCacheKeyAndForwardedToOrigin": key}
    )
    cloudfront.delete_cache_policy(Id=made["CachePolicy"]["Id"], IfMatch=made["ETag"])
