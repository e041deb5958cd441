"""Types that several tiers' parts of the manifest share."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from generator.hcl import unencodable


class Part(BaseModel):
    """A part of the manifest: unknown keys are errors, values never change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def _encodable(text: str) -> str:
    if reason := unencodable(text):
        raise ValueError(reason)
    return text


Text = Annotated[str, AfterValidator(_encodable)]
Name = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=20),
    Field(description="Lower-case letters, digits and single hyphens, at most 20 characters."),
]
EnvironmentName = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", min_length=2, max_length=24),
    Field(description="Lower-case letters, digits and single hyphens, 2 to 24 characters."),
]
EnvironmentVariable = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]*$", max_length=128)]
KeyAttribute = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,255}$")]
