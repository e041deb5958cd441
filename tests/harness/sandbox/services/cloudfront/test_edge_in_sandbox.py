"""CloudFront as it is applied with an SDK and dialled at the sandbox's edges, with faults in force."""

from __future__ import annotations

import asyncio
import http.client
import io
import json
import time
import zipfile
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from harness.drill.load.exchange import Caller, Reply, Request
from harness.sandbox.faults import ControlPlanesDown, RegionDark, ServiceDown
from harness.sandbox.sandbox import Sandbox

pytestmark = pytest.mark.sandbox

EAST, WEST = "us-east-1", "us-west-2"
APP, ORIGIN = "app.example.com", "origin.app.example.com"
HOSTS = {EAST: "app.use1.example.com", WEST: "app.usw2.example.com"}
ACCOUNT = "123456789012"
CLOUDFRONT_ZONE = "Z2FDTNDATAQYW2"
ALL_VIEWER_EXCEPT_HOST = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
HANDLER = """
import json, os
def handler(event, context):
    headers = {name.lower(): value for name, value in event["headers"].items()}
    seen = {"region": os.environ["AWS_REGION"], "method": event["httpMethod"], "path": event["path"],
            "query": event["queryStringParameters"], "body": event["body"], "host": headers["host"],
            "key": headers.get("idempotency-key")}
    return {"statusCode": 200, "body": json.dumps(seen)}
"""


def client(sandbox: Sandbox, service: str, region: str = EAST) -> Any:
    return boto3.client(service, region_name=region, endpoint_url=sandbox.endpoint)


def deploy_api(sandbox: Sandbox, region: str) -> str:
    """An API whose every path calls one function, behind the origin's name and the region's own; gives the
    name that aliases to it point at."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("handler.py", HANDLER)
    client(sandbox, "lambda", region).create_function(
        FunctionName="echo",
        Runtime="python3.12",
        Role=f"arn:aws:iam::{ACCOUNT}:role/any",
        Handler="handler.handler",
        Code={"ZipFile": packed.getvalue()},
    )
    gateway = client(sandbox, "apigateway", region)
    api = gateway.create_rest_api(name="echo", endpointConfiguration={"types": ["REGIONAL"]})["id"]
    root = gateway.get_resources(restApiId=api)["items"][0]["id"]
    proxy = gateway.create_resource(restApiId=api, parentId=root, pathPart="{proxy+}")["id"]
    function = f"arn:aws:lambda:{region}:{ACCOUNT}:function:echo"
    at = {"restApiId": api, "resourceId": proxy, "httpMethod": "ANY"}
    gateway.put_method(**at, authorizationType="NONE")
    gateway.put_integration(
        **at,
        type="AWS_PROXY",
        integrationHttpMethod="POST",
        uri=f"arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{function}/invocations",
    )
    gateway.create_deployment(restApiId=api, stageName="live")
    for host in (ORIGIN, HOSTS[region]):
        domain = gateway.create_domain_name(domainName=host, endpointConfiguration={"types": ["REGIONAL"]})
        gateway.create_base_path_mapping(domainName=host, restApiId=api, stage="live", basePath="")
    return str(domain["regionalDomainName"])


def bucket_policy(bucket: str, *, listing: bool = False) -> str:
    resources = [f"arn:aws:s3:::{bucket}/*", *([f"arn:aws:s3:::{bucket}"] if listing else [])]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "cloudfront.amazonaws.com"},
        "Action": ["s3:GetObject", *(["s3:ListBucket"] if listing else [])],
        "Resource": resources,
        "Condition": {"ArnLike": {"AWS:SourceArn": f"arn:aws:cloudfront::{ACCOUNT}:distribution/*"}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def make_bucket(sandbox: Sandbox, region: str) -> str:
    name, s3 = f"site-{region}", client(sandbox, "s3", region)
    where = {} if region == EAST else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    s3.create_bucket(Bucket=name, **where)
    s3.put_bucket_policy(Bucket=name, Policy=bucket_policy(name))
    s3.put_object(
        Bucket=name,
        Key="static/hello.txt",
        Body=region.encode(),
        ContentType="text/plain",
        CacheControl="max-age=60",
    )
    return f"{name}.s3.{region}.amazonaws.com"


def items(*values: Any) -> dict[str, Any]:
    return {"Quantity": len(values), "Items": list(values)}


def group(name: str, *members: str) -> dict[str, Any]:
    codes = {"StatusCodes": items(500, 502, 503, 504)}
    return {"Id": name, "FailoverCriteria": codes, "Members": items(*({"OriginId": m} for m in members))}


def api_origin(name: str, domain: str) -> dict[str, Any]:
    return {
        "Id": name,
        "DomainName": domain,
        "ConnectionAttempts": 1,
        "ConnectionTimeout": 1,
        "CustomOriginConfig": {
            "HTTPPort": 80,
            "HTTPSPort": 443,
            "OriginProtocolPolicy": "https-only",
            "OriginReadTimeout": 2,
            "OriginKeepaliveTimeout": 5,
            "OriginSslProtocols": items("TLSv1.2"),
        },
    }


def bucket_origin(name: str, domain: str, control: str) -> dict[str, Any]:
    return {
        "Id": name,
        "DomainName": domain,
        "ConnectionAttempts": 1,
        "ConnectionTimeout": 1,
        "OriginAccessControlId": control,
        "S3OriginConfig": {"OriginAccessIdentity": ""},
    }


def behavior(target: str, cache: str, *methods: str, **settings: Any) -> dict[str, Any]:
    allowed = {**items(*methods), "CachedMethods": items("GET", "HEAD")}
    return {
        "TargetOriginId": target,
        "ViewerProtocolPolicy": "redirect-to-https",
        "AllowedMethods": allowed,
        "CachePolicyId": cache,
        **settings,
    }


def configuration(buckets: dict[str, str], control: str) -> dict[str, Any]:
    every = ("GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE")
    static = behavior("buckets", CACHING_OPTIMIZED, "GET", "HEAD", PathPattern="/static/*")
    api = {"OriginRequestPolicyId": ALL_VIEWER_EXCEPT_HOST}
    write = behavior("api", CACHING_DISABLED, *every, PathPattern="/write", **api)
    read = behavior("apis", CACHING_DISABLED, "GET", "HEAD", "OPTIONS", **api)
    return {
        "CallerReference": "app",
        "Comment": "",
        "Enabled": True,
        "Aliases": items(APP),
        "Origins": items(
            api_origin("api", ORIGIN),
            api_origin("standby", HOSTS[WEST]),
            *(bucket_origin(region, domain, control) for region, domain in buckets.items()),
        ),
        "OriginGroups": items(group("apis", "api", "standby"), group("buckets", EAST, WEST)),
        "DefaultCacheBehavior": read,
        "CacheBehaviors": items(static, write),
        "CustomErrorResponses": items(
            *({"ErrorCode": code, "ErrorCachingMinTTL": 0} for code in (404, 500, 502, 503, 504))
        ),
        "Restrictions": {"GeoRestriction": {"RestrictionType": "blacklist", **items("BR")}},
    }


def records(sandbox: Sandbox, targets: dict[str, str], distribution: str) -> None:
    """app.example.com at the distribution; origin.app.example.com fails over between the regions' hosts."""
    route53 = client(sandbox, "route53")
    zone = route53.create_hosted_zone(Name="example.com", CallerReference="edge")["HostedZone"]["Id"]

    def alias(name: str, target: str, zone_id: str, **settings: Any) -> dict[str, Any]:
        where = {"DNSName": target, "HostedZoneId": zone_id, "EvaluateTargetHealth": False}
        return {"Name": name, "Type": "A", "AliasTarget": where, **settings}

    sets = [alias(APP, distribution, CLOUDFRONT_ZONE)]
    sets += [alias(HOSTS[region], targets[region], "Z1UJRXOUMOOFQ8") for region in (EAST, WEST)]
    for region, role in ((EAST, "PRIMARY"), (WEST, "SECONDARY")):
        check = route53.create_health_check(
            CallerReference=region,
            HealthCheckConfig={
                "Type": "HTTPS",
                "FullyQualifiedDomainName": HOSTS[region],
                "ResourcePath": "/health",
                "RequestInterval": 10,
                "FailureThreshold": 1,
            },
        )["HealthCheck"]["Id"]
        line = {"Name": ORIGIN, "Type": "CNAME", "TTL": 10, "ResourceRecords": [{"Value": HOSTS[region]}]}
        sets.append({**line, "SetIdentifier": region, "Failover": role, "HealthCheckId": check})
    changes = [{"Action": "CREATE", "ResourceRecordSet": record} for record in sets]
    route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})


@pytest.fixture(scope="module")
def estate(_running_sandbox: Sandbox) -> Sandbox:
    """Two regions with an API and a bucket each, behind one distribution."""
    sandbox = _running_sandbox
    targets = {region: deploy_api(sandbox, region) for region in (EAST, WEST)}
    buckets = {region: make_bucket(sandbox, region) for region in (EAST, WEST)}
    cloudfront = client(sandbox, "cloudfront")
    control = cloudfront.create_origin_access_control(
        OriginAccessControlConfig={
            "Name": "s3",
            "SigningProtocol": "sigv4",
            "SigningBehavior": "always",
            "OriginAccessControlOriginType": "s3",
        }
    )["OriginAccessControl"]["Id"]
    made = cloudfront.create_distribution(DistributionConfig=configuration(buckets, control))["Distribution"]
    records(sandbox, targets, made["DomainName"])
    for region in (EAST, WEST):
        sandbox.run(sandbox.lambda_pools.warm(region, ["echo"], concurrency=2))
    return sandbox


@pytest.fixture
def edge(estate: Sandbox, sandbox: Sandbox) -> Sandbox:
    """The estate with empty caches and every check healthy."""
    sandbox.run(sandbox.reseed(0))
    return sandbox


def ask(
    sandbox: Sandbox,
    path: str,
    *,
    method: str = "GET",
    place: str = "us-east",
    body: str | None = None,
    **headers: str,
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection(*sandbox.edge_addresses[place], timeout=20)
    try:
        sent = {"Host": APP, **{name.replace("_", "-"): value for name, value in headers.items()}}
        connection.request(method, path, body=body, headers=sent)
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def test_a_request_passes_the_edge_to_the_api_and_keeps_what_the_policy_forwards(edge: Sandbox) -> None:
    status, headers, body = ask(edge, "/write?id=1", method="POST", body="{}", Idempotency_Key="k")
    assert (status, headers["x-cache"]) == (200, "Miss from cloudfront")
    assert json.loads(body) == {
        "region": EAST,
        "method": "POST",
        "path": "/write",
        "query": {"id": "1"},
        "host": ORIGIN,
        "key": "k",
        "body": "{}",
    }


def test_dns_gives_each_place_the_address_of_its_own_edge(edge: Sandbox) -> None:
    places = ("us-east", "eu-west", "ap-northeast")
    found = {place: edge.route53.resolve(APP, "A", place) for place in places}
    assert {place: answer.values for place, answer in found.items()} == {
        place: (edge.edge_addresses[place][0],) for place in places
    }
    assert all(answer.varies for answer in found.values())


def test_an_sdk_may_call_the_edge_by_name_through_the_control_address(edge: Sandbox) -> None:
    ip, port = edge.endpoint.removeprefix("http://").split(":")
    connection = http.client.HTTPConnection(ip, int(port), timeout=10)
    connection.request("GET", "/read", headers={"Host": APP})
    assert connection.getresponse().getheader("x-amz-cf-pop") == "JFK50-P1"
    connection.close()


def test_a_viewer_of_a_denied_country_is_answered_403(edge: Sandbox) -> None:
    assert [ask(edge, "/read", place=place)[0] for place in ("sa-east", "us-east")] == [403, 200]


def test_objects_come_from_the_primary_bucket_and_stay_in_the_cache(edge: Sandbox) -> None:
    first, second = ask(edge, "/static/hello.txt"), ask(edge, "/static/hello.txt")
    assert [(status, headers["x-cache"], body) for status, headers, body in (first, second)] == [
        (200, "Miss from cloudfront", b"us-east-1"),
        (200, "Hit from cloudfront", b"us-east-1"),
    ]
    assert (second[1]["age"], second[1]["content-type"]) == ("0", "text/plain")
    assert "access-control-allow-origin" not in first[1]


def test_a_missing_object_is_403_because_nobody_may_list_the_bucket(edge: Sandbox) -> None:
    assert ask(edge, "/static/missing.txt")[0] == 403


def test_a_missing_object_is_404_where_listing_is_allowed(edge: Sandbox) -> None:
    s3 = client(edge, "s3")
    s3.put_bucket_policy(Bucket=f"site-{EAST}", Policy=bucket_policy(f"site-{EAST}", listing=True))
    try:
        assert ask(edge, "/static/missing.txt")[0] == 404
    finally:
        s3.put_bucket_policy(Bucket=f"site-{EAST}", Policy=bucket_policy(f"site-{EAST}"))


def test_a_bucket_whose_policy_does_not_name_cloudfront_is_denied(edge: Sandbox) -> None:
    s3 = client(edge, "s3")
    s3.delete_bucket_policy(Bucket=f"site-{EAST}")
    try:
        status, _, body = ask(edge, "/static/hello.txt")
    finally:
        s3.put_bucket_policy(Bucket=f"site-{EAST}", Policy=bucket_policy(f"site-{EAST}"))
    assert (status, b"AccessDenied" in body) == (403, True)


def test_an_object_under_a_key_that_cloudfront_may_not_use_is_denied(edge: Sandbox) -> None:
    kms, s3 = client(edge, "kms"), client(edge, "s3")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    sealed = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key}
    s3.put_object(Bucket=f"site-{EAST}", Key="static/sealed.txt", Body=b"sealed", **sealed)
    denied = ask(edge, "/static/sealed.txt")[0]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "cloudfront.amazonaws.com"},
        "Action": "kms:Decrypt",
        "Resource": "*",
        "Condition": {"ArnLike": {"AWS:SourceArn": f"arn:aws:cloudfront::{ACCOUNT}:distribution/*"}},
    }
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps({"Statement": [statement]}))
    assert (denied, ask(edge, "/static/sealed.txt")[2]) == (403, b"sealed")


@pytest.mark.parametrize(
    "fault", [RegionDark(EAST, mode) for mode in ("refuse", "503")] + [ServiceDown(EAST, "s3")]
)
def test_objects_come_from_the_second_bucket_when_the_first_region_fails(edge: Sandbox, fault: Any) -> None:
    number = edge.faults.inject(fault)
    status, _, body = ask(edge, "/static/hello.txt")
    assert (status, body, edge.faults.hits(number)) == (200, b"us-west-2", 1)


def test_reads_fail_over_at_once_and_writes_do_not(edge: Sandbox) -> None:
    edge.faults.inject(RegionDark(EAST, "refuse"))
    read, write = ask(edge, "/read"), ask(edge, "/write", method="POST", body="{}")
    assert (read[0], json.loads(read[2])["region"], write[0]) == (200, WEST, 502)


def test_the_edge_outlives_the_region_of_its_control_plane(edge: Sandbox) -> None:
    edge.faults.inject(ControlPlanesDown(EAST))
    once = Config(retries={"total_max_attempts": 1})
    cloudfront = boto3.client("cloudfront", region_name=EAST, endpoint_url=edge.endpoint, config=once)
    with pytest.raises(ClientError, match="ServiceUnavailable"):
        cloudfront.list_distributions()
    assert ask(edge, "/read")[0] == 200


def test_an_update_of_the_distribution_takes_effect_and_an_invalidation_empties_the_cache(
    edge: Sandbox,
) -> None:
    cloudfront = client(edge, "cloudfront")
    ask(edge, "/static/hello.txt")
    identifier = cloudfront.list_distributions()["DistributionList"]["Items"][0]["Id"]
    batch = {"CallerReference": str(time.time()), "Paths": items("/static/*")}
    cloudfront.create_invalidation(DistributionId=identifier, InvalidationBatch=batch)
    found = cloudfront.get_distribution_config(Id=identifier)
    config = found["DistributionConfig"]
    config["OriginGroups"]["Items"][1]["Members"]["Items"].reverse()
    cloudfront.update_distribution(Id=identifier, IfMatch=found["ETag"], DistributionConfig=config)
    assert ask(edge, "/static/hello.txt")[2] == b"us-west-2"
    config["OriginGroups"]["Items"][1]["Members"]["Items"].reverse()
    tag = cloudfront.get_distribution_config(Id=identifier)["ETag"]
    cloudfront.update_distribution(Id=identifier, IfMatch=tag, DistributionConfig=config)


async def visits(sandbox: Sandbox, seconds: float) -> list[tuple[float, str, int | None]]:
    """A reader and a writer at two places, twice a second; `seconds` of model time."""
    clock, got = sandbox.clock, []
    start = clock.now()
    address = sandbox.edge_addresses["eu-west"]
    async with Caller(clock) as caller:

        async def visit(method: str, path: str) -> None:
            body = {} if method == "POST" else None
            while clock.now() - start < seconds:
                began = clock.now() - start
                reply: Reply = await caller.send(Request(method, address, APP, path, body=body), 10)
                got.append((began, method, reply.status))
                await clock.sleep(0.5)

        with clock.jumping():
            tasks = [clock.spawn(visit("GET", "/read")), clock.spawn(visit("POST", "/write"))]
            await asyncio.gather(*tasks)
    return sorted(got)


def test_a_silent_region_costs_reads_the_connection_timeout_and_writes_the_way_of_dns(edge: Sandbox) -> None:
    """The design's point: reads fail over inside the group for each request; writes only when the health
    check has moved the origin's name and the edge has forgotten the old address."""

    async def drill() -> list[tuple[float, str, int | None]]:
        edge.route53.start_checkers()
        number = edge.faults.inject(RegionDark(EAST, "hang"))
        try:
            return await visits(edge, 60)
        finally:
            edge.faults.heal(number)
            await edge.route53.stop_checkers()

    started = time.monotonic()
    got = edge.run(drill())
    reads = [status for _, method, status in got if method == "GET"]
    writes = [(began, status) for began, method, status in got if method == "POST"]
    recovered = next(began for began, status in writes if status == 200)
    assert set(reads) == {200}
    assert 10 < recovered < 45
    assert {status for began, status in writes if began >= recovered} == {200}
    assert time.monotonic() - started < 30, "hanging origins must cost model time only"


def test_a_request_through_the_edge_costs_a_few_milliseconds(edge: Sandbox) -> None:
    def fastest(path: str) -> float:
        address = edge.edge_addresses["us-east"]
        connection = http.client.HTTPConnection(*address, timeout=10)
        times = []
        for _ in range(30):
            begun = time.perf_counter()
            connection.request("GET", path, headers={"Host": APP})
            connection.getresponse().read()
            times.append(time.perf_counter() - begun)
        connection.close()
        return sorted(times)[len(times) // 2]

    # what is measured is a whole exchange on a machine that others use too; the edge's own part is 0.2 ms
    assert fastest("/static/hello.txt") < 0.05
    assert fastest("/read") < 0.1
