"""CodeDeploy's applications, deployment configurations and deployment groups, for functions.

Answers are those of the AWS CodeDeploy API Reference. Not done: what is for servers and containers.
"""

from __future__ import annotations

import time
import uuid
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

Record = dict[str, Any]
Parameters = Mapping[str, Any]
Tags = list[dict[str, str]]

# The ready-made configurations (CodeDeploy User Guide, "Working with deployment configurations").
_READY_MADE = "CodeDeployDefault."
_GROUP = "deploymentGroupName"


class Refused(Exception):
    """A request that AWS answers with an error of this name."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


class _Region:
    """What one region holds."""

    def __init__(self) -> None:
        self.applications: dict[str, Record] = {}
        self.configurations: dict[str, Record] = {}
        self.groups: dict[tuple[str, str], Record] = {}
        self.tags: dict[str, dict[str, str]] = defaultdict(dict)


class Applications:
    """Applications, configurations and groups of one account. Every operation gets the region and the call's
    parameters, and gives AWS's answer; it raises Refused with the name of AWS's error."""

    def __init__(self, account_id: str) -> None:
        self._account = account_id
        self.regions: dict[str, _Region] = defaultdict(_Region)

    def _arn(self, region: str, kind: str, name: str) -> str:
        return f"arn:aws:codedeploy:{region}:{self._account}:{kind}:{name}"

    # Applications

    def create_application(self, region: str, request: Parameters) -> Record:
        held = self.regions[region]
        name = request["applicationName"]
        if name in held.applications:
            raise Refused("ApplicationAlreadyExistsException", f"Application already exists: {name}")
        held.applications[name] = {
            "applicationId": str(uuid.uuid4()),
            "applicationName": name,
            "computePlatform": request.get("computePlatform", "Server"),
            "createTime": time.time(),
            "linkedToGitHub": False,
        }
        held.tags[self._arn(region, "application", name)].update(_tags_of(request))
        return {"applicationId": held.applications[name]["applicationId"]}

    def get_application(self, region: str, request: Parameters) -> Record:
        held = self.regions[region]
        return {"application": _application(held, request["applicationName"])}

    def update_application(self, region: str, request: Parameters) -> Record:
        held = self.regions[region]
        old, new = request["applicationName"], request.get("newApplicationName", request["applicationName"])
        held.applications[new] = {**_application(held, old), "applicationName": new}
        if new != old:
            del held.applications[old]
        return {}

    def delete_application(self, region: str, request: Parameters) -> Record:
        held = self.regions[region]
        name = request["applicationName"]
        held.applications.pop(name, None)
        held.groups = {key: group for key, group in held.groups.items() if key[0] != name}
        held.tags.pop(self._arn(region, "application", name), None)
        return {}

    # Deployment configurations

    def create_configuration(self, region: str, request: Parameters) -> Record:
        held = self.regions[region]
        name = request["deploymentConfigName"]
        if name in held.configurations:
            raise Refused(
                "DeploymentConfigAlreadyExistsException", f"Deployment configuration already exists: {name}"
            )
        held.configurations[name] = {
            "computePlatform": "Server",
            **{key: value for key, value in request.items() if value is not None},
            "deploymentConfigId": str(uuid.uuid4()),
            "createTime": time.time(),
        }
        return {"deploymentConfigId": held.configurations[name]["deploymentConfigId"]}

    def get_configuration(self, region: str, request: Parameters) -> Record:
        held = self.regions[region]
        return {"deploymentConfigInfo": _configuration(held, request["deploymentConfigName"])}

    def delete_configuration(self, region: str, request: Parameters) -> Record:
        held = self.regions[region]
        name = request["deploymentConfigName"]
        if any(group.get("deploymentConfigName") == name for group in held.groups.values()):
            raise Refused("DeploymentConfigInUseException", f"Deployment configuration is in use: {name}")
        held.configurations.pop(name, None)
        return {}

    # Deployment groups

    def create_group(self, region: str, request: Parameters) -> Record:
        held = self.regions[region]
        application, name = request["applicationName"], request[_GROUP]
        platform = _application(held, application)["computePlatform"]
        if (application, name) in held.groups:
            raise Refused("DeploymentGroupAlreadyExistsException", f"Deployment group already exists: {name}")
        held.groups[application, name] = {
            "computePlatform": platform,
            "deploymentConfigName": f"{_READY_MADE}{platform}AllAtOnce",
            "deploymentGroupId": str(uuid.uuid4()),
            **_checked(held, request),
        }
        held.tags[self._arn(region, "deploymentgroup", f"{application}/{name}")].update(_tags_of(request))
        return {"deploymentGroupId": held.groups[application, name]["deploymentGroupId"]}

    def get_group(self, region: str, request: Parameters) -> Record:
        held = self.regions[region]
        return {"deploymentGroupInfo": _group(held, request["applicationName"], request[_GROUP])}

    def update_group(self, region: str, request: Parameters) -> Record:
        held = self.regions[region]
        application, old = request["applicationName"], request["currentDeploymentGroupName"]
        new = request.get("newDeploymentGroupName") or old
        kept = _group(held, application, old)
        changed = {
            key: value
            for key, value in _checked(held, request).items()
            if key not in ("currentDeploymentGroupName", "newDeploymentGroupName")
        }
        held.groups.pop((application, old))
        held.groups[application, new] = {**kept, **changed, _GROUP: new}
        return {"hooksNotCleanedUp": []}

    def delete_group(self, region: str, request: Parameters) -> Record:
        held = self.regions[region]
        application, name = request["applicationName"], request[_GROUP]
        held.groups.pop((application, name), None)
        held.tags.pop(self._arn(region, "deploymentgroup", f"{application}/{name}"), None)
        return {"hooksNotCleanedUp": []}

    # Tags

    def list_tags(self, region: str, request: Parameters) -> Record:
        held = self.regions[region]
        found = held.tags.get(request["ResourceArn"], {})
        return {"Tags": [{"Key": key, "Value": value} for key, value in found.items()]}

    def tag(self, region: str, request: Parameters) -> Record:
        held = self.regions[region]
        held.tags[request["ResourceArn"]].update(_pairs(request.get("Tags")))
        return {}

    def untag(self, region: str, request: Parameters) -> Record:
        held = self.regions[region]
        for key in request.get("TagKeys", []):
            held.tags[request["ResourceArn"]].pop(key, None)
        return {}


def _application(held: _Region, name: str) -> Record:
    if name not in held.applications:
        raise Refused("ApplicationDoesNotExistException", f"No application found for name: {name}")
    return held.applications[name]


def _configuration(held: _Region, name: str) -> Record:
    if name.startswith(_READY_MADE):
        return {"deploymentConfigName": name, "computePlatform": "Lambda"}
    if name not in held.configurations:
        raise Refused(
            "DeploymentConfigDoesNotExistException", f"No Deployment Configuration found for name: {name}"
        )
    return held.configurations[name]


def _group(held: _Region, application: str, name: str) -> Record:
    _application(held, application)
    if (application, name) not in held.groups:
        raise Refused("DeploymentGroupDoesNotExistException", f"No Deployment Group found for name: {name}")
    return held.groups[application, name]


def _checked(held: _Region, request: Parameters) -> Record:
    """What a request says of a deployment group, without what it leaves out."""
    found = {key: value for key, value in request.items() if value is not None and key != "tags"}
    if "deploymentConfigName" in found:
        _configuration(held, found["deploymentConfigName"])
    return found


def _tags_of(request: Parameters) -> dict[str, str]:
    return _pairs(request.get("tags"))


def _pairs(tags: Tags | None) -> dict[str, str]:
    return {tag["Key"]: tag.get("Value", "") for tag in tags or []}
