"""The whole manifest, its regions and objectives. The models of single tiers are beside this file."""

from __future__ import annotations

import ipaddress
from typing import Annotated, Literal, NamedTuple

from pydantic import AfterValidator, Field

from generator import naming
from generator.manifest.compute import Compute
from generator.manifest.data import Data
from generator.manifest.delivery import Delivery
from generator.manifest.durations import Duration
from generator.manifest.edge import Edge, Routing
from generator.manifest.failover import Failover
from generator.manifest.fields import EnvironmentName, Form, Name, Part, Text
from generator.manifest.observability import Observability
from generator.manifest.operations import Operations
from generator.manifest.security import Security

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
        """The objectives of one store: its own where it has some, else the environment's."""
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
        return self.lead_first[1]

    @property
    def lead_first(self) -> tuple[str, ...]:
        """Every region, the lead first, the others in the manifest's order."""
        return (self.lead_region, *(region for region in self.regions if region != self.lead_region))

    @property
    def traffic_regions(self) -> tuple[str, ...]:
        """The regions that traffic may go to, in the manifest's order: all that are not draining."""
        return tuple(name for name, region in self.regions.items() if not region.draining)

    @property
    def succession(self) -> tuple[str, ...]:
        """The regions that traffic may go to, in the order in which they take over: the lead first."""
        return tuple(region for region in self.lead_first if region in self.traffic_regions)

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
