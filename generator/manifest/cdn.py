"""What a manifest says of the CDN: timeouts, failover, caching, and the countries that may view."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from generator.manifest.fields import Form, Part

FailoverCode = Literal[403, 404, 500, 502, 503, 504]
Country = Annotated[str, Form(r"^[A-Z]{2}$", "a country of two letters (ISO 3166), such as DE")]


class Geo(Part):
    """From which countries viewers may come; one list or none."""

    allow: list[Country] = Field(default_factory=list, description="Countries that alone may.")
    deny: list[Country] = Field(default_factory=list, description="Countries that may not.")

    @model_validator(mode="after")
    def _one_list(self) -> Geo:
        if self.allow and self.deny:
            raise ValueError("allow and deny exclude each other: CloudFront takes one list")
        return self


class Cdn(Part):
    """The CloudFront distribution before all regions."""

    connect_attempts: Annotated[int, Field(ge=1, le=3)] = Field(
        1, description="Connections that an edge tries before it turns to the next origin."
    )
    connect_timeout: Annotated[int, Field(ge=1, le=10)] = Field(
        2, description="Seconds that it waits for each connection."
    )
    response_timeout: Annotated[int, Field(ge=1, le=60)] = Field(
        5, description="Seconds that it waits for an answer; multiplied by the attempts."
    )
    failover_status_codes: list[FailoverCode] = Field(
        default_factory=lambda: list[FailoverCode]((500, 502, 503, 504)),
        min_length=1,
        description="Answers for which a read is tried at the next origin.",
    )
    api_origin: Literal["routed", "regional"] = Field(
        "routed",
        description="routed: a name that DNS fails over, so that writes recover too; regional: the primary's "
        "own name, for APIs that only read.",
    )
    cache_seconds: Annotated[int, Field(ge=0, le=31_536_000)] = Field(
        0, description="How long edges keep an answer of the API that says nothing of its own; 0 keeps none."
    )
    shield: bool = Field(True, description="A regional cache between the edges and the origins.")
    price_class: Literal["PriceClass_100", "PriceClass_200", "PriceClass_All"] = Field(
        "PriceClass_100", description="Which edge locations serve."
    )
    geo: Geo = Field(default_factory=lambda: Geo(), description="From which countries viewers may come.")
    access_logs: bool = Field(True, description="Keep a log of every request.")
