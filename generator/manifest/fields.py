"""Types that several tiers' parts of the manifest share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from generator.terraform.hcl import unencodable


class Part(BaseModel):
    """A part of the manifest: unknown keys are errors, values never change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


@dataclass(frozen=True)
class Form:
    """Text that a regular expression matches. `words` say what that is, as a message does after "must be"."""

    pattern: str
    words: str
    min_length: int | None = None
    max_length: int | None = None

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        limits = {"min_length": self.min_length, "max_length": self.max_length}
        given = {name: limit for name, limit in limits.items() if limit is not None}
        schema: Any = {**handler(source), "pattern": self.pattern, **given}
        return core_schema.custom_error_schema(schema, "form", custom_error_message=f"must be {self.words}")


def _encodable(text: str) -> str:
    if reason := unencodable(text):
        raise ValueError(reason)
    return text


Text = Annotated[str, AfterValidator(_encodable)]
Name = Annotated[
    str,
    Form(
        r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$",
        "lower-case letters, digits and single hyphens, a letter first, at most 20 characters",
        max_length=20,
    ),
    Field(description="Lower-case letters, digits and single hyphens, at most 20 characters."),
]
EnvironmentName = Annotated[
    str,
    Form(
        r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$",
        "lower-case letters, digits and single hyphens, a letter first, 2 to 24 characters",
        min_length=2,
        max_length=24,
    ),
    Field(description="Lower-case letters, digits and single hyphens, 2 to 24 characters."),
]
EnvironmentVariable = Annotated[
    str,
    Form(
        r"^[A-Za-z][A-Za-z0-9_]*$",
        "letters, digits and underscores, a letter first, at most 128 characters",
        max_length=128,
    ),
]
KeyAttribute = Annotated[
    str, Form(r"^[A-Za-z0-9_.-]{1,255}$", "letters, digits, underscores, dots and hyphens, at most 255")
]
PolicyArn = Annotated[
    str,
    Form(
        r"^arn:aws[a-z-]*:iam::(aws|\d{12}):policy/[\w+=,.@/-]+$",
        "the ARN of a policy, such as arn:aws:iam::123456789012:policy/name",
    ),
]
