"""What tells objects in the cache apart, and what of a viewer's request goes to the origin. Pure.

Sources: CloudFront Developer Guide, "Understand the cache key", "Control origin requests", "Understand how
origin request policies and cache policies work together", "HTTP request headers and CloudFront behavior
(custom and Amazon S3 origins)".
"""

from __future__ import annotations

from dataclasses import dataclass

from harness.sandbox.requests.messages import REQUEST_HEADER
from harness.sandbox.services.cloudfront.distributions import Origin
from harness.sandbox.services.cloudfront.messages import Headers, Request, without
from harness.sandbox.services.cloudfront.policies import CachePolicy, OriginRequestPolicy

AGENT = "Amazon CloudFront"
# What reaches the origin whatever the policies say, as far as viewers send it.
_CONDITIONS = ("if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since", "range")
_CONTENT = ("content-md5", "content-type")
# What the edge decides, never the viewer. x-antipode headers belong to the sandbox, not to the request.
_OURS = frozenset(
    "accept-encoding connection content-length cookie expect host proxy-authorization proxy-connection te "
    f"trailer transfer-encoding upgrade user-agent via {REQUEST_HEADER} x-forwarded-for".split()
)


@dataclass(frozen=True, slots=True)
class CacheKey:
    """What an object is known by: distribution, method, path, and whatever the cache policy adds."""

    distribution: str
    method: str
    path: str
    values: tuple[str, ...]


def cache_key(distribution: str, request: Request, policy: CachePolicy) -> CacheKey:
    """The key of a request. HEAD looks for what GET has stored."""
    wanted = policy.headers.names if policy.headers.kind == "whitelist" else frozenset()
    values = [f"{name}:{_header(request, name)}" for name in sorted(wanted)]
    values += [f"?{part}" for name, part in request.parameters if policy.queries.cover(name)]
    values += [f";{part}" for name, part in request.cookies if policy.cookies.cover(name)]
    encoding = accepted_encoding(request, policy)
    values += [f"accept-encoding:{encoding}"] if encoding else []
    method = "GET" if request.method == "HEAD" else request.method
    return CacheKey(distribution, method, request.path, tuple(values))


def accepted_encoding(request: Request, policy: CachePolicy) -> str:
    """The normalised Accept-Encoding: of br and gzip, what the policy takes in and the viewer accepts
    ("Compression support")."""
    accepted = {part.partition(";")[0].strip() for part in request.header("accept-encoding").split(",")}
    enabled = [("br", policy.brotli), ("gzip", policy.gzip)]
    return ",".join(name for name, on in enabled if on and name in accepted)


def origin_headers(
    request: Request,
    origin: Origin,
    policy: CachePolicy,
    extra: OriginRequestPolicy,
    *,
    conditions: bool,
) -> Headers:
    """The headers of the request to the origin.

    Host is the origin's domain name, unless a policy forwards the viewer's. conditions: whether the viewer's
    conditional and range headers go along, which they do only past the cache.
    """

    def goes(name: str) -> bool:
        return policy.headers.cover(name) or extra.headers.cover(name)

    kept = [
        (name, value)
        for name, value in request.headers
        if name not in _OURS
        and not name.startswith(("cloudfront-", "x-edge-"))
        and (name in _CONTENT or (conditions if name in _CONDITIONS else goes(name)))
    ]
    host = request.host if goes("host") and origin.bucket is None else origin.domain
    agent = request.header("user-agent") if goes("user-agent") else AGENT
    forwarded = ", ".join(filter(None, [request.header("x-forwarded-for"), request.address]))
    ours = [("host", host), ("user-agent", agent or AGENT), ("x-forwarded-for", forwarded)]
    encoding = accepted_encoding(request, policy) or (
        request.header("accept-encoding") if extra.headers.cover("accept-encoding") else ""
    )
    ours += [("accept-encoding", encoding)] if encoding else []
    cookies = [
        part for name, part in request.cookies if policy.cookies.cover(name) or extra.cookies.cover(name)
    ]
    ours += [("cookie", "; ".join(cookies))] if cookies else []
    ours += [(name, _header(request, name)) for name in _about_the_viewer(policy, extra)]
    custom = [(name.lower(), value) for name, value in origin.headers]
    return (*without((*ours, *kept), *(name for name, _ in custom)), *custom)


def origin_query(request: Request, policy: CachePolicy, extra: OriginRequestPolicy) -> str:
    """The query string of the request to the origin, in the viewer's order and spelling."""
    kept = [
        part for name, part in request.parameters if policy.queries.cover(name) or extra.queries.cover(name)
    ]
    return "&".join(kept)


def _about_the_viewer(policy: CachePolicy, extra: OriginRequestPolicy) -> list[str]:
    """The CloudFront-* headers that the policies ask for, of those that the sandbox can tell."""
    asked = policy.headers.names | extra.headers.names
    return sorted(asked & {"cloudfront-forwarded-proto", "cloudfront-viewer-country"})


def _header(request: Request, name: str) -> str:
    if name == "cloudfront-viewer-country":
        return request.country or ""
    if name == "cloudfront-forwarded-proto":
        return "https" if request.https else "http"
    return request.host if name == "host" else request.header(name)
