"""A small active-standby estate made with boto3 in a second: what Terraform builds, as far as drills need."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import boto3

from harness.drill.scenario import Scenario
from harness.drill.subject import Objectives, Subject, SubjectRegion
from harness.sandbox.server import Sandbox

NAME = "tiny"
ACCOUNT = "123456789012"
SHORT = {"us-east-1": "use1", "us-west-2": "usw2"}
REGIONS = tuple(SHORT)
DOMAIN = "example.com"
ENTRY = f"api.{DOMAIN}"
TABLE = f"{NAME}-items"
ROUTES = {"read": ("GET", "read"), "write": ("POST", "write"), "health": ("GET", "health")}
LOST = {"kind": "region-dark", "region": "primary", "mode": "refuse"}
SOURCES = Path(__file__).parents[3] / "lambda_src"


def build(
    sandbox: Sandbox, *, ttl: int = 10, threshold: int = 2, health_checks: bool = True, health: str = "health"
) -> Subject:
    """The applied estate as a subject. `health` names the function that answers /health."""
    table(sandbox)
    zone = client(sandbox, "route53").create_hosted_zone(Name=DOMAIN, CallerReference="drill")["HostedZone"][
        "Id"
    ]
    checks = {}
    for role, region in zip(("PRIMARY", "SECONDARY"), REGIONS, strict=True):
        names = functions(sandbox, region, health=health)
        api(sandbox, region, names)
        target = f"{ENTRY}.execute-api.{region}.amazonaws.com"
        own = f"api.{SHORT[region]}.{DOMAIN}"
        front = f"front.{SHORT[region]}.{DOMAIN}"
        records(
            sandbox, zone, {"Name": own, "Type": "CNAME", "TTL": 60, "ResourceRecords": [{"Value": target}]}
        )
        records(
            sandbox, zone, {"Name": front, "Type": "CNAME", "TTL": 60, "ResourceRecords": [{"Value": target}]}
        )
        checks[region] = health_check(sandbox, region, own, threshold) if health_checks else None
        entry: dict[str, Any] = {
            "Name": ENTRY, "Type": "CNAME", "TTL": ttl, "SetIdentifier": region, "Failover": role,
            "ResourceRecords": [{"Value": front}],
        }  # fmt: skip
        if checks[region]:
            entry["HealthCheckId"] = checks[region]
        records(sandbox, zone, entry)
    return Subject(
        environment=NAME,
        entry_host=ENTRY,
        ttl=ttl,
        objectives=Objectives(rto=50, rpo=5),
        regions=tuple(
            SubjectRegion(
                region, "primary" if region == REGIONS[0] else "standby", f"api.{SHORT[region]}.{DOMAIN}",
                checks[region], tuple(f"{NAME}-{fn}-{SHORT[region]}" for fn in ROUTES),
            )
            for region in REGIONS
        ),
    )  # fmt: skip


def client(sandbox: Sandbox, service: str, region: str = "us-east-1") -> Any:
    return boto3.client(  # type: ignore[call-overload]
        service, region_name=region, endpoint_url=sandbox.endpoint, aws_access_key_id=ACCOUNT,
        aws_secret_access_key="sandbox",
    )  # fmt: skip


def table(sandbox: Sandbox) -> None:
    dynamodb = client(sandbox, "dynamodb")
    dynamodb.create_table(
        TableName=TABLE,
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    for region in REGIONS[1:]:
        dynamodb.update_table(TableName=TABLE, ReplicaUpdates=[{"Create": {"RegionName": region}}])


def functions(sandbox: Sandbox, region: str, *, health: str) -> dict[str, str]:
    """Function name -> ARN of its alias."""
    awslambda, arns = client(sandbox, "lambda", region), {}
    for route in ROUTES:
        name = f"{NAME}-{route}-{SHORT[region]}"
        awslambda.create_function(
            FunctionName=name,
            Runtime="python3.12",
            Role=f"arn:aws:iam::{ACCOUNT}:role/{name}",
            Handler="handler.handler",
            Code={"ZipFile": package(health if route == "health" else route)},
            Timeout=5,
            Publish=True,
            Environment={
                "Variables": {
                    "ANTIPODE_ENVIRONMENT": NAME,
                    "TABLE_ITEMS": TABLE,
                    "LOG_LEVEL": "ERROR",
                    "HEALTH_TABLES": json.dumps({TABLE: "pk"}),
                }
            },
        )
        alias = awslambda.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
        arns[route] = alias["AliasArn"]
    return arns


def package(source: str) -> bytes:
    """The zip of one function with the shared code; "liar" is a function that answers 200 to anything."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as zipped:
        if source == "liar":
            zipped.writestr(
                "handler.py", "def handler(e, c):\n    return {'statusCode': 200, 'body': 'OK'}\n"
            )
        else:
            zipped.write(SOURCES / source / "handler.py", "handler.py")
            for file in (SOURCES / "shared").glob("*.py"):
                zipped.write(file, f"shared/{file.name}")
    return buffer.getvalue()


def api(sandbox: Sandbox, region: str, arns: dict[str, str]) -> None:
    gateway = client(sandbox, "apigateway", region)
    identifier = gateway.create_rest_api(name=f"{NAME}-{SHORT[region]}")["id"]
    root = gateway.get_resources(restApiId=identifier)["items"][0]["id"]
    for path, (method, route) in ROUTES.items():
        resource = gateway.create_resource(restApiId=identifier, parentId=root, pathPart=path)["id"]
        own = {"restApiId": identifier, "resourceId": resource, "httpMethod": method}
        gateway.put_method(**own, authorizationType="NONE")
        uri = f"arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{arns[route]}/invocations"
        gateway.put_integration(**own, type="AWS_PROXY", integrationHttpMethod="POST", uri=uri)
    gateway.create_deployment(restApiId=identifier, stageName="live")
    for host in (ENTRY, f"api.{SHORT[region]}.{DOMAIN}"):
        gateway.create_domain_name(domainName=host, endpointConfiguration={"types": ["REGIONAL"]})
        gateway.create_base_path_mapping(domainName=host, restApiId=identifier, stage="live")


def health_check(sandbox: Sandbox, region: str, host: str, threshold: int) -> str:
    answer = client(sandbox, "route53").create_health_check(
        CallerReference=region,
        HealthCheckConfig={
            "Type": "HTTPS_STR_MATCH", "FullyQualifiedDomainName": host, "Port": 443,
            "ResourcePath": "/health",
            "SearchString": f'"health":"pass:{NAME}/{region}"', "RequestInterval": 10,
            "FailureThreshold": threshold,
        },
    )  # fmt: skip
    return str(answer["HealthCheck"]["Id"])


def records(sandbox: Sandbox, zone: str, record: dict[str, Any]) -> None:
    changes = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record}]}
    client(sandbox, "route53").change_resource_record_sets(HostedZoneId=zone, ChangeBatch=changes)


def scenario(*faults: dict[str, object], duration: float = 80, name: str = "test") -> Scenario:
    return Scenario.model_validate(
        {
            "name": name,
            "description": "A test.",
            "duration": duration,
            "load": {"clients": {"us-east": 2, "eu-west": 2}, "overstay": {"share": 0}, "settle": 4},
            "faults": [{"at": 15, **fault} for fault in faults],
        }
    )
