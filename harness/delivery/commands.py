"""The verbs that only workflows use, each over one environment or one text."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from generator.manifest.problems import InputRefused
from harness import environments
from harness.delivery import github, kept_plans
from harness.delivery import jobs as jobs_of
from harness.delivery import verdict as verdicts
from harness.environments import REPOSITORY, Environment
from harness.targets.session import chosen
from harness.targets.target import target_of
from harness.terminal import FAILED, GOOD

Say = Callable[[str], None]


def jobs(*, affected: bool, say: Say) -> int:
    """Print the outputs of a workflow's first job, and give them to GitHub where it asks for them.

    With `affected` what `make affected JSON=1` prints is on standard input.
    """
    told = jobs_of.read(sys.stdin.read()) if affected else None
    found = jobs_of.outputs([environments.load(name) for name in environments.names()], told)
    for line in jobs_of.removed(told) if told else []:
        say(line)
    for name, value in found.items():
        print(f"{name}={value}")
    if file := os.environ.get("GITHUB_OUTPUT"):
        jobs_of.write(found, Path(file))
    return GOOD


def deposit(environment: Environment, *, stacks: Sequence[str], plans: Path, sandbox: bool, say: Say) -> int:
    """Keep the plans in `plans` for whoever applies this commit."""
    chosen = [stack for stack in environment.stacks if stack.name in _known(environment, stacks)]
    tree = kept_plans.tree(REPOSITORY)
    with target_of(environment, sandbox=sandbox) as target:
        buckets = kept_plans.Buckets(target.variables)
        written = kept_plans.deposit(chosen, plans, buckets=buckets, tree=tree, run=kept_plans.run_id())
    for key in written:
        say(f"kept {key}")
    return GOOD


def collect(environment: Environment, *, plans: Path, sandbox: bool, say: Say) -> int:
    """Bring the plans that were kept for this commit."""
    tree = kept_plans.tree(REPOSITORY)
    with target_of(environment, sandbox=sandbox) as target:
        buckets = kept_plans.Buckets(target.variables)
        found = kept_plans.collect(environment.stacks, plans, buckets=buckets, tree=tree)
    for stack, run in found.items():
        say(f"{stack}: plans of run {run}")
    return GOOD


def comment(*, file: Path, pull_request: int, say: Say) -> int:
    done = github.comment(github.Repository.here(), pull_request=pull_request, text=_text(file))
    say(f"comment of pull request {pull_request}: {done}")
    return GOOD


def issue(*, part: str, title: str, file: Path | None, over: bool, say: Say) -> int:
    """Open or bring up to date the one issue of `part`; close it when what it tells of is `over`."""
    repository = github.Repository.here()
    if over:
        done = github.close(repository, part=part)
    else:
        done = github.issue(repository, part=part, title=title, text=_told(file))
    say(f"issue {part}: {done}")
    return GOOD


def verdict(*, needs: str, say: Say) -> int:
    found = verdicts.read(needs)
    for job, result in found.results.items():
        say(f"{job}: {result}")
    return FAILED if found.wrong else GOOD


def _known(environment: Environment, stacks: Sequence[str]) -> tuple[str, ...]:
    return tuple(stack.name for stack in chosen(environment, stacks))


def _told(file: Path | None) -> str:
    """A file's text or, of a folder, that of every Markdown file below it; then where the run is."""
    texts = []
    if file is not None and file.is_dir():
        texts = [_text(each) for each in sorted(file.rglob("*.md"))]
    elif file is not None and file.exists():
        texts = [_text(file)]
    server, repository, run = (
        os.environ.get(name, "") for name in ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")
    )
    return "\n\n".join([*texts, f"The run: {server or 'https://github.com'}/{repository}/actions/runs/{run}"])


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise InputRefused([f"FILE={file}: {error.strerror}"]) from error
