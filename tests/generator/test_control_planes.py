"""The homes of global control planes are those of botocore's endpoints."""

from __future__ import annotations

import botocore.session
import pytest

from generator.control_planes import HOMES

# botocore lists no endpoint of the one, and every region for the other. Their API References name us-west-2
# alone ("AWS Global Accelerator API", "Recovery Readiness API Reference Guide for ARC").
UNLISTED = {"globalaccelerator", "route53-recovery-readiness"}


@pytest.mark.parametrize("service", sorted(set(HOMES) - UNLISTED))
def test_requests_to_a_global_service_are_signed_for_its_home(service: str) -> None:
    data = botocore.session.get_session().get_data("endpoints")
    partition = next(each for each in data["partitions"] if each["partition"] == "aws")
    endpoints = partition["services"][service]["endpoints"]
    regions = {each.get("credentialScope", {}).get("region", name) for name, each in endpoints.items()}
    assert HOMES[service] in regions
    assert "eu-west-1" not in regions
