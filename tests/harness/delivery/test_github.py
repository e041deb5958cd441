from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from generator.manifest.problems import InputRefused
from harness import cli
from harness.delivery import github
from harness.terraform.errors import TerraformError

FAKE = """#!/usr/bin/env python3
import json, os, pathlib, sys
home = pathlib.Path(os.environ["FAKE_GITHUB"])
arguments = sys.argv[1:]
method, path = arguments[2], arguments[3].partition("/antipode/")[2]
body = json.loads(sys.stdin.read()) if "--input" in arguments else None
with (home / "calls").open("a") as calls:
    calls.write(json.dumps([method, path, body]) + chr(10))
if (home / "refuses").exists():
    sys.stderr.write("gh: Resource not accessible by integration (HTTP 403)")
    sys.exit(1)
print((home / "pages").read_text() if method == "GET" else "{}")
"""
BOT, PERSON = {"type": "Bot"}, {"type": "User"}


class FakeGitHub:
    def __init__(self, home: Path) -> None:
        self.home = home
        (home / "gh").write_text(FAKE)
        (home / "gh").chmod(0o755)
        self.has()

    def has(self, *pages: list[dict[str, Any]]) -> None:
        (self.home / "pages").write_text(json.dumps(list(pages)))

    @property
    def changes(self) -> list[Any]:
        calls = [json.loads(line) for line in (self.home / "calls").read_text().splitlines()]
        return [call for call in calls if call[0] != "GET"]

    @property
    def variables(self) -> dict[str, str]:
        return {
            "FAKE_GITHUB": str(self.home),
            "GH_TOKEN": "token",
            "GITHUB_REPOSITORY": "octo-org/antipode",
            "PATH": f"{self.home}:/usr/bin:/bin:/usr/local/bin",
        }

    @property
    def repository(self) -> github.Repository:
        return github.Repository.here(self.variables)


@pytest.fixture
def fake(tmp_path: Path) -> FakeGitHub:
    return FakeGitHub(tmp_path)


def test_the_first_plan_is_a_new_comment(fake: FakeGitHub) -> None:
    assert github.comment(fake.repository, pull_request=12, text="# Plan\n") == "created"
    assert fake.changes == [["POST", "issues/12/comments", {"body": "<!-- antipode:plan -->\n# Plan\n"}]]


def test_the_next_plan_changes_our_comment_in_place_whatever_page_it_is_on(fake: FakeGitHub) -> None:
    fake.has(
        [
            {"id": 1, "user": PERSON, "body": "<!-- antipode:plan -->\nfooled"},
            {"id": 2, "user": BOT, "body": None},
        ],
        [{"id": 3, "user": BOT, "body": "<!-- antipode:plan -->\nold\n"}],
    )
    assert github.comment(fake.repository, pull_request=12, text="new") == "updated"
    assert fake.changes == [["PATCH", "issues/comments/3", {"body": "<!-- antipode:plan -->\nnew\n"}]]


def test_the_same_plan_changes_nothing(fake: FakeGitHub) -> None:
    fake.has([{"id": 3, "user": BOT, "body": "<!-- antipode:plan -->\nsame\n"}])
    assert github.comment(fake.repository, pull_request=12, text="same") == "unchanged"
    assert fake.changes == []


def test_a_comment_longer_than_github_takes_is_cut_at_a_line_and_says_so(fake: FakeGitHub) -> None:
    github.comment(fake.repository, pull_request=12, text="a line\n" * 20_000)
    body = fake.changes[0][2]["body"]
    assert len(body) <= github.MAX_BODY
    assert body.endswith("a line\n\nCut here: the rest is in the summary of the run.\n")


def test_drift_opens_one_issue_brings_it_up_to_date_and_closes_it(fake: FakeGitHub) -> None:
    drift = {"part": "drift", "title": "Drift", "text": "prod: a role"}
    body = "<!-- antipode:drift -->\nprod: a role\n"
    assert github.issue(fake.repository, **drift) == "created"
    fake.has([{"number": 9, "user": BOT, "body": body}])
    assert github.issue(fake.repository, **drift) == "unchanged"
    assert github.issue(fake.repository, **{**drift, "text": "prod: two roles"}) == "updated"
    assert github.close(fake.repository, part="drift") == "closed"
    assert fake.changes == [
        ["POST", "issues", {"title": "Drift", "body": body, "labels": ["drift"]}],
        ["PATCH", "issues/9", {"title": "Drift", "body": body.replace("a role", "two roles")}],
        ["PATCH", "issues/9", {"state": "closed", "state_reason": "completed"}],
    ]


def test_without_an_open_issue_there_is_nothing_to_close(fake: FakeGitHub) -> None:
    assert github.close(fake.repository, part="drift") == "nothing to close"
    assert fake.changes == []


def test_what_github_refuses_is_told_with_the_call(fake: FakeGitHub) -> None:
    (fake.home / "refuses").touch()
    with pytest.raises(TerraformError, match=r"GitHub: GET issues\?state=open.*HTTP 403"):
        github.close(fake.repository, part="drift")


def test_everything_that_a_workflow_sets_is_asked_for_at_once() -> None:
    with pytest.raises(InputRefused, match=r"GH_TOKEN(.|\n)*GITHUB_REPOSITORY"):
        github.Repository.here({})


def test_the_verb_tells_of_every_report_in_a_folder_and_of_the_run(
    fake: FakeGitHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in {**fake.variables, "GITHUB_RUN_ID": "7"}.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "drift").mkdir()
    (tmp_path / "drift" / "prod.md").write_text("prod\n")
    (tmp_path / "drift" / "dev.md").write_text("dev\n")
    assert cli.main(["issue", "--part", "drift", "--title", "Drift", "--file", str(tmp_path / "drift")]) == 0
    ((_, _, sent),) = fake.changes
    run = "https://github.com/octo-org/antipode/actions/runs/7"
    assert sent["body"] == f"<!-- antipode:drift -->\ndev\n\n\nprod\n\n\nThe run: {run}\n"
    assert "issue drift: created" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("needs", "status"),
    [
        ('{"lint": {"result": "success"}, "plan": {"result": "skipped"}}', 0),
        ('{"lint": {"result": "success"}, "plan": {"result": "failure"}}', 1),
        ('{"lint": {"result": "cancelled"}}', 1),
        ("{}", 2),
        ("nonsense", 2),
    ],
)
def test_the_verdict_is_good_when_no_job_failed_or_was_cancelled(needs: str, status: int) -> None:
    assert cli.main(["verdict", "--needs", needs]) == status
