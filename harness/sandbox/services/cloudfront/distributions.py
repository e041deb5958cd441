"""What CloudFront's edge needs to know of a distribution, as values; and how to read it.

`parse` is pure: it turns a DistributionConfig, in the API's XML, into frozen dataclasses. Defaults are the
API's (CloudFront API Reference, DistributionConfig, Origin, CacheBehavior and CustomErrorResponse).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Literal
from xml.etree.ElementTree import Element, fromstring

from harness.sandbox.services.cloudfront.policies import CachePolicy, Names

ViewerProtocol = Literal["allow-all", "https-only", "redirect-to-https"]
GeoMode = Literal["none", "whitelist", "blacklist"]

# Developer Guide, "Control how long CloudFront caches errors".
ERROR_CACHING_SECONDS = 10.0
# Origin response timeout of a bucket, which cannot be changed (Developer Guide, "Request and response
# behavior for Amazon S3 origins"), and the default of a custom origin.
_RESPONSE_SECONDS = 30.0
_KEEPALIVE_SECONDS = 5.0
_S3_HOST = re.compile(
    r"^(?P<bucket>[a-z0-9][a-z0-9.-]*[a-z0-9])\.s3[.-](?P<region>[a-z]{2}(?:-[a-z]+)+-\d)\."
)


@dataclass(frozen=True, slots=True)
class Origin:
    """One origin. Timeouts are in seconds; `bucket` is the S3 bucket, None for a custom origin; `shield` the
    region of its Origin Shield; `access_control` whether requests are signed for an origin access control."""

    id: str
    domain: str
    path: str = ""
    attempts: int = 3
    connect_timeout: float = 10.0
    response_timeout: float = _RESPONSE_SECONDS
    keepalive: float = _KEEPALIVE_SECONDS
    bucket: str | None = None
    access_control: bool = False
    shield: str | None = None
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class OriginGroup:
    """Origin ids, primary first, and the status codes of the primary that make the secondary be asked."""

    id: str
    members: tuple[str, ...]
    status_codes: frozenset[int]


@dataclass(frozen=True, slots=True)
class Behavior:
    """One cache behavior; `pattern` is None for the default one. `legacy` replaces the policies where the
    distribution still has ForwardedValues."""

    pattern: str | None
    target: str
    viewer_protocol: ViewerProtocol = "allow-all"
    methods: frozenset[str] = frozenset({"GET", "HEAD"})
    cached_methods: frozenset[str] = frozenset({"GET", "HEAD"})
    cache_policy: str | None = None
    origin_request_policy: str | None = None
    response_headers_policy: str | None = None
    legacy: CachePolicy | None = None

    def matches(self, path: str) -> bool:
        """Whether the behavior is for `path`, which begins with a slash and is as the viewer sent it."""
        return self.pattern is None or _matcher(self.pattern).fullmatch(path) is not None


@dataclass(frozen=True, slots=True)
class CustomError:
    """What a viewer gets instead of an error; `page` None leaves it as it is. `seconds`: how long, at least,
    the error is kept."""

    page: str | None = None
    status: int | None = None
    seconds: float = ERROR_CACHING_SECONDS


@dataclass(frozen=True, slots=True)
class Distribution:
    """One distribution, as far as its data plane goes."""

    id: str
    arn: str
    domain: str
    enabled: bool = True
    aliases: tuple[str, ...] = ()
    origins: Mapping[str, Origin] = field(default_factory=dict)
    groups: Mapping[str, OriginGroup] = field(default_factory=dict)
    behaviors: tuple[Behavior, ...] = ()
    errors: Mapping[int, CustomError] = field(default_factory=dict)
    geo_mode: GeoMode = "none"
    geo_countries: frozenset[str] = frozenset()
    root_object: str = ""
    price_class: str = "PriceClass_All"

    def behavior(self, path: str) -> Behavior:
        """The first behavior whose pattern matches, in the distribution's order; the default one is last.

        Source: Developer Guide, "Values that you specify when you create or update a distribution", Path
        pattern.
        """
        return next(behavior for behavior in self.behaviors if behavior.matches(path))

    def members(self, target: str) -> tuple[tuple[Origin, ...], frozenset[int]]:
        """The origins behind a target, primary first, and the codes that make the next be asked."""
        group = self.groups.get(target)
        if group is None:
            return (self.origins[target],), frozenset()
        return tuple(self.origins[name] for name in group.members), group.status_codes

    def error(self, status: int) -> CustomError:
        """What is configured for an error of that status, or the default."""
        return self.errors.get(status, CustomError())

    def serves(self, country: str | None) -> bool:
        """Whether viewers of that country (two letters) are served; None, an unknown one, always is.

        Source: Developer Guide, "Restrict the geographic distribution of your content": if CloudFront cannot
        determine a location, it serves the content.
        """
        if country is None or self.geo_mode == "none":
            return True
        return (country in self.geo_countries) == (self.geo_mode == "whitelist")


def parse(*, identifier: str, arn: str, domain: str, config: str) -> Distribution:
    """The distribution whose DistributionConfig is `config`. Raises ParseError for text that is not XML."""
    root = fromstring(config)
    default, restriction = (
        _child(root, "DefaultCacheBehavior"),
        _child(root, "Restrictions", "GeoRestriction"),
    )
    behaviors = [_behavior(element) for element in _items(root, "CacheBehaviors")]
    return Distribution(
        id=identifier,
        arn=arn,
        domain=domain.lower(),
        enabled=_flag(root, "Enabled", default=True),
        aliases=tuple(_value(element).lower() for element in _items(root, "Aliases")),
        origins={_text(element, "Id"): _origin(element) for element in _items(root, "Origins")},
        groups={_text(element, "Id"): _group(element) for element in _items(root, "OriginGroups")},
        behaviors=(*behaviors, *([_behavior(default)] if default is not None else [])),
        errors={int(_text(e, "ErrorCode")): _error(e) for e in _items(root, "CustomErrorResponses")},
        geo_mode=_geo_mode(_text(restriction, "RestrictionType")),
        geo_countries=frozenset(_value(item).upper() for item in _leaves(restriction)),
        root_object=_text(root, "DefaultRootObject"),
        price_class=_text(root, "PriceClass") or "PriceClass_All",
    )


def _origin(element: Element) -> Origin:
    custom, s3 = _child(element, "CustomOriginConfig"), _child(element, "S3OriginConfig")
    timeouts, domain = custom if custom is not None else s3, _text(element, "DomainName").lower()
    bucket = _S3_HOST.match(domain) if s3 is not None else None
    headers = _items(element, "CustomHeaders")
    shield = _child(element, "OriginShield")
    return Origin(
        id=_text(element, "Id"),
        domain=domain.rstrip("."),
        path=_text(element, "OriginPath"),
        attempts=int(_text(element, "ConnectionAttempts") or 3),
        connect_timeout=float(_text(element, "ConnectionTimeout") or 10),
        response_timeout=float(_text(timeouts, "OriginReadTimeout") or _RESPONSE_SECONDS),
        keepalive=float(_text(timeouts, "OriginKeepaliveTimeout") or _KEEPALIVE_SECONDS),
        bucket=bucket["bucket"] if bucket else None,
        access_control=bool(_text(element, "OriginAccessControlId")),
        shield=_text(shield, "OriginShieldRegion") if _flag(shield, "Enabled", default=False) else None,
        headers=tuple((_text(header, "HeaderName"), _text(header, "HeaderValue")) for header in headers),
    )


def _group(element: Element) -> OriginGroup:
    codes = _items(_child(element, "FailoverCriteria"), "StatusCodes")
    return OriginGroup(
        id=_text(element, "Id"),
        members=tuple(_text(member, "OriginId") for member in _items(element, "Members")),
        status_codes=frozenset(int(_value(code)) for code in codes),
    )


def _behavior(element: Element) -> Behavior:
    allowed = _child(element, "AllowedMethods")
    cached = _child(allowed, "CachedMethods")
    return Behavior(
        pattern=_text(element, "PathPattern") or None,
        target=_text(element, "TargetOriginId"),
        viewer_protocol=_viewer_protocol(_text(element, "ViewerProtocolPolicy")),
        methods=frozenset(map(_value, _leaves(allowed))) or frozenset({"GET", "HEAD"}),
        cached_methods=frozenset(map(_value, _leaves(cached))) or frozenset({"GET", "HEAD"}),
        cache_policy=_text(element, "CachePolicyId") or None,
        origin_request_policy=_text(element, "OriginRequestPolicyId") or None,
        response_headers_policy=_text(element, "ResponseHeadersPolicyId") or None,
        legacy=_legacy(element),
    )


def _legacy(element: Element) -> CachePolicy | None:
    """ForwardedValues as a cache policy: what it forwards is what it caches by."""
    forwarded = _child(element, "ForwardedValues")
    if forwarded is None:
        return None
    headers = frozenset(_value(item).lower() for item in _items(forwarded, "Headers"))
    cookies = _child(forwarded, "Cookies")
    names = frozenset(map(_value, _items(cookies, "WhitelistedNames")))
    keys = frozenset(map(_value, _items(forwarded, "QueryStringCacheKeys")))
    queries = _flag(forwarded, "QueryString", default=False)
    uncached = "*" in headers  # forwarding every header means that nothing is cached (same guide)
    return CachePolicy(
        minimum=0.0 if uncached else float(_text(element, "MinTTL") or 0),
        default=0.0 if uncached else float(_text(element, "DefaultTTL") or 86400),
        maximum=0.0 if uncached else float(_text(element, "MaxTTL") or 31536000),
        headers=Names("all") if uncached else Names("whitelist", headers),
        cookies=Names.of(_text(cookies, "Forward") or "none", names),
        queries=Names("whitelist", keys) if queries and keys else Names("all" if queries else "none"),
    )


def _error(element: Element) -> CustomError:
    page, status = _text(element, "ResponsePagePath"), _text(element, "ResponseCode")
    seconds = _text(element, "ErrorCachingMinTTL")
    return CustomError(
        page=page if page and status else None,
        status=int(status) if page and status else None,
        seconds=float(seconds) if seconds else ERROR_CACHING_SECONDS,
    )


def _viewer_protocol(text: str) -> ViewerProtocol:
    known: Mapping[str, ViewerProtocol] = {
        "https-only": "https-only",
        "redirect-to-https": "redirect-to-https",
    }
    return known.get(text, "allow-all")


def _geo_mode(text: str) -> GeoMode:
    known: Mapping[str, GeoMode] = {"whitelist": "whitelist", "blacklist": "blacklist"}
    return known.get(text, "none")


@cache
def _matcher(pattern: str) -> re.Pattern[str]:
    """A path pattern: `*` is any number of characters, `?` one, letter case counts, and a slash at the
    beginning may be left out (same guide, Path pattern)."""
    rooted = pattern if pattern.startswith(("/", "*")) else "/" + pattern
    signs = {"*": ".*", "?": "."}
    return re.compile("".join(signs.get(sign) or re.escape(sign) for sign in rooted), re.DOTALL)


# --- XML ------------------------------------------------------------------------------------------


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _child(element: Element | None, *names: str) -> Element | None:
    for name in names:
        if element is None:
            return None
        element = next((child for child in element if _local(child) == name), None)
    return element


def _items(element: Element | None, name: str) -> Iterator[Element]:
    return _leaves(_child(element, name))


def _leaves(element: Element | None) -> Iterator[Element]:
    items = _child(element, "Items")
    return iter(items if items is not None else ())


def _value(element: Element) -> str:
    return (element.text or "").strip()


def _text(element: Element | None, name: str) -> str:
    child = _child(element, name)
    return _value(child) if child is not None else ""


def _flag(element: Element | None, name: str, *, default: bool) -> bool:
    text = _text(element, name).lower()
    return text == "true" if text else default
