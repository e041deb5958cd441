"""Global services: the one region in which each has its control plane."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

# AWS Fault Isolation Boundaries (whitepaper), "Global services": partitional services (IAM, Organizations,
# Account Management), services at the edge (Route 53, CloudFront, WAF and Shield for CloudFront), Global
# Accelerator and ARC. Billing (budgets, ce) has one endpoint, in us-east-1 (AWS General Reference, "AWS
# Billing and Cost Management endpoints"), and AWS WAF Classic has one for CloudFront (the same, "AWS WAF
# Classic endpoints"). tests/generator/test_control_planes.py compares with botocore's endpoints.
HOMES: Final[Mapping[str, str]] = {
    "account": "us-east-1",
    "budgets": "us-east-1",
    "ce": "us-east-1",
    "cloudfront": "us-east-1",
    "globalaccelerator": "us-west-2",
    "iam": "us-east-1",
    "networkmanager": "us-west-2",
    "organizations": "us-east-1",
    "route53": "us-east-1",
    "route53-recovery-control-config": "us-west-2",
    "route53-recovery-readiness": "us-west-2",
    "route53domains": "us-east-1",
    "shield": "us-east-1",
    "waf": "us-east-1",
}
