"""When others may build on a stack that is still being applied.

The stack with the state buckets spends most of its time on their lifecycle rules: S3 spreads a rule over its
hosts, and the provider waits until it has read the same rule many times in a row (55 s and more). No state
needs the rule, which only removes old versions. Everything else must be there before another stack writes its
state: the bucket, its versioning, encryption, ownership, policy and public access block, and the KMS key with
its policy and its alias. So the others may start when only lifecycle rules are left to create.

That holds for a plan that creates and does nothing else, and only while it is being applied.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from harness.terraform.progress_events import Observer, ProgressEvent, ResourceProgress, StackPlanned

NOT_WAITED_FOR = frozenset({"aws_s3_bucket_lifecycle_configuration"})
"""Resource types that nothing outside of their stack needs."""
_INDEX = re.compile(r"\[[^]]*]")


def resource_type(address: str) -> str:
    """`aws_kms_key` of `module.state["use1"].aws_kms_key.this[0]`."""
    return _INDEX.sub("", address).split(".")[-2]


def watched(observe: Observer, stack: str, usable: Callable[[], None]) -> Observer:
    """`observe`, which also calls `usable` once an apply of `stack` has nothing left to create that others
    need. The events of one stack come one after the other."""
    creates: set[str] = set()
    missing: set[str] = set()

    def take(event: ProgressEvent) -> None:
        observe(event)
        if isinstance(event, StackPlanned) and event.stack == stack:
            planned = event.changes
            only_creates = planned.total == len(planned.create)
            creates.clear()
            creates.update(planned.create if only_creates else ())
            missing.clear()
            missing.update(each for each in creates if resource_type(each) not in NOT_WAITED_FOR)
        elif isinstance(event, ResourceProgress) and event.stack == stack and event.event.address in creates:
            if event.event.phase == "complete":
                missing.discard(event.event.address)
            if not missing:
                creates.clear()
                usable()

    return take
