"""The security tier: the key that a region's stack encrypts with, and limits on what roles may be given."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, StringConstraints

from generator import naming
from generator.calls import Declaration, ModuleCall
from generator.fields import Part

if TYPE_CHECKING:
    from generator.manifest import Manifest


class Security(Part):
    """Keys and roles."""

    key_deletion_window_days: Annotated[int, Field(ge=7, le=30)] = Field(
        30, description="Days between a key's deletion being asked for and being done."
    )
    permissions_boundary: (
        Annotated[str, StringConstraints(pattern=r"^arn:aws[a-z-]*:iam::(aws|\d{12}):policy/[\w+=,.@/-]+$")]
        | None
    ) = Field(None, description="ARN of the policy that bounds every role.")


def declarations(manifest: Manifest) -> Iterator[Declaration]:
    for region in manifest.regions:
        yield ModuleCall(
            stack=region,
            label="key",
            module="security/key",
            region=region,
            arguments={
                "alias": naming.regional_key_alias(manifest.name, region),
                "description": f"Logs, functions and alarms of {manifest.name} in {region}",
                "account_id": manifest.account_id,
                "services": [f"logs.{region}.amazonaws.com", "cloudwatch.amazonaws.com", "sns.amazonaws.com"],
                "deletion_window_days": manifest.security.key_deletion_window_days,
            },
        )
