"""Waiting until an environment is as on a quiet day: warm, healthy, and with nothing left to replicate."""

from __future__ import annotations

import contextlib

from harness.drill.load.exchange import Caller
from harness.drill.run.preflight import preflight
from harness.drill.subject import Subject
from harness.sandbox.sandbox import Sandbox
from harness.sandbox.services.lambda_.pools import LambdaPoolError
from harness.sandbox.services.route53.checkers import checkers_of

# Model seconds.
SETTLE_LIMIT = 120.0
# S3 commits itself to 15 minutes (Replication Time Control); everything else is there in seconds.
DRAIN_LIMIT = 1000.0
# Workers per function: requests take milliseconds, so few are ever in flight at once.
WARM_WORKERS = 6


async def warm(sandbox: Sandbox, subject: Subject) -> None:
    """Start the workers of every function that clients or schedules call. Raises LambdaPoolError."""
    pools = sandbox.lambda_pools
    for region in subject.regions:
        await pools.warm(region.name, region.functions, concurrency=WARM_WORKERS)
    if subject.controller is not None:
        for name, function in subject.controller.functions:
            await pools.warm(name, [function], alias=subject.controller.alias)


async def warm_again(sandbox: Sandbox, subject: Subject, region: str) -> None:
    """The same for one region that comes back, where the loss took its workers; nothing happens when it is
    lost again meanwhile. Otherwise all its functions would start at once with the first traffic: on AWS that
    is one cold start each, on one machine an outage of its own."""
    pools = sandbox.lambda_pools
    with contextlib.suppress(LambdaPoolError):
        for each in subject.regions:
            if each.name == region:
                await pools.warm(region, each.functions, concurrency=WARM_WORKERS)
        if subject.controller is not None and region in dict(subject.controller.functions):
            function = subject.controller.function(region)
            await pools.warm(region, [function], alias=subject.controller.alias)


async def fit(sandbox: Sandbox, subject: Subject, caller: Caller) -> list[str]:
    """What is wrong with the regions' health answers. Under a controller regions learn only after a tick or
    two that they may serve, so there they are given time."""
    started, patience = sandbox.clock.now(), SETTLE_LIMIT if subject.controller else 0.0
    while problems := await preflight(caller, subject, sandbox.addresses):
        if sandbox.clock.now() - started >= patience:
            return problems
        await sandbox.clock.sleep(2.0)
    return []


async def settled(sandbox: Sandbox, subject: Subject) -> list[str]:
    """Waits until every health check has been probed by all its checkers and is healthy; why not, at last."""
    started = sandbox.clock.now()
    while problems := unsettled(sandbox, subject):
        if sandbox.clock.now() - started > SETTLE_LIMIT:
            return problems
        await sandbox.clock.sleep(1.0)
    return []


def unsettled(sandbox: Sandbox, subject: Subject) -> list[str]:
    route53, problems = sandbox.route53, []
    for region in subject.regions:
        if region.health_check is None:
            continue
        check = route53.applied().check(region.health_check)
        if check is None:
            problems.append(f"the health check {region.health_check} of {region.name} is not applied")
            continue
        status = route53.status(region.health_check)
        waiting = len(checkers_of(check)) - len(status.reports)
        if not status.healthy:
            why = status.last_failure or "no reason known"
            problems.append(f"the health check of {region.name} is unhealthy before the drill: {why}")
        elif waiting > 0:
            problems.append(f"{waiting} checkers have not yet reported on {region.name}")
    return problems


async def drained(sandbox: Sandbox) -> None:
    """Waits until nothing waits to be replicated."""
    started = sandbox.clock.now()
    while pending(sandbox) and sandbox.clock.now() - started < DRAIN_LIMIT:
        await sandbox.clock.sleep(0.5)


def pending(sandbox: Sandbox) -> int:
    """How many changes of tables and buckets are on their way between regions."""
    return sandbox.replication.pending() + sandbox.objects.pending()
