"""The operations tier: where Terraform keeps its state, and what is protected from deletion."""

from __future__ import annotations

from collections.abc import Iterator

from generator import naming
from generator.manifest import Manifest
from generator.naming import resource_label
from generator.terraform.calls import Declaration, ModuleCall

# Older plans of a pull request are gone, and it is planned again.
PLANS_RETENTION_DAYS = 30


def declarations(manifest: Manifest) -> Iterator[Declaration]:
    for region in manifest.state_regions:
        yield ModuleCall(
            stack="state",
            label=resource_label("state", naming.provider_alias(region)),
            module="operations/state_backend",
            region=region,
            arguments={
                "bucket_name": naming.state_bucket(manifest.name, manifest.account_id, region),
                "account_id": manifest.account_id,
                "kms_alias": naming.state_key_alias(manifest.name, region),
                "noncurrent_retention_days": manifest.operations.state_retention_days,
                "plans_retention_days": PLANS_RETENTION_DAYS if manifest.delivery else None,
                "force_destroy": not manifest.operations.protect,
            },
        )
