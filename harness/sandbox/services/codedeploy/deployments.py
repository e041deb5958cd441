"""CodeDeploy's deployments: the operations that a runner calls.

Answers and errors are those of the AWS CodeDeploy API Reference. Not done: deployment targets, notifications
to a group's triggers, ContinueDeployment, registered revisions, revisions in S3.
"""

from __future__ import annotations

import copy

from harness.sandbox.services.codedeploy.applications import Applications, Parameters, Record, Refused
from harness.sandbox.services.codedeploy.appspec import Revision, parsed
from harness.sandbox.services.codedeploy.deployment import Deployment
from harness.sandbox.services.codedeploy.shift import Step, steps
from harness.sandbox.services.codedeploy.shifting import Shifting


class Deployments:
    """The deployments of one account, which run on the loop of the clock that `shifting` holds.

    Every operation gets the region and the call's parameters, and gives AWS's answer; it raises Refused with
    the name of AWS's error.
    """

    def __init__(self, applications: Applications, *, shifting: Shifting) -> None:
        self._applications = applications
        self._shifting = shifting
        self._deployments: dict[str, Deployment] = {}

    @property
    def any_made(self) -> bool:
        return bool(self._deployments)

    def create(self, region: str, request: Parameters) -> Record:
        at = {key: request.get(key, "") for key in ("applicationName", "deploymentGroupName")}
        group = self._applications.get_group(region, at)["deploymentGroupInfo"]
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
            group=copy.deepcopy(group),
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

    def get(self, region: str, request: Parameters) -> Record:
        return {"deploymentInfo": self._found(region, request).described()}

    def batch_get(self, region: str, request: Parameters) -> Record:
        wanted = request.get("deploymentIds", [])
        found = [each for each in self._deployments.values() if each.identifier in wanted]
        return {"deploymentsInfo": [each.described() for each in found if each.region == region]}

    def list_all(self, region: str, request: Parameters) -> Record:
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

    def stop(self, region: str, request: Parameters) -> Record:
        deployment = self._found(region, request)
        if deployment.over:
            raise Refused("DeploymentAlreadyCompletedException", "The deployment is already complete.")
        deployment.stop_requested = True
        deployment.rolls_back_on_stop = request.get("autoRollbackEnabled")
        return {"status": "Pending", "statusMessage": "The deployment is being stopped."}

    def report_hook(self, region: str, request: Parameters) -> Record:
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

    def _found(self, region: str, request: Parameters) -> Deployment:
        identifier = request.get("deploymentId", "")
        deployment = self._deployments.get(identifier)
        if deployment is None or deployment.region != region:
            raise Refused(
                "DeploymentDoesNotExistException", f"There is no deployment {identifier} in {region}."
            )
        return deployment

    def _steps(self, region: str, configuration: str) -> tuple[Step, ...]:
        asked = {"deploymentConfigName": configuration}
        found = self._applications.get_configuration(region, asked)["deploymentConfigInfo"]
        try:
            return steps(configuration, found.get("trafficRoutingConfig"))
        except ValueError as error:
            raise Refused("DeploymentConfigDoesNotExistException", str(error)) from error


def _revision(request: Parameters) -> Revision:
    try:
        return parsed(request)
    except ValueError as error:
        raise Refused("InvalidRevisionException", str(error)) from error
