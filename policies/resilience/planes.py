"""Which IAM actions call a data plane, and what is allowed on the way back.

Source: AWS Fault Isolation Boundaries (whitepaper), "Control planes and data planes" and "AWS service types":
partitional services have their control plane in one region and their data plane everywhere.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

Plane = Literal["data", "control"]

# everything else is taken for a control plane: a list that forgets one must refuse, not allow
DATA_ACTIONS: Final[frozenset[str]] = frozenset(
    """
    cloudwatch:GetMetricData cloudwatch:PutMetricData
    dynamodb:BatchGetItem dynamodb:BatchWriteItem dynamodb:ConditionCheckItem dynamodb:DeleteItem
    dynamodb:GetItem dynamodb:PutItem dynamodb:Query dynamodb:Scan dynamodb:UpdateItem
    kms:Decrypt kms:Encrypt kms:GenerateDataKey
    lambda:InvokeFunction
    logs:CreateLogStream logs:PutLogEvents
    rds-data:BatchExecuteStatement rds-data:BeginTransaction rds-data:CommitTransaction
    rds-data:ExecuteStatement rds-data:RollbackTransaction
    s3:AbortMultipartUpload s3:DeleteObject s3:GetObject s3:ListBucket s3:PutObject
    secretsmanager:GetSecretValue
    sns:Publish sqs:SendMessage
    xray:PutTelemetryRecords xray:PutTraceSegments
    """.split()
)

Where = Literal["own", "writer"]


class Allowed(NamedTuple):
    """Where a call of a control plane is made, and why a fault cannot take it.

    `own`: in the caller's region; `writer`: in the region that writes, by a person or while it still answers.
    """

    where: Where
    why: str


_TAKES_OVER: Final = "made in the region that takes over, which is up by definition"
_AFTERWARDS: Final = (
    "after clients are admitted again, in the region that took over: recovery does not wait for it"
)
_RECONCILE: Final = "a person's `reconcile`, after the recovery, in the region that came back"
_DEPLOYED: Final = (
    "Lambda makes and removes the interfaces when the function is deployed; nothing is launched"
)

# lambda_src/failover/controller/global_databases.py and kept_rows.py; a test holds this against their code
CONTROL_ACTIONS: Final[dict[str, Allowed]] = {
    "rds:DescribeDBClusters": Allowed("own", _TAKES_OVER),
    "rds:DescribeGlobalClusters": Allowed("own", _TAKES_OVER),
    "rds:FailoverGlobalCluster": Allowed("own", _TAKES_OVER),
    "rds:SwitchoverGlobalCluster": Allowed(
        "writer", "a move in good order, while the writer's region answers; a failover never calls it"
    ),
    "secretsmanager:DescribeSecret": Allowed("own", _AFTERWARDS),
    "secretsmanager:ReplicateSecretToRegions": Allowed("own", _AFTERWARDS),
    "secretsmanager:StopReplicationToReplica": Allowed("own", _AFTERWARDS),
    "kms:CreateGrant": Allowed("own", _RECONCILE),
    "kms:DescribeKey": Allowed("own", _RECONCILE),
    "rds:CreateDBInstance": Allowed("own", _RECONCILE),
    "rds:DeleteDBCluster": Allowed("own", _RECONCILE),
    "rds:DeleteDBInstance": Allowed("own", _RECONCILE),
    "rds:DescribeDBClusterSnapshots": Allowed("own", _RECONCILE),
    "rds:DescribeDBInstances": Allowed("own", _RECONCILE),
    "rds:RestoreDBClusterFromSnapshot": Allowed("own", _RECONCILE),
    "ec2:AssignPrivateIpAddresses": Allowed("own", _DEPLOYED),
    "ec2:CreateNetworkInterface": Allowed("own", _DEPLOYED),
    "ec2:DeleteNetworkInterface": Allowed("own", _DEPLOYED),
    "ec2:DescribeNetworkInterfaces": Allowed("own", _DEPLOYED),
    "ec2:DescribeSubnets": Allowed("own", _DEPLOYED),
    "ec2:UnassignPrivateIpAddresses": Allowed("own", _DEPLOYED),
}

_VOTE: Final = "a vote: a majority of the regions is enough, and one that is silent costs 1.5 s"
# the failover controller's calls of other regions' data planes
FOREIGN_ACTIONS: Final[dict[str, str]] = {
    "dynamodb:GetItem": _VOTE,
    "dynamodb:PutItem": _VOTE,
    "dynamodb:UpdateItem": _VOTE,
    "kms:Decrypt": "made by that region's DynamoDB for a vote, and counts with it",
    "kms:Encrypt": _AFTERWARDS,
    "kms:GenerateDataKey": _AFTERWARDS,
}
OWN_REGION: Final = "its own region, which is up while it answers at all"
