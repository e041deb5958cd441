"""RES011 on stacks whose state was moved, and on real plans of the state stack."""

from __future__ import annotations

import dataclasses

import pytest

from generator.stacks import Stack, stacks
from policies.finding import Finding
from policies.resilience.state_homes import SOURCE
from tests.policies.resilience.changed_plans import ACTIVE_STANDBY, found, manifest, values, without

FIX = (
    "`make generate` puts each state where it can be reached: recovery stacks in the first region that is "
    "not the "
    "lead, a regional stack in its own"
)
VERSIONING = "module.state_use1.aws_s3_bucket_versioning.this"
BUCKET = "active-standby-api-tfstate-123456789012-use1"


def finding(where: str, message: str) -> Finding:
    return Finding("RES011", "error", where, message, FIX, SOURCE)


def moved(name: str, region: str) -> tuple[Stack, ...]:
    return tuple(
        dataclasses.replace(stack, state_region=region, state_bucket=BUCKET[:-4] + region_code(region))
        if stack.name == name
        else stack
        for stack in stacks(manifest(ACTIVE_STANDBY))
    )


def region_code(region: str) -> str:
    return {"us-east-1": "use1", "us-west-2": "usw2"}[region]


@pytest.mark.parametrize("stack", ["state", "global", "edge"])
def test_what_is_changed_on_the_way_back_may_not_have_its_state_in_the_lead(stack: str) -> None:
    assert found("RES011", ACTIVE_STANDBY, among=moved(stack, "us-east-1")) == [
        finding(
            f"{stack}: backend",
            f"the state of {stack} is in us-east-1, whose loss is when it has to be changed",
        )
    ]


def test_a_region_has_its_state_in_itself() -> None:
    assert found("RES011", ACTIVE_STANDBY, among=moved("us-west-2", "us-east-1")) == [
        finding(
            "us-west-2: backend",
            "the state of us-west-2 is in us-east-1: while that is dark, us-west-2 cannot be applied",
        )
    ]


def test_a_state_bucket_without_versions_is_found() -> None:
    change = values("state", VERSIONING, versioning_configuration=[{"status": "Disabled"}])
    assert found("RES011", ACTIVE_STANDBY, change) == [
        finding(
            "state: module.state_use1.aws_s3_bucket.this",
            f"state bucket {BUCKET} keeps no versions: a state that is spoilt is lost",
        )
    ]


def test_a_state_bucket_that_is_not_planned_is_found() -> None:
    assert found("RES011", ACTIVE_STANDBY, without("state", "module.state_use1.aws_s3_bucket.this")) == [
        finding(f"state: aws_s3_bucket {BUCKET}", f"there is no state bucket {BUCKET} in us-east-1")
    ]
