"""What a manifest says of logs, traces, alarms and dashboards."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from generator.manifest.fields import Form, Part

Email = Annotated[str, Form(r"^[^@\s\"]+@[^@\s\"]+\.[^@\s\"]+$", "an e-mail address", max_length=254)]
# the retentions that CloudWatch Logs accepts (API reference, PutRetentionPolicy)
RetentionDays = Literal[
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653
]


class Alarms(Part):
    """Above which values people are told. Databases and buckets go by their objectives."""

    api_5xx_percent: Annotated[float, Field(gt=0, le=100)] = Field(
        1, description="Share of requests that the API answers with a server error."
    )
    api_latency_p99_ms: Annotated[int, Field(gt=0)] = Field(
        1000, description="Milliseconds that the slowest percent takes."
    )
    replication_latency_ms: Annotated[int, Field(gt=0)] = Field(
        5000, description="Milliseconds that a write takes to reach another region."
    )
    cold_start_percent: Annotated[float, Field(gt=0, lt=100)] = Field(
        10, description="Share of a function's calls that start cold, when ten a minute or more do."
    )
    provisioned_spill_over: Annotated[int, Field(gt=0)] = Field(
        1, description="Calls a minute that find every provisioned environment busy."
    )
    cdn_5xx_percent: Annotated[float, Field(gt=0, lt=100)] = Field(
        1, description="Share of requests that the CDN answers with a server error."
    )
    cdn_error_percent: Annotated[float, Field(gt=0, lt=100)] = Field(
        25, description="Share of requests that the CDN answers with any error, those of viewers included."
    )
    cdn_origin_latency_ms: Annotated[int, Field(gt=0)] = Field(
        2000, description="Milliseconds that the slowest tenth of what the CDN asks of regions takes."
    )


class Observability(Part):
    """Logs, traces, alarms and dashboards."""

    log_retention_days: RetentionDays = Field(30, description="Days that logs are kept.")
    tracing: bool = Field(True, description="Trace requests with X-Ray.")
    cdn_metrics: bool = Field(
        True, description="Have the CDN report on origins and cache too, for a monthly fee."
    )
    notify: list[Email] = Field(default_factory=list, description="E-mail addresses that alarms go to.")
    alarms: Alarms = Field(
        default_factory=lambda: Alarms(), description="Above which values people are told."
    )
