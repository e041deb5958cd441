"""A deployment from its request to its end, and back if it has to be.

Rules, from the AWS CodeDeploy User Guide:
- "Deployments on an AWS Lambda compute platform": BeforeAllowTraffic, then AllowTraffic, which shifts as the
  configuration says, then AfterAllowTraffic.
- "AppSpec 'hooks' section": a test function gets DeploymentId and LifecycleEventHookExecutionId, and reports
  Succeeded or Failed; without a report within an hour the deployment fails.
- "Monitoring deployments with CloudWatch alarms in CodeDeploy": as soon as one of the group's alarms is
  activated, the deployment stops and is Stopped. A deployment does not begin while one is.
- "Redeploy and roll back a deployment with CodeDeploy": a rollback is a deployment of its own, with an id of
  its own, of what was there before.
- "Troubleshoot AWS Lambda deployment issues": stopped without a rollback, the alias stays between the two.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.sandbox.requests.classify import Call
from harness.sandbox.services.cloudwatch.states import AlarmStates
from harness.sandbox.services.codedeploy.aliases import Aliases
from harness.sandbox.services.codedeploy.deployment import Deployment, Ended
from harness.sandbox.world.clock import Clock

# Not published: how often CodeDeploy looks at alarms, at requests to stop and at tests.
LOOKS_EVERY = 5.0
HOOK_LIMIT = 3600.0

Invoke = Callable[[str, str, Mapping[str, Any]], Awaitable[str | None]]


@dataclass(frozen=True, kw_only=True)
class Shifting:
    """What a deployment works with. `epoch()` is Unix seconds of model time; `admits(call)` whether the
    faults let a call pass; `reaction()` the seconds that CodeDeploy takes to begin."""

    clock: Clock
    epoch: Callable[[], float]
    aliases: Aliases
    alarms: AlarmStates
    invoke: Invoke
    admits: Callable[[Call], Awaitable[bool]]
    reaction: Callable[[], float]

    async def run(self, deployment: Deployment) -> Deployment | None:
        """Carry the deployment out; returns the rollback that it needs, which has to be run as well."""
        try:
            await self.clock.sleep(self.reaction())
            deployment.started, deployment.status = self.epoch(), "InProgress"
            await self._reachable(deployment, "GetAlias")
            if reason := self.aliases.refusal(deployment.region, deployment.revision):
                _end(deployment, "Failed", "INVALID_LAMBDA_CONFIGURATION", reason, at=self.epoch())
                return None
            await self._shift(deployment)
        except Ended as ended:
            _end(deployment, ended.status, ended.code, str(ended), at=self.epoch())
            return rollback_of(deployment, self.epoch()) if deployment.is_taken_back(ended.event) else None
        deployment.status, deployment.completed = "Succeeded", self.epoch()
        return None

    async def take_back(self, rollback: Deployment, failed: Deployment) -> None:
        """Run a rollback: all calls go to the old version again, at once."""
        await self._reachable(rollback, "UpdateAlias")
        rollback.started, rollback.status = self.epoch(), "InProgress"
        self.aliases.shift(rollback.region, rollback.revision, 0)
        rollback.percent, rollback.status, rollback.completed = 100, "Succeeded", self.epoch()
        failed.percent = 0
        failed.rollback["rollbackMessage"] = "The rollback succeeded."

    async def _shift(self, deployment: Deployment) -> None:
        self._look(deployment)
        await self._test(deployment, "BeforeAllowTraffic")
        begun = self.clock.now()
        for step in deployment.steps:
            await self._wait(deployment, begun + step.seconds)
            await self._reachable(deployment, "UpdateAlias")
            self.aliases.shift(deployment.region, deployment.revision, step.percent)
            deployment.percent = step.percent
        await self._test(deployment, "AfterAllowTraffic")

    async def _wait(self, deployment: Deployment, until: float) -> None:
        """Let model time pass. Raises Ended when the deployment has to stop meanwhile."""
        while (ahead := until - self.clock.now()) > 0:
            await self.clock.sleep(min(LOOKS_EVERY, ahead))
            self._look(deployment)

    def _look(self, deployment: Deployment) -> None:
        if deployment.stop_requested:
            raise Ended(
                "Stopped",
                "MANUAL_STOP",
                "The deployment was stopped by a user.",
                "DEPLOYMENT_STOP_ON_REQUEST",
            )
        now = self.epoch()
        ringing = [
            name
            for name in deployment.alarms
            if self.alarms.state(deployment.region, name, now=now) == "ALARM"
        ]
        if ringing:
            told = f"One or more alarms have been activated: {', '.join(ringing)}."
            raise Ended("Stopped", "ALARM_ACTIVE", told, "DEPLOYMENT_STOP_ON_ALARM")

    async def _test(self, deployment: Deployment, event: str) -> None:
        """Start the test function of an event and wait for its report. Raises Ended when it fails."""
        function = deployment.revision.hooks.get(event)
        if function is None:
            return
        execution = str(uuid.uuid4())
        deployment.hooks[execution] = "Pending"
        asked = {"DeploymentId": deployment.identifier, "LifecycleEventHookExecutionId": execution}
        invoked = asyncio.ensure_future(self.invoke(deployment.region, function, asked))
        limit = self.clock.now() + HOOK_LIMIT
        await asyncio.wait({invoked})
        while deployment.hooks[execution] == "Pending" and self.clock.now() < limit:
            await self._wait(deployment, self.clock.now() + LOOKS_EVERY)
        reported = deployment.hooks[execution]
        if reported != "Succeeded":
            why = f"{function} reported {reported}" if reported != "Pending" else _silence(function, invoked)
            raise Ended("Failed", "HOOK_EXECUTION_FAILURE", f"{event}: {why}.", "DEPLOYMENT_FAILURE")

    async def _reachable(self, deployment: Deployment, operation: str) -> None:
        """Wait until the region's CodeDeploy and Lambda can be reached: neither works in a dark region."""
        calls = [
            Call(deployment.region, "codedeploy", "CreateDeployment", "control", "signature"),
            Call(deployment.region, "lambda", operation, "control", "signature"),
        ]
        while not all([await self.admits(call) for call in calls]):
            await self.clock.sleep(LOOKS_EVERY)


def rollback_of(deployment: Deployment, now: float) -> Deployment:
    """The deployment that brings back what was there before; each of the two names the other."""
    back = Deployment(
        region=deployment.region,
        asked={**deployment.asked, "description": f"Rollback of {deployment.identifier}."},
        group=deployment.group,
        revision=deployment.revision,
        configuration="CodeDeployDefault.LambdaAllAtOnce",
        steps=(),
        created=now,
        creator="codeDeployRollback",
        rollback={"rollbackTriggeringDeploymentId": deployment.identifier},
    )
    deployment.rollback = {
        "rollbackDeploymentId": back.identifier,
        "rollbackMessage": "The rollback is in progress.",
    }
    return back


def _silence(function: str, invoked: asyncio.Future[str | None]) -> str:
    failed = invoked.result() if invoked.done() and not invoked.cancelled() else None
    return f"{function} did not report within an hour" + (f" ({failed})" if failed else "")


def _end(deployment: Deployment, status: Any, code: str, message: str, *, at: float) -> None:
    deployment.status, deployment.completed = status, at
    deployment.error = {"code": code, "message": message}
