"""CodeDeploy: the whole control plane, because moto has no deployment configurations and cannot delete a
deployment group, and MiniStack has no CodeDeploy."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from harness.sandbox.service import Answer, CannotBeKept, Context, Operation, Request, Service
from harness.sandbox.services.cloudwatch import CloudWatch
from harness.sandbox.services.codedeploy.aliases import Aliases
from harness.sandbox.services.codedeploy.applications import Applications, Parameters, Record, Refused
from harness.sandbox.services.codedeploy.deployments import Deployments
from harness.sandbox.services.codedeploy.shifting import Shifting
from harness.sandbox.services.lambda_ import Lambda


class CodeDeploy(Service):
    """Deploys functions: shifts of an alias on the clock, with hooks, alarms and rollbacks."""

    name = "codedeploy"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._applications = Applications(context.account_id)
        shifting = Shifting(
            clock=context.clock,
            epoch=context.epoch,
            aliases=Aliases(context.account_id),
            alarms=context.services[CloudWatch].alarms,
            invoke=context.services[Lambda].invoke,
            admits=context.admits,
            reaction=lambda: context.delay("codedeploy_reaction"),
        )
        self._deployments = Deployments(self._applications, shifting=shifting)

    def kept(self) -> object:
        if self._deployments.any_made:
            raise CannotBeKept("functions were deployed in it")
        return dict(self._applications.regions)

    def take_up(self, kept: Any) -> None:
        self._applications.regions.update(kept)

    @property
    def operations(self) -> Mapping[str, Operation]:
        applications, deployments = self._applications, self._deployments
        table: Mapping[str, Callable[[str, Parameters], Record]] = {
            "BatchGetDeployments": deployments.batch_get,
            "CreateApplication": applications.create_application,
            "CreateDeployment": deployments.create,
            "CreateDeploymentConfig": applications.create_configuration,
            "CreateDeploymentGroup": applications.create_group,
            "DeleteApplication": applications.delete_application,
            "DeleteDeploymentConfig": applications.delete_configuration,
            "DeleteDeploymentGroup": applications.delete_group,
            "GetApplication": applications.get_application,
            "GetDeployment": deployments.get,
            "GetDeploymentConfig": applications.get_configuration,
            "GetDeploymentGroup": applications.get_group,
            "ListDeployments": deployments.list_all,
            "ListTagsForResource": applications.list_tags,
            "PutLifecycleEventHookExecutionStatus": deployments.report_hook,
            "StopDeployment": deployments.stop,
            "TagResource": applications.tag,
            "UntagResource": applications.untag,
            "UpdateApplication": applications.update_application,
            "UpdateDeploymentGroup": applications.update_group,
        }
        return {name: partial(_answer, operation) for name, operation in table.items()}


def _answer(operation: Callable[[str, Parameters], Record], request: Request) -> Answer:
    try:
        answer, status = operation(request.region, json.loads(request.body or b"{}")), 200
    except Refused as refused:
        answer, status = {"__type": refused.name, "message": str(refused)}, 400
    return status, {"content-type": "application/x-amz-json-1.1"}, json.dumps(answer).encode()
