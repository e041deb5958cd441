"""The host names of an environment: for clients, for failover by DNS, and of each region's API."""

from __future__ import annotations

from generator import naming
from generator.manifest import Manifest


def entry(manifest: Manifest) -> str:
    """The host name that clients use."""
    return naming.entry_host(manifest.edge.record, manifest.domain)


def served(manifest: Manifest) -> str:
    """The host name that DNS moves between the regions: the entry itself, or the CDN's origin."""
    return naming.origin_host(entry(manifest)) if manifest.edge.entry == "cdn" else entry(manifest)


def regional(manifest: Manifest, region: str) -> str:
    """The name of one region's API alone."""
    return naming.regional_host(manifest.edge.record, manifest.domain, region)


def answered(manifest: Manifest, region: str) -> tuple[str, ...]:
    """The custom domains that one region's API answers to."""
    own = regional(manifest, region)
    if manifest.edge.entry == "dns":
        return (served(manifest), own)
    return (served(manifest), naming.standby_host(entry(manifest)), own)
