"""The manifest: one file that says what an environment is. Loading it finds every mistake at once."""

from __future__ import annotations

import difflib
import ipaddress
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import AfterValidator, Field, StringConstraints, ValidationError, model_validator

from generator import durations, naming
from generator.durations import Duration
from generator.fields import EnvironmentName, Name, Part, Text
from generator.problems import InputRefused, Key, Problem
from generator.regions import REGIONS, partition
from generator.tiers.compute import RESERVED, Compute, maintenance
from generator.tiers.compute import functions as all_functions
from generator.tiers.data import Data
from generator.tiers.edge import Edge, Routing
from generator.tiers.failover import FAILOVER, Failover
from generator.tiers.observability import Observability
from generator.tiers.operations import Operations
from generator.tiers.security import Security
from generator.yaml_source import Source, read

Topology = Literal["active-standby", "active-active"]
Zone = Annotated[str, StringConstraints(pattern=r"^[a-z]$")]
ROLES: dict[Topology, tuple[str, ...]] = {
    "active-standby": ("primary", "standby"),
    "active-active": ("active",),
}
MAX_FAILOVER_REGIONS = 5
# Amazon S3 User Guide, "General purpose bucket naming rules"
MAX_BUCKET_NAME = 63


def _cidr(text: str) -> str:
    network = ipaddress.ip_network(text)
    if network.version != 4 or not 16 <= network.prefixlen <= 28 or not network.is_private:
        raise ValueError("must be a private IPv4 range of /16 to /28, as a VPC takes it")
    return text


class StoreObjectives(Part):
    """What one store promises instead of the environment's objectives."""

    rto: Duration | None = Field(None, description="Recovery time objective of requests that use it.")
    rpo: Duration | None = Field(None, description="Recovery point objective of what is written to it.")


class Promise(NamedTuple):
    """Seconds: how long without service, and how old a lost write may be."""

    rto: int
    rpo: int


class Objectives(Part):
    """What the environment promises; a drill's verdict is measured against it."""

    rto: Duration = Field(
        description="Recovery time objective: longest time that a client may be without service."
    )
    rpo: Duration = Field(
        description="Recovery point objective: age of the oldest acknowledged write that may be lost."
    )
    stores: dict[Name, StoreObjectives] = Field(
        default_factory=dict, description="Other objectives of single tables, buckets or databases."
    )

    def of(self, store: str) -> Promise:
        """What holds for one store: its own objectives where it has some, else the environment's."""
        own = self.stores.get(store, StoreObjectives())
        return Promise(
            rto=self.rto if own.rto is None else own.rto, rpo=self.rpo if own.rpo is None else own.rpo
        )


class Region(Part):
    """One region of the environment."""

    role: Literal["primary", "standby", "active"] = Field(description="Its part in the topology.")
    cidr: Annotated[str, AfterValidator(_cidr)] | None = Field(
        None, description="Address range of its network; none may overlap another."
    )
    zones: Annotated[list[Zone], Field(min_length=2, max_length=6)] | None = Field(
        None, description="Letters of the availability zones that its network spans; a, b and c if left out."
    )


class Manifest(Part):
    """One environment over two or more regions."""

    name: EnvironmentName = Field(description="Name of the environment; begins the name of everything in it.")
    account_id: Annotated[str, StringConstraints(pattern=r"^\d{12}$")] = Field(
        description="AWS account, twelve digits in quotes."
    )
    domain: Annotated[
        str,
        StringConstraints(
            pattern=r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$",
            max_length=190,
        ),
    ] = Field(description="Domain below which every name of the environment lies.")
    objectives: Objectives = Field(description="What the environment promises.")
    topology: Topology = Field("active-standby", description="How regions share the work.")
    regions: dict[str, Region] = Field(
        min_length=2, description="Regions by name, two or more; standbys take over in this order."
    )
    tags: dict[Text, Text] = Field(default_factory=dict, description="Tags on everything.")
    edge: Edge = Field(default_factory=lambda: Edge(), description="Names, routing and health checks.")
    compute: Compute = Field(default_factory=lambda: Compute(), description="Functions and API.")
    data: Data = Field(default_factory=lambda: Data(), description="Stores.")
    security: Security = Field(default_factory=lambda: Security(), description="Keys and roles.")
    observability: Observability = Field(
        default_factory=lambda: Observability(), description="Logs, traces, alarms and dashboards."
    )
    operations: Operations = Field(default_factory=lambda: Operations(), description="State and protection.")
    failover: Failover | None = Field(
        None, description="The failover controller; needed by databases and by edge.auto_return: false."
    )

    @property
    def lead_region(self) -> str:
        """The primary; the first region when all are active."""
        return next(
            (r for r, region in self.regions.items() if region.role == "primary"), next(iter(self.regions))
        )

    @property
    def recovery_region(self) -> str:
        """The first region that is not the lead: home of the state that failover might need to change."""
        return next(region for region in self.regions if region != self.lead_region)

    @property
    def routing(self) -> Routing:
        return self.edge.routing or ("failover" if self.topology == "active-standby" else "latency")

    @model_validator(mode="after")
    def _whole(self) -> Manifest:
        if problems := list(_contradictions(self)):
            raise Contradictions(problems)
        return self


class Contradictions(ValueError):
    """Values that are each allowed and cannot stand together: (key, message, value) of each."""

    def __init__(self, problems: list[tuple[Key, str, object]]) -> None:
        self.problems = problems
        super().__init__("; ".join(message for _, message, _ in problems))


def load(file: Path) -> Manifest:
    """The manifest in `file`. Raises InputRefused with every problem in it, each with its line."""
    source = read(file)
    if not isinstance(source.data, dict):
        raise InputRefused([source.problem((), "must be a mapping; start with `name:`", value=source.data)])
    try:
        return Manifest.model_validate(source.data)
    except ValidationError as error:
        found: set[Problem] = {
            problem for detail in error.errors() for problem in _explain(source, dict(detail))
        }
        ordered = sorted(found, key=lambda problem: (problem.line, problem.key))
        raise InputRefused(ordered) from error


def _contradictions(manifest: Manifest) -> Iterator[tuple[Key, str, object]]:
    yield from _region_contradictions(manifest)
    yield from _edge_contradictions(manifest)
    yield from _function_contradictions(manifest)
    yield from _store_contradictions(manifest)
    yield from _failover_contradictions(manifest)


def _region_contradictions(manifest: Manifest) -> Iterator[tuple[Key, str, object]]:
    for name, region in manifest.regions.items():
        if name not in REGIONS:
            near = difflib.get_close_matches(name, REGIONS, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            yield ("regions", name), f"is not an AWS region{hint}", name
        allowed = ROLES[manifest.topology]
        if region.role not in allowed:
            yield (
                ("regions", name, "role"),
                f"must be {' or '.join(allowed)} in an {manifest.topology} environment",
                region.role,
            )
    known = [name for name in manifest.regions if name in REGIONS]
    if len({partition(name) for name in known}) > 1:
        yield ("regions",), "must all lie in one AWS partition", known
    primaries = [name for name, region in manifest.regions.items() if region.role == "primary"]
    if manifest.topology == "active-standby" and len(primaries) != 1:
        yield ("regions",), "exactly one region must have role: primary", primaries
    cidrs = [(name, ipaddress.ip_network(r.cidr)) for name, r in manifest.regions.items() if r.cidr]
    for (one, first), (other, second) in itertools.combinations(cidrs, 2):
        if first.overlaps(second):
            yield ("regions", other, "cidr"), f"overlaps {first} of {one}", str(second)


def _edge_contradictions(manifest: Manifest) -> Iterator[tuple[Key, str, object]]:
    edge = manifest.edge
    if manifest.topology == "active-standby" and manifest.routing != "failover":
        yield (
            ("edge", "routing"),
            "must be failover when a standby must not serve before a failover",
            edge.routing,
        )
    if manifest.topology == "active-active" and manifest.routing == "failover":
        yield ("edge", "routing"), "must be latency or weighted when every region is active", edge.routing
    if manifest.routing == "failover" and len(manifest.regions) > MAX_FAILOVER_REGIONS:
        yield (
            ("regions",),
            f"failover routing takes at most {MAX_FAILOVER_REGIONS} regions (a chain of record pairs); "
            "use topology: active-active for more",
            len(manifest.regions),
        )
    if not edge.auto_return and manifest.failover is None:
        yield (
            ("edge", "auto_return"),
            "must be true without a failover controller: Route 53 failover records return by themselves once "
            "the primary is healthy; add failover: {witness: <a third region>} to hold traffic back",
            False,
        )
    yield from _cdn_contradictions(manifest)
    if edge.zone == "existing" and edge.zone_id is None:
        yield ("edge", "zone_id"), "must name the hosted zone when zone is existing", None
    if edge.zone == "create" and edge.zone_id is not None:
        yield ("edge", "zone_id"), "must be left out when zone is create", edge.zone_id
    for region in edge.weights:
        if region not in manifest.regions:
            yield ("edge", "weights", region), f"must be one of {', '.join(manifest.regions)}", region
    if edge.weights and manifest.routing != "weighted":
        yield ("edge", "weights"), "need routing: weighted", dict(edge.weights)
    if (
        manifest.routing == "weighted"
        and edge.weights
        and not any(edge.weights.get(region, 100) for region in manifest.regions)
    ):
        yield ("edge", "weights"), "must leave one region above 0", dict(edge.weights)


def _cdn_contradictions(manifest: Manifest) -> Iterator[tuple[Key, str, object]]:
    edge = manifest.edge
    if edge.entry != "cdn":
        if "cdn" in edge.model_fields_set:
            yield ("edge", "cdn"), "needs entry: cdn", edge.entry
        for name, bucket in manifest.data.buckets.items():
            if bucket.serve:
                yield ("data", "buckets", name, "serve"), "needs edge.entry: cdn", bucket.serve
        return
    if any(name in REGIONS and partition(name) != "aws" for name in manifest.regions):
        yield ("edge", "entry"), "must be dns: CloudFront serves the partition aws alone", "cdn"
    if manifest.compute.api is None:
        yield ("edge", "entry"), "must be dns without compute.api: the CDN has no origin", "cdn"
        return
    writes = sorted(key for key in manifest.compute.api.routes if not key.startswith(("GET ", "HEAD ")))
    if edge.cdn.api_origin == "regional" and writes:
        yield (
            ("edge", "cdn", "api_origin"),
            f"must be routed: CloudFront fails over GET, HEAD and OPTIONS only, so {', '.join(writes)} would "
            "have no way to another region",
            "regional",
        )
    if edge.cdn.api_origin == "regional" and manifest.routing != "failover":
        yield (
            ("edge", "cdn", "api_origin"),
            "must be routed when every region is active: regional names send everybody to the first region",
            "regional",
        )
    paths = {key.split(" ")[1] for key in manifest.compute.api.routes}
    for name, bucket in manifest.data.buckets.items():
        hidden = sorted(path for path in paths if bucket.serve and path.startswith(f"{bucket.serve}/"))
        if hidden:
            yield (
                ("data", "buckets", name, "serve"),
                f"hides the route {', '.join(hidden)} of the API; choose another path",
                bucket.serve,
            )


def _store_contradictions(manifest: Manifest) -> Iterator[tuple[Key, str, object]]:
    stores = [*manifest.data.tables, *manifest.data.buckets, *manifest.data.databases]
    for name in sorted({name for name in stores if stores.count(name) > 1}):
        yield ("data",), f"has two stores called {name}; each name stands for one", name
    for name in manifest.objectives.stores:
        if name not in stores:
            known = ", ".join(stores) or "none is declared"
            yield ("objectives", "stores", name), f"is not a store of data ({known})", name
    for name in manifest.data.buckets:
        for region in manifest.regions:
            full = f"{manifest.name}-{name}-{manifest.account_id}-{region}"
            if region in REGIONS and len(bucket_name(manifest, name, region)) > MAX_BUCKET_NAME:
                yield (
                    ("data", "buckets", name),
                    f"makes a bucket name above {MAX_BUCKET_NAME} characters with the environment's name",
                    full,
                )
                break
    if not manifest.data.databases:
        return
    for region, settings in manifest.regions.items():
        if settings.cidr is None:
            yield ("regions", region, "cidr"), "is missing; databases need a network in every region", None
    if manifest.failover is None:
        yield (
            ("failover",),
            "is missing; AWS never promotes Aurora across regions by itself, so databases need the failover "
            "controller: failover: {witness: <a third region>}",
            None,
        )
    for name, database in manifest.data.databases.items():
        if database.rpo_guard is not None and not 20 <= database.rpo_guard <= 2_147_483_647:
            yield (
                ("data", "databases", name, "rpo_guard"),
                "must be 20s or more (rds.global_db_rpo)",
                database.rpo_guard,
            )


def bucket_name(manifest: Manifest, name: str, region: str) -> str:
    return naming.bucket(manifest.name, name, manifest.account_id, region)


def _failover_contradictions(manifest: Manifest) -> Iterator[tuple[Key, str, object]]:
    settings = manifest.failover
    if settings is None:
        return
    if manifest.compute.api is None:
        yield ("failover",), "needs compute.api: regions are watched through their health checks", None
    witness = settings.witness
    if witness is not None and witness not in REGIONS:
        yield ("failover", "witness"), "is not an AWS region", witness
    elif witness in manifest.regions:
        yield ("failover", "witness"), "must be a region that serves nothing here", witness
    elif (len(manifest.regions) + (witness is not None)) % 2 == 0:
        yield (
            ("failover", "witness"),
            f"must {'be left out' if witness else 'name a further region'}: {len(manifest.regions)} regions "
            f"{'and a witness ' if witness else ''}can split into halves without a majority",
            witness,
        )
    for key, value, low, high in (
        ("tick", settings.tick, 1, 30),
        ("lease", settings.lease, 3 * settings.tick, 300),
        ("guard", settings.guard, 1, 60),
        ("agreement", settings.agreement, 2 * settings.tick, 300),
    ):
        if not low <= value <= high:
            yield (
                ("failover", key),
                f"must be from {durations.text(low)} to {durations.text(high)}"
                + ("" if key in {"tick", "guard"} else f", as tick is {durations.text(settings.tick)}"),
                durations.text(value),
            )
    if settings.tick and 60 % settings.tick:
        yield ("failover", "tick"), "must divide a minute", durations.text(settings.tick)


def _function_contradictions(manifest: Manifest) -> Iterator[tuple[Key, str, object]]:
    declared = manifest.compute.functions
    for name, function in declared.items():
        for store in function.access:
            if store not in manifest.data.stores():
                known = ", ".join(manifest.data.stores()) or "none is declared"
                yield (
                    ("compute", "functions", name, "access", store),
                    f"is not a table, bucket or database of data ({known})",
                    store,
                )
        if (
            function.reserved_concurrency is not None
            and function.provisioned_concurrency > function.reserved_concurrency
        ):
            yield (
                ("compute", "functions", name, "provisioned_concurrency"),
                f"must not be above reserved_concurrency ({function.reserved_concurrency})",
                function.provisioned_concurrency,
            )
    api = manifest.compute.api
    if api is None:
        return
    for key in api.routes:
        target = api.route(key).function
        if target not in declared:
            known = ", ".join(declared) or "none is declared"
            yield (
                ("compute", "api", "routes", key),
                f"must name a function of compute.functions ({known})",
                target,
            )
    for name in RESERVED:
        if name in declared and name != "health":
            yield ("compute", "functions", name), "is the name of a function of ours: rename it", name
    if "health" in declared and "health" not in {api.route(key).function for key in api.routes}:
        yield (
            ("compute", "functions", "health"),
            "is the health check's own name: give it a route or rename it",
            "health",
        )


def _explain(source: Source, detail: dict[str, Any]) -> Iterator[Problem]:
    error = detail.get("ctx", {}).get("error")
    if isinstance(error, Contradictions):
        for key, message, value in error.problems:
            yield source.problem(key, message) if value is None else source.problem(key, message, value=value)
        return
    key, value = _place(source, detail["loc"]), detail.get("input")
    message = _message(source, key, detail)
    absent = detail["type"] in {"missing", "extra_forbidden"}
    yield source.problem(key, message) if absent else source.problem(key, message, value=value)


def _place(source: Source, location: tuple[str | int, ...]) -> Key:
    """Pydantic's location without the names of union members and key markers, which are not in the file."""
    key: Key = ()
    data: Any = source.data
    for part in location:
        here = range(len(data)) if isinstance(data, list) else data if isinstance(data, dict) else ()
        if part in here:
            key, data = (*key, part), data[part]
        elif isinstance(data, dict) and part == location[-1] and part != "[key]":
            key = (*key, part)
    return key


def _message(source: Source, key: Key, detail: dict[str, Any]) -> str:
    context = detail.get("ctx", {})
    match detail["type"]:
        case "extra_forbidden":
            allowed = _allowed_keys(key[:-1])
            near = difflib.get_close_matches(str(key[-1]), allowed, n=1) if key else []
            hint = f"; did you mean {near[0]}?" if near else f"; allowed here: {', '.join(allowed)}"
            return f"is not a known key{hint}"
        case "missing":
            return "is missing"
        case "string_type" if key and key[-1] == "account_id":
            return 'must be twelve digits in quotes, for example "123456789012"'
        case "string_pattern_mismatch":
            return f"must match {context['pattern']}"
        case "literal_error":
            return f"must be {context['expected']}"
        case "value_error":
            return str(context["error"])
        case _:
            message = detail["msg"]
            return f"{message[0].lower()}{message[1:]}".replace("input should", "should")


def _allowed_keys(key: Key) -> list[str]:
    """The keys that the part of the manifest at `key` has."""
    model: Any = Manifest
    for part in key:
        if isinstance(model, type) and issubclass(model, Part) and part in model.model_fields:
            model = model.model_fields[str(part)].annotation
        model = _part_of(model)
    return list(model.model_fields) if isinstance(model, type) and issubclass(model, Part) else []


def _part_of(annotation: Any) -> Any:
    """The model inside an annotation such as `dict[str, Region]` or `Api | None`."""
    if isinstance(annotation, type) and issubclass(annotation, Part):
        return annotation
    arguments = getattr(annotation, "__args__", ())
    return next((found for argument in reversed(arguments) if (found := _part_of(argument))), None)


def used_functions(manifest: Manifest) -> tuple[str, ...]:
    """Folders under lambda_src/ whose packages the environment needs."""
    declared = {**all_functions(manifest), **maintenance(manifest)}
    controller = {FAILOVER} if manifest.failover else set()
    return tuple(sorted({function.source for function in declared.values()} | controller))
