"""Verbs over a manifest and its generated files: nothing is planned, applied or drilled."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from harness import environments
from harness.cli.app import app
from harness.cli.options import DEFAULT_ENVIRONMENT, Env, Json, Yes
from harness.cli.ready import named, ready, write_roots
from harness.cli.talk import ask, say, write
from harness.environments import REPORTS
from harness.terminal import FAILED, GOOD


@app.command()
def generate(
    env: Env = "",
    yes: Yes = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite generated files edited by hand.")] = False,
) -> None:
    """Write the roots of one environment, or of all, from their manifests."""
    if environments.write_schema():
        say("wrote envs/manifest.schema.json")
    for environment in named(env):
        write_roots(environment, confirm=lambda question: yes or ask(question), force=force)


@app.command()
def check(env: Env = "") -> int:
    """Compare the generated files with the manifests; exit 1 names each stale file."""
    stale = (
        ["envs/manifest.schema.json: is stale; run `make generate`"] if environments.schema_is_stale() else []
    )
    chosen = named(env)
    for environment in chosen:
        found = environment.changes()
        reasons = {
            "is missing": found.create,
            "is stale": found.update,
            "is no longer in the manifest": found.remove,
            "was edited by hand": found.edited,
            "is in the way and was not generated": found.foreign,
        }
        stale += [
            f"envs/{environment.name}/{path}: {reason}; run `make generate ENV={environment.name}`"
            for reason, paths in reasons.items()
            for path in paths
        ]
    for line in stale:
        say(line)
    if not stale:
        say(f"up to date: {', '.join(environment.name for environment in chosen)}")
    return FAILED if stale else GOOD


@app.command()
def assess(
    env: Env = DEFAULT_ENVIRONMENT,
    markdown: Annotated[Path | None, typer.Option(help="Write the report there, to be signed.")] = None,
    reports: Annotated[Path, typer.Option(help="Folder of the drills' reports.")] = REPORTS,
    as_json: Json = False,
) -> int:
    """Show the cost of a lost region for each operation, predicted and measured; exit 2 when an objective
    cannot be met, 1 when the last drill missed one."""
    from harness.assessment import assessment
    from harness.assessment import report as assessment_report

    environment = environments.load(env)
    found = assessment.assess(environment, reports)
    if as_json:
        print(json.dumps(assessment_report.as_json(found)))
    else:
        assessment_report.show(found)
    if markdown is not None:
        write(assessment_report.markdown(found), markdown)
    environments.refuse_unreachable_objectives(environment)
    return FAILED if found.verdict == "missed" else GOOD


@app.command()
def validate(env: Env = "") -> int:
    """`terraform validate` on every root."""
    from harness.lifecycle import verbs

    return verbs.validate(ready(env), say=say)


@app.command()
def policy(
    env: Env = DEFAULT_ENVIRONMENT,
    plans: Annotated[
        Path | None, typer.Option(help="Folder of <stack>.json, instead of plans of an empty sandbox.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the JUnit, SARIF and JSON files.")] = None,
    as_json: Json = False,
) -> int:
    """Judge modules, roots and plans by checkov and the resilience rules; exit 1 when a finding stands."""
    from harness.policy import run

    (environment,) = ready(env)
    return run.policy(environment, plans=plans, out=out, as_json=as_json)


@app.command()
def docs(
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 1 names each stale page.")
    ] = False,
) -> int:
    """Write docs/reference and the tables of the modules' READMEs from models and HCL."""
    from harness.reference import pages as reference

    wanted = reference.wanted()
    if check:
        found = reference.stale(environments.REPOSITORY, wanted)
        for path in found:
            say(f"{path}: is stale; run `make docs`")
        return FAILED if found else GOOD
    for path in reference.write(environments.REPOSITORY, wanted):
        say(f"wrote {path}")
    return GOOD


@app.command("format")
def format_hcl(
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 1 names each file that is not formatted.")
    ] = False,
) -> int:
    """Format the HCL of the repository by `terraform fmt`."""
    from harness.terraform.formatting import formatted

    files = formatted(environments.REPOSITORY, write=not check)
    for file in files:
        say(f"{file}: is not formatted; run `make format`" if check else f"formatted {file}")
    return FAILED if check and files else GOOD
