"""The records that DNS moves between regions, and their health checks, as the plans have them."""

from __future__ import annotations

from generator import naming
from policies.resilience.estate import Estate
from policies.resilience.plan_json import NOT_KNOWN, Resource

POLICIES = (
    "failover_routing_policy",
    "latency_routing_policy",
    "weighted_routing_policy",
    "geolocation_routing_policy",
    "geoproximity_routing_policy",
)


def routed_records(estate: Estate) -> list[Resource]:
    """Records of which Route 53 chooses one: by failover, latency, weight, place or at random."""
    return [
        each
        for each in estate.everywhere("aws_route53_record")
        if any(each.blocks(policy) for policy in POLICIES)
        or each.values.get("multivalue_answer_routing_policy") is True
    ]


def health_checks(estate: Estate) -> list[Resource]:
    return list(estate.everywhere("aws_route53_health_check"))


def health_check_of(estate: Estate, record: Resource) -> Resource | None:
    """The health check of a record: by its id, and where AWS has not picked one yet by the reference."""
    identifier = record.values.get("health_check_id")
    if not identifier:
        return None
    for each in health_checks(estate):
        known = identifier != NOT_KNOWN
        if each.values.get("id") == identifier if known else record.refers_to("health_check_id", each):
            return each
    return None


def region_of(estate: Estate, record: Resource) -> str | None:
    """The region whose endpoint a record names; None for a name that is not a region's own."""
    manifest = estate.manifest
    for region in estate.regions:
        fronts = (
            naming.front_host(manifest.domain, region),
            naming.alternate_front_host(manifest.domain, region),
            naming.regional_host(manifest.edge.record, manifest.domain, region),
        )
        if set(record.values.get("records") or ()) & set(fronts):
            return region
    return None
