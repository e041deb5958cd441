"""Cache policies, origin request policies and response headers policies, as values. Pure.

Sources: CloudFront Developer Guide, "Understand cache policies", "Understand origin request policies",
"Understand response headers policies"; API Reference, CachePolicyConfig, OriginRequestPolicyConfig and
ResponseHeadersPolicyConfig.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["none", "whitelist", "allExcept", "all"]
_KINDS: Mapping[str, Kind] = {
    "none": "none",
    "whitelist": "whitelist",
    "allExcept": "allExcept",
    "all": "all",
    "allViewer": "all",
    "allViewerAndWhitelistCloudFront": "all",
}


@dataclass(frozen=True, slots=True)
class Names:
    """Which headers (lower case), cookies or query strings a policy takes in."""

    kind: Kind = "none"
    names: frozenset[str] = frozenset()

    @classmethod
    def of(cls, behavior: str, names: frozenset[str]) -> Names:
        """From the API's word for a behavior, such as `whitelist` or `allViewer`."""
        return cls(_KINDS.get(behavior, "none"), names)

    def cover(self, name: str) -> bool:
        if self.kind == "whitelist":
            return name in self.names
        return self.kind == "all" or (self.kind == "allExcept" and name not in self.names)


@dataclass(frozen=True, slots=True)
class CachePolicy:
    """How long a response is kept (seconds) and what tells one object from another.

    gzip, brotli: whether a normalised Accept-Encoding is part of the key and goes to the origin.
    """

    minimum: float = 0.0
    default: float = 86400.0
    maximum: float = 31536000.0
    headers: Names = Names()
    cookies: Names = Names()
    queries: Names = Names()
    gzip: bool = False
    brotli: bool = False

    @property
    def caches(self) -> bool:
        """Whether anything is kept at all: with a maximum of 0 nothing is ("Use managed cache policies",
        CachingDisabled)."""
        return self.maximum > 0


@dataclass(frozen=True, slots=True)
class OriginRequestPolicy:
    """What goes to the origin beyond the cache key."""

    headers: Names = Names()
    cookies: Names = Names()
    queries: Names = Names()


@dataclass(frozen=True, slots=True)
class Header:
    """A header of a response; one that the origin sent stays unless `override`."""

    name: str
    value: str
    override: bool


@dataclass(frozen=True, slots=True)
class Cors:
    """A response headers policy's CORS settings; lists as they were given, `*` included."""

    origins: tuple[str, ...]
    headers: tuple[str, ...]
    methods: tuple[str, ...]
    exposed: tuple[str, ...] = ()
    credentials: bool = False
    max_age: int | None = None
    override: bool = True


@dataclass(frozen=True, slots=True)
class ResponseHeadersPolicy:
    """Headers that every response gets, or loses; lower-case names."""

    added: tuple[Header, ...] = ()
    removed: tuple[str, ...] = ()
    cors: Cors | None = None


def cache_policy(config: Mapping[str, Any]) -> CachePolicy:
    """From the emulator's dictionary of a CachePolicyConfig."""
    parameters: Mapping[str, Any] = config.get("Parameters") or {}
    return CachePolicy(
        minimum=float(config.get("MinTTL") or 0),
        default=_seconds(config, "DefaultTTL", 86400.0),
        maximum=_seconds(config, "MaxTTL", 31536000.0),
        headers=_names(parameters, "Header", lower=True),
        cookies=_names(parameters, "Cookie"),
        queries=_names(parameters, "QueryString"),
        gzip=_truth(parameters.get("EnableAcceptEncodingGzip")),
        brotli=_truth(parameters.get("EnableAcceptEncodingBrotli")),
    )


def origin_request_policy(config: Mapping[str, Any]) -> OriginRequestPolicy:
    """From the emulator's dictionary of an OriginRequestPolicyConfig."""
    return OriginRequestPolicy(
        headers=_names(config, "Header", lower=True),
        cookies=_names(config, "Cookie"),
        queries=_names(config, "QueryString"),
    )


def response_headers_policy(config: Mapping[str, Any]) -> ResponseHeadersPolicy:
    """From the emulator's dictionary of a ResponseHeadersPolicyConfig."""
    custom = [
        Header(str(item["Header"]).lower(), str(item["Value"]), _truth(item.get("Override")))
        for item in config.get("CustomHeaders") or ()
    ]
    removed = tuple(str(item["Header"]).lower() for item in config.get("RemoveHeaders") or ())
    cors = config.get("Cors")
    return ResponseHeadersPolicy(
        added=(*_security(config.get("Security") or {}), *custom),
        removed=removed,
        cors=_cors(cors) if cors else None,
    )


def _security(config: Mapping[str, Any]) -> list[Header]:
    """The security headers in the form that the guide gives for each."""
    headers: list[Header] = []

    def add(member: str, name: str, value: str) -> None:
        headers.append(Header(name, value, _truth(config[member].get("Override"))))

    if "ContentTypeOptions" in config:
        add("ContentTypeOptions", "x-content-type-options", "nosniff")
    if "FrameOptions" in config:
        add("FrameOptions", "x-frame-options", str(config["FrameOptions"]["FrameOption"]))
    if "ReferrerPolicy" in config:
        add("ReferrerPolicy", "referrer-policy", str(config["ReferrerPolicy"]["ReferrerPolicy"]))
    if "ContentSecurityPolicy" in config:
        policy = config["ContentSecurityPolicy"]["ContentSecurityPolicy"]
        add("ContentSecurityPolicy", "content-security-policy", str(policy))
    if "StrictTransportSecurity" in config:
        add("StrictTransportSecurity", "strict-transport-security", _hsts(config["StrictTransportSecurity"]))
    if "XSSProtection" in config:
        add("XSSProtection", "x-xss-protection", _xss(config["XSSProtection"]))
    return headers


def _hsts(config: Mapping[str, Any]) -> str:
    parts = [f"max-age={config.get('AccessControlMaxAgeSec', 0)}"]
    parts += ["includeSubDomains"] if _truth(config.get("IncludeSubdomains")) else []
    parts += ["preload"] if _truth(config.get("Preload")) else []
    return "; ".join(parts)


def _xss(config: Mapping[str, Any]) -> str:
    if not _truth(config.get("Protection")):
        return "0"
    parts = ["1", *(["mode=block"] if _truth(config.get("ModeBlock")) else [])]
    parts += [f"report={config['ReportUri']}"] if config.get("ReportUri") else []
    return "; ".join(parts)


def _cors(config: Mapping[str, Any]) -> Cors:
    return Cors(
        origins=tuple(config.get("AllowOrigins") or ()),
        headers=tuple(config.get("AllowHeaders") or ()),
        methods=tuple(config.get("AllowMethods") or ()),
        exposed=tuple(config.get("ExposeHeaders") or ()),
        credentials=_truth(config.get("AllowCredentials")),
        max_age=config.get("MaxAgeSec"),
        override=_truth(config.get("OriginOverride")),
    )


def _names(config: Mapping[str, Any], what: str, *, lower: bool = False) -> Names:
    listed = [str(name) for name in config.get(f"{what}s") or ()]
    names = frozenset(name.lower() for name in listed) if lower else frozenset(listed)
    return Names.of(str(config.get(f"{what}Behavior") or "none"), names)


def _seconds(config: Mapping[str, Any], member: str, default: float) -> float:
    value = config.get(member)
    return default if value in (None, "") else float(value)


def _truth(value: object) -> bool:
    return value is True or (isinstance(value, str) and value.lower() == "true")
