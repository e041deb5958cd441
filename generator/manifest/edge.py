"""What a manifest says of names, routing and health checks."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from generator.manifest.cdn import Cdn
from generator.manifest.fields import Form, Part

Routing = Literal["failover", "latency", "weighted"]


class HealthCheck(Part):
    """The Route 53 health check of each region's API."""

    path: Annotated[
        str,
        Form(
            r"^/[A-Za-z0-9/_.~-]*$",
            "a path that begins with /, such as /health, at most 255 characters",
            max_length=255,
        ),
    ] = Field(
        "/health", description="Path that is probed; answered by a function that tests the region's data."
    )
    interval: Literal[10, 30] = Field(
        10, description="Seconds between probes of one checker; cannot change later."
    )
    threshold: Annotated[int, Field(ge=1, le=10)] = Field(
        2, description="Probes in a row that must fail, or pass, before a checker changes its mind."
    )
    measure_latency: bool = Field(False, description="Publish latency graphs of the probes.")


class Edge(Part):
    """Names, routing and health checks."""

    entry: Literal["dns", "cdn"] = Field("dns", description="What clients resolve or connect to.")
    cdn: Cdn = Field(default_factory=lambda: Cdn(), description="The distribution, when entry is cdn.")
    record: Annotated[
        str,
        Form(r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", "one label of a host name in lower case, such as api"),
    ] = Field("api", description="The entry's name below the domain: api makes api.example.com.")
    routing: Routing | None = Field(
        None,
        description="Record policy; failover for active-standby and latency for active-active if left out.",
    )
    ttl: Annotated[int, Field(ge=0, le=86400)] = Field(
        10, description="Seconds that resolvers may keep the entry's answer; part of every recovery."
    )
    weights: dict[str, Annotated[int, Field(ge=0, le=255)]] = Field(
        default_factory=dict, description="Share of each region under weighted routing, 0 to 255."
    )
    auto_return: bool = Field(
        True, description="Traffic goes back by itself when the primary is healthy again."
    )
    zone: Literal["create", "existing"] = Field(
        "create", description="Whether the hosted zone of the domain is made here or exists already."
    )
    zone_id: (
        Annotated[str, Form(r"^Z[A-Z0-9]{1,31}$", "the identifier of a hosted zone, such as Z1D633PJN98FT9")]
        | None
    ) = Field(None, description="Identifier of the existing hosted zone.")
    health_check: HealthCheck = Field(
        default_factory=lambda: HealthCheck(), description="How a region is found to be lost."
    )
