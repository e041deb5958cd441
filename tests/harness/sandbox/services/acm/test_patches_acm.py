"""What the embedded Certificate Manager keeps of a certificate."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from harness.sandbox.sandbox import Sandbox

pytestmark = pytest.mark.sandbox

PREFERENCE = "CertificateTransparencyLoggingPreference"


@pytest.mark.parametrize(
    ("asked", "kept"), [({}, "ENABLED"), ({"Options": {PREFERENCE: "DISABLED"}}, "DISABLED")]
)
def test_a_certificate_is_logged_unless_the_request_opts_out(
    sandbox: Sandbox, asked: dict[str, Any], kept: str
) -> None:
    acm = boto3.client("acm", region_name="us-east-1", endpoint_url=sandbox.endpoint)
    arn = acm.request_certificate(DomainName="logged.example.com", ValidationMethod="DNS", **asked)[
        "CertificateArn"
    ]
    assert acm.describe_certificate(CertificateArn=arn)["Certificate"]["Options"] == {PREFERENCE: kept}
    acm.delete_certificate(CertificateArn=arn)
