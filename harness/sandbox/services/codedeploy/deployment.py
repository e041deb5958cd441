"""One deployment: what it is to do, and how far it has come."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from harness.sandbox.services.codedeploy.appspec import Revision
from harness.sandbox.services.codedeploy.shift import Step

Status = Literal["Created", "InProgress", "Succeeded", "Failed", "Stopped"]
# Rollback configuration: which ending is taken back (CodeDeploy API Reference, AutoRollbackConfiguration).
Event = Literal["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"]


class Ended(Exception):
    """A deployment that does not go on: how it ends, AWS's error code, and what takes it back."""

    def __init__(self, status: Status, code: str, message: str, event: Event) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.event = event


@dataclass
class Deployment:
    """Moments are Unix seconds of model time. `asked`: the request; `group`: the group as it was then."""

    region: str
    asked: Mapping[str, Any]
    group: Mapping[str, Any]
    revision: Revision
    configuration: str
    steps: tuple[Step, ...]
    created: float
    creator: str = "user"
    identifier: str = field(default_factory=lambda: f"d-{uuid.uuid4().hex[:9].upper()}")
    status: Status = "Created"
    started: float | None = None
    completed: float | None = None
    percent: int = 0
    error: Mapping[str, str] | None = None
    rollback: dict[str, str] = field(default_factory=dict)
    stop_requested: bool = False
    rolls_back_on_stop: bool | None = None
    hooks: dict[str, str] = field(default_factory=dict)
    """Status of each test function that was started, by its execution id."""

    @property
    def over(self) -> bool:
        return self.status in ("Succeeded", "Failed", "Stopped")

    @property
    def alarms(self) -> tuple[str, ...]:
        """The names of the alarms that stop it: the group's, or those that the request has instead."""
        found = self.asked.get("overrideAlarmConfiguration") or self.group.get("alarmConfiguration") or {}
        return tuple(each["name"] for each in found.get("alarms", [])) if found.get("enabled") else ()

    def is_taken_back(self, event: Event) -> bool:
        """Whether an ending of that kind makes a rollback."""
        if event == "DEPLOYMENT_STOP_ON_REQUEST" and self.rolls_back_on_stop is not None:
            return self.rolls_back_on_stop
        found = (
            self.asked.get("autoRollbackConfiguration") or self.group.get("autoRollbackConfiguration") or {}
        )
        return bool(found.get("enabled")) and event in found.get("events", [])

    def described(self) -> dict[str, Any]:
        """As GetDeployment answers (CodeDeploy API Reference, DeploymentInfo)."""
        told = {
            "applicationName": self.asked["applicationName"],
            "deploymentGroupName": self.asked["deploymentGroupName"],
            "deploymentConfigName": self.configuration,
            "deploymentId": self.identifier,
            "revision": self.asked.get("revision"),
            "status": self.status,
            "errorInformation": self.error,
            "createTime": self.created,
            "startTime": self.started,
            "completeTime": self.completed,
            "description": self.asked.get("description"),
            "creator": self.creator,
            "rollbackInfo": self.rollback or None,
            "autoRollbackConfiguration": self.group.get("autoRollbackConfiguration"),
            "deploymentStyle": self.group.get("deploymentStyle"),
            "computePlatform": "Lambda",
        }
        return {key: value for key, value in told.items() if value is not None}
