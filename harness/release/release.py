"""`make release`: what was published goes to clients, one region after the other, and back if an alarm rings.

`make apply` publishes a version and leaves the alias where it is; each regional stack then has an output with
the request for CodeDeploy (modules/compute/release). The region that serves nobody else goes first, the lead
region last, and the next one only when the one before has succeeded.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from generator import naming
from generator.manifest import implied
from generator.manifest.problems import InputRefused
from generator.naming import resource_label
from harness import aws
from harness.environments import Environment
from harness.release.progress import Ended, Event, Noted, Shifted, Started, progress
from harness.targets.session import stack_runs
from harness.targets.target import target_of
from harness.terminal import FAILED, GOOD
from harness.terraform import runner
from harness.terraform.session import Session, open_session
from harness.terraform.stack import Target

OVER = ("Succeeded", "Failed", "Stopped")
MISSING = "ResourceNotFoundException"
LOOK_EVERY, LOOK_EVERY_IN_SANDBOX = 5.0, 0.5
# Looks in a row without an answer before a region counts as out of reach; each has been tried five times.
PATIENCE = 20

Observe = Callable[[Event], None]


class ReleaseFailed(Exception):
    """A release that did not come to its end; the text says where and why."""


class Request(NamedTuple):
    """What CodeDeploy is asked for in one region. `body` is that of CreateDeployment."""

    region: str
    function: str
    body: Mapping[str, Any]

    @property
    def revision(self) -> Mapping[str, str]:
        """Name, Alias, CurrentVersion and TargetVersion, as the AppSpec has them."""
        content = json.loads(self.body["revision"]["appSpecContent"]["content"])
        (resource,) = content["Resources"][0].values()
        found: Mapping[str, str] = resource["Properties"]
        return found

    @property
    def group(self) -> dict[str, str]:
        return {key: self.body[key] for key in ("applicationName", "deploymentGroupName")}


class Alias(NamedTuple):
    """Where an alias stands: its version, and the share in percent that another version has."""

    version: str
    percent: float

    def share(self, target: str) -> int:
        return 100 if self.version == target else round(self.percent)


def release(environment: Environment, *, sandbox: bool, functions: Sequence[str], as_json: bool) -> int:
    """Release what is published and does not serve yet; 0 done or nothing to do, 1 taken back or failed.

    `functions`: only these. Raises InputRefused for one that is not released step by step, for a region that
    is not applied, and where an alias is not where the last apply saw it.
    """
    chosen = chosen_functions(environment, functions)
    with (
        target_of(environment, sandbox=sandbox) as target,
        progress(as_json=as_json) as observe,
    ):
        every = LOOK_EVERY_IN_SANDBOX if sandbox else LOOK_EVERY
        return run(environment, target, functions=chosen, observe=observe, look_every=every)


def run(
    environment: Environment,
    target: Target,
    *,
    functions: Sequence[str],
    observe: Observe,
    look_every: float = LOOK_EVERY,
) -> int:
    """Release the functions in an account; 0 or 1 as `release`."""
    regions = Regions(target.variables)
    waiting: list[Request] = []
    try:
        wanted = list(requests(environment, open_session(environment.name, target), functions, regions))
        waiting = [each for each in wanted if is_due(each, regions.alias(each))]
        if not waiting:
            told = "what was published last serves everywhere" if functions else "no function has `release`"
            observe(Noted(f"nothing to release in {environment.name}: {told}"))
        while waiting:
            Following(waiting.pop(0), regions, observe, look_every=look_every).to_the_end()
    except ReleaseFailed as failed:
        left = ", ".join(f"{each.function} in {each.region}" for each in waiting)
        observe(Noted(str(failed) + (f"; not started: {left}" if left else ""), good=False))
        return FAILED
    return GOOD


def chosen_functions(environment: Environment, only: Sequence[str]) -> tuple[str, ...]:
    """The functions that the manifest releases step by step, or those of them that are named.

    Raises InputRefused for a name that is not among them.
    """
    every = implied.functions(environment.manifest)
    released = tuple(name for name, function in every.items() if function.release)
    if wrong := [name for name in only if name not in released]:
        known = ", ".join(released) or "none is"
        raise InputRefused(
            [
                f"FUNCTION={name}: is not released step by step ({known}); add `release: {{}}` to "
                f"compute.functions.{name} in the manifest"
                if name in every
                else f"FUNCTION={name}: is not a function of {environment.name}; use {', '.join(released)}"
                for name in wrong
            ]
        )
    return tuple(name for name in released if not only or name in only)


def order(environment: Environment) -> tuple[str, ...]:
    """The regions, the lead region last."""
    lead, *others = environment.manifest.lead_first
    return (*others, lead)


def requests(
    environment: Environment, session: Session, functions: Sequence[str], regions: Regions
) -> Iterator[Request]:
    """What each regional stack asks for, in the order of release. Raises InputRefused: not applied."""
    # Terraform keeps no output that is null, so that nothing in a state tells "released" from "not applied"
    stacks = {stack.name: stack for stack in stack_runs(environment)}
    for region in order(environment) if functions else ():
        outputs = runner.outputs(session, stacks[region])
        for function in functions:
            found = (outputs.get(f"release_{resource_label(function)}") or {}).get("value")
            if found:
                yield Request(region, function, json.loads(found))
            elif not regions.has(region, naming.function(environment.manifest.name, function, region)):
                told = f"{region} of {environment.name} is not applied; `make apply ENV={environment.name}`"
                raise InputRefused([f"{told} first"])


def is_due(request: Request, alias: Alias) -> bool:
    """Whether there is anything to do. Raises InputRefused when the output is older than the alias."""
    revision = request.revision
    if alias.version == revision["TargetVersion"] and not alias.percent:
        return False
    if alias.version != revision["CurrentVersion"]:
        raise InputRefused(
            [
                f"{request.function} in {request.region}: the alias {revision['Alias']} is at version "
                f"{alias.version}, the last apply saw {revision['CurrentVersion']}; run `make apply` again"
            ]
        )
    return True


@dataclass(frozen=True)
class Regions:
    """The account's services by region. `variables`: the AWS_* settings that lead to it."""

    variables: Mapping[str, str]

    def client(self, service: str, region: str) -> Any:
        config = Config(connect_timeout=5, read_timeout=20, retries={"total_max_attempts": 5})
        return aws.client(service, region, self.variables, config=config)

    def has(self, region: str, function: str) -> bool:
        """Whether the region has the function, behind its alias. Raises ReleaseFailed."""
        try:
            self.client("lambda", region).get_alias(FunctionName=function, Name=naming.FUNCTION_ALIAS)
        except (BotoCoreError, ClientError) as error:
            if isinstance(error, ClientError) and error.response["Error"]["Code"] == MISSING:
                return False
            raise ReleaseFailed(f"{function} in {region}: {error}") from error
        return True

    def alias(self, request: Request) -> Alias:
        """Where the function's alias stands. Raises ReleaseFailed."""
        revision = request.revision
        try:
            found = self.client("lambda", request.region).get_alias(
                FunctionName=revision["Name"], Name=revision["Alias"]
            )
        except (BotoCoreError, ClientError) as error:
            raise ReleaseFailed(f"{request.function} in {request.region}: {error}") from error
        weights = (found.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
        return Alias(str(found["FunctionVersion"]), 100 * sum(weights.values()))

    def ringing(self, request: Request) -> tuple[str, ...]:
        """The alarms of the request's group that ring."""
        codedeploy = self.client("codedeploy", request.region)
        group = codedeploy.get_deployment_group(**request.group)["deploymentGroupInfo"]
        names = [each["name"] for each in (group.get("alarmConfiguration") or {}).get("alarms", [])]
        if not names:
            return ()
        cloudwatch = self.client("cloudwatch", request.region)
        found = cloudwatch.describe_alarms(AlarmNames=names, AlarmTypes=["MetricAlarm", "CompositeAlarm"])
        alarms = [*found.get("MetricAlarms", []), *found.get("CompositeAlarms", [])]
        return tuple(sorted(each["AlarmName"] for each in alarms if each["StateValue"] == "ALARM"))


class Following:
    """One request from its submission to its end."""

    def __init__(self, request: Request, regions: Regions, observe: Observe, *, look_every: float) -> None:
        self._request = request
        self._regions = regions
        self._observe = observe
        self._look_every = look_every
        self._shown: int | None = None
        self._codedeploy = regions.client("codedeploy", request.region)

    def to_the_end(self) -> None:
        """Submit the request, or take up the deployment that is under way already, and wait for its end.

        Raises ReleaseFailed when the alias is not at the new version then.
        """
        request, revision = self._request, self._request.revision
        started = time.monotonic()
        identifier = self._submitted()
        self._observe(
            Started(
                request.region,
                request.function,
                revision["CurrentVersion"],
                revision["TargetVersion"],
                identifier,
            )
        )
        try:
            found = self._followed(identifier)
        except KeyboardInterrupt:
            self._observe(Noted(self._left_alone(identifier), good=False))
            raise
        why = None if found["status"] == "Succeeded" else self._why(found)
        self._observe(
            Ended(request.region, request.function, found["status"], time.monotonic() - started, why)
        )
        if why is not None:
            raise ReleaseFailed(f"{request.function} in {request.region}: {why}")

    def _submitted(self) -> str:
        try:
            under_way = self._codedeploy.list_deployments(
                **self._request.group, includeOnlyStatuses=["Created", "Queued", "InProgress"]
            )["deployments"]
            if under_way:
                return str(under_way[0])
            return str(self._codedeploy.create_deployment(**self._request.body)["deploymentId"])
        except (BotoCoreError, ClientError) as error:
            where = f"{self._request.function} in {self._request.region}"
            raise ReleaseFailed(f"{where}: CodeDeploy did not take the request: {error}") from error

    def _followed(self, identifier: str) -> Mapping[str, Any]:
        """The deployment when it is over. Its shares are told as they change."""
        misses = 0
        while True:
            try:
                found: Mapping[str, Any] = self._codedeploy.get_deployment(deploymentId=identifier)[
                    "deploymentInfo"
                ]
                percent = self._regions.alias(self._request).share(self._request.revision["TargetVersion"])
                misses = 0
            except (BotoCoreError, ClientError, ReleaseFailed) as error:
                misses += 1
                self._missed(misses, error, identifier)
            else:
                if percent != self._shown:
                    self._shown = percent
                    self._observe(Shifted(self._request.region, self._request.function, percent))
                if found["status"] in OVER:
                    return found
            time.sleep(self._look_every)

    def _missed(self, misses: int, error: Exception, identifier: str) -> None:
        where = f"{self._request.function} in {self._request.region}"
        if misses >= PATIENCE:
            raise ReleaseFailed(
                f"{where}: out of reach, deployment {identifier} goes on unwatched: {error}"
            ) from error
        if misses == 1:
            self._observe(Noted(f"{where}: no answer, asking again: {error}", good=False))

    def _why(self, found: Mapping[str, Any]) -> str:
        """Why a deployment ended badly, which alarms ring, and what serves now."""
        error = found.get("errorInformation") or {}
        told = f"{found['status'].lower()} ({error.get('code', 'no code')}): {error.get('message', '')}"
        if ringing := self._regions.ringing(self._request):
            told += f" Ringing: {', '.join(ringing)}."
        return f"{told} {self._taken_back(found)}"

    def _taken_back(self, found: Mapping[str, Any]) -> str:
        back = (found.get("rollbackInfo") or {}).get("rollbackDeploymentId")
        if back:
            self._followed(str(back))
        alias, revision = self._regions.alias(self._request), self._request.revision
        if alias == Alias(revision["CurrentVersion"], 0):
            return f"Version {alias.version} serves all requests{' again' if back else ''}"
        return (
            f"NOT TAKEN BACK: the alias {revision['Alias']} is at version {alias.version} and sends "
            f"{alias.share(revision['TargetVersion'])} % to version {revision['TargetVersion']}"
        )

    def _left_alone(self, identifier: str) -> str:
        region = self._request.region
        return (
            f"the release goes on in {region}; `make release` follows it again, and this takes it back: aws "
            f"deploy stop-deployment --region {region} --auto-rollback-enabled --deployment-id {identifier}"
        )
