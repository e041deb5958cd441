"""The rooms of the sandbox: one per AWS service, in the order in which they start."""

from __future__ import annotations

from types import ModuleType

from harness.sandbox.emulators import health_paths
from harness.sandbox.service import Service
from harness.sandbox.services.acm import patches as acm_patches
from harness.sandbox.services.apigateway import ApiGateway
from harness.sandbox.services.apigateway import patches as apigateway_patches
from harness.sandbox.services.application_autoscaling import ApplicationAutoScaling
from harness.sandbox.services.application_autoscaling import patches as application_autoscaling_patches
from harness.sandbox.services.backup import Backup
from harness.sandbox.services.backup import patches as backup_patches
from harness.sandbox.services.cloudfront import CloudFront
from harness.sandbox.services.cloudfront import patches as cloudfront_patches
from harness.sandbox.services.cloudwatch import CloudWatch
from harness.sandbox.services.codedeploy import CodeDeploy
from harness.sandbox.services.dynamodb import DynamoDb
from harness.sandbox.services.dynamodb import patches as dynamodb_patches
from harness.sandbox.services.ec2 import patches as ec2_patches
from harness.sandbox.services.events import EventBridge
from harness.sandbox.services.events import patches as events_patches
from harness.sandbox.services.kms import patches as kms_patches
from harness.sandbox.services.lambda_ import Lambda
from harness.sandbox.services.lambda_ import endpoint as lambda_endpoint
from harness.sandbox.services.lambda_ import patches as lambda_patches
from harness.sandbox.services.logs import CloudWatchLogs
from harness.sandbox.services.rds import patches as rds_patches
from harness.sandbox.services.rds.aurora import Aurora
from harness.sandbox.services.route53 import Route53
from harness.sandbox.services.route53 import patches as route53_patches
from harness.sandbox.services.s3 import S3
from harness.sandbox.services.s3 import patches as s3_patches
from harness.sandbox.services.secretsmanager import patches as secretsmanager_patches

# A room may use those before it.
SERVICES: tuple[type[Service], ...] = (
    Lambda,
    CloudWatch,
    CodeDeploy,
    DynamoDb,
    ApplicationAutoScaling,
    S3,
    EventBridge,
    Aurora,
    ApiGateway,
    Backup,
    Route53,
    CloudFront,
    CloudWatchLogs,
)

# The files whose import registers patches of the emulators.
PATCHES: tuple[ModuleType, ...] = (
    health_paths,
    acm_patches,
    apigateway_patches,
    application_autoscaling_patches,
    backup_patches,
    cloudfront_patches,
    dynamodb_patches,
    ec2_patches,
    lambda_endpoint,
    events_patches,
    kms_patches,
    lambda_patches,
    rds_patches,
    route53_patches,
    s3_patches,
    secretsmanager_patches,
)
