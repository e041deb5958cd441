from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.harness.delivery.workflow_runs import WORKFLOWS, Run, environment, load

REPOSITORY = WORKFLOWS.parents[1]
NAMES = sorted(file.stem for file in WORKFLOWS.glob("*.yml"))
SCRIPTS = Path(sys.executable).parent
# GitHub Docs, "Permissions for the GITHUB_TOKEN": what a job may ask for beyond reading the code, and why
ALLOWED = {
    ("apply", "apply"): {"id-token": "write"},
    ("apply", "report"): {"issues": "write"},
    ("drift", "drift"): {"id-token": "write"},
    ("drift", "over"): {"issues": "write"},
    ("drift", "report"): {"issues": "write"},
    ("plan", "comment"): {"pull-requests": "write"},
    ("plan", "plan"): {"id-token": "write"},
}
OWN = "octo-org/antipode"


def jobs() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for name in NAMES:
        for job, body in load(name)["jobs"].items():
            yield name, job, body


def steps() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for name, job, body in jobs():
        for step in body["steps"]:
            yield name, job, step


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)


def test_there_are_the_four_workflows() -> None:
    assert NAMES == ["apply", "drift", "gameday", "plan"]


def test_every_workflow_is_what_github_s_schema_says() -> None:
    files = [str(WORKFLOWS / f"{name}.yml") for name in NAMES]
    program = str(SCRIPTS / "check-jsonschema")
    done = run(program, "--builtin-schema", "vendor.github-workflows", *files)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_action_is_pinned_by_its_digest_and_says_its_version() -> None:
    lines = [
        line.strip().removeprefix("- ")
        for name in NAMES
        for line in (WORKFLOWS / f"{name}.yml").read_text(encoding="utf-8").splitlines()
        if line.strip().removeprefix("- ").startswith("uses:")
    ]
    pinned = re.compile(r"uses: [\w.-]+/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
    assert lines
    assert [line for line in lines if not pinned.fullmatch(line)] == []
    versions = Counter(line.split("@")[0] for line in set(lines))
    assert [action for action, count in versions.items() if count > 1] == []


def test_every_command_is_one_make_verb_that_there_is() -> None:
    verbs = set(re.findall(r"^([a-z]+):", (REPOSITORY / "Makefile").read_text(encoding="utf-8"), re.M))
    commands = [step["run"] for _, _, step in steps() if "run" in step]
    assert [command for command in commands if not re.fullmatch(r"make [a-z]+", command)] == []
    assert {command.split()[1] for command in commands} - verbs == set()


def test_a_workflow_may_do_nothing_and_each_job_the_least() -> None:
    assert [name for name in NAMES if load(name)["permissions"] != {}] == []
    asked = {(name, job): body["permissions"] for name, job, body in jobs()}
    assert asked == {place: {"contents": "read", **ALLOWED.get(place, {})} for place in asked}


def test_no_checkout_keeps_its_credentials() -> None:
    checkouts = [step for _, _, step in steps() if step.get("uses", "").startswith("actions/checkout@")]
    assert checkouts
    assert [step for step in checkouts if step["with"]["persist-credentials"] is not False] == []


def test_every_job_has_a_time_limit_and_a_fixed_runner() -> None:
    assert [(name, job) for name, job, body in jobs() if not 1 <= body["timeout-minutes"] <= 180] == []
    assert {body["runs-on"] for _, _, body in jobs()} == {"ubuntu-24.04"}


def test_an_apply_is_never_cut_off_and_none_is_dropped() -> None:
    apply = load("apply")
    assert apply["concurrency"] == {"group": "apply", "cancel-in-progress": False, "queue": "max"}
    assert apply["jobs"]["apply"]["concurrency"] == {
        "group": "apply-${{ matrix.environment }}",
        "cancel-in-progress": False,
        "queue": "max",
    }


def test_applying_stops_at_the_first_failure_one_environment_at_a_time() -> None:
    strategy = load("apply")["jobs"]["apply"]["strategy"]
    assert (strategy["fail-fast"], strategy["max-parallel"]) == (True, 1)


def test_only_the_job_that_applies_is_in_a_github_environment() -> None:
    assert [(name, job) for name, job, body in jobs() if "environment" in body] == [("apply", "apply")]


def test_nothing_runs_for_a_pull_request_with_the_rights_of_its_target() -> None:
    events = {event for name in NAMES for event in load(name)["on"]}
    assert events == {"pull_request", "push", "schedule", "workflow_dispatch"}


def test_saved_plans_are_no_artifacts() -> None:
    uploads = [step["with"]["path"] for _, _, step in steps() if "upload-artifact" in step.get("uses", "")]
    assert sorted({path for each in uploads for path in each.split()}) == [
        ".antipode/reports",
        "drift",
        "plans/reviewed.json",
        "plans/summary.json",
        "policy",
    ]


STACK = {
    "env": "prod",
    "label": "prod-us-west-2",
    "region": "us-west-2",
    "role": "arn:plan",
    "stack": "us-west-2",
}
EDGE = STACK | {"label": "prod-edge", "stack": "edge"}
DELIVERED = {
    "apply_role": "arn:apply",
    "env": "prod",
    "environment": "prod",
    "label": "prod",
    "plan_role": "arn:plan",
    "region": "us-west-2",
}
TOLD = {
    "environments": json.dumps(["dev", "prod"]),
    "delivered": json.dumps({"include": [DELIVERED]}),
    "stacks": json.dumps({"include": [STACK, EDGE]}),
    "any": "true",
    "any_delivered": "true",
    "any_stack": "true",
}
NOTHING = {name: "[]" if name == "environments" else '{"include": []}' for name in TOLD} | dict.fromkeys(
    ("any", "any_delivered", "any_stack"), "false"
)
RECORDER = """#!/bin/bash
printf '%s' "$1" >> "$CALLS"
for name in ENV STACK PLANS BASE OUT FILE PULL_REQUEST YES CONFIRM STANDBY_FIRST PART OVER SEEDS LONG \\
    MARKDOWN; do
  [[ -n "${!name}" ]] && printf ' %s=%s' "$name" "${!name}" >> "$CALLS"
done
echo >> "$CALLS"
[[ "$1" == jobs ]] && cat "$TOLD" >> "$GITHUB_OUTPUT"
[[ " $FAILING " != *" $1 "* ]]
"""


class Recorded:
    """A run of a workflow in which `make` only writes down how it was called."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "checkout").mkdir()
        (folder / "bin").mkdir()
        make = folder / "bin" / "make"
        make.write_text(RECORDER)
        make.chmod(0o755)

    def __call__(
        self,
        name: str,
        *,
        told: dict[str, str] = TOLD,
        failing: str = "",
        fork: bool = False,
        **variables: str,
    ) -> tuple[Run, list[str]]:
        (self.folder / "told").write_text("".join(f"{key}={value}\n" for key, value in told.items()))
        (self.folder / "calls").write_text("")
        head = {"repo": {"full_name": "someone/antipode" if fork else OWN}}
        ambient = environment(self.folder / "bin") | {
            "CALLS": str(self.folder / "calls"),
            "TOLD": str(self.folder / "told"),
            "FAILING": failing,
        }
        done = Run(
            workflow=load(name),
            github={
                "repository": OWN,
                "run_id": 7,
                "token": "token",
                "event": {"before": "0123abc", "pull_request": {"number": 12, "head": head}},
            },
            checkout=self.folder / "checkout",
            ambient=ambient,
            variables=variables,
        ).go()
        return done, (self.folder / "calls").read_text().splitlines()


@pytest.fixture
def recorded(tmp_path: Path) -> Recorded:
    return Recorded(tmp_path)


def test_a_pull_request_is_checked_drilled_planned_stack_by_stack_and_commented_on(
    recorded: Recorded,
) -> None:
    done, calls = recorded("plan")
    assert calls == [
        "jobs BASE=HEAD^1",
        "lint",
        "test",
        "policy ENV=dev OUT=policy",
        "policy ENV=prod OUT=policy",
        "drill ENV=dev",
        "drill ENV=prod",
        "plan ENV=prod STACK=us-west-2 PLANS=plans",
        "deposit ENV=prod STACK=us-west-2 PLANS=plans",
        "plan ENV=prod STACK=edge PLANS=plans",
        "deposit ENV=prod STACK=edge PLANS=plans",
        "summary PLANS=summaries OUT=summary.md",
        "comment FILE=summary.md PULL_REQUEST=12",
        "verdict",
    ]
    assert set(done.results.values()) == {"success"}
    roles = [step.given for step in done.steps if "configure-aws-credentials" in step.uses]
    assert roles == [
        {"aws-region": "us-west-2", "role-to-assume": "arn:plan", "role-session-name": "plan-7"},
        {"aws-region": "us-west-2", "role-to-assume": "arn:plan", "role-session-name": "plan-7"},
    ]


def test_a_fork_gets_no_credentials_no_plan_and_no_comment(recorded: Recorded) -> None:
    done, calls = recorded("plan", fork=True)
    assert [call.split()[0] for call in calls] == [
        *("jobs", "lint", "test", "policy", "policy", "drill", "drill", "verdict"),
    ]
    assert {job for job, result in done.results.items() if result == "skipped"} == {"plan", "comment"}
    assert [step for step in done.steps if "credentials" in step.uses] == []


def test_a_pull_request_that_touches_no_environment_is_still_linted_and_tested(recorded: Recorded) -> None:
    _, calls = recorded("plan", told=NOTHING)
    assert [call.split()[0] for call in calls] == ["jobs", "lint", "test", "verdict"]


def test_a_plan_that_fails_is_commented_on_all_the_same_and_nothing_of_it_is_kept(recorded: Recorded) -> None:
    done, calls = recorded("plan", failing="plan")
    verbs = [call.split()[0] for call in calls]
    assert (done.results["plan"], "deposit" in verbs) == ("failure", False)
    assert verbs[-3:] == ["summary", "comment", "verdict"]


def test_a_merge_collects_the_reviewed_plans_applies_them_and_releases(recorded: Recorded) -> None:
    done, calls = recorded("apply", CONFIRM="data:module.items")
    assert calls == [
        "jobs BASE=0123abc",
        "collect ENV=prod PLANS=plans",
        "apply ENV=prod PLANS=plans YES=1 CONFIRM=data:module.items STANDBY_FIRST=1",
        "release ENV=prod",
    ]
    assert done.results == {"affected": "success", "apply": "success", "report": "skipped"}
    (role,) = [step.given["role-to-assume"] for step in done.steps if "credentials" in step.uses]
    assert role == "arn:apply"


@pytest.mark.parametrize("failing", ["collect", "apply"])
def test_an_apply_that_fails_releases_nothing_and_opens_an_issue(recorded: Recorded, failing: str) -> None:
    done, calls = recorded("apply", failing=failing)
    assert done.results == {"affected": "success", "apply": "failure", "report": "success"}
    assert [call.split()[0] for call in calls][-2:] == [failing, "issue"]
    assert calls[-1] == "issue PART=apply-failed"


def test_a_merge_that_affects_no_stack_takes_no_role(recorded: Recorded) -> None:
    done, calls = recorded("apply", told=NOTHING)
    assert calls == ["jobs BASE=0123abc"]
    assert [step for step in done.steps if "credentials" in step.uses] == []


def test_drift_opens_the_one_issue_and_its_end_closes_it(recorded: Recorded) -> None:
    _, calls = recorded("drift", failing="drift")
    assert calls == ["jobs", "drift ENV=prod MARKDOWN=drift/prod.md", "issue FILE=drift PART=drift"]
    _, calls = recorded("drift")
    assert calls == ["jobs", "drift ENV=prod MARKDOWN=drift/prod.md", "issue PART=drift OVER=1"]


def test_a_game_day_drills_every_environment_several_times_and_runs_the_long_tests(
    recorded: Recorded,
) -> None:
    done, calls = recorded("gameday")
    assert calls == ["jobs", "drill ENV=dev SEEDS=5", "drill ENV=prod SEEDS=5", "test LONG=1"]
    kept = [step.given["path"] for step in done.steps if "upload-artifact" in step.uses]
    assert kept == [".antipode/reports", ".antipode/reports"]
