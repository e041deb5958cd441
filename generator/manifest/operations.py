"""What a manifest says of Terraform's state and of protection from deletion."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from generator.manifest.fields import Part


class Operations(Part):
    """State and protection."""

    protect: bool = Field(
        True,
        description="Refuse to delete tables, state and zones that hold something; false only for trials.",
    )
    state_retention_days: Annotated[int, Field(ge=1)] = Field(
        90, description="Days that earlier versions of Terraform's state are kept."
    )
