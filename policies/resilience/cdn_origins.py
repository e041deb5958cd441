"""RES012: what the CDN asks second is in another region than the first, and reads do have a second."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from generator import hosts, naming
from policies.finding import Finding
from policies.resilience.estate import Estate
from policies.resilience.needs import bucket
from policies.resilience.plan_json import Json, Resource
from policies.resilience.routing import region_of

RULE: Final = "RES012"
SOURCE: Final = (
    "Amazon CloudFront Developer Guide, Optimize high availability with CloudFront origin failover"
)
READS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
SERVER_ERRORS: Final = frozenset({500, 502, 503, 504})


def check(estate: Estate) -> Iterator[Finding]:
    for distribution in estate.everywhere("aws_cloudfront_distribution"):
        domains = {origin["origin_id"]: origin["domain_name"] for origin in distribution.blocks("origin")}
        for group in distribution.blocks("origin_group"):
            yield from _group(estate, distribution, group, domains)
        yield from _behaviours(distribution)


def _group(estate: Estate, distribution: Resource, group: Json, domains: dict[str, str]) -> Iterator[Finding]:
    first, second = (domains[member["origin_id"]] for member in group["member"])
    shared = _regions(estate, first) & _regions(estate, second)
    if first == second or shared:
        yield _finding(
            distribution,
            f"origin group {group['origin_id']} asks {second} after {first}, and both are "
            + (f"in {', '.join(sorted(shared))}" if shared else "the same"),
            "let the second origin be another region's",
        )
    codes = set(group["failover_criteria"][0]["status_codes"])
    if missing := SERVER_ERRORS - codes:
        yield _finding(
            distribution,
            f"origin group {group['origin_id']} does not turn to {second} on "
            f"{', '.join(map(str, sorted(missing)))}",
            "add them to edge.cdn.failover_status_codes",
        )


def _regions(estate: Estate, host: str) -> set[str]:
    """The regions behind an origin's name at the moment that a group turns to its second.

    A name that DNS moves is in the lead's region until it has moved, or wherever the client is nearest: then
    only records of the same location collide, and each location must have another region second.
    """
    manifest = estate.manifest
    for region in estate.regions:
        own = [naming.bucket_host(bucket(manifest, name, region), region) for name in manifest.data.buckets]
        if host in (*own, hosts.regional(manifest, region)):
            return {region}
    return {_label(estate, each) for each in estate.everywhere("aws_route53_record") if _answers(each, host)}


def _answers(record: Resource, host: str) -> bool:
    """Whether a record is what DNS answers first: a secondary comes only once the first is lost."""
    secondary = [each.get("type") for each in record.blocks("failover_routing_policy")] == ["SECONDARY"]
    return record.values.get("name") == host and not secondary


def _label(estate: Estate, record: Resource) -> str:
    """The region that a record leads to; with the place that it is given to, under latency routing."""
    region = region_of(estate, record) or str(record.values.get("records"))
    places = [each.get("region") for each in record.blocks("latency_routing_policy")]
    return f"{region} for {places[0]}" if places else region


def _behaviours(distribution: Resource) -> Iterator[Finding]:
    """Only GET, HEAD and OPTIONS fail over inside a request, and each path that takes no more has to."""
    groups = {group["origin_id"] for group in distribution.blocks("origin_group")}
    for behaviour in (
        *distribution.blocks("ordered_cache_behavior"),
        *distribution.blocks("default_cache_behavior"),
    ):
        if set(behaviour["allowed_methods"]) <= READS and behaviour["target_origin_id"] not in groups:
            yield _finding(
                distribution,
                f"reads of {behaviour.get('path_pattern') or 'every other path'} have one origin, "
                f"{behaviour['target_origin_id']}: they wait for DNS when its region is lost",
                "target an origin group",
            )


def _finding(distribution: Resource, message: str, fix: str) -> Finding:
    return Finding(
        rule=RULE, severity="error", where=distribution.where, message=message, fix=fix, source=SOURCE
    )
