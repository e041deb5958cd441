"""What every repository has: files for people, git and GitHub, and a checkout that is right everywhere."""

from __future__ import annotations

import glob
import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.docs.documented_commands import repository_copy

REPOSITORY = Path(__file__).parents[1]
GITHUB = REPOSITORY / ".github"
SCRIPTS = Path(sys.executable).parent
# of https://www.apache.org/licenses/LICENSE-2.0.txt
APACHE_2 = "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"


def git(folder: Path, *words: str) -> None:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
    }
    who = ("-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, *words], cwd=folder, env=environment, check=True, capture_output=True)


def check_of_a_checkout_with_autocrlf(
    tmp_path: Path, *, without: str = ""
) -> subprocess.CompletedProcess[str]:
    """`make check` in a clone that was made with core.autocrlf=true, its text files as git writes them."""
    origin, clone = tmp_path / "origin", tmp_path / "clone"
    repository_copy(origin)
    (origin / ".venv").unlink()
    if without:
        (origin / without).unlink()
    git(origin, "init", "--quiet", "--template=", "--initial-branch", "main")
    git(origin, "add", "--all")
    git(origin, "commit", "--quiet", "--message", "Begin")
    git(tmp_path, "clone", "--quiet", "--config", "core.autocrlf=true", str(origin), str(clone))
    shutil.rmtree(origin)
    return subprocess.run(
        [sys.executable, "-m", "harness", "check"], cwd=clone, capture_output=True, text=True, check=False
    )


def test_a_checkout_with_autocrlf_passes_make_check(tmp_path: Path) -> None:
    done = check_of_a_checkout_with_autocrlf(tmp_path)
    assert (done.returncode, done.stdout + done.stderr) == (0, done.stdout + done.stderr)
    assert (done.stdout + done.stderr).startswith("up to date: ")


def test_without_gitattributes_it_would_fail(tmp_path: Path) -> None:
    done = check_of_a_checkout_with_autocrlf(tmp_path, without=".gitattributes")
    assert done.returncode == 1
    assert "was edited by hand" in done.stdout + done.stderr


def test_the_licence_is_apache_2_word_by_word() -> None:
    assert hashlib.sha256((REPOSITORY / "LICENSE").read_bytes()).hexdigest() == APACHE_2


def test_the_changelog_has_the_same_four_parts_for_each_version() -> None:
    versions = re.split(r"^## .*$", (REPOSITORY / "CHANGELOG.md").read_text(), flags=re.MULTILINE)[1:]
    parts = [re.findall(r"^### (.*)$", version, re.MULTILINE) for version in versions]
    assert parts == [["Breaking", "Manifest", "Modules", "Tools"]] * len(versions)
    assert versions


@pytest.mark.parametrize(
    ("schema", "files"),
    [
        ("vendor.dependabot", ["dependabot.yml"]),
        ("vendor.github-issue-config", ["ISSUE_TEMPLATE/config.yml"]),
        ("vendor.github-issue-forms", ["ISSUE_TEMPLATE/fault.yml", "ISSUE_TEMPLATE/wish.yml"]),
    ],
)
def test_githubs_files_are_what_its_schemas_say(schema: str, files: list[str]) -> None:
    paths = [str(GITHUB / file) for file in files]
    done = subprocess.run(
        [str(SCRIPTS / "check-jsonschema"), "--builtin-schema", schema, *paths],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_dependabot_looks_at_every_kind_of_pin_in_folders_that_are_there() -> None:
    updates = yaml.safe_load((GITHUB / "dependabot.yml").read_text())["updates"]
    assert {update["package-ecosystem"] for update in updates} == {"pip", "github-actions", "terraform"}
    folders = [each for update in updates for each in update.get("directories", [update.get("directory")])]
    assert [folder for folder in folders if not glob.glob(f"{REPOSITORY}{folder}")] == []


def test_the_folders_of_code_owners_are_there_and_are_those_that_the_delivery_page_names() -> None:
    lines = (GITHUB / "CODEOWNERS").read_text().splitlines()
    folders = [line.split()[0] for line in lines if line.startswith("/")]
    assert [folder for folder in folders if not (REPOSITORY / folder.strip("/")).is_dir()] == []
    page = (REPOSITORY / "docs" / "delivery.md").read_text()
    required = re.search(r"code owners \(([^)]+)\)", page)
    assert required is not None
    assert set(re.findall(r"`([^`]+)`", required[1])) <= set(folders)


def test_the_pull_request_asks_for_the_plan_the_test_and_the_page() -> None:
    template = (GITHUB / "pull_request_template.md").read_text()
    assert re.findall(r"^## (.*)$", template, re.MULTILINE) == [
        "What changes in a plan",
        "Which test shows it",
        "Which page says it",
    ]


def test_pre_commit_runs_the_one_command_that_ci_runs() -> None:
    configuration = yaml.safe_load((REPOSITORY / ".pre-commit-config.yaml").read_text())
    hooks = [hook for repo in configuration["repos"] for hook in repo["hooks"]]
    assert [(repo["repo"]) for repo in configuration["repos"]] == ["local"]
    assert [hook["entry"] for hook in hooks] == ["make lint"]
