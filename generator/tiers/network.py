"""The network tier: the private network of each region that has a database, with no way in or out."""

from __future__ import annotations

from collections.abc import Iterator

from generator import naming
from generator.manifest import Manifest
from generator.terraform.calls import Declaration, ModuleCall
from generator.terraform.hcl import Reference

ZONES = ("a", "b", "c")


def declarations(manifest: Manifest) -> Iterator[Declaration]:
    if not manifest.data.databases:
        return
    for region, settings in manifest.regions.items():
        yield ModuleCall(
            stack=region,
            label="network",
            module="network/vpc",
            region=region,
            arguments={
                "name": naming.regional(manifest.name, "network", region),
                "cidr": settings.cidr,
                "region": region,
                "availability_zones": availability_zones(manifest, region),
                # functions in the network call Secrets Manager; DynamoDB and S3 have gateway endpoints
                "interface_endpoints": ["secretsmanager"],
                "kms_key_arn": Reference("module.key.arn"),
                "log_retention_days": manifest.observability.log_retention_days,
            },
        )


def availability_zones(manifest: Manifest, region: str) -> list[str]:
    """Named in the manifest, never looked up: a look-up makes plans unstable."""
    letters = manifest.regions[region].zones or ZONES
    return [f"{region}{letter}" for letter in letters]
