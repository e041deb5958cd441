"""GitHub through its program `gh`: one comment of a pull request, one issue, each changed in place."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from generator.manifest.problems import InputRefused
from harness.terraform.errors import TerraformError

# GitHub refuses the body of an issue or comment above 65,536 characters.
MAX_BODY = 65_000
Done = Literal["created", "updated", "unchanged", "closed", "nothing to close"]


@dataclass(frozen=True)
class Repository:
    """`owner/name`, and the variables that `gh` runs with (GH_TOKEN among them)."""

    name: str
    variables: Mapping[str, str]

    @classmethod
    def here(cls, variables: Mapping[str, str] = os.environ) -> Repository:
        """The repository of this workflow run. Raises InputRefused with everything that is missing."""
        missing = [name for name in ("GH_TOKEN", "GITHUB_REPOSITORY") if not variables.get(name)]
        if missing:
            raise InputRefused([f"{name}: is not set; a workflow sets it" for name in missing])
        return cls(variables["GITHUB_REPOSITORY"], variables)

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """One call of the API. Raises TerraformError with what GitHub said, and InputRefused without `gh`."""
        program = shutil.which("gh", path=self.variables.get("PATH"))
        if program is None:
            raise InputRefused(["gh: is not on PATH; install GitHub's command line program"])
        arguments = [program, "api", "--method", method, f"repos/{self.name}/{path}"]
        arguments += ["--paginate", "--slurp"] if method == "GET" else ["--input", "-"]
        done = subprocess.run(
            arguments,
            input=json.dumps(body) if body is not None else None,
            env=dict(self.variables),
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        if done.returncode:
            raise TerraformError(f"GitHub: {method} {path}: {done.stderr.strip() or done.stdout.strip()}")
        return json.loads(done.stdout) if done.stdout.strip() else None

    def listed(self, path: str) -> Iterator[Mapping[str, Any]]:
        for page in self.ask("GET", path):
            yield from page


def comment(repository: Repository, *, pull_request: int, text: str, part: str = "plan") -> Done:
    """Write `text` as the one comment of this `part`; the one that is there is changed, so nobody scrolls."""
    body = _body(part, text)
    there = _ours(repository.listed(f"issues/{pull_request}/comments?per_page=100"), part)
    if there is None:
        repository.ask("POST", f"issues/{pull_request}/comments", {"body": body})
        return "created"
    if there["body"] == body:
        return "unchanged"
    repository.ask("PATCH", f"issues/comments/{there['id']}", {"body": body})
    return "updated"


def issue(repository: Repository, *, part: str, title: str, text: str) -> Done:
    """Open the one issue of this `part`, or bring it up to date."""
    body = _body(part, text)
    there = _open_issue(repository, part)
    if there is None:
        repository.ask("POST", "issues", {"title": title, "body": body, "labels": [part]})
        return "created"
    if there["body"] == body:
        return "unchanged"
    repository.ask("PATCH", f"issues/{there['number']}", {"title": title, "body": body})
    return "updated"


def close(repository: Repository, *, part: str) -> Done:
    """Close the one issue of this `part`, because what it tells of is over."""
    there = _open_issue(repository, part)
    if there is None:
        return "nothing to close"
    closed = {"state": "closed", "state_reason": "completed"}
    repository.ask("PATCH", f"issues/{there['number']}", closed)
    return "closed"


def _open_issue(repository: Repository, part: str) -> Mapping[str, Any] | None:
    return _ours(repository.listed(f"issues?state=open&labels={part}&per_page=100"), part)


def _ours(found: Iterator[Mapping[str, Any]], part: str) -> Mapping[str, Any] | None:
    """The first that bears our mark and was written by a bot: anybody may paste the mark into a comment."""
    return next(
        (
            each
            for each in found
            if (each.get("body") or "").startswith(_mark(part)) and each["user"]["type"] == "Bot"
        ),
        None,
    )


def _mark(part: str) -> str:
    return f"<!-- antipode:{part} -->"


def _body(part: str, text: str) -> str:
    whole = f"{_mark(part)}\n{text.strip()}\n"
    if len(whole) <= MAX_BODY:
        return whole
    cut = whole[: MAX_BODY - 100].rpartition("\n")[0]
    return f"{cut}\n\nCut here: the rest is in the summary of the run.\n"
