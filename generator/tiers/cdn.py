"""The CDN: one CloudFront distribution before every region, its origins, its certificate and its logs."""

from __future__ import annotations

from collections.abc import Iterator

from generator import hosts, naming
from generator.manifest import Manifest, implied
from generator.regions import CDN_REGION
from generator.terraform.calls import Declaration, ModuleCall, StackInput, StackOutput
from generator.terraform.hcl import Reference, Value
from generator.tiers.edge import zone_id


def declarations(manifest: Manifest) -> Iterator[Declaration]:
    if manifest.compute.api and manifest.edge.entry == "cdn":
        yield from _alternates(manifest)
        yield from _cdn(manifest)


def _alternates(manifest: Manifest) -> Iterator[ModuleCall]:
    """The records of the second origin, without health checks: the last resort is always answered.

    Active-standby: they name the first standby. All active: the latency records are shifted by one region, so
    both origins never lead to the same region.
    """
    regions = manifest.traffic_regions
    name = naming.standby_host(hosts.entry(manifest))
    if manifest.routing == "failover":
        chosen: dict[str, dict[str, Value]] = {manifest.recovery_region: {"role": "active"}}
        routing = "simple"
    else:
        chosen = {
            region: {"role": "active", "location": regions[number - 1]}
            for number, region in enumerate(regions)
        }
        routing = "latency"
    yield ModuleCall(
        stack="edge",
        label="alternate",
        module="edge/dns_routing",
        region=manifest.recovery_region,
        arguments={
            "zone_id": zone_id(manifest),
            "name": name,
            "routing": routing,
            "ttl": manifest.edge.ttl,
            "targets": {
                region: {"host": naming.alternate_front_host(manifest.domain, region), **settings}
                for region, settings in chosen.items()
            },
        },
    )


def _cdn(manifest: Manifest) -> Iterator[Declaration]:
    entry = hosts.entry(manifest)
    yield ModuleCall(
        stack="global",
        label="viewer_certificate",
        module="edge/viewer_certificate",
        region=CDN_REGION,
        arguments={"zone_id": Reference("module.zone.zone_id"), "names": [entry]},
    )
    yield StackOutput(
        "global",
        "viewer_certificate_arn",
        Reference("module.viewer_certificate.certificate_arn"),
        "Certificate that the distribution shows to viewers.",
    )
    yield StackInput(
        "edge",
        "viewer_certificate_arn",
        "global",
        "viewer_certificate_arn",
        "Certificate that the distribution shows to viewers, known once global is applied.",
    )
    yield ModuleCall(
        stack="edge",
        label="cdn_key",
        module="security/key",
        region=CDN_REGION,
        arguments={
            "alias": naming.cdn_key_alias(manifest.name),
            "description": f"Logs and alarms of the distribution of {manifest.name} and of its firewall",
            "account_id": manifest.account_id,
            "services": [
                f"logs.{CDN_REGION}.amazonaws.com",
                "delivery.logs.amazonaws.com",
                "cloudwatch.amazonaws.com",
                "sns.amazonaws.com",
            ],
            "deletion_window_days": manifest.security.key_deletion_window_days,
        },
    )
    yield ModuleCall(
        stack="edge",
        label="cdn",
        module="edge/distribution",
        region=CDN_REGION,
        arguments=_distribution(manifest, entry),
    )


def _distribution(manifest: Manifest, entry: str) -> dict[str, Value]:
    cdn = manifest.edge.cdn
    geo: dict[str, Value] | None = None
    if cdn.geo.allow or cdn.geo.deny:
        geo = {"mode": "allow" if cdn.geo.allow else "deny", "countries": [*cdn.geo.allow, *cdn.geo.deny]}
    buckets: dict[str, Value] = {
        f"{bucket.serve}/*": {
            "origins": [
                naming.bucket_host(naming.bucket(manifest.name, name, manifest.account_id, region), region)
                for region in manifest.succession[:2]
            ],
            "cache_seconds": bucket.cache_seconds,
        }
        for name, bucket in manifest.data.buckets.items()
        if bucket.serve
    }
    return {
        "name": manifest.name,
        "comment": f"{manifest.name}, before {' and '.join(manifest.regions)}",
        "aliases": [entry],
        "certificate_arn": Reference("var.viewer_certificate_arn"),
        "zone_id": zone_id(manifest),
        "price_class": cdn.price_class,
        "web_acl_arn": Reference("module.cdn_web_acl.arn") if manifest.security.waf.enabled else None,
        "geo": geo,
        "connection": {
            "attempts": cdn.connect_attempts,
            "timeout": cdn.connect_timeout,
            "response_timeout": cdn.response_timeout,
        },
        "failover_status_codes": list(cdn.failover_status_codes),
        "shield_region": manifest.lead_region if cdn.shield else None,
        "api": _api_origins(manifest, entry),
        "buckets": buckets,
        "logs": _logs(manifest) if cdn.access_logs else None,
    }


def _logs(manifest: Manifest) -> Value:
    return {
        "account_id": manifest.account_id,
        "bucket_name": naming.cdn_log_bucket(manifest.name, manifest.account_id),
        "kms_key_arn": Reference("module.cdn_key.arn"),
        "force_destroy": not manifest.operations.protect,
        "retention_days": manifest.observability.log_retention_days,
    }


def _api_origins(manifest: Manifest, entry: str) -> dict[str, Value]:
    first, second = naming.origin_host(entry), naming.standby_host(entry)
    if manifest.edge.cdn.api_origin == "regional":
        first, second = (
            naming.regional_host(manifest.edge.record, manifest.domain, region)
            for region in manifest.succession[:2]
        )
    patterns: dict[str, set[str]] = {}
    for key in implied.routes(manifest):
        method, path = key.split(" ")
        patterns.setdefault(implied.path_pattern(path), set()).add(method)
    return {
        "origin_host": first,
        "standby_host": second,
        "routes": {pattern: sorted(methods) for pattern, methods in sorted(patterns.items())},
        "cache_seconds": manifest.edge.cdn.cache_seconds,
    }
