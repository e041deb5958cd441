"""CodeDeploy with deployments: the operations that a runner calls.

Answers and errors are those of the AWS CodeDeploy API Reference. Not done: deployment targets, notifications
to a group's triggers, ContinueDeployment, registered revisions, revisions in S3.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, Self

from harness.sandbox.requests.classify import Target
from harness.sandbox.services.cloudwatch import AlarmStates
from harness.sandbox.services.codedeploy.applications import CodeDeploy, Record, Refused
from harness.sandbox.services.codedeploy.appspec import Revision, parsed
from harness.sandbox.services.codedeploy.deployment import Deployment
from harness.sandbox.services.codedeploy.shift import Step, steps
from harness.sandbox.services.codedeploy.shifting import Shifting
from harness.sandbox.services.events.schedules import invoke_function
from harness.sandbox.services.codedeploy.aliases import Aliases
from harness.sandbox.world.clock import Clock


class Deployments(CodeDeploy):
    """The service of one account. Deployments run on the loop of the clock that `shifting` holds."""

    def __init__(self, account_id: str, *, shifting: Shifting) -> None:
        super().__init__(account_id)
        self._shifting = shifting
        self._deployments: dict[str, Deployment] = {}

    @classmethod
    def of(
        cls,
        account_id: str,
        *,
        clock: Clock,
        epoch: Callable[[], float],
        alarms: AlarmStates,
        admits: Callable[[Target], Awaitable[bool]],
        reaction: Callable[[], float],
    ) -> Self:
        """The service over the functions of the embedded Lambda. The arguments are those of Shifting."""
        shifting = Shifting(
            clock=clock,
            epoch=epoch,
            aliases=Aliases(account_id),
            alarms=alarms,
            invoke=partial(invoke_function, account_id),
            admits=admits,
            reaction=reaction,
        )
        return cls(account_id, shifting=shifting)

    def answer(self, region: str, operation: str | None, request: Mapping[str, Any]) -> Record:
        """What AWS answers to the operation. Raises Refused with the name of AWS's error."""
        handler = _OPERATIONS.get(operation or "")
        return (
            super().answer(region, operation, request) if handler is None else handler(self, region, request)
        )

    def create(self, region: str, request: Mapping[str, Any]) -> Record:
        at = {key: request.get(key, "") for key in ("applicationName", "deploymentGroupName")}
        group = super().answer(region, "GetDeploymentGroup", at)["deploymentGroupInfo"]
        for other in self._deployments.values():
            # API Reference, CreateDeployment: DeploymentLimitExceededException
            if (other.region, other.asked["applicationName"]) == (region, at["applicationName"]) and not (
                other.over or other.asked["deploymentGroupName"] != at["deploymentGroupName"]
            ):
                raise Refused(
                    "DeploymentLimitExceededException",
                    f"The Deployment Group '{at['deploymentGroupName']}' already has an active Deployment "
                    f"'{other.identifier}'",
                )
        configuration = str(request.get("deploymentConfigName") or group["deploymentConfigName"])
        deployment = Deployment(
            region=region,
            asked=dict(request),
            group=group,
            revision=_revision(request),
            configuration=configuration,
            steps=self._steps(region, configuration),
            created=self._shifting.epoch(),
        )
        self._deployments[deployment.identifier] = deployment
        self._shifting.clock.spawn(self._run(deployment), name=f"deployment-{deployment.identifier}")
        return {"deploymentId": deployment.identifier}

    async def _run(self, deployment: Deployment) -> None:
        rollback = await self._shifting.run(deployment)
        if rollback is not None:
            self._deployments[rollback.identifier] = rollback
            await self._shifting.take_back(rollback, deployment)

    def get(self, region: str, request: Mapping[str, Any]) -> Record:
        return {"deploymentInfo": self._found(region, request).described()}

    def batch_get(self, region: str, request: Mapping[str, Any]) -> Record:
        wanted = request.get("deploymentIds", [])
        found = [each for each in self._deployments.values() if each.identifier in wanted]
        return {"deploymentsInfo": [each.described() for each in found if each.region == region]}

    def list_all(self, region: str, request: Mapping[str, Any]) -> Record:
        """Identifiers, the newest first, of the application, the group and the statuses that were named."""
        statuses = request.get("includeOnlyStatuses") or ()
        found = [
            each.identifier
            for each in reversed(self._deployments.values())
            if each.region == region
            and request.get("applicationName") in (None, each.asked["applicationName"])
            and request.get("deploymentGroupName") in (None, each.asked["deploymentGroupName"])
            and (not statuses or each.status in statuses)
        ]
        return {"deployments": found}

    def stop(self, region: str, request: Mapping[str, Any]) -> Record:
        deployment = self._found(region, request)
        if deployment.over:
            raise Refused("DeploymentAlreadyCompletedException", "The deployment is already complete.")
        deployment.stop_requested = True
        deployment.rolls_back_on_stop = request.get("autoRollbackEnabled")
        return {"status": "Pending", "statusMessage": "The deployment is being stopped."}

    def report_hook(self, region: str, request: Mapping[str, Any]) -> Record:
        deployment = self._found(region, request)
        execution, status = request.get("lifecycleEventHookExecutionId", ""), request.get("status")
        if execution not in deployment.hooks:
            raise Refused("InvalidLifecycleEventHookExecutionIdException", f"There is no hook {execution}.")
        if status not in ("Succeeded", "Failed"):
            raise Refused(
                "InvalidLifecycleEventHookExecutionStatusException", f"{status} cannot be reported."
            )
        if deployment.hooks[execution] != "Pending":
            raise Refused(
                "LifecycleEventAlreadyCompletedException", f"{execution} has been reported already."
            )
        deployment.hooks[execution] = status
        return {"lifecycleEventHookExecutionId": execution}

    def _found(self, region: str, request: Mapping[str, Any]) -> Deployment:
        identifier = request.get("deploymentId", "")
        deployment = self._deployments.get(identifier)
        if deployment is None or deployment.region != region:
            raise Refused(
                "DeploymentDoesNotExistException", f"There is no deployment {identifier} in {region}."
            )
        return deployment

    def _steps(self, region: str, configuration: str) -> tuple[Step, ...]:
        asked = {"deploymentConfigName": configuration}
        found = super().answer(region, "GetDeploymentConfig", asked)["deploymentConfigInfo"]
        try:
            return steps(configuration, found.get("trafficRoutingConfig"))
        except ValueError as error:
            raise Refused("DeploymentConfigDoesNotExistException", str(error)) from error


_OPERATIONS: dict[str, Callable[[Deployments, str, Mapping[str, Any]], Record]] = {
    "BatchGetDeployments": Deployments.batch_get,
    "CreateDeployment": Deployments.create,
    "GetDeployment": Deployments.get,
    "ListDeployments": Deployments.list_all,
    "PutLifecycleEventHookExecutionStatus": Deployments.report_hook,
    "StopDeployment": Deployments.stop,
}


def _revision(request: Mapping[str, Any]) -> Revision:
    try:
        return parsed(request)
    except ValueError as error:
        raise Refused("InvalidRevisionException", str(error)) from error
