"""The manifest: one file that says what an environment is. Loading it finds every mistake at once."""

from __future__ import annotations

import difflib
import ipaddress
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import AfterValidator, Field, ValidationError, model_validator

from generator import naming
from generator.contradictions import contradictions
from generator.durations import Duration
from generator.fields import EnvironmentName, Form, Name, Part, Text
from generator.problems import Contradiction, InputRefused, Key, Problem
from generator.tiers.compute import Compute, maintenance
from generator.tiers.compute import functions as all_functions
from generator.tiers.data import Data
from generator.tiers.edge import Edge, Routing
from generator.tiers.failover import FAILOVER, Failover
from generator.tiers.governance import Delivery
from generator.tiers.observability import Observability
from generator.tiers.operations import Operations
from generator.tiers.security import Security
from generator.yaml_source import Source, read

Topology = Literal["active-standby", "active-active"]
Zone = Annotated[str, Form(r"^[a-z]$", "the letter of a zone, such as a")]


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
    draining: bool = Field(
        False,
        description="Takes no more traffic and takes over from nobody; the step before it goes to `removed`.",
    )
    zones: Annotated[list[Zone], Field(min_length=2, max_length=6)] | None = Field(
        None, description="Letters of the availability zones that its network spans; a, b and c if left out."
    )


class Manifest(Part):
    """One environment over two or more regions."""

    name: EnvironmentName = Field(description="Name of the environment; begins the name of everything in it.")
    account_id: Annotated[str, Form(r"^\d{12}$", 'twelve digits in quotes, for example "123456789012"')] = (
        Field(description="AWS account, twelve digits in quotes.")
    )
    domain: Annotated[
        str,
        Form(
            r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$",
            "a domain in lower case, such as example.com (others than ASCII as xn--), at most 190 characters",
            max_length=190,
        ),
    ] = Field(description="Domain below which every name of the environment lies.")
    objectives: Objectives = Field(description="What the environment promises.")
    topology: Topology = Field("active-standby", description="How regions share the work.")
    regions: dict[str, Region] = Field(
        min_length=2, description="Regions by name, two or more; standbys take over in this order."
    )
    removed: list[str] = Field(
        default_factory=list,
        description="Regions that were taken out and of which an apply has still to destroy the last: roots "
        "keep their providers, without which Terraform could not.",
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
    delivery: Delivery | None = Field(None, description="Roles for GitHub Actions; none if left out.")
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
    def serving(self) -> tuple[str, ...]:
        """The regions that traffic may go to: all that are not being drained."""
        return tuple(name for name, region in self.regions.items() if not region.draining)

    @property
    def state_regions(self) -> tuple[str, ...]:
        """The regions that hold states: its own, and its witness."""
        witness = self.failover.witness if self.failover else None
        return (*self.regions, *([witness] if witness else []))

    @property
    def role_boundary(self) -> str | None:
        """ARN of the policy that bounds every role: the account's own, else the delivery's, else none."""
        if self.delivery is None or self.security.permissions_boundary:
            return self.security.permissions_boundary
        return naming.delivery_boundary_arn(self.account_id, self.name, self.lead_region)

    @property
    def routing(self) -> Routing:
        return self.edge.routing or ("failover" if self.topology == "active-standby" else "latency")

    @model_validator(mode="after")
    def _whole(self) -> Manifest:
        if problems := list(contradictions(self)):
            raise Contradictions(problems)
        return self


class Contradictions(ValueError):
    """Values that are each allowed and cannot stand together: (key, message, value) of each."""

    def __init__(self, problems: list[Contradiction]) -> None:
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
