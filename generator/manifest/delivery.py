"""What a manifest says of GitHub Actions, which may plan and apply the environment."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from generator.manifest.fields import Form, Part, PolicyArn


class Delivery(Part):
    """GitHub Actions: which repository's workflows plan this environment and, once approved, apply it."""

    repository: Annotated[
        str,
        Form(
            r"^[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}$"
            r"|^[A-Za-z0-9][A-Za-z0-9-]{0,38}@\d+/[A-Za-z0-9._-]{1,100}@\d+$",
            "a GitHub repository as owner/name, or as owner@id/name@id",
        ),
    ] = Field(
        description="owner/name, or owner@id/name@id where the repository's tokens carry immutable ids."
    )
    branch: Annotated[
        str, Form(r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,199}$", "the name of a branch, such as main")
    ] = Field("main", description="Branch that is applied, and whose runs look for drift.")
    oidc_provider: Literal["create", "existing"] = Field(
        "create", description="existing where the account has GitHub's identity provider already."
    )
    permissions_boundary: PolicyArn | None = Field(
        None, description="ARN of the policy that bounds the two delivery roles themselves."
    )
