"""Facts about AWS's services, one row each: how they speak, who serves them here, what is their data plane.

tests/harness/sandbox/test_aws_facts.py holds the rows against botocore's models. A service without a row has
the facts of `facts_of`'s default: a JSON protocol, one name for everything, MiniStack, a control plane alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from generator.control_planes import HOMES

Protocol = Literal["ec2", "json", "query", "rest-json", "rest-xml"]
# `none`: a room of ours answers the whole control plane.
Emulator = Literal["ministack", "moto", "none"]

_DYNAMODB_ITEMS = (
    "BatchExecuteStatement BatchGetItem BatchWriteItem DeleteItem ExecuteStatement ExecuteTransaction "
    "GetItem PutItem Query Scan TransactGetItems TransactWriteItems UpdateItem"
)
_KMS_KEYS_AT_WORK = (
    "Decrypt DeriveSharedSecret Encrypt GenerateDataKey GenerateDataKeyPair "
    "GenerateDataKeyPairWithoutPlaintext GenerateDataKeyWithoutPlaintext GenerateMac GenerateRandom "
    "ReEncrypt Sign Verify VerifyMac"
)
_SQS_MESSAGES = (
    "ChangeMessageVisibility ChangeMessageVisibilityBatch DeleteMessage DeleteMessageBatch ReceiveMessage "
    "SendMessage SendMessageBatch"
)
_STS_CREDENTIALS = (
    "AssumeRole AssumeRoleWithSAML AssumeRoleWithWebIdentity DecodeAuthorizationMessage GetAccessKeyInfo "
    "GetCallerIdentity GetFederationToken GetSessionToken"
)


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is known of one service.

    protocol: one that its clients speak (botocore: protocols). signing_name: its name in a signature's scope.
    endpoint_prefix: its name in a host name. emulator: who serves it here. data: operations that do the
    service's work, as against administering it. data_only: it has no other operations.
    """

    protocol: Protocol = "json"
    signing_name: str
    endpoint_prefix: str
    emulator: Emulator = "ministack"
    data: frozenset[str] = frozenset()
    data_only: bool = False

    @property
    def speaks_xml(self) -> bool:
        return self.protocol in ("ec2", "query", "rest-xml")


def _row(
    name: str,
    protocol: Protocol = "json",
    *,
    signing: str | None = None,
    endpoint: str | None = None,
    emulator: Emulator = "ministack",
    data: str = "",
    data_only: bool = False,
) -> tuple[str, Facts]:
    signing_name = signing or name
    return name, Facts(
        protocol=protocol,
        signing_name=signing_name,
        endpoint_prefix=endpoint or signing_name,
        emulator=emulator,
        data=frozenset(data.split()),
        data_only=data_only,
    )


# Emulators: measured, service by service, on 2026-11-20 (MiniStack 1.5.33, moto 5.2.5). moto serves those
# services whose resources stay clean on a second plan only there. Services that share resources (rds with
# ec2, elbv2 with acm, ec2 with iam) must be on one emulator.
# Data planes: AWS Fault Isolation Boundaries (whitepaper), "Control planes and data planes", and each
# service's API reference.
FACTS: Mapping[str, Facts] = dict(
    [
        _row("application-autoscaling", emulator="none"),
        _row("autoscaling", "query"),
        _row("cloudformation", "query"),
        _row("cloudfront", "rest-xml"),
        _row(
            "cloudwatch",
            "query",
            signing="monitoring",
            emulator="moto",
            data="GetMetricData GetMetricStatistics PutMetricData",
        ),
        _row("codedeploy", emulator="none"),
        _row("config", emulator="moto"),
        _row("dax", emulator="moto"),
        _row("dynamodb", data=f"{_DYNAMODB_ITEMS} DescribeStream GetRecords GetShardIterator ListStreams"),
        _row("ec2", "ec2"),
        _row("efs", "rest-json", signing="elasticfilesystem"),
        _row("elasticache", "query"),
        _row("elbv2", "query", signing="elasticloadbalancing"),
        _row("emr", signing="elasticmapreduce"),
        _row("events", data="PutEvents"),
        _row("firehose", data="PutRecord PutRecordBatch"),
        _row("fis", "rest-json", emulator="moto"),
        _row("guardduty", "rest-json", emulator="moto"),
        _row("iam", "query"),
        _row("inspector2", "rest-json", emulator="moto"),
        _row("iotdata", "rest-json", endpoint="data-ats.iot", data_only=True),
        _row("kinesis", data="GetRecords GetShardIterator PutRecord PutRecords SubscribeToShard"),
        _row("kinesisanalyticsv2", signing="kinesisanalytics"),
        _row("kms", data=_KMS_KEYS_AT_WORK),
        _row("lambda", "rest-json", data="Invoke InvokeAsync InvokeWithResponseStream"),
        _row("logs", data="FilterLogEvents GetLogEvents PutLogEvents"),
        _row("macie2", "rest-json", emulator="moto"),
        _row("memorydb", endpoint="memory-db", emulator="moto"),
        _row("network-firewall", emulator="moto"),
        _row("opensearchserverless", signing="aoss"),
        _row("rds", "query"),
        _row("rds-data", "rest-json", data_only=True),
        _row("resiliencehub", "rest-json", emulator="moto"),
        _row("route53", "rest-xml"),
        # objects and buckets are told apart by the path (harness/sandbox/requests/classify.py)
        _row("s3", "rest-xml"),
        _row("secretsmanager", data="BatchGetSecretValue GetSecretValue"),
        _row("ses", "query", endpoint="email"),
        _row("shield", emulator="moto"),
        _row("sns", "query", data="Publish PublishBatch"),
        _row("sqs", data=_SQS_MESSAGES),
        _row("ssm", emulator="moto", data="GetParameter GetParameters GetParametersByPath"),
        _row(
            "stepfunctions",
            signing="states",
            data="SendTaskFailure SendTaskHeartbeat SendTaskSuccess StartExecution StartSyncExecution",
        ),
        _row("sts", "query", data=_STS_CREDENTIALS),
        _row("wafv2", emulator="moto"),
        # the last part of the path, which is all that shows the operation
        _row("xray", "rest-json", data="TelemetryRecords TraceSegments"),
    ]
)

_BY_SIGNING_NAME = {facts.signing_name: name for name, facts in FACTS.items()}
# Names in a scope or a host name that no model of botocore gives to the service.
_OTHER_NAMES: Mapping[str, str] = {
    "eventbridge": "events",
    "execute-api": "apigateway",
    "kinesis-firehose": "firehose",
    "lambda-url": "lambda",
    "s3express": "s3",
}


def facts_of(service: str | None) -> Facts:
    """The facts of a service by the name that this package uses for it."""
    name = service or ""
    return FACTS.get(name) or Facts(signing_name=name, endpoint_prefix=name)


def home_of(service: str) -> str | None:
    """The region of the service's one control plane, None for a service that has one in each region."""
    return HOMES.get(service)


def service_name(name: str) -> str:
    """The name this package uses for a service, given AWS's name for it in a signature or an endpoint.

    >>> service_name("monitoring"), service_name("dynamodb")
    ('cloudwatch', 'dynamodb')
    """
    return _BY_SIGNING_NAME.get(name) or _OTHER_NAMES.get(name, name)
