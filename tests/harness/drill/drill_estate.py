"""A small estate made with boto3 in a second: what Terraform builds, as far as drills need.

By itself it is active-standby behind DNS with one flow. `behind_cdn` puts a distribution in front of it, with
buckets of static objects and a failing-over origin; `latency` makes both regions active.
"""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3

from harness.drill.run.run import DrillResult, run_drill
from harness.drill.scenario import Scenario
from harness.drill.subject import ITEMS, Flow, Objectives, Role, Routing, Subject, SubjectRegion
from harness.sandbox.sandbox import Sandbox

NAME = "tiny"
ACCOUNT = "123456789012"
SHORT = {"us-east-1": "use1", "us-west-2": "usw2"}
REGIONS = tuple(SHORT)
DOMAIN = "example.com"
ENTRY = f"api.{DOMAIN}"
TABLE = f"{NAME}-items"
ORIGIN, STANDBY = f"origin.{ENTRY}", f"standby.{ENTRY}"
CLOUDFRONT_ZONE = "Z2FDTNDATAQYW2"
ALL_VIEWER_EXCEPT_HOST = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
EVERY_METHOD = ("GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE")
ROUTES = {"read": ("GET", "read"), "write": ("POST", "write"), "health": ("GET", "health")}
# A second flow over the same functions, under another path.
NOTES = Flow("notes", "/notes", "/notes")
SITE = Flow("site", "/static", None, "static")
LOST = {"kind": "region-dark", "region": "primary", "mode": "refuse"}
SOURCES = Path(__file__).parents[3] / "lambda_src"


def build(
    sandbox: Sandbox,
    *,
    ttl: int = 10,
    threshold: int = 2,
    health_checks: bool = True,
    health: str = "health",
    routing: Routing = "failover",
    hosts: tuple[str, ...] = (ENTRY,),
) -> Subject:
    """The applied estate as a subject. `health` names the function that answers /health; `hosts` are those
    that both regions' APIs answer to, the first of them is routed."""
    table(sandbox)
    zone = client(sandbox, "route53").create_hosted_zone(Name=DOMAIN, CallerReference="drill")["HostedZone"][
        "Id"
    ]
    checks = {}
    for role, region in zip(("PRIMARY", "SECONDARY"), REGIONS, strict=True):
        names = functions(sandbox, region, health=health)
        api(sandbox, region, names, hosts)
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
            "Name": hosts[0], "Type": "CNAME", "TTL": ttl, "SetIdentifier": region,
            "ResourceRecords": [{"Value": front}],
            **({"Region": region} if routing == "latency" else {"Failover": role}),
        }  # fmt: skip
        if checks[region]:
            entry["HealthCheckId"] = checks[region]
        records(sandbox, zone, entry)
    return Subject(
        environment=NAME,
        entry_host=ENTRY,
        ttl=ttl,
        routing=routing,
        objectives=Objectives(rto=50, rpo=5),
        regions=tuple(
            SubjectRegion(
                region, role_of(region, routing), f"api.{SHORT[region]}.{DOMAIN}",
                checks[region], tuple(f"{NAME}-{fn}-{SHORT[region]}" for fn in ROUTES),
            )
            for region in REGIONS
        ),
    )  # fmt: skip


def role_of(region: str, routing: Routing) -> Role:
    if routing == "latency":
        return "active"
    return "primary" if region == REGIONS[0] else "standby"


def behind_cdn(sandbox: Sandbox, **settings: Any) -> Subject:
    """The same with a distribution as its entry, three flows, and a bucket in each region."""
    subject = build(sandbox, hosts=(ORIGIN, STANDBY), **settings)
    route53 = client(sandbox, "route53")
    zone = route53.list_hosted_zones()["HostedZones"][0]["Id"]
    front = f"front.{SHORT[REGIONS[1]]}.{DOMAIN}"
    records(sandbox, zone, {
        "Name": STANDBY, "Type": "CNAME", "TTL": 10, "ResourceRecords": [{"Value": front}],
    })  # fmt: skip
    names = {region: bucket(sandbox, region) for region in REGIONS}
    cloudfront = client(sandbox, "cloudfront")
    access = cloudfront.create_origin_access_control(
        OriginAccessControlConfig={
            "Name": "site", "SigningProtocol": "sigv4", "SigningBehavior": "always",
            "OriginAccessControlOriginType": "s3",
        }
    )["OriginAccessControl"]["Id"]  # fmt: skip
    made = cloudfront.create_distribution(DistributionConfig=distribution(names, access))
    alias = {
        "DNSName": made["Distribution"]["DomainName"], "HostedZoneId": CLOUDFRONT_ZONE,
        "EvaluateTargetHealth": False,
    }  # fmt: skip
    records(sandbox, zone, {"Name": ENTRY, "Type": "A", "AliasTarget": alias})
    site = replace(SITE, buckets=tuple(names.items()))
    return replace(subject, entry="cdn", origin_host=ORIGIN, standby_host=STANDBY, flows=(ITEMS, NOTES, site))


def bucket(sandbox: Sandbox, region: str) -> str:
    """A versioned bucket that the one in the first region replicates to."""
    name, s3 = f"{NAME}-site-{SHORT[region]}", client(sandbox, "s3", region)
    where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    s3.create_bucket(Bucket=name, **where)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    statement = {
        "Effect": "Allow", "Principal": {"Service": "cloudfront.amazonaws.com"}, "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{name}/*",
        "Condition": {"ArnLike": {"AWS:SourceArn": f"arn:aws:cloudfront::{ACCOUNT}:distribution/*"}},
    }  # fmt: skip
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    if region == REGIONS[-1]:
        rule = {
            "ID": "all", "Priority": 1, "Status": "Enabled", "Filter": {"Prefix": ""},
            "DeleteMarkerReplication": {"Status": "Enabled"},
            "Destination": {"Bucket": f"arn:aws:s3:::{name}"},
        }  # fmt: skip
        client(sandbox, "s3", REGIONS[0]).put_bucket_replication(
            Bucket=f"{NAME}-site-{SHORT[REGIONS[0]]}",
            ReplicationConfiguration={"Role": f"arn:aws:iam::{ACCOUNT}:role/any", "Rules": [rule]},
        )
    return name


def distribution(buckets: dict[str, str], access: str) -> dict[str, Any]:
    """Everything by the group of both origins, static objects by the group of both buckets."""
    custom = {
        "HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only", "OriginReadTimeout": 2,
        "OriginKeepaliveTimeout": 5, "OriginSslProtocols": listed("TLSv1.2"),
    }  # fmt: skip
    patience = {"ConnectionAttempts": 1, "ConnectionTimeout": 1}
    origins = [
        {"Id": host, "DomainName": host, "CustomOriginConfig": custom, **patience}
        for host in (ORIGIN, STANDBY)
    ]
    origins += [
        {
            "Id": name, "DomainName": f"{name}.s3.{region}.amazonaws.com",
            "S3OriginConfig": {"OriginAccessIdentity": ""}, "OriginAccessControlId": access, **patience,
        }
        for region, name in buckets.items()
    ]  # fmt: skip
    static = behavior("buckets", CACHING_OPTIMIZED, "GET", "HEAD", PathPattern="/static/*")
    # CloudFront refuses a group for a behavior that allows POST
    writes = [
        behavior(
            ORIGIN, CACHING_DISABLED, *EVERY_METHOD, PathPattern=path,
            OriginRequestPolicyId=ALL_VIEWER_EXCEPT_HOST,
        )
        for path in ("/write", "/notes")
    ]  # fmt: skip
    return {
        "CallerReference": NAME,
        "Comment": "",
        "Enabled": True,
        "Aliases": listed(ENTRY),
        "Origins": listed(*origins),
        "OriginGroups": listed(group("apis", ORIGIN, STANDBY), group("buckets", *buckets.values())),
        "DefaultCacheBehavior": behavior(
            "apis", CACHING_DISABLED, "GET", "HEAD", "OPTIONS", OriginRequestPolicyId=ALL_VIEWER_EXCEPT_HOST
        ),
        "CacheBehaviors": listed(static, *writes),
        "CustomErrorResponses": listed(
            *({"ErrorCode": code, "ErrorCachingMinTTL": 0} for code in (404, 500, 502, 503, 504))
        ),
    }


def listed(*values: Any) -> dict[str, Any]:
    return {"Quantity": len(values), "Items": list(values)}


def group(name: str, *members: str) -> dict[str, Any]:
    codes = {"StatusCodes": listed(500, 502, 503, 504)}
    return {"Id": name, "FailoverCriteria": codes, "Members": listed(*({"OriginId": m} for m in members))}


def behavior(target: str, cache: str, *methods: str, **settings: Any) -> dict[str, Any]:
    return {
        "TargetOriginId": target,
        "ViewerProtocolPolicy": "redirect-to-https",
        "AllowedMethods": {**listed(*methods), "CachedMethods": listed("GET", "HEAD")},
        "CachePolicyId": cache,
        **settings,
    }


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


def api(sandbox: Sandbox, region: str, arns: dict[str, str], hosts: tuple[str, ...]) -> None:
    gateway = client(sandbox, "apigateway", region)
    identifier = gateway.create_rest_api(name=f"{NAME}-{SHORT[region]}")["id"]
    root = gateway.get_resources(restApiId=identifier)["items"][0]["id"]
    resources: dict[str, str] = {}
    for path, (method, route) in [*ROUTES.items(), ("notes", ("GET", "read")), ("notes", ("POST", "write"))]:
        if path not in resources:
            made = gateway.create_resource(restApiId=identifier, parentId=root, pathPart=path)
            resources[path] = made["id"]
        resource = resources[path]
        own = {"restApiId": identifier, "resourceId": resource, "httpMethod": method}
        gateway.put_method(**own, authorizationType="NONE")
        uri = f"arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{arns[route]}/invocations"
        gateway.put_integration(**own, type="AWS_PROXY", integrationHttpMethod="POST", uri=uri)
    gateway.create_deployment(restApiId=identifier, stageName="live")
    for host in (*hosts, f"api.{SHORT[region]}.{DOMAIN}"):
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


def conclusive(sandbox: Sandbox, subject: Subject, script: Scenario, *, seed: int) -> DrillResult:
    """A drill's result; one that a busy machine made inconclusive is run again, twice at most, as it says
    nothing for or against the estate."""
    for attempt in range(3):
        result = run_drill(sandbox, subject, script, seed=seed + 1000 * attempt)
        if result.verdict.status != "inconclusive":
            break
    return result
