"""What an AppSpec asks for: which function's alias goes from which version to which. Pure.

Source: AWS CodeDeploy User Guide, "AppSpec 'resources' section for AWS Lambda deployments" and "AppSpec
'hooks' section for an AWS Lambda deployment".
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, NamedTuple

import yaml

HOOKS = ("BeforeAllowTraffic", "AfterAllowTraffic")


class Revision(NamedTuple):
    """One function's alias and its two versions; `hooks`: event -> function that tests."""

    function: str
    alias: str
    current: str
    target: str
    hooks: Mapping[str, str]


def parsed(request: Mapping[str, Any]) -> Revision:
    """The revision of a CreateDeployment request. Raises ValueError: what is wrong with it."""
    revision = request.get("revision") or {}
    kind = revision.get("revisionType")
    if kind not in ("AppSpecContent", "String"):
        raise ValueError(f"revisionType is {kind}; the sandbox takes AppSpecContent and String")
    told = revision.get("appSpecContent" if kind == "AppSpecContent" else "string") or {}
    content = str(told.get("content", ""))
    digest = told.get("sha256")
    if digest and digest != hashlib.sha256(content.encode()).hexdigest():
        raise ValueError("sha256 is not that of the content")
    try:
        document = yaml.safe_load(content)  # JSON is YAML as well
        (resource,) = (each for entry in document["Resources"] for each in entry.values())
        properties = resource["Properties"]
        asked = Revision(
            function=str(properties["Name"]),
            alias=str(properties["Alias"]),
            current=str(properties["CurrentVersion"]),
            target=str(properties["TargetVersion"]),
            hooks={event: str(name) for hook in document.get("Hooks") or [] for event, name in hook.items()},
        )
    except (yaml.YAMLError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise ValueError(f"the AppSpec cannot be read: {error}") from error
    if unknown := set(asked.hooks) - set(HOOKS):
        raise ValueError(f"a function has no event {', '.join(sorted(unknown))}")
    return asked
