"""The rooms of the sandbox: one per AWS service, in the order in which they start."""

from __future__ import annotations

from types import ModuleType

from harness.sandbox.emulators import health_paths
from harness.sandbox.service import Service
from harness.sandbox.services.acm import patches as acm
from harness.sandbox.services.apigateway import patches as apigateway
from harness.sandbox.services.backup import patches as backup
from harness.sandbox.services.cloudfront import patches as cloudfront
from harness.sandbox.services.dynamodb import patches as dynamodb
from harness.sandbox.services.ec2 import patches as ec2
from harness.sandbox.services.events import patches as events
from harness.sandbox.services.kms import patches as kms
from harness.sandbox.services.lambda_ import endpoint
from harness.sandbox.services.lambda_ import patches as lambda_
from harness.sandbox.services.rds import patches as rds
from harness.sandbox.services.route53 import patches as route53
from harness.sandbox.services.s3 import patches as s3
from harness.sandbox.services.secretsmanager import patches as secretsmanager

# A room may use those before it.
SERVICES: tuple[type[Service], ...] = ()

# The files whose import registers patches of the emulators.
PATCHES: tuple[ModuleType, ...] = (
    health_paths,
    acm,
    apigateway,
    backup,
    cloudfront,
    dynamodb,
    ec2,
    endpoint,
    events,
    kms,
    lambda_,
    rds,
    route53,
    s3,
    secretsmanager,
)
