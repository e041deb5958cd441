"""Backups of tables and databases: made where the lead is, copied to vaults of the other regions.

Every region has a vault, so that whichever region leads next can back up; the plan is the lead's alone. It
names the vaults of other regions by their ARNs, and AWS Backup copies by itself: no stack calls another
region.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import Field

from generator import naming
from generator.fields import Form, Part
from generator.terraform.calls import Declaration, ModuleCall
from generator.terraform.hcl import Reference, Value

if TYPE_CHECKING:
    from generator.manifest import Manifest

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
# AWS Backup Developer Guide, Lifecycle: what moves to cold storage is paid for, and kept, 90 days there.
LEAST_COLD_DAYS: Final = 90
_CRON: Final[Mapping[Schedule, str]] = {
    "daily": "cron(0 {hour} ? * * *)",
    "weekly": "cron(0 {hour} ? * SUN *)",
    "monthly": "cron(0 {hour} 1 * ? *)",
}


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


def copy_regions(manifest: Manifest) -> tuple[str, ...]:
    """The regions whose vaults get copies, in the manifest's order; empty without backups."""
    return tuple(region for region in _meant_for_copies(manifest) if region in manifest.serving)


def _meant_for_copies(manifest: Manifest) -> list[str]:
    """Those that get copies, and those that would if they were not draining."""
    backups = manifest.data.backups
    if backups is None:
        return []
    others = [region for region in manifest.regions if region != manifest.lead_region]
    return [region for region in others if region in (backups.copies.regions or others)]


def backed_up(manifest: Manifest) -> dict[str, str]:
    """ARN in the lead region of every store that backups are made of, by its name."""
    account, lead = manifest.account_id, manifest.lead_region
    tables = {
        name: naming.table_arn(account, naming.table(manifest.name, name), lead)
        for name in manifest.data.tables
    }
    clusters = {
        name: naming.cluster_arn(account, naming.database_cluster(manifest.name, name, lead), lead)
        for name in manifest.data.databases
    }
    return tables | clusters


def vault_arn(manifest: Manifest, region: str) -> str:
    return naming.backup_vault_arn(manifest.account_id, naming.backup_vault(manifest.name, region), region)


def declarations(manifest: Manifest) -> Iterator[Declaration]:
    backups = manifest.data.backups
    if backups is None:
        return
    yield _role(manifest)
    for region in manifest.regions:
        yield _settings(manifest, region)
        yield _vault(manifest, backups, region)
    yield _plan(manifest, backups)


def _role(manifest: Manifest) -> ModuleCall:
    lead = manifest.lead_region

    def vault(region: str) -> dict[str, Value]:
        return {
            "name": naming.backup_vault(manifest.name, region),
            "key_alias": naming.regional_key_alias(manifest.name, region),
        }

    return ModuleCall(
        stack="global",
        label="backup_role",
        module="security/backup_role",
        region=manifest.recovery_region,
        arguments={
            "name": naming.backup_role(manifest.name, lead),
            "account_id": manifest.account_id,
            "region": lead,
            "vault": vault(lead),
            # draining is a matter of the plan: the roles of a region stay until it is taken out
            "copy_vaults": {region: vault(region) for region in _meant_for_copies(manifest)},
            "tables": _names(manifest, "table"),
            "table_key_alias": naming.data_key_alias(manifest.name, lead) if manifest.data.tables else None,
            "clusters": _names(manifest, "database"),
            "cluster_key_alias": (
                naming.regional_key_alias(manifest.name, lead) if manifest.data.databases else None
            ),
            "permissions_boundary": manifest.role_boundary,
        },
    )


def _names(manifest: Manifest, kind: Literal["table", "database"]) -> list[Value] | None:
    """What AWS calls the tables, or the clusters, of the lead region."""
    if kind == "table":
        return [naming.table(manifest.name, name) for name in manifest.data.tables] or None
    lead = manifest.lead_region
    return [naming.database_cluster(manifest.name, name, lead) for name in manifest.data.databases] or None


def _settings(manifest: Manifest, region: str) -> ModuleCall:
    kinds = {"Aurora": manifest.data.databases, "DynamoDB": manifest.data.tables}
    return ModuleCall(
        stack=region,
        label="backup_settings",
        module="data/backup_settings",
        region=region,
        arguments={"resource_types": [kind for kind, stores in kinds.items() if stores]},
    )


def _vault(manifest: Manifest, backups: Backups, region: str) -> ModuleCall:
    protect = manifest.operations.protect
    # the same in every vault, since the one of the next lead takes both: backups and copies
    least = min(backups.keep_days, backups.copies.keep_days)
    return ModuleCall(
        stack=region,
        label="backup_vault",
        module="data/backup_vault",
        region=region,
        arguments={
            "name": naming.backup_vault(manifest.name, region),
            "kms_key_arn": Reference("module.key.arn"),
            "deny_deletion": protect,
            "break_glass_role_arns": list(backups.break_glass_roles) or None,
            "lock": {"min_retention_days": least} if backups.lock else None,
            "force_destroy": not protect,
        },
    )


def _plan(manifest: Manifest, backups: Backups) -> ModuleCall:
    lead, copies = manifest.lead_region, backups.copies

    def copy(region: str) -> Value:
        cold = {"cold_storage_after_days": copies.cold_after_days} if copies.cold_after_days else {}
        return {"vault_arn": vault_arn(manifest, region), "delete_after_days": copies.keep_days, **cold}

    return ModuleCall(
        stack=lead,
        label="backup_plan",
        module="data/backup_plan",
        region=lead,
        arguments={
            "name": naming.backup_plan(manifest.name),
            "vault_name": Reference("module.backup_vault.name"),
            "role_arn": naming.role_arn(manifest.account_id, naming.backup_role(manifest.name, lead), lead),
            "schedule": _CRON[backups.schedule].format(hour=backups.hour),
            "delete_after_days": backups.keep_days,
            "copies": {region: copy(region) for region in copy_regions(manifest)},
            "resource_arns": list(backed_up(manifest).values()),
        },
    )
