"""RES007: with one region lost, each of the others can carry all of its traffic (N-1)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Final, NamedTuple

from generator import naming
from policies.finding import Finding
from policies.resilience.estate import Estate
from policies.resilience.needs import needed_functions
from policies.resilience.plan_json import Resource

RULE: Final = "RES007"
SURVIVORS: Final = (
    "AWS Well-Architected Framework, REL11-BP05 Use static stability to prevent bimodal behavior"
)
LAMBDA: Final = "AWS Lambda Developer Guide, Lambda quotas; Configuring reserved concurrency for a function"
GATEWAY: Final = "Amazon API Gateway Developer Guide, Amazon API Gateway quotas"
TABLES: Final = "Amazon DynamoDB Developer Guide, Best practices for global tables: capacity planning"

UNLIMITED: Final = float("inf")
# what an account has before it asks for more, by region
CONCURRENCY: Final = 1000
UNRESERVED: Final = 100
SMALL_GATEWAYS: Final = frozenset(
    """af-south-1 ap-south-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-7 ca-west-1
    eu-central-2 eu-south-1 eu-south-2 il-central-1 me-central-1 mx-central-1""".split()
)
SIZES: Final = ("micro", "small", "medium", "large", "xlarge")


class Limit(NamedTuple):
    """How much one region can carry of one thing."""

    what: str
    region: str
    amount: float
    where: str


def check(estate: Estate) -> Iterator[Finding]:
    together: dict[str, list[Limit]] = defaultdict(list)
    for region in estate.regions:
        for limit in (*_functions(estate, region), *_gateway(estate, region), *_databases(estate, region)):
            together[limit.what].append(limit)
    for limits in together.values():
        yield from _smaller(limits, estate.regions)
    yield from _tables(estate)
    for region in estate.regions:
        yield from _quotas(estate, region)


def _smaller(limits: list[Limit], regions: tuple[str, ...]) -> Iterator[Finding]:
    """Each region must be able to take over what the one that can carry most has carried."""
    most = max(limits, key=lambda limit: limit.amount)
    for limit in limits:
        if limit.amount < most.amount:
            yield _finding(
                limit.where,
                f"{limit.what} is {_number(limit.amount)} in {limit.region} and {_number(most.amount)} in "
                f"{most.region}: when {most.region} is lost, {limit.region} carries its traffic with less",
                SURVIVORS,
            )
    for region in set(regions) - {limit.region for limit in limits}:
        if most.amount not in (0, UNLIMITED):
            yield _finding(
                most.where,
                f"{most.what} is {_number(most.amount)} in {most.region}, and {region} has none of it",
                SURVIVORS,
            )


def _functions(estate: Estate, region: str) -> Iterator[Limit]:
    for name in needed_functions(estate.manifest):
        full = naming.function(estate.manifest.name, name, region)
        for each in estate.resources(region, "aws_lambda_function"):
            if each.values.get("function_name") != full:
                continue
            reserved = each.values.get("reserved_concurrent_executions")
            unlimited = reserved in (None, -1)
            yield Limit(
                f"reserved concurrency of {name}",
                region,
                UNLIMITED if unlimited else float(reserved or 0),
                each.where,
            )
            yield Limit(
                f"memory of {name} in MB", region, float(each.values.get("memory_size") or 0), each.where
            )
            warm = _provisioned(estate, region, full, each)
            yield Limit(f"provisioned concurrency of {name}", region, *warm)


def _provisioned(estate: Estate, region: str, full: str, function: Resource) -> tuple[float, str]:
    for each in estate.resources(region, "aws_lambda_provisioned_concurrency_config"):
        if each.values.get("function_name") == full or each.module == function.module:
            return float(each.values["provisioned_concurrent_executions"]), each.where
    return 0.0, function.where


def _gateway(estate: Estate, region: str) -> Iterator[Limit]:
    for each in estate.resources(region, "aws_api_gateway_method_settings"):
        settings, path = each.block("settings"), each.values.get("method_path")
        for attribute, what in (("throttling_rate_limit", "rate"), ("throttling_burst_limit", "burst")):
            amount = settings.get(attribute)
            # API Gateway: -1 is no limit but the account's
            unlimited = amount is None or amount < 0
            yield Limit(
                f"{what} of the API's {path}",
                region,
                UNLIMITED if unlimited else float(amount or 0),
                each.where,
            )


def _databases(estate: Estate, region: str) -> Iterator[Limit]:
    for name in estate.manifest.data.databases:
        full = naming.database_cluster(estate.manifest.name, name, region)
        for cluster in estate.resources(region, "aws_rds_cluster"):
            if cluster.values.get("cluster_identifier") == full:
                yield from _cluster(estate, region, name, cluster)


def _cluster(estate: Estate, region: str, name: str, cluster: Resource) -> Iterator[Limit]:
    instances = [
        each for each in estate.resources(region, "aws_rds_cluster_instance") if each.module == cluster.module
    ]
    yield Limit(f"instances of {name}", region, float(len(instances)), cluster.where)
    for each in instances:
        size = str(each.values.get("instance_class"))
        yield Limit(
            f"size of {name}'s instance {each.key} in vCPU of its family", region, _vcpus(size), each.where
        )
    scaling = cluster.block("serverlessv2_scaling_configuration")
    if scaling:
        yield Limit(f"most capacity units of {name}", region, float(scaling["max_capacity"]), cluster.where)
        yield Limit(f"least capacity units of {name}", region, float(scaling["min_capacity"]), cluster.where)


def _vcpus(instance_class: str) -> float:
    """The size of a class relative to others of its family: each step doubles; 0 for serverless.

    >>> _vcpus("db.r6g.large"), _vcpus("db.r6g.xlarge"), _vcpus("db.r6g.16xlarge")
    (2.0, 4.0, 64.0)
    """
    size = instance_class.rpartition(".")[2]
    if size in SIZES:
        return float(2 ** (SIZES.index(size) - 2))
    return 4.0 * int(size.removesuffix("xlarge")) if size.removesuffix("xlarge").isdigit() else 0.0


def _tables(estate: Estate) -> Iterator[Finding]:
    """A replica takes its writes and, once it is alone, everything: capacity has to follow the load."""
    scaled = {
        (each.values.get("resource_id"), each.values.get("scalable_dimension"))
        for each in estate.everywhere("aws_appautoscaling_target")
    }
    for table in estate.everywhere("aws_dynamodb_table"):
        if table.values.get("billing_mode") != "PROVISIONED":
            continue
        name = table.values.get("name")
        for direction, units in (("read", "ReadCapacityUnits"), ("write", "WriteCapacityUnits")):
            if (f"table/{name}", f"dynamodb:table:{units}") not in scaled:
                yield _finding(
                    table.where,
                    f"{direction} capacity of {name} stays at {table.values.get(f'{direction}_capacity')} "
                    "units: a "
                    "region that is alone has the traffic of all",
                    TABLES,
                )


def _quotas(estate: Estate, region: str) -> Iterator[Finding]:
    functions = estate.resources(region, "aws_lambda_function")
    reserved = [max(each.values.get("reserved_concurrent_executions") or 0, 0) for each in functions]
    if sum(reserved) > CONCURRENCY - UNRESERVED:
        yield _finding(
            f"{region}: aws_lambda_function",
            f"functions reserve {sum(reserved)} executions in {region}; an account that has asked for no "
            "more has "
            f"{CONCURRENCY} and must leave {UNRESERVED} unreserved",
            LAMBDA,
            severity="warning",
        )
    rate, burst = (2500, 1250) if region in SMALL_GATEWAYS else (10_000, 5_000)
    for limit in _gateway(estate, region):
        quota = rate if limit.what.startswith("rate") else burst
        if quota < limit.amount < UNLIMITED:
            yield _finding(
                limit.where,
                f"{limit.what} is {_number(limit.amount)} in {region}, above the {quota} that an account "
                "has there "
                "unless it has asked for more",
                GATEWAY,
                severity="warning",
            )


def _number(amount: float) -> str:
    return "unlimited" if amount == UNLIMITED else f"{amount:g}"


def _finding(where: str, message: str, source: str, *, severity: str = "error") -> Finding:
    fix = (
        "give every region the same, enough for all traffic (the manifest has one value for all: `make "
        "generate`)"
        if severity == "error"
        else "have the quota raised in every region before it is needed: Service Quotas answers in days, "
        "not minutes"
    )
    return Finding(rule=RULE, severity=severity, where=where, message=message, fix=fix, source=source)
