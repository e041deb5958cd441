from __future__ import annotations

from typing import Any

import boto3
import pytest

from harness.sandbox.server import Sandbox

pytestmark = pytest.mark.sandbox

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
