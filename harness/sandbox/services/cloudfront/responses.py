"""From what was kept or fetched to what the viewer gets. Pure.

Sources: CloudFront Developer Guide, "Understand response headers policies", "Request and response behavior
for custom origins" (HTTP response headers that CloudFront removes or replaces), "Require HTTPS for
communication between viewers and CloudFront".
"""

from __future__ import annotations

import fnmatch
import re
from dataclasses import replace

from harness.sandbox.services.cloudfront.distributions import Behavior, Distribution
from harness.sandbox.services.cloudfront.messages import Headers, Reply, Request, error_page, values, without
from harness.sandbox.services.cloudfront.policies import (
    CachePolicy,
    Cors,
    OriginRequestPolicy,
    ResponseHeadersPolicy,
)

_RANGE = re.compile(r"^bytes=(\d*)-(\d*)$")
_NOT_ALLOWED = (
    "This distribution is not configured to allow the HTTP request method that was used for this request."
)


def refusal(request: Request, distribution: Distribution, behavior: Behavior) -> Reply | None:
    """What the edge answers by itself, without cache and origin; None when the request may go on."""
    if not distribution.serves(request.country):
        return error_page(
            403, "The Amazon CloudFront distribution is configured to block access from your country."
        )
    if "(cloudfront)" in request.header("via").lower():
        return error_page(403, "The distribution is its own origin, or another distribution's.")
    if not request.https and behavior.viewer_protocol != "allow-all":
        return _insecure(request, behavior)
    if request.method not in behavior.methods:
        return error_page(403, _NOT_ALLOWED)
    if request.method == "GET" and request.body:
        return error_page(403, "A GET request must not have a body.")
    return None


def _insecure(request: Request, behavior: Behavior) -> Reply:
    """301 for GET and HEAD, 307 for the rest; or 403 where HTTPS is demanded."""
    if behavior.viewer_protocol == "https-only":
        return error_page(403, "Viewers must use HTTPS to request this object.")
    location = f"https://{request.host}{request.path}" + (f"?{request.query}" if request.query else "")
    page = error_page(301 if request.method in ("GET", "HEAD") else 307, "The document has moved.")
    return replace(page, headers=(*page.headers, ("location", location)))


def stripped(reply: Reply, policy: CachePolicy, extra: OriginRequestPolicy) -> Reply:
    """The origin's reply without the cookies that it sets when none were forwarded to it."""
    if policy.cookies.kind != "none" or extra.cookies.kind != "none":
        return reply
    return replace(reply, headers=without(reply.headers, "set-cookie"))


def conditional(request: Request, reply: Reply) -> Reply:
    """304 instead of an object that the viewer has, and 206 for the part of it that the viewer wants."""
    if reply.status != 200 or request.method not in ("GET", "HEAD"):
        return reply
    wanted, tag = request.header("if-none-match"), reply.header("etag")
    if tag and wanted and (wanted == "*" or tag in [item.strip() for item in wanted.split(",")]):
        return Reply(304, without(reply.headers, "content-type"))
    since = request.header("if-modified-since")
    if since and not wanted and since == reply.header("last-modified"):
        return Reply(304, without(reply.headers, "content-type"))
    return _part(request, reply)


def _part(request: Request, reply: Reply) -> Reply:
    """One range of bytes (RFC 9110, 14); several at once are answered with the whole object."""
    match = _RANGE.match(request.header("range"))
    size = len(reply.body)
    if match is None or match.groups() == ("", "") or request.method == "HEAD":
        return reply
    first, last = match.groups()
    start = int(first) if first else max(0, size - int(last))
    end = min(int(last), size - 1) if first and last else size - 1
    if start >= size or end < start:
        return Reply(416, (("content-range", f"bytes */{size}"),))
    span = ("content-range", f"bytes {start}-{end}/{size}")
    return Reply(206, (*reply.headers, span), reply.body[start : end + 1])


def decorated(request: Request, reply: Reply, policy: ResponseHeadersPolicy) -> Reply:
    """The reply with the headers of the behavior's response headers policy."""
    headers = without(reply.headers, *policy.removed)
    if policy.cors is not None:
        headers = _with_cors(headers, policy.cors, request)
    for added in policy.added:
        if added.override or not values(headers, added.name):
            headers = (*without(headers, added.name), (added.name, added.value))
    return replace(reply, headers=headers)


def _with_cors(headers: Headers, cors: Cors, request: Request) -> Headers:
    """CORS headers for a request that names its origin, if that is allowed; those of a preflight only for
    OPTIONS. Unless `override`, they are left out when the origin sent any CORS header."""
    origin = request.header("origin")
    if not origin or not any(fnmatch.fnmatchcase(origin, pattern) for pattern in cors.origins):
        return headers
    if not cors.override and any(name.startswith("access-control-") for name, _ in headers):
        return headers
    allowed = "*" if "*" in cors.origins and not cors.credentials else origin
    ours = [("access-control-allow-origin", allowed)]
    ours += [("access-control-allow-credentials", "true")] if cors.credentials else []
    ours += [("access-control-expose-headers", ", ".join(cors.exposed))] if cors.exposed else []
    if request.method == "OPTIONS":
        ours += [("access-control-allow-methods", ", ".join(cors.methods))] if cors.methods else []
        ours += [("access-control-allow-headers", ", ".join(cors.headers))] if cors.headers else []
        ours += [("access-control-max-age", str(cors.max_age))] if cors.max_age is not None else []
    ours += [("vary", "Origin")] if allowed != "*" else []
    return (*without(headers, *(name for name, _ in ours)), *ours)
