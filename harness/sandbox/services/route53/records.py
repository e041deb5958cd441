"""What was applied: hosted zones, their records and health checks, as values.

`parse_zone` and `parse_health_check` are pure: they turn the emulator's dictionaries into frozen dataclasses.
`Reader` is the only part that touches the emulator.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

FailoverRole = Literal["PRIMARY", "SECONDARY"]
Policy = Literal["simple", "failover", "weighted", "latency", "geolocation", "multivalue", "ip-based"]

_ESCAPED = re.compile(r"\\([0-3][0-7]{2})")


@dataclass(frozen=True, slots=True)
class AliasTarget:
    """Where an alias record points (API Reference, AliasTarget)."""

    dns_name: str
    hosted_zone_id: str
    evaluate_target_health: bool


@dataclass(frozen=True, slots=True)
class GeoLocation:
    """The place a geolocation record is for; country "*" is the default (API Reference, GeoLocation)."""

    continent: str | None = None
    country: str | None = None
    subdivision: str | None = None


@dataclass(frozen=True, slots=True)
class RecordSet:
    """One resource record set; `ttl` is None for an alias (API Reference, ResourceRecordSet)."""

    name: str
    type: str
    ttl: int | None = None
    values: tuple[str, ...] = ()
    alias: AliasTarget | None = None
    set_identifier: str | None = None
    failover: FailoverRole | None = None
    weight: int | None = None
    region: str | None = None
    geolocation: GeoLocation | None = None
    multivalue: bool = False
    ip_based: bool = False
    health_check: str | None = None

    @property
    def policy(self) -> Policy:
        """The routing policy, which Route 53 infers from the element that is present."""
        if self.failover is not None:
            return "failover"
        if self.weight is not None:
            return "weighted"
        if self.region is not None:
            return "latency"
        if self.geolocation is not None:
            return "geolocation"
        if self.multivalue:
            return "multivalue"
        return "ip-based" if self.ip_based else "simple"


@dataclass(frozen=True, slots=True)
class Zone:
    """A hosted zone and all its records."""

    id: str
    name: str
    records: tuple[RecordSet, ...]
    private: bool = False

    def holds(self, name: str) -> bool:
        """Whether the canonical `name` is the zone's apex or lies below it."""
        return name == self.name or name.endswith("." + self.name)


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """A health check's settings (API Reference, HealthCheckConfig). Interval in seconds."""

    id: str
    type: str
    ip_address: str | None = None
    port: int | None = None
    domain: str | None = None
    path: str = "/"
    search: str | None = None
    interval: int = 30
    threshold: int = 3
    measure_latency: bool = False
    inverted: bool = False
    disabled: bool = False
    sni: bool = True
    health_threshold: int = 0
    children: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    alarm_name: str | None = None
    alarm_region: str | None = None
    insufficient_data: str = "LastKnownStatus"
    routing_control: str | None = None
    version: int = 1

    @property
    def probes(self) -> bool:
        """Whether checkers send requests for it."""
        return self.type in {"HTTP", "HTTPS", "HTTP_STR_MATCH", "HTTPS_STR_MATCH", "TCP"}

    @property
    def subject(self) -> str:
        """What it watches, the same text in every run (its id is drawn anew at each apply)."""
        host = self.domain or self.ip_address or self.alarm_name or ",".join(sorted(self.children))
        return f"{self.type} {host}:{self.port or ''}{self.path}"


@dataclass(frozen=True, slots=True)
class Applied:
    """Everything Route 53 holds in one account at one moment."""

    zones: tuple[Zone, ...] = ()
    checks: Mapping[str, HealthCheck] | None = None

    def check(self, identifier: str) -> HealthCheck | None:
        """The health check of that id, or None when there is none (any more)."""
        return (self.checks or {}).get(identifier)

    def zone_of(self, name: str) -> Zone | None:
        """The public zone that answers for `name`: the one whose name is its longest ending."""
        holding = [zone for zone in self.zones if not zone.private and zone.holds(name)]
        return max(holding, key=lambda zone: len(zone.name), default=None)


def canonical(name: str) -> str:
    """A DNS name in lower case with its final dot, octal escapes resolved.

    Route 53 writes the asterisk of a wildcard as `\\052` (Developer Guide, "DNS domain name format").
    """
    plain = _ESCAPED.sub(lambda match: chr(int(match[1], 8)), name).lower()
    return plain if plain.endswith(".") else plain + "."


def parse_record(raw: Mapping[str, Any]) -> RecordSet:
    """One record set from the emulator's dictionary (the element names of the API)."""
    alias, place = raw.get("AliasTarget"), raw.get("GeoLocation")
    ttl, weight = raw.get("TTL"), raw.get("Weight")
    return RecordSet(
        name=canonical(str(raw["Name"])),
        type=str(raw["Type"]).upper(),
        ttl=int(ttl) if ttl not in (None, "") else None,
        values=tuple(str(value) for value in raw.get("ResourceRecords") or ()),
        alias=_parse_alias(alias) if alias else None,
        set_identifier=raw.get("SetIdentifier") or None,
        failover=raw.get("Failover") or None,
        weight=int(weight) if weight not in (None, "") else None,
        region=raw.get("Region") or None,
        geolocation=_parse_geolocation(place) if place else None,
        multivalue=_truth(raw.get("MultiValueAnswer")),
        ip_based=bool(raw.get("CidrRoutingConfig")),
        health_check=raw.get("HealthCheckId") or None,
    )


def parse_zone(raw: Mapping[str, Any], records: Iterable[Mapping[str, Any]]) -> Zone:
    """A hosted zone from the emulator's dictionaries."""
    return Zone(
        id=str(raw["id"]),
        name=canonical(str(raw["name"])),
        records=tuple(parse_record(record) for record in records),
        private=bool(raw.get("private")),
    )


def parse_health_check(raw: Mapping[str, Any]) -> HealthCheck:
    """A health check from the emulator's dictionary `{"id", "version", "config": {...}}`.

    Defaults are the API's: interval 30 s, threshold 3, port 80 or 443 by protocol, path "/"
    (API Reference, HealthCheckConfig; a path without leading slash gets one, Developer Guide,
    "Values that you specify when you create or update health checks").
    """
    config: Mapping[str, Any] = raw.get("config", {})
    kind = str(config.get("Type", "")).upper()
    path = str(config.get("ResourcePath") or "/")
    alarm: Mapping[str, Any] = config.get("AlarmIdentifier") or {}
    return HealthCheck(
        id=str(raw["id"]),
        type=kind,
        ip_address=config.get("IPAddress") or None,
        port=int(config.get("Port") or 0) or _default_port(kind),
        domain=config.get("FullyQualifiedDomainName") or None,
        path=path if path.startswith("/") else "/" + path,
        search=config.get("SearchString") or None,
        interval=int(config.get("RequestInterval") or 30),
        threshold=int(config.get("FailureThreshold") or 3),
        measure_latency=_truth(config.get("MeasureLatency")),
        inverted=_truth(config.get("Inverted")),
        disabled=_truth(config.get("Disabled")),
        sni=_truth(config.get("EnableSNI", True)),
        health_threshold=int(config.get("HealthThreshold") or 0),
        children=tuple(child for child in config.get("ChildHealthChecks") or () if child),
        regions=tuple(region for region in config.get("Regions") or () if region),
        alarm_name=alarm.get("Name") or None,
        alarm_region=alarm.get("Region") or None,
        insufficient_data=config.get("InsufficientDataHealthStatus") or "LastKnownStatus",
        routing_control=config.get("RoutingControlArn") or None,
        version=int(raw.get("version") or 1),
    )


def _parse_alias(raw: Mapping[str, Any]) -> AliasTarget:
    return AliasTarget(
        dns_name=canonical(str(raw.get("DNSName", ""))),
        hosted_zone_id=str(raw.get("HostedZoneId", "")).rpartition("/")[2],
        evaluate_target_health=_truth(raw.get("EvaluateTargetHealth")),
    )


def _parse_geolocation(raw: Mapping[str, Any]) -> GeoLocation:
    return GeoLocation(
        continent=raw.get("ContinentCode") or None,
        country=raw.get("CountryCode") or None,
        subdivision=raw.get("SubdivisionCode") or None,
    )


def _truth(value: object) -> bool:
    return value is True or (isinstance(value, str) and value.lower() == "true")


def _default_port(kind: str) -> int | None:
    if kind.startswith("HTTPS"):
        return 443
    return 80 if kind.startswith("HTTP") else None
