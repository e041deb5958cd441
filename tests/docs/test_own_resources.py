"""The guide's resources of one's own: kept, checked, planned, judged by the gate, and seen by `affected`."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.docs.documented_commands import REPOSITORY, repository_copy

GUIDE = (REPOSITORY / "docs" / "guide.md").read_text()
QUEUE, PERMISSION = re.findall(r"^```hcl\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)
OWN = {
    "envs/mine/us-east-1/jobs.tf": QUEUE,
    "envs/mine/us-west-2/jobs.tf": QUEUE,
    "envs/mine/global/jobs.tf": PERMISSION,
}
REGIONS = ("us-east-1", "us-west-2")


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "harness", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def git(folder: Path, *words: str) -> None:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
    }
    who = ("-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, *words], cwd=folder, env=environment, check=True, capture_output=True)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with the guide's environment `mine` committed, and its resources of one's own not yet."""
    folder = repository_copy(tmp_path_factory.mktemp("own") / "copy")
    (folder / ".venv-policy").symlink_to((REPOSITORY / ".venv-policy").resolve())
    manifest = (folder / "envs/dev/manifest.yaml").read_text().replace("name: dev\n", "name: mine\n")
    write = "write: {source: write, access: {items: write}, "
    assert write in manifest
    manifest = manifest.replace(write, write + "environment: {JOBS: 111111111111/mine-jobs}, ")
    # the gate lets only dev itself have tables that can be thrown away (policies/skips.yaml)
    for cheap in (", point_in_time_recovery: false", "protect: false, "):
        assert cheap in manifest
        manifest = manifest.replace(cheap, "")
    (folder / "envs/mine").mkdir()
    (folder / "envs/mine/manifest.yaml").write_text(manifest)
    assert run(folder, "generate", "--env", "mine").returncode == 0
    git(folder, "init", "--quiet", "--template=", "--initial-branch", "main")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "Begin")
    for path, text in OWN.items():
        (folder / path).write_text(text)
    return folder


def test_the_guide_s_hcl_is_formatted_and_names_modules_that_the_root_has(copy: Path) -> None:
    root = (copy / "envs/mine/global/main.tf").read_text()
    for module in re.findall(r"module\.(\w+)\.", PERMISSION):
        assert f'module "{module}"' in root
    assert re.search(r'^  alias +.*= "usw2"$', root, re.MULTILINE)


def test_generate_keeps_them_and_check_is_content(copy: Path) -> None:
    assert run(copy, "generate", "--env", "mine").returncode == 0
    assert {path: (copy / path).read_text() for path in OWN} == OWN
    done = run(copy, "check", "--env", "mine")
    assert (done.returncode, done.stderr) == (0, "up to date: mine\n")


def test_affected_names_the_stacks_that_they_stand_in_and_why(copy: Path) -> None:
    report = json.loads(run(copy, "affected", "--base", "HEAD", "--json").stdout)
    because = {
        (each["env"], each["stack"]) for each in report["stacks"] if "jobs.tf (new)" in json.dumps(each)
    }
    assert because == {("mine", stack) for stack in ("global", *REGIONS)}


@pytest.mark.sandbox
@pytest.mark.terraform
def test_a_plan_creates_them_with_the_rest_of_their_stacks(copy: Path, tmp_path: Path) -> None:
    stacks = [word for stack in ("global", "us-east-1") for word in ("--stack", stack)]
    plans = tmp_path / "plans"
    done = run(copy, "plan", "--env", "mine", "--sandbox", *stacks, "--plans", str(plans), "--documents")
    assert done.returncode == 0, done.stderr[-2000:]
    created = {stack: planned(plans, stack) for stack in ("global", "us-east-1")}
    assert {each for each in created["us-east-1"] if "jobs" in each} == {"aws_sqs_queue.jobs"}
    assert {each for each in created["global"] if "jobs" in each} == {
        f'aws_iam_role_policy.write_jobs["{region}"]' for region in REGIONS
    }
    assert len(created["us-east-1"]) > 50


def planned(folder: Path, stack: str) -> set[str]:
    (document,) = [file for file in folder.rglob("*.json") if file.stem == stack]
    plan: dict[str, Any] = json.loads(document.read_text())
    return {each["address"] for each in plan["resource_changes"] if each["change"]["actions"] == ["create"]}


@pytest.mark.long
@pytest.mark.checkov
@pytest.mark.sandbox
@pytest.mark.terraform
@pytest.mark.timeout(1200)
def test_the_gate_judges_them(copy: Path) -> None:
    good = run(copy, "policy", "--env", "mine")
    assert good.returncode == 0, good.stdout[-2000:]
    (copy / "envs/mine/global/jobs.tf").write_text(PERMISSION.replace("sqs:SendMessage", "sqs:GetQueueUrl"))
    queue = QUEUE.replace("  sqs_managed_sse_enabled = true\n", "  sqs_managed_sse_enabled = false\n")
    (copy / "envs/mine/us-east-1/jobs.tf").write_text(queue)
    try:
        refused = run(copy, "policy", "--env", "mine")
    finally:
        for path, text in OWN.items():
            (copy / path).write_text(text)
    assert refused.returncode == 1
    assert "RES006" in refused.stdout
    assert "aws_sqs_queue.jobs" in refused.stdout


@pytest.mark.long
@pytest.mark.e2e
@pytest.mark.sandbox
@pytest.mark.terraform
@pytest.mark.timeout(1800)
def test_an_apply_makes_them(copy: Path) -> None:
    with kept_up(copy) as variables:
        for region in REGIONS:
            queues = boto3.client(
                "sqs",
                region_name=region,
                endpoint_url=variables["AWS_ENDPOINT_URL"],
                aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
                aws_secret_access_key="sandbox",
            )
            assert queues.get_queue_url(QueueName="mine-jobs")["QueueUrl"].endswith("mine-jobs")


@contextlib.contextmanager
def kept_up(copy: Path) -> Iterator[dict[str, str]]:
    """A sandbox of the copy with `mine` applied; gives the variables that lead to it."""
    record = copy / ".antipode/sandbox.json"
    ports = ("--port", "0", "--dns-port", "0")
    process = subprocess.Popen(
        [sys.executable, "-m", "harness", "sandbox", "--env", "mine", "--empty", *ports],
        cwd=copy,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + 120
        while not record.exists():
            assert process.poll() is None, "the sandbox ended before it was up"
            assert time.monotonic() < deadline, "the sandbox was not up after 120 s"
            time.sleep(0.2)
        applied = run(copy, "apply", "--env", "mine", "--sandbox", "--yes")
        assert applied.returncode == 0, applied.stderr[-2000:]
        yield json.loads(record.read_text())["environment"]
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=120)
