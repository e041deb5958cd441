"""Every step of the run of a pull request and of its merge, for real: `make`, Terraform, the embedded AWS.

Only GitHub is not there: `gh` writes down what it is asked for, and artifacts are folders.
"""

from __future__ import annotations

import fnmatch
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.delivery.test_github import FakeGitHub
from tests.harness.delivery.workflow_runs import WORKFLOWS, Run, Step, environment, load

pytestmark = [pytest.mark.long, pytest.mark.sandbox, pytest.mark.terraform, pytest.mark.timeout(5400)]

REPOSITORY = WORKFLOWS.parents[1]
# What the pull request changes: a setting of prod's functions, which the regional stacks hold.
BEFORE, AFTER = "memory_mb: 512", "memory_mb: 1024"
REGIONAL = {"us-east-1", "us-west-2"}


class Checkout:
    """A clone of the repository whose last commit merges a pull request that changes a manifest."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "checkout"
        self.artifacts = folder / "artifacts"
        self.run("git", "clone", "--quiet", str(REPOSITORY), str(self.path), cwd=folder)
        for name in (".venv", ".venv-policy"):
            if (REPOSITORY / name).is_dir():
                (self.path / name).symlink_to((REPOSITORY / name).resolve())
        # installed before this clone was: `make` must not install it again
        for file in (self.path / "requirements").iterdir():
            os.utime(file, (0, 0))
        self.git("checkout", "--quiet", "-B", "main")
        self.base = self.git("rev-parse", "HEAD")
        self.git("checkout", "--quiet", "-b", "change")
        manifest = self.path / "envs" / "prod" / "manifest.yaml"
        manifest.write_text(manifest.read_text().replace(BEFORE, AFTER))
        self.run("make", "generate", "ENV=prod", "YES=1")
        self.git("commit", "--quiet", "-am", "More memory")
        self.git("checkout", "--quiet", "main")
        self.git("merge", "--quiet", "--no-ff", "change", "-m", "Merge the pull request")

    def git(self, *arguments: str) -> str:
        return self.run("git", "-c", "user.name=a", "-c", "user.email=a@example.com", *arguments)

    def run(self, *command: str, cwd: Path | None = None) -> str:
        done = subprocess.run(command, cwd=cwd or self.path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"
        return done.stdout.strip()

    def action(self, step: Step) -> None:
        """What the actions do as far as the steps after them can tell."""
        name = step.uses.split("@")[0]
        if name == "actions/checkout":
            for left in ("plans", "summaries", "policy", "drift"):
                shutil.rmtree(self.path / left, ignore_errors=True)
        elif name == "actions/upload-artifact":
            for path in step.given["path"].split():
                self._keep(self.path / path, self.artifacts / step.given["name"])
        elif name == "actions/download-artifact":
            for kept in self.artifacts.iterdir():
                if fnmatch.fnmatch(kept.name, step.given["pattern"]):
                    shutil.copytree(kept, self.path / step.given["path"] / kept.name)
        else:
            assert name == "aws-actions/configure-aws-credentials"

    @staticmethod
    def _keep(path: Path, place: Path) -> None:
        place.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            shutil.copytree(path, place, dirs_exist_ok=True)
        elif path.exists():
            shutil.copy(path, place)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    return Checkout(tmp_path_factory.mktemp("delivery"))


@pytest.fixture(scope="module")
def sandbox(checkout: Checkout) -> Iterator[None]:
    """prod as it is before the pull request, in an embedded AWS that stays up for every step."""
    checkout.git("checkout", "--quiet", checkout.base)
    command = ["make", "sandbox", "ENV=prod", "PORT=0", "DNS_PORT=0"]
    with (checkout.path.parent / "sandbox.log").open("w") as log:
        process = subprocess.Popen(command, cwd=checkout.path, stdout=log, stderr=log, start_new_session=True)
        until = time.monotonic() + 1200
        while not (checkout.path / ".antipode" / "sandbox.json").exists():
            assert process.poll() is None, Path(log.name).read_text(encoding="utf-8")
            assert time.monotonic() < until, Path(log.name).read_text(encoding="utf-8")
            time.sleep(1)
        checkout.git("checkout", "--quiet", "main")
        try:
            yield
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(60)


def run(name: str, checkout: Checkout, fake: FakeGitHub) -> Run:
    ambient = environment(fake.home) | {
        "FAKE_GITHUB": str(fake.home),
        "SANDBOX": "1",
        # the suite is what runs this test
        "TESTS": "tests/generator/terraform/test_hcl.py",
    }
    return Run(
        workflow=load(name),
        github={
            "repository": "octo-org/antipode",
            "run_id": 7,
            "token": "token",
            "event": {
                "before": checkout.base,
                "pull_request": {"number": 12, "head": {"repo": {"full_name": "octo-org/antipode"}}},
            },
        },
        checkout=checkout.path,
        ambient=ambient,
        action=checkout.action,
    ).go()


@pytest.mark.usefixtures("sandbox")
def test_a_pull_request_is_planned_and_commented_on_and_its_merge_applies_those_plans(
    checkout: Checkout, tmp_path: Path
) -> None:
    fake = FakeGitHub(tmp_path)
    planned = run("plan", checkout, fake)
    assert set(planned.results.values()) == {"success"}
    assert {step.matrix["stack"] for step in planned.steps if step.run == "make plan"} >= REGIONAL
    ((method, path, sent),) = fake.changes
    assert (method, path) == ("POST", "issues/12/comments")
    assert all(region in sent["body"] for region in REGIONAL)
    drilled = list((checkout.artifacts / "drill-0").rglob("drill.json"))
    assert [json.loads(file.read_text())["verdict"] for file in drilled]

    applied = run("apply", checkout, fake)
    assert applied.results == {"affected": "success", "apply": "success", "report": "skipped"}
    assert len(fake.changes) == 1
    assert "no changes" in checkout.run("make", "plan", "ENV=prod", "SANDBOX=1", "STACK=us-west-2")
