"""Verbs that plan and change the stacks, or show their changes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from generator.manifest.problems import InputRefused
from harness import environments, terminal
from harness.cli.app import app
from harness.cli.options import (
    DEFAULT_ENVIRONMENT,
    Artifact,
    Confirmed,
    Env,
    InSandbox,
    Json,
    OnlyStacks,
    PlansFolder,
    Ref,
    Yes,
)
from harness.cli.ready import ready
from harness.cli.talk import consent_of, say, write
from harness.environments import REPOSITORY


@app.command()
def affected(env: Env = "", base: Ref = "", as_json: Json = False) -> int:
    """Show the stacks that the working tree changes since a git ref, and why; removed ones with the command
    that destroys them."""
    from harness.affected import rendering
    from harness.affected.change import change

    found = change(REPOSITORY, ref=base or None, env=env or None)
    if as_json:
        print(json.dumps(rendering.as_json(found)))
    else:
        terminal.console().print(rendering.rendered(found))
    return terminal.GOOD


@app.command()
def plan(
    env: Env = DEFAULT_ENVIRONMENT,
    sandbox: InSandbox = False,
    stack: OnlyStacks = None,
    plans: PlansFolder = None,
    documents: Annotated[
        bool, typer.Option("--documents", help="Keep the plans as JSON too; it holds secrets in the clear.")
    ] = False,
    artifact: Artifact = "",
    as_json: Json = False,
    only_affected: Annotated[
        bool,
        typer.Option("--affected", help="Only what differs from --base; removed stacks for destruction."),
    ] = False,
    base: Ref = "",
) -> int:
    """Show the changes of an apply, stack by stack."""
    from harness.lifecycle import verbs
    from harness.targets.session import Run

    if plans is None and (documents or artifact):
        raise InputRefused(["--documents and --artifact: are about kept plans; give --plans FOLDER too"])

    def planned(only: tuple[str, ...]) -> int:
        (environment,) = ready(env)
        return verbs.plan(
            Run(environment=environment, sandbox=sandbox, only=only, as_json=as_json),
            plans_folder=plans,
            documents=documents,
            artifact=artifact,
        )

    if not only_affected:
        return planned(tuple(stack or ()))
    from harness.affected import planning

    if env in environments.names():
        ready(env)
    return planning.plan_affected(
        env,
        ref=base or None,
        only=tuple(stack or ()),
        sandbox=sandbox,
        as_json=as_json,
        plan=planned,
        say=say,
    )


@app.command()
def summary(
    plans: Annotated[list[Path], typer.Option(help="Folder of kept plans; may be given again.")],
    out: Annotated[Path | None, typer.Option(help="File to write instead of standard output.")] = None,
    artifact: Artifact = "",
    as_json: Json = False,
) -> None:
    """Kept plans as Markdown for a pull request, or JSON; several folders are merged."""
    from harness.review import markdown, reviewed
    from harness.review import summary as summaries

    found = reviewed.summaries_in(plans)
    if as_json:
        text = json.dumps([summaries.as_json(each) for each in found]) + "\n"
    else:
        whole = f"{reviewed.SUMMARY} in {artifact or ', '.join(folder.name for folder in plans)}"
        text = markdown.markdown(found, whole=whole)
    write(text, out)


@app.command()
def drift(
    env: Env = DEFAULT_ENVIRONMENT,
    sandbox: InSandbox = False,
    stack: OnlyStacks = None,
    since: Annotated[
        Path | None, typer.Option(help="An earlier report (JSON): since when; the last one here if left out.")
    ] = None,
    report: Annotated[Path | None, typer.Option(help="File to write the report to, as JSON.")] = None,
    markdown: Annotated[Path | None, typer.Option(help="File to write the report to, as Markdown.")] = None,
    kept: Annotated[
        bool, typer.Option("--kept", help="Since the last look in the state bucket; keep this one there.")
    ] = False,
    as_json: Json = False,
) -> int:
    """Show the changes made outside of Terraform and those that an apply would make; exit 1 when there are
    some."""
    from harness.drift import report as drift_report
    from harness.targets.session import Run

    (environment,) = ready(env)
    return drift_report.drift(
        Run(environment=environment, sandbox=sandbox, only=tuple(stack or ()), as_json=as_json),
        since=since,
        report=report,
        markdown=markdown,
        kept=kept,
        say=say,
    )


@app.command()
def apply(
    env: Env = DEFAULT_ENVIRONMENT,
    sandbox: InSandbox = False,
    stack: OnlyStacks = None,
    plans: PlansFolder = None,
    confirm: Confirmed = None,
    standby_first: Annotated[
        bool, typer.Option("--standby-first", help="Standby regions before the primary, where that may be.")
    ] = False,
    as_json: Json = False,
    yes: Yes = False,
) -> int:
    """Plan and apply every stack, wave by wave; or precisely the reviewed plans of a folder."""
    from harness.lifecycle import reviewed, verbs
    from harness.targets.session import Run

    consent = consent_of(yes, confirm)
    # generating now would change what was reviewed
    environment = environments.load(env) if plans else ready(env)[0]
    run = Run(environment=environment, sandbox=sandbox, only=tuple(stack or ()), as_json=as_json)
    if plans is None:
        return verbs.apply(run, consent, standby_first=standby_first)
    return reviewed.apply(run, consent, folder=plans, say=say, standby_first=standby_first)


@app.command()
def destroy(
    env: Env = DEFAULT_ENVIRONMENT,
    sandbox: InSandbox = False,
    stack: OnlyStacks = None,
    confirm: Confirmed = None,
    as_json: Json = False,
    yes: Yes = False,
) -> int:
    """Destroy every stack, last wave first."""
    from harness.lifecycle import verbs
    from harness.targets.session import Run

    run = Run(environment=environments.load(env), sandbox=sandbox, only=tuple(stack or ()), as_json=as_json)
    return verbs.destroy(run, consent_of(yes, confirm), say=say)


@app.command()
def release(
    env: Env = DEFAULT_ENVIRONMENT,
    function: Annotated[
        list[str] | None, typer.Option(help="Only this function; may be given again.")
    ] = None,
    sandbox: InSandbox = False,
    as_json: Json = False,
) -> int:
    """Send traffic to new versions step by step, region by region, and take them back on alarm."""
    from harness.release import release as releases

    return releases.release(
        environments.load(env), sandbox=sandbox, functions=tuple(function or ()), as_json=as_json
    )
