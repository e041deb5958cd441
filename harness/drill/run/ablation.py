"""An environment without one of its parts, for as long as a drill shows what that part is for."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
from collections.abc import Iterator
from typing import Any

from harness import aws
from harness.drill.subject import DrillError, Subject
from harness.sandbox.sandbox import Sandbox


@contextlib.contextmanager
def without(part: str | None, sandbox: Sandbox, subject: Subject) -> Iterator[Subject]:
    """The subject without `part` until the block ends, then as it was; None takes nothing away.

    "failing-over-origin": the CDN's origins are the regions' own hosts, so that only its origin group fails
    over. Raises DrillError when the subject does not have the part.
    """
    if part is None:
        yield subject
        return
    hosts = _regional_hosts(subject)
    cloudfront = aws.client("cloudfront", "us-east-1", sandbox.environment("us-east-1"))
    identifier = _distribution(cloudfront, subject)
    before = cloudfront.get_distribution_config(Id=identifier)
    changed = with_origins(before["DistributionConfig"], hosts)
    answer = cloudfront.update_distribution(Id=identifier, IfMatch=before["ETag"], DistributionConfig=changed)
    try:
        yield dataclasses.replace(subject, origin_host=None, standby_host=None)
    finally:
        cloudfront.update_distribution(
            Id=identifier, IfMatch=answer["ETag"], DistributionConfig=before["DistributionConfig"]
        )


def with_origins(config: dict[str, Any], hosts: dict[str, str]) -> dict[str, Any]:
    """A distribution's configuration whose origins of those names have other ones. Raises DrillError when it
    has none of them."""
    changed = copy.deepcopy(config)
    found = [origin for origin in changed["Origins"]["Items"] if origin["DomainName"] in hosts]
    if not found:
        names = ", ".join(origin["DomainName"] for origin in changed["Origins"]["Items"])
        raise DrillError(f"no origin of the distribution is {' or '.join(hosts)}; its origins are {names}")
    for origin in found:
        origin["DomainName"] = hosts[origin["DomainName"]]
    return changed


def _regional_hosts(subject: Subject) -> dict[str, str]:
    if subject.entry != "cdn" or subject.origin_host is None:
        raise DrillError(f"{subject.environment} has no CDN with a failing-over origin to do without")
    hosts = {subject.origin_host: subject.direct_host(subject.primary)}
    if subject.standby_host is not None and subject.standby is not None:
        hosts[subject.standby_host] = subject.direct_host(subject.standby)
    return hosts


def _distribution(cloudfront: Any, subject: Subject) -> str:
    for page in cloudfront.get_paginator("list_distributions").paginate():
        for each in page["DistributionList"].get("Items", []):
            if subject.entry_host in each.get("Aliases", {}).get("Items", []):
                return str(each["Id"])
    raise DrillError(f"no distribution has the alias {subject.entry_host}")
