"""What a manifest says of backups: how often, how long they are kept, and which regions get copies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, Literal

from pydantic import Field

from generator.manifest.fields import Form, Part

Schedule = Literal["daily", "weekly", "monthly"]
Days = Annotated[int, Field(ge=1, le=36_500)]
RoleArn = Annotated[
    str,
    Form(
        r"^arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+$",
        "the ARN of a role, such as arn:aws:iam::123456789012:role/name",
    ),
]
# The longest time between two backups, in days.
INTERVALS: Final[Mapping[Schedule, int]] = {"daily": 1, "weekly": 7, "monthly": 31}
# AWS Backup Developer Guide, Lifecycle: a copy in cold storage is kept, and paid for, 90 days there.
LEAST_COLD_DAYS: Final = 90


class Copies(Part):
    """Copies of every backup in vaults of other regions."""

    regions: Annotated[list[str], Field(min_length=1)] | None = Field(
        None, description="Regions that get copies; every other one that is not draining if left out."
    )
    keep_days: Days = Field(35, description="Days that copies are kept, from the backup on.")
    cold_after_days: Days | None = Field(
        None,
        description="Days until copies of tables move to cold storage, kept 90 days or more there; "
        "never if left out.",
    )


class Backups(Part):
    """Backups of every table and database by AWS Backup, beside point-in-time recovery."""

    schedule: Schedule = Field("daily", description="How often; weekly is on Sunday, monthly on the first.")
    hour: Annotated[int, Field(ge=0, le=23)] = Field(5, description="Hour of the day, UTC, of the backup.")
    keep_days: Days = Field(35, description="Days that backups are kept beside what they are of.")
    copies: Copies = Field(default_factory=lambda: Copies(), description="Copies in other regions.")
    lock: bool = Field(
        False,
        description="Lock the vaults in governance mode: nothing is deleted early until somebody lifts it.",
    )
    break_glass_roles: list[RoleArn] = Field(
        default_factory=list, description="ARNs of the only roles that may delete backups by hand."
    )
