"""Which region, service and plane a request is for. Pure: it reads the request, never the emulators.

Order of evidence: the signature's scope (header, or X-Amz-Credential of a presigned URL), then a host name
that AWS would have given out, then the address that was dialled. Control planes of global services live in
one region, whatever the signature says: they fail when that region fails.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote

from harness.sandbox.aws_facts import facts_of, home_of, service_name
from harness.sandbox.requests.messages import hostname

Plane = Literal["control", "data"]
Evidence = Literal["signature", "host", "address", "default"]

DEFAULT_REGION = "us-east-1"

# Bucket subresources that configure the bucket; without one, a request on a bucket lists its objects.
_S3_BUCKET_SETTINGS = frozenset(
    "accelerate acl analytics cors encryption intelligent-tiering inventory lifecycle location logging "
    "metrics notification object-lock ownershipControls policy policyStatus publicAccessBlock replication "
    "requestPayment tagging versioning website".split()
)

_SCOPE = re.compile(r"Credential=[^/,\s]*/[^/,\s]*/([^/,\s]+)/([^/,\s]+)/aws4_request")
_SCOPE_OF_URL = re.compile(r"^[^/]*/[^/]*/([^/]+)/([^/]+)/aws4_request$")
_REGION = r"(?P<region>[a-z]{2}(?:-[a-z]+)+-\d)"
_AWS = r"amazonaws\.com(?:\.cn)?"
_HOSTS: Sequence[tuple[re.Pattern[str], str | None]] = (
    (re.compile(rf"^[^.]+\.execute-api\.{_REGION}\.{_AWS}$"), "apigateway"),
    (re.compile(rf"^[^.]+\.lambda-url\.{_REGION}\."), "lambda-url"),
    (re.compile(rf"^(?:.+\.)?s3(?:-website)?[.-]{_REGION}\.{_AWS}$"), "s3"),
    (re.compile(rf"^[^.]+\.{_REGION}\.elb\.{_AWS}$"), "elb-target"),
    (re.compile(rf"^[^.]+\.elb\.{_REGION}\.{_AWS}$"), "elb-target"),
    (re.compile(r"^[^.]+\.cloudfront\.net$"), "cloudfront"),
    (re.compile(rf"^(?P<service>[a-z0-9-]+)\.{_REGION}\.{_AWS}$"), None),
    (re.compile(rf"^(?P<service>[a-z0-9-]+)\.{_AWS}$"), None),
)
_INVOCATION = re.compile(
    r"^/\d{4}-\d\d-\d\d/functions/[^/]+/(invocations|response-streaming-invocations|invoke-async)/?$"
)
_INVOCATIONS = {
    "invocations": "Invoke",
    "response-streaming-invocations": "InvokeWithResponseStream",
    "invoke-async": "InvokeAsync",
}


@dataclass(frozen=True)
class Call:
    """What a request is for.

    region: None for the global edge (CloudFront's data plane), which no single region takes down.
    service: the service's own name (cloudwatch, not monitoring), or None for an application's host name.
    operation: the API's operation name where the request shows it.
    decided_by: the evidence for the region; "signature" marks a signed call, all else comes from outside.
    source: the region whose function makes the call, None when it comes from anywhere else.
    """

    region: str | None
    service: str | None
    operation: str | None
    plane: Plane
    decided_by: Evidence
    source: str | None = None


def classify(
    method: str,
    path: str,
    headers: Mapping[str, str],
    host: str,
    dialled: str | None,
    query: Mapping[str, Sequence[str]],
) -> Call:
    """The call that a request makes; never raises.

    headers: lower-case names. host: the Host header, with or without port. dialled: the region whose address
    the client dialled, None for the control address. query: as urllib.parse.parse_qs gives it; the form body
    of a query-protocol request may be merged into it, so that its Action is seen.
    """
    scope = _scope(headers.get("authorization", ""), query)
    if scope is not None:
        region, scoped = scope
        return _call(
            region=region,
            service=service_name(scoped),
            by="signature",
            scoped=scoped,
            method=method,
            path=path,
            headers=headers,
            query=query,
        )
    named = _named_by_host(hostname(host))
    if named is not None:
        found, scoped = named
        by: Evidence = "host" if found else ("address" if dialled else "default")
        return _call(
            region=found or dialled or DEFAULT_REGION,
            service=service_name(scoped),
            by=by,
            scoped=scoped,
            method=method,
            path=path,
            headers=headers,
            query=query,
        )
    return Call(
        region=dialled or DEFAULT_REGION,
        service=None,
        operation=_operation(None, method, path, headers, query),
        plane="data",
        decided_by="address" if dialled else "default",
    )


def _call(
    *,
    region: str,
    service: str,
    by: Evidence,
    scoped: str,
    method: str,
    path: str,
    headers: Mapping[str, str],
    query: Mapping[str, Sequence[str]],
) -> Call:
    unsigned_edge = service == "cloudfront" and by != "signature"
    if unsigned_edge:
        return Call(region=None, service=service, operation=None, plane="data", decided_by="host")
    if scoped in ("execute-api", "lambda-url", "elb-target") or (
        service == "apigateway" and by != "signature"
    ):
        return Call(
            region=region,
            service="elbv2" if scoped == "elb-target" else service,
            operation="Invoke",
            plane="data",
            decided_by=by,
        )
    operation = _operation(service, method, path, headers, query)
    plane = _plane(service, operation, method, path, host_has_bucket=by == "host", query=query)
    home = home_of(service) if plane == "control" else None
    return Call(region=home or region, service=service, operation=operation, plane=plane, decided_by=by)


def _scope(authorization: str, query: Mapping[str, Sequence[str]]) -> tuple[str, str] | None:
    match = _SCOPE.search(authorization)
    if match is None:
        match = _SCOPE_OF_URL.match(_first(query, "X-Amz-Credential"))
    return (match[1].lower(), match[2].lower()) if match else None


def _named_by_host(hostname: str) -> tuple[str | None, str] | None:
    for pattern, service in _HOSTS:
        if match := pattern.match(hostname):
            groups = match.groupdict()
            return groups.get("region"), service or groups["service"]
    return None


def _operation(
    service: str | None,
    method: str,
    path: str,
    headers: Mapping[str, str],
    query: Mapping[str, Sequence[str]],
) -> str | None:
    if named := headers.get("x-amz-target", ""):
        return named.rpartition(".")[2] or None
    if action := _first(query, "Action"):
        return action
    if service == "lambda" and method == "POST" and (match := _INVOCATION.match(unquote(path))):
        return _INVOCATIONS[match[1]]
    if service == "xray" and method == "POST":
        return path.strip("/") or None
    return None


def _plane(
    service: str,
    operation: str | None,
    method: str,
    path: str,
    *,
    host_has_bucket: bool,
    query: Mapping[str, Sequence[str]],
) -> Plane:
    facts = facts_of(service)
    if facts.data_only:
        return "data"
    if service == "s3":
        return _s3_plane(method, path, host_has_bucket=host_has_bucket, query=query)
    return "data" if operation in facts.data else "control"


def _s3_plane(method: str, path: str, *, host_has_bucket: bool, query: Mapping[str, Sequence[str]]) -> Plane:
    """Objects are data; buckets and their settings are control. Source: S3 API reference, path-style URIs."""
    bucket, _, key = path.lstrip("/").partition("/")
    if key or (host_has_bucket and bucket):
        return "data"
    if not bucket and not host_has_bucket:
        return "control"
    if _S3_BUCKET_SETTINGS.intersection(query):
        return "control"
    return "data" if method in ("GET", "HEAD", "POST") else "control"


def _first(query: Mapping[str, Sequence[str]], key: str) -> str:
    values = query.get(key) or ("",)
    return values[0]
