"""An environment from nothing to nothing, with its runner and its Terraform killed on the way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import psutil
import pytest

from e2e.estates import hold_to_inventory
from harness import environments
from harness.environments import REPOSITORY, Environment
from harness.targets.announced import RECORD
from harness.targets.session import session, stack_runs
from harness.targets.target import SANDBOX
from harness.terraform import runner
from harness.terraform.stack import Target
from tests.provider.executable import found_as_terraform

pytestmark = [pytest.mark.e2e, pytest.mark.sandbox, pytest.mark.terraform, pytest.mark.timeout(1200)]

ENVIRONMENT = "dev"
LOGS = REPOSITORY / ".antipode" / SANDBOX / ENVIRONMENT
AT_WORK = "module.function_read.aws_lambda_function.this: Creating"
STALLED = 60.0
"""Seconds after which a run hangs whose logs have not grown. Terraform says every 10 s what it waits for."""


@dataclass(frozen=True)
class Kept:
    """A sandbox that `make sandbox` keeps up in a process of its own."""

    environment: Environment
    variables: dict[str, str]

    def client(self, service: str, region: str) -> Any:
        return boto3.client(
            service,
            region_name=region,
            endpoint_url=self.variables["AWS_ENDPOINT_URL"],
            aws_access_key_id=self.variables["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key="sandbox",
        )

    def verb(self, *words: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "harness", *words, "--env", ENVIRONMENT, "--sandbox", "--yes"]
        return subprocess.Popen(
            command,
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )


@pytest.fixture(scope="module")
def kept(quick_terraform: Path) -> Iterator[Kept]:
    if RECORD.exists():
        pytest.skip(f"a sandbox is up already ({RECORD}); stop it first")
    with found_as_terraform(quick_terraform):
        yield from running_sandbox()


def running_sandbox() -> Iterator[Kept]:
    command = [
        sys.executable,
        "-m",
        "harness",
        "sandbox",
        "--env",
        ENVIRONMENT,
        "--empty",
        "--port",
        "0",
        "--dns-port",
        "0",
    ]
    process = subprocess.Popen(
        command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        deadline = time.monotonic() + 60
        while not RECORD.exists():
            assert process.poll() is None, "the sandbox ended before it was up"
            assert time.monotonic() < deadline, "the sandbox was not up after 60 s"
            time.sleep(0.2)
        yield Kept(environments.load(ENVIRONMENT), json.loads(RECORD.read_text())["environment"])
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=120) == 0
        assert not RECORD.exists()


class Progress:
    """How far the runs in this environment have come, by the size of their logs."""

    def __init__(self) -> None:
        self._size, self._since = -1, 0.0

    def check(self) -> None:
        """Raises AssertionError when nothing was logged for too long."""
        if (size := logged()) != self._size:
            self._size, self._since = size, time.monotonic()
        assert time.monotonic() - self._since < STALLED, f"no log in {LOGS} has grown for {STALLED} s"


def logged() -> int:
    return sum(log.stat().st_size for log in LOGS.rglob("*.log"))


def ended(process: subprocess.Popen[str]) -> str:
    """All its output, once it has ended."""
    progress = Progress()
    while True:
        try:
            return process.communicate(timeout=1)[0]
        except subprocess.TimeoutExpired:
            progress.check()


def succeeded(process: subprocess.Popen[str]) -> None:
    output = ended(process)
    assert process.returncode == 0, output


def wait_for_log(process: subprocess.Popen[str], stack: str, verb: str, text: str) -> None:
    """Waits until a stack's log says something: the moment to pull the plug."""
    log = LOGS / stack / f"{verb}.log"
    progress = Progress()
    while not (log.is_file() and text in log.read_text(errors="replace")):
        if process.poll() is not None:
            pytest.fail(f"the {verb} ended before {stack} said {text!r}:\n{process.communicate()[0]}")
        progress.check()
        time.sleep(0.1)


def terraforms() -> list[psutil.Process]:
    """Terraform processes that work in this environment."""
    found = []
    for process in psutil.process_iter(["name", "cwd"]):
        if (process.info["name"] or "").startswith("terraform") and f"envs/{ENVIRONMENT}/" in (
            process.info["cwd"] or ""
        ):
            found.append(process)
    return found


@pytest.mark.exercises("dev", "apply", "second plan")
def test_an_apply_whose_runner_is_killed_converges_when_it_is_run_again(
    kept: Kept, holds: Callable[..., None]
) -> None:
    process = kept.verb("apply")
    wait_for_log(process, "us-east-1", "apply", AT_WORK)
    os.kill(process.pid, signal.SIGKILL)
    process.wait(timeout=60)
    deadline = time.monotonic() + 60
    while terraforms():
        assert time.monotonic() < deadline, "a Terraform outlived its runner by a minute"
        time.sleep(0.5)

    # the first apply of all was at work in both regions, and its logs say so still
    (LOGS / "us-west-2" / "apply.log").unlink(missing_ok=True)
    again = kept.verb("apply")
    wait_for_log(again, "us-west-2", "apply", ": Creating")
    for terraform in terraforms():
        terraform.kill()
    output = ended(again)
    assert again.returncode == 1, output

    succeeded(kept.verb("apply"))
    target = Target(name=SANDBOX, variables=kept.variables)
    with session(kept.environment, target) as opened:
        result = runner.plan(opened, stack_runs(kept.environment))
    assert {each.stack: str(each.planned) for each in result.results} == {
        stack.name: "no changes" for stack in kept.environment.stacks
    }
    hold_to_inventory(kept.environment, kept.client, holds)
    for region, short in (("us-east-1", "use1"), ("us-west-2", "usw2")):
        apis = [each["name"] for each in kept.client("apigateway", region).get_rest_apis()["items"]]
        functions = {
            each["FunctionName"] for each in kept.client("lambda", region).list_functions()["Functions"]
        }
        assert apis == [f"dev-{short}"]
        assert functions == {f"dev-{name}-{short}" for name in ("read", "write", "health")}


@pytest.mark.exercises("dev", "destroy")
def test_destroy_leaves_nothing_behind(kept: Kept) -> None:
    succeeded(kept.verb("destroy"))
    for region in ("us-east-1", "us-west-2"):
        assert kept.client("apigateway", region).get_rest_apis()["items"] == []
        assert kept.client("lambda", region).list_functions()["Functions"] == []
        assert kept.client("dynamodb", region).list_tables()["TableNames"] == []
        assert kept.client("logs", region).describe_log_groups()["logGroups"] == []
    assert kept.client("s3", "us-east-1").list_buckets()["Buckets"] == []
    assert kept.client("route53", "us-east-1").list_hosted_zones()["HostedZones"] == []
    roles = kept.client("iam", "us-east-1").list_roles()["Roles"]
    assert [role["RoleName"] for role in roles if role["RoleName"].startswith("dev-")] == []
