"""RES011: what is needed while a region is lost has its Terraform state elsewhere, with versions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from policies.finding import Finding
from policies.resilience.estate import Estate

RULE: Final = "RES011"
SOURCE: Final = "AWS Fault Isolation Boundaries, Static stability; Terraform, Backend type: s3"
# changed by an operator on the way back: records, names and replication
RECOVERY_STACKS: Final = ("state", "global", "interconnect", "edge")


def check(estate: Estate) -> Iterator[Finding]:
    lead = estate.manifest.lead_region
    for stack in estate.stacks:
        if stack.name in RECOVERY_STACKS and stack.state_region == lead:
            yield _finding(
                f"{stack.name}: backend",
                f"the state of {stack.name} is in {lead}, whose loss is when it has to be changed",
            )
        if stack.name in estate.regional and stack.state_region != stack.name:
            yield _finding(
                f"{stack.name}: backend",
                f"the state of {stack.name} is in {stack.state_region}: while that is dark, {stack.name} "
                "cannot be "
                "applied",
            )
    yield from _buckets(estate)


def _buckets(estate: Estate) -> Iterator[Finding]:
    planned = {
        (each.region, each.values.get("bucket")): each for each in estate.resources("state", "aws_s3_bucket")
    }
    versioned = {
        each.module
        for each in estate.resources("state", "aws_s3_bucket_versioning")
        if each.block("versioning_configuration").get("status") == "Enabled"
    }
    for region, name in dict.fromkeys((stack.state_region, stack.state_bucket) for stack in estate.stacks):
        bucket = planned.get((region, name))
        if bucket is None:
            yield _finding(f"state: aws_s3_bucket {name}", f"there is no state bucket {name} in {region}")
        elif bucket.module not in versioned:
            yield _finding(
                bucket.where, f"state bucket {name} keeps no versions: a state that is spoilt is lost"
            )


def _finding(where: str, message: str) -> Finding:
    return Finding(
        rule=RULE,
        severity="error",
        where=where,
        message=message,
        fix="`make generate` puts each state where it can be reached: recovery stacks in the first region "
        "that is not "
        "the lead, a regional stack in its own",
        source=SOURCE,
    )
