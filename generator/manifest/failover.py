"""What a manifest says of the failover controller."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from generator.manifest.durations import Duration
from generator.manifest.fields import Part

FAILOVER = "failover"


class Failover(Part):
    """The failover controller: one function in every region that has a vote."""

    witness: str | None = Field(
        None, description="A further region that only votes, so that no two halves can both have a majority."
    )
    mode: Literal["automatic", "manual"] = Field(
        "automatic", description="Whether a lost writer is replaced without a person."
    )
    tick: Duration = Field(5, description="Time between two looks of the controller, 1s to 30s.")
    lease: Duration = Field(20, description="How long a writer may go on without being confirmed.")
    guard: Duration = Field(5, description="Time added for clocks that differ and requests in flight.")
    agreement: Duration = Field(
        15, description="How long the others must see a region fail, without a break."
    )
    settled: Duration = Field(
        300, description="How long a region must have been well before traffic is brought back to it."
    )
