"""Backups of tables and databases: made where the lead is, copied to vaults of the other regions.

Every region has a vault, so that any region can back up when it becomes the lead. Only the lead has a plan.
The plan names the vaults of other regions by their ARNs and AWS Backup copies to them: no stack calls another
region.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, Literal

from generator import naming
from generator.manifest import Manifest
from generator.manifest.backups import Backups, Schedule
from generator.manifest.implied import backed_up, copy_regions, regions_with_copies
from generator.terraform.calls import Declaration, ModuleCall
from generator.terraform.hcl import Reference, Value

_CRON: Final[Mapping[Schedule, str]] = {
    "daily": "cron(0 {hour} ? * * *)",
    "weekly": "cron(0 {hour} ? * SUN *)",
    "monthly": "cron(0 {hour} 1 * ? *)",
}


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
            "copy_vaults": {region: vault(region) for region in regions_with_copies(manifest)},
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
    """The names of the lead region's tables, or of its clusters."""
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
