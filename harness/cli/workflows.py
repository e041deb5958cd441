"""Verbs that only the workflows of GitHub Actions use."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness import environments
from harness.cli.app import app
from harness.cli.options import InSandbox
from harness.cli.talk import say

Env = Annotated[str, typer.Option("--env", help="Folder of the environment below envs/.")]
Plans = Annotated[Path, typer.Option("--plans", help="Folder of reviewed plans.")]


@app.command()
def jobs(
    affected: Annotated[
        bool, typer.Option("--affected", help="Only what `affected --json` on standard input names.")
    ] = False,
) -> int:
    """The jobs of a workflow, as GitHub's outputs."""
    from harness.delivery import commands

    return commands.jobs(affected=affected, say=say)


@app.command()
def deposit(
    env: Env,
    stack: Annotated[list[str], typer.Option("--stack")],
    plans: Plans,
    sandbox: InSandbox = False,
) -> int:
    """Keep reviewed plans in the state bucket, for the run that applies this commit."""
    from harness.delivery import commands

    return commands.deposit(environments.load(env), stacks=stack, plans=plans, sandbox=sandbox, say=say)


@app.command()
def collect(env: Env, plans: Plans, sandbox: InSandbox = False) -> int:
    """Bring the plans that were kept for this commit."""
    from harness.delivery import commands

    return commands.collect(environments.load(env), plans=plans, sandbox=sandbox, say=say)


@app.command()
def comment(
    file: Annotated[Path, typer.Option("--file", help="Markdown to write.")],
    pull_request: Annotated[int, typer.Option("--pull-request", help="Its number.")],
) -> int:
    """Write the one comment of a pull request, or change it in place."""
    from harness.delivery import commands

    return commands.comment(file=file, pull_request=pull_request, say=say)


@app.command()
def issue(
    part: Annotated[str, typer.Option("--part", help="What it tells of; also its label.")],
    title: Annotated[str, typer.Option("--title")] = "",
    file: Annotated[Path | None, typer.Option("--file", help="Markdown, or a folder of it.")] = None,
    over: Annotated[bool, typer.Option("--over", help="What it tells of is over: close it.")] = False,
) -> int:
    """Open the one issue of a kind, bring it up to date, or close it."""
    from harness.delivery import commands

    return commands.issue(part=part, title=title or part, file=file, over=over, say=say)


@app.command()
def verdict(needs: Annotated[str, typer.Option("--needs", envvar="NEEDS")]) -> int:
    """Fail when a job before this one failed."""
    from harness.delivery import commands

    return commands.verdict(needs=needs, say=say)
