"""RES003: what moves traffic away from a region has looked at the region's data, and is never a constant."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from generator import hosts, naming
from generator.manifest import implied
from generator.manifest.compute import HEALTH
from policies.finding import Finding
from policies.resilience.estate import Estate
from policies.resilience.needs import bucket, needed_stores
from policies.resilience.plan_json import NOT_KNOWN, Resource
from policies.resilience.routing import health_check_of, region_of, routed_records

RULE: Final = "RES003"
RECORDS: Final = (
    "Amazon Route 53 Developer Guide, How health checks work in complex Amazon Route 53 configurations"
)
CHECKS: Final = (
    "Amazon Route 53 Developer Guide, Values that you specify when you create or update health checks"
)
DEEP: Final = "Amazon Builders' Library, Implementing health checks"
STRING_MATCHES: Final = ("HTTP_STR_MATCH", "HTTPS_STR_MATCH")


def check(estate: Estate) -> Iterator[Finding]:
    for record in routed_records(estate):
        found = health_check_of(estate, record)
        if found is not None:
            yield from _proves(estate, record, found)
        elif not record.values.get("health_check_id"):
            yield from _unchecked(estate, record)
        elif record.values["health_check_id"] == NOT_KNOWN:
            yield _finding(record, "takes its health check from elsewhere than its own module", CHECKS)
    for region in estate.regions if routed_records(estate) else ():
        yield from _data_path(estate, region)


def _unchecked(estate: Estate, record: Resource) -> Iterator[Finding]:
    if record.values.get("name") in last_resorts(estate) or _leads_to_checked(estate, record):
        return
    message = (
        "is chosen by DNS and has no health check, so Route 53 holds its region for healthy whatever happens"
    )
    if any(alias.get("evaluate_target_health") for alias in record.blocks("alias")):
        message += "; evaluate_target_health follows API Gateway's own health, not that of the data behind it"
    yield _finding(record, message, RECORDS)


def last_resorts(estate: Estate) -> dict[str, str]:
    """Names whose records no health check may withhold, and why: what an edge asks second.

    Amazon CloudFront Developer Guide, "Optimize high availability with CloudFront origin failover".
    """
    second = naming.standby_host(hosts.entry(estate.manifest))
    for distribution in estate.everywhere("aws_cloudfront_distribution"):
        domains = {origin["origin_id"]: origin["domain_name"] for origin in distribution.blocks("origin")}
        for group in distribution.blocks("origin_group"):
            members = [domains.get(member["origin_id"]) for member in group["member"]]
            if members[1:] == [second]:
                return {second: f"second origin of {distribution.where}"}
    return {}


def _leads_to_checked(estate: Estate, record: Resource) -> bool:
    """A name that is moved itself: its own records are checked, and this one is the last of its set."""
    targets = set(record.values.get("records") or ())
    below = [each for each in routed_records(estate) if each.values.get("name") in targets]
    last = [each.get("type") for each in record.blocks("failover_routing_policy")] == ["SECONDARY"]
    return last and bool(below) and all(each.values.get("health_check_id") for each in below)


def _proves(estate: Estate, record: Resource, found: Resource) -> Iterator[Finding]:
    region, values, manifest = region_of(estate, record), found.values, estate.manifest
    if region is None:
        yield _finding(
            record, f"is checked and names no region's endpoint ({record.values.get('records')})", RECORDS
        )
        return
    marker = naming.health_marker(manifest.name, region)
    wanted = {
        "type": (values.get("type"), "HTTPS_STR_MATCH", values.get("type") in STRING_MATCHES),
        "fqdn": _equal(values.get("fqdn"), hosts.regional(manifest, region)),
        "resource_path": _equal(values.get("resource_path"), manifest.edge.health_check.path),
        "search_string": _equal(values.get("search_string"), marker),
        "disabled": _equal(values.get("disabled") or False, False),
        "invert_healthcheck": _equal(values.get("invert_healthcheck") or False, False),
    }
    for attribute, (is_now, should_be, good) in wanted.items():
        if not good:
            yield _finding(
                found,
                f"{attribute} is {is_now!r} and has to be {should_be!r}, or the check of {region} does not "
                "prove "
                f"that {region} can serve",
                CHECKS,
            )


def _equal(is_now: object, should_be: object) -> tuple[object, object, bool]:
    return is_now, should_be, is_now == should_be


def _data_path(estate: Estate, region: str) -> Iterator[Finding]:
    """The path is answered by a function, and the function asks every store that a route needs."""
    manifest = estate.manifest
    key = f"GET {manifest.edge.health_check.path}"
    for each in estate.resources(region, "aws_api_gateway_integration"):
        if each.key == key and each.values.get("type") != "AWS_PROXY":
            yield _finding(
                each, f"answers {key} by itself ({each.values.get('type')}), which proves nothing", DEEP
            )
    function = implied.routes(manifest)[key].function
    full = naming.function(manifest.name, function, region)
    for each in estate.resources(region, "aws_lambda_function"):
        if each.values.get("function_name") == full:
            yield from _asks(estate, region, function, each)


def _asks(estate: Estate, region: str, name: str, function: Resource) -> Iterator[Finding]:
    asked = (
        _probed(estate, function)
        if name == HEALTH
        else _own_names(estate, region, implied.functions(estate.manifest)[name].access)
    )
    needed = _own_names(estate, region, needed_stores(estate.manifest))
    for store in sorted(needed.keys() - asked.keys()):
        yield _finding(
            function,
            f"answers the health check of {region} without asking {store}, which "
            f"{needs_of(estate, needed[store])} "
            "needs: the region would be held for healthy while its requests fail",
            DEEP,
        )


def needs_of(estate: Estate, store: str) -> str:
    return needed_stores(estate.manifest)[store]


def _own_names(estate: Estate, region: str, stores: object) -> dict[str, str]:
    """Stores by the names under which a region's health function knows them."""
    manifest = estate.manifest
    assert isinstance(stores, dict)
    kinds = manifest.data.stores()
    names: dict[str, Callable[[str], str]] = {
        "table": lambda store: naming.table(manifest.name, store),
        "bucket": lambda store: bucket(manifest, store, region),
        "database": lambda store: store,
    }
    return {names[kinds[store]](store): store for store in stores}


def _probed(estate: Estate, function: Resource) -> dict[str, str]:
    variables = function.block("environment").get("variables") or {}
    if variables == NOT_KNOWN:
        variables = _written(estate, function)
    asked: dict[str, str] = {}
    for variable in ("HEALTH_TABLES", "HEALTH_BUCKETS", "HEALTH_DATABASES"):
        asked |= dict.fromkeys(json.loads(variables.get(variable, "[]")), variable)
    return asked


def _written(estate: Estate, function: Resource) -> dict[str, str]:
    """The variables that the root gives as text. A plan knows all of them or none, and none as long as one
    (the endpoint of a database) is still to come."""
    (stack,) = (each for each in estate.stacks if each.name == function.stack)
    (call,) = (each for each in stack.calls if f"module.{each.label}" == function.module)
    given = call.arguments.get("environment")
    return {
        name: value
        for name, value in (given.items() if isinstance(given, Mapping) else ())
        if isinstance(value, str)
    }


def _finding(resource: Resource, message: str, source: str) -> Finding:
    return Finding(
        rule=RULE,
        severity="error",
        where=resource.where,
        message=message,
        fix="let `make generate` write the edge stack anew, or give the record a health check of type "
        "HTTPS_STR_MATCH "
        "on the region's own host with the region's health marker",
        source=source,
    )
