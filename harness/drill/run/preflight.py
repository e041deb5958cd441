"""What must be so before a drill means anything: every region's health answer is its own function's."""

from __future__ import annotations

from collections.abc import Mapping

from harness.drill.load.exchange import Caller, Reply, Request
from harness.drill.subject import DrillError, Subject

HEALTH_SECONDS = 10.0
# Route 53 searches no further (Developer Guide, "How Route 53 determines whether a health check is healthy").
SEARCHED_BYTES = 5120


def region_behind(addresses: Mapping[str, tuple[str, int]]) -> dict[str, str]:
    """Address -> region. Raises DrillError when regions share one: DNS could not steer anyone to either."""
    found = {ip: region for region, (ip, _) in addresses.items()}
    if len(found) != len(addresses):
        raise DrillError(
            f"the regions {', '.join(addresses)} share one loopback address, so that DNS answers cannot "
            "tell them apart; add an alias for each, on macOS with: sudo ifconfig lo0 alias 127.0.1.1 up"
        )
    return found


async def preflight(caller: Caller, subject: Subject, addresses: Mapping[str, tuple[str, int]]) -> list[str]:
    """What is wrong with the regions' health answers; empty when all are their own function's and pass."""
    problems = []
    for region in subject.regions:
        if region.name not in addresses:
            problems.append(f"the sandbox has no region {region.name}; it has {', '.join(addresses)}")
            continue
        request = Request("GET", addresses[region.name], region.health_host, subject.health_path)
        reply = await caller.send(request, HEALTH_SECONDS)
        if problem := health_problem(reply, subject, region.name):
            problems.append(f"{region.health_host}{subject.health_path}: {problem}")
    return problems


def health_problem(reply: Reply, subject: Subject, region: str) -> str | None:
    """What is wrong with one health answer, None when it is a passing one of that region's function."""
    if reply.failure is not None:
        return f"no answer ({reply.detail or reply.failure})"
    body = reply.body[:SEARCHED_BYTES]
    excerpt = " ".join(body[:160].decode("utf-8", "replace").split())
    own = f'"health":"fail:{subject.environment}/{region}"'.encode() in body
    if reply.status == 200 and subject.marker(region).encode() in body:
        return None
    if own:
        return f"the function of {region} answers, but fails: {excerpt}"
    if reply.status == 200:
        return (
            f"health is answered by something else than the health function of {region}: the answer (200) "
            f"does not contain {subject.marker(region)}; it begins with {excerpt!r}"
        )
    return f"HTTP {reply.status} instead of 200; the answer begins with {excerpt!r}"
