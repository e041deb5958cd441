"""Resilience rules: what has to hold of regions in pairs, checked in manifest, stacks and plans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from generator.manifest import Manifest
from generator.stacks import Stack
from policies.finding import Finding
from policies.resilience import (
    alarms_outside,
    backups,
    capacity,
    cdn_origins,
    health_checks,
    independence,
    keys_and_names,
    recovery_path,
    recovery_time,
    standby_stores,
    state_homes,
    symmetry,
)
from policies.resilience.estate import Rule, estate
from policies.resilience.recovery_path import Call, recovery_calls

__all__ = ["RULES", "Call", "Finding", "Rule", "findings", "recovery_calls"]

RULES: dict[str, Rule] = {
    rule.id: rule
    for rule in (
        Rule(standby_stores.RULE, "Every standby can take over", standby_stores.check),
        Rule(symmetry.RULE, "Both sides are alike", symmetry.check),
        Rule(health_checks.RULE, "Health checks prove the data path", health_checks.check),
        Rule(recovery_time.RULE, "Recovery fits the objectives", recovery_time.check),
        Rule(alarms_outside.RULE, "Judges are outside the region", alarms_outside.check),
        Rule(recovery_path.RULE, "Recovery calls no control plane at risk", recovery_path.check),
        Rule(capacity.RULE, "Survivors carry all traffic", capacity.check),
        Rule(backups.RULE, "Stores have backups in every region", backups.check),
        Rule(keys_and_names.RULE, "Keys, secrets and names are on both sides", keys_and_names.check),
        Rule(independence.RULE, "Regional stacks are independent", independence.check),
        Rule(state_homes.RULE, "State outlives the region", state_homes.check),
        Rule(cdn_origins.RULE, "The CDN falls back on another region", cdn_origins.check),
    )
}


def findings(
    manifest: Manifest, stacks: Sequence[Stack], plans: Mapping[str, Mapping[str, Any]]
) -> tuple[Finding, ...]:
    """What the rules refuse or doubt, in the order of RULES.

    `plans`: stack name -> plan as `terraform show -json` prints it. Raises InputRefused when one is missing.
    """
    seen = estate(manifest, stacks, plans)
    return tuple(found for rule in RULES.values() for found in rule.check(seen))
