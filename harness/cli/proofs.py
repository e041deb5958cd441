"""Verbs that prove and measure in the embedded AWS."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from harness.cli.app import app
from harness.cli.options import DEFAULT_ENVIRONMENT, Env, Json
from harness.cli.ready import ready
from harness.cli.talk import say
from harness.environments import REPORTS, REPOSITORY


@app.command()
def drill(
    env: Env = DEFAULT_ENVIRONMENT,
    scenario: Annotated[
        list[str] | None, typer.Option(help="Scenario by name or file; may be given again.")
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, max=1000, help="Runs with different seeds.")] = 1,
    seed: Annotated[int, typer.Option(min=0, help="The first seed.")] = 1,
    real_time: Annotated[
        bool, typer.Option("--real-time", help="Do not jump over waits: the cross-check.")
    ] = False,
    report: Annotated[Path | None, typer.Option(help="Folder of the report.")] = None,
    fitting: Annotated[
        bool, typer.Option("--fitting", help="Leave out scenarios that ask for what there is not.")
    ] = False,
    as_json: Json = False,
) -> int:
    """Apply in the sandbox, send traffic, lose a region, measure at the client, judge."""
    from harness.rehearsal import drill as rehearsal

    (environment,) = ready(env)
    return rehearsal.drill(
        environment,
        scenarios=tuple(scenario or ("region-refuse",)),
        seeds=range(seed, seed + seeds),
        real_time=real_time,
        folder=report,
        as_json=as_json,
        fitting=fitting,
    )


@app.command()
def sandbox(
    env: Env = DEFAULT_ENVIRONMENT,
    port: Annotated[
        int | None,
        typer.Option(min=0, max=65535, help="Port of the endpoint; 4566 if left out, or a free one."),
    ] = None,
    dns_port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port of DNS; 4553 if left out, or a free one.")
    ] = None,
    empty: Annotated[bool, typer.Option("--empty", help="Start without applying the environment.")] = False,
) -> int:
    """Keep the embedded AWS up, with the environment applied, until Ctrl-C."""
    from harness.rehearsal import drill as rehearsal

    (environment,) = ready(env)
    return rehearsal.keep_up(environment, port=port, dns_port=dns_port, empty=empty, say=say)


@app.command()
def scorecard(
    reports: Annotated[Path, typer.Option(help="Folder of the reports.")] = REPORTS,
    out: Annotated[Path, typer.Option(help="Folder of the scorecard.")] = REPOSITORY / "docs",
) -> None:
    """Draw the scorecard from the reports of the drills that were run."""
    from harness.scorecard.files import scorecard as draw

    for file in draw(reports, out):
        say(f"wrote {os.path.relpath(file)}")


@app.command()
def bench(
    part: Annotated[list[str] | None, typer.Option(help="Only this measurement; may be given again.")] = None,
    as_json: Json = False,
) -> int:
    """Measure: generation, region independence, one root for everything, drill speed."""
    from harness import bench as measurements

    return measurements.run(tuple(part or ()), as_json=as_json, say=say)
