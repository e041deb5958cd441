"""The front door: every verb of the Makefile, and the one place where failures become messages and exits.

Exit status: 0 good, 1 failed or objective missed, 2 bad input or refused, 3 inconclusive, 130 interrupted.
"""

from __future__ import annotations

import getpass
import json
import os
import platform
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from generator import writer
from generator.problems import InputRefused
from harness import assessment, assessment_report, drift_report, environments, operator, rehearsal, verbs
from harness import release as releases
from harness.affected import planning, rendering
from harness.affected.change import change
from harness.delivery import commands as delivery
from harness.drill.subject import DrillError
from harness.environments import REPOSITORY, Environment
from harness.review import applying, confirmation, reviewed
from harness.review import markdown as markdowns
from harness.review import summary as summaries
from harness.sandbox.addresses import NoAddress
from harness.sandbox.server import SandboxError
from harness.terraform.errors import TerraformError

GOOD, FAILED, REFUSED, INCONCLUSIVE, INTERRUPTED = 0, 1, 2, 3, 130
DEFAULT_ENVIRONMENT = "reference/active-standby-api"

app = typer.Typer(
    name="antipode",
    help="Multi-region AWS estates from one manifest, proved to survive the loss of a region.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
console = Console(stderr=True, highlight=False)

Env = Annotated[str, typer.Option("--env", help="Folder of the environment below envs/.")]
InSandbox = Annotated[
    bool, typer.Option("--sandbox", help="Against the embedded AWS instead of your account.")
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object per line on standard output.")]
OnlyStacks = Annotated[list[str] | None, typer.Option("--stack", help="Only this stack; may be given again.")]
PlansFolder = Annotated[
    Path | None,
    typer.Option("--plans", help="Folder of reviewed plans: plan keeps them there, apply takes them."),
]
Confirmed = Annotated[
    list[str] | None,
    typer.Option("--confirm", help="Address of data that may go, or stack:address; may be given again."),
]
Artifact = Annotated[
    str, typer.Option("--artifact", help="What the folder is called where people find it whole.")
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask; the answer is yes.")]


def main(arguments: list[str] | None = None) -> int:
    """Run one verb and return its exit status; nothing but a message reaches the terminal."""
    words = sys.argv[1:] if arguments is None else arguments
    debug = "--debug" in words
    words = [word for word in words if word != "--debug"]
    try:
        return int(app(words, standalone_mode=False) or GOOD)
    except InputRefused as refusal:
        for problem in refusal.problems:
            _say(f"refused: {problem}")
        return REFUSED
    except typer.TyperException as error:
        _say(f"refused: {error.format_message()}")
        return REFUSED
    except operator.OutOfReach as error:
        _say(f"failed: {error}")
        return FAILED
    except (NoAddress, DrillError) as error:
        _say(f"refused: {error}")
        return REFUSED
    except (TerraformError, SandboxError) as error:
        _say(f"failed: {error}")
        return FAILED
    except (KeyboardInterrupt, typer.Abort):
        _say("interrupted")
        return INTERRUPTED
    except Exception as error:
        if debug:
            raise
        _say(f"failed: {type(error).__name__}: {error}")
        _say(f"        this is a defect of Antipode; details for an issue are in {_error_log(words)}")
        return FAILED


@app.command()
def generate(
    env: Env = "",
    yes: Yes = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite generated files edited by hand.")] = False,
) -> None:
    """Write the roots of one environment, or of all, from their manifests."""
    if environments.write_schema():
        _say("wrote envs/manifest.schema.json")
    for environment in _chosen(env):
        _generate(environment, confirm=lambda question: yes or _ask(question), force=force)


@app.command()
def check(env: Env = "") -> int:
    """Whether generated files are what the manifests ask for; exit 1 names each stale file."""
    stale = (
        ["envs/manifest.schema.json: is stale; run `make generate`"] if environments.schema_is_stale() else []
    )
    chosen = _chosen(env)
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
        _say(line)
    if not stale:
        _say(f"up to date: {', '.join(environment.name for environment in chosen)}")
    return FAILED if stale else GOOD


@app.command()
def assess(
    env: Env = DEFAULT_ENVIRONMENT,
    markdown: Annotated[Path | None, typer.Option(help="Write the report there, to be signed.")] = None,
    reports: Annotated[Path, typer.Option(help="Folder of the drills' reports.")] = rehearsal.REPORTS,
    as_json: Json = False,
) -> int:
    """What a lost region costs each operation, predicted and measured; exit 2 when an objective cannot be
    met, 1 when the last drill missed one."""
    environment = environments.load(env)
    found = assessment.assess(environment, reports)
    if as_json:
        print(json.dumps(assessment_report.as_json(found)))
    else:
        assessment_report.show(found)
    if markdown is not None:
        writer.replace(markdown, assessment_report.markdown(found).encode())
        _say(f"wrote {os.path.relpath(markdown)}")
    environments.refuse_unreachable_objectives(environment)
    return FAILED if found.verdict == "missed" else GOOD


@app.command()
def validate(env: Env = "") -> int:
    """`terraform validate` on every root."""
    return verbs.validate(_ready(env), say=_say)


Ref = Annotated[
    str,
    typer.Option(
        "--base", help="Commit, branch or tag to compare with; the merge base with origin/main if left out."
    ),
]


@app.command()
def affected(env: Env = "", base: Ref = "", as_json: Json = False) -> int:
    """Which stacks the working tree changes since a git ref, and why; removed ones and what destroys them."""
    found = change(REPOSITORY, ref=base or None, env=env or None)
    if as_json:
        print(json.dumps(rendering.as_json(found)))
    else:
        wide = Console()
        (wide if wide.is_terminal else Console(width=200)).print(rendering.rendered(found))
    return GOOD


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
    """What would change, stack by stack."""
    if plans is None and (documents or artifact):
        raise InputRefused(["--documents and --artifact: are about kept plans; give --plans FOLDER too"])

    def planned(only: tuple[str, ...]) -> int:
        (environment,) = _ready(env)
        return verbs.plan(
            environment,
            sandbox=sandbox,
            only=only,
            as_json=as_json,
            plans_folder=plans,
            documents=documents,
            artifact=artifact,
        )

    if not only_affected:
        return planned(tuple(stack or ()))
    if env in environments.names():
        _ready(env)
    return planning.plan_affected(
        env,
        ref=base or None,
        only=tuple(stack or ()),
        sandbox=sandbox,
        as_json=as_json,
        plan=planned,
        say=_say,
    )


@app.command()
def summary(
    plans: Annotated[list[Path], typer.Option(help="Folder of kept plans; may be given again.")],
    out: Annotated[Path | None, typer.Option(help="File to write instead of standard output.")] = None,
    artifact: Artifact = "",
    as_json: Json = False,
) -> None:
    """Kept plans as Markdown for a pull request, or JSON; several folders are merged."""
    found = reviewed.summaries_in(plans)
    if as_json:
        text = json.dumps([summaries.as_json(each) for each in found]) + "\n"
    else:
        whole = f"{reviewed.SUMMARY} in {artifact or ', '.join(folder.name for folder in plans)}"
        text = markdowns.markdown(found, whole=whole)
    _write(text, out)


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
    as_json: Json = False,
) -> int:
    """What changed outside of Terraform and what the code would change now; exit 1 when there is any."""
    (environment,) = _ready(env)
    return drift_report.drift(
        environment,
        sandbox=sandbox,
        only=tuple(stack or ()),
        since=since,
        report=report,
        markdown=markdown,
        as_json=as_json,
    )


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

    (environment,) = _ready(env)
    return run.policy(environment, plans=plans, out=out, as_json=as_json)


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
    confirmed = confirmation.addresses(confirm or ())
    if plans is None:
        (environment,) = _ready(env)
        return verbs.apply(
            environment,
            sandbox=sandbox,
            only=tuple(stack or ()),
            as_json=as_json,
            confirm=_confirming(yes),
            confirmed=confirmed,
            typed=confirmation.at_a_terminal(),
            standby_first=standby_first,
        )
    return applying.apply(
        environments.load(env),  # generating now would change what was reviewed
        folder=plans,
        sandbox=sandbox,
        only=tuple(stack or ()),
        as_json=as_json,
        confirm=_confirming(yes),
        confirmed=confirmed,
        typed=confirmation.at_a_terminal(),
        say=_say,
        standby_first=standby_first,
    )


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
    environment = environments.load(env)
    return verbs.destroy(
        environment,
        sandbox=sandbox,
        only=tuple(stack or ()),
        as_json=as_json,
        yes=yes,
        confirmed=confirmation.addresses(confirm or ()),
        typed=confirmation.at_a_terminal(),
        say=_say,
    )


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
    (environment,) = _ready(env)
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
        int, typer.Option(min=0, max=65535, help="Port of the endpoint; 0 takes a free one.")
    ] = 4566,
    dns_port: Annotated[int, typer.Option(min=0, max=65535, help="Port of DNS.")] = 4553,
    empty: Annotated[bool, typer.Option("--empty", help="Start without applying the environment.")] = False,
) -> int:
    """Keep the embedded AWS up, with the environment applied, until Ctrl-C."""
    (environment,) = _ready(env)
    return rehearsal.keep_up(environment, port=port, dns_port=dns_port, empty=empty)


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
    return releases.release(
        environments.load(env), sandbox=sandbox, functions=tuple(function or ()), as_json=as_json
    )


To = Annotated[str, typer.Option("--to", help="The region that is to write; the usual one if left out.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would happen and what is against it.")]
Force = Annotated[
    bool, typer.Option("--force", help="Go against everything but the lease, which nothing overrides.")
]


@app.command()
def status(env: Env = DEFAULT_ENVIRONMENT, sandbox: InSandbox = False, as_json: Json = False) -> int:
    """Who writes, who sees what, and what the failover controller did; exit 1 when nobody may write."""
    return operator.status(environments.load(env), sandbox=sandbox, as_json=as_json)


def _commanding(name: operator.Command, text: str) -> None:
    def verb(
        env: Env = DEFAULT_ENVIRONMENT,
        to: To = "",
        sandbox: InSandbox = False,
        dry_run: DryRun = False,
        force: Force = False,
        as_json: Json = False,
        yes: Yes = False,
    ) -> int:
        return operator.command(
            environments.load(env),
            name,
            to=to or None,
            sandbox=sandbox,
            dry_run=dry_run,
            force=force,
            as_json=as_json,
            confirm=_confirming(yes),
            by=getpass.getuser(),
        )

    app.command(name, help=text)(verb)


_commanding(
    "failover", "Make another region the writer although this one is lost; unreplicated writes are lost."
)
_commanding("switchover", "Make another region the writer in good order; nothing is lost.")
_commanding("failback", "Bring the writer back to its home region, in good order.")
_commanding("readmit", "Let a region that was lost serve again, after its unreplicated writes were reported.")


@app.command()
def reconcile(
    env: Env = DEFAULT_ENVIRONMENT,
    region: Annotated[str, typer.Option(help="The region that was lost; the home region if left out.")] = "",
    sandbox: InSandbox = False,
    as_json: Json = False,
) -> int:
    """Report the writes that only a lost region had; exit 1 when there are some."""
    return operator.reconcile(environments.load(env), region=region or None, sandbox=sandbox, as_json=as_json)


@app.command()
def scorecard(
    reports: Annotated[Path, typer.Option(help="Folder of the reports.")] = rehearsal.REPORTS,
    out: Annotated[Path, typer.Option(help="Folder of the scorecard.")] = REPOSITORY / "docs",
) -> None:
    """Draw the scorecard from the reports of the drills that were run."""
    from harness.scorecard import scorecard as draw

    for file in draw(reports, out):
        _say(f"wrote {os.path.relpath(file)}")


@app.command()
def docs(
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 1 names each stale page.")
    ] = False,
) -> int:
    """Write docs/reference from the manifest's models and the modules' HCL."""
    from harness import reference

    wanted = reference.wanted()
    if check:
        found = reference.stale(reference.FOLDER, wanted)
        for path in found:
            _say(f"docs/reference/{path}: is stale; run `make docs`")
        return FAILED if found else GOOD
    for path in reference.write(reference.FOLDER, wanted):
        _say(f"wrote docs/reference/{path}")
    return GOOD


@app.command()
def bench(
    part: Annotated[list[str] | None, typer.Option(help="Only this measurement; may be given again.")] = None,
    as_json: Json = False,
) -> int:
    """Measure: generation, region independence, one root for everything, drill speed."""
    from harness import bench as measurements

    return measurements.run(tuple(part or ()), as_json=as_json, say=_say)


delivery.register(app, say=lambda line: _say(line))


def _chosen(env: str) -> tuple[Environment, ...]:
    return tuple(environments.load(name) for name in ([env] if env else environments.names()))


def _ready(env: str) -> tuple[Environment, ...]:
    """The environments with reachable objectives and generated files up to date; edits are never lost."""
    chosen = _chosen(env)
    for environment in chosen:
        environments.refuse_unreachable_objectives(environment)
        _generate(environment, confirm=_ask, force=False)
    return chosen


def _generate(environment: Environment, *, confirm: Callable[[str], bool], force: bool) -> None:
    wanted = environment.wanted()
    found = writer.changes(environment.folder, wanted)
    if found.remove:
        for path in found.remove:
            _say(f"would remove envs/{environment.name}/{path}")
        for stack in found.removed_stacks:
            _say(
                f"stack {stack} leaves the environment; what it made in AWS stays, unowned, unless you first "
                f"run `make destroy ENV={environment.name} STACK={stack}` with the old manifest"
            )
        if not confirm("Remove these files?"):
            raise InputRefused(
                [f"envs/{environment.name}: nothing was written; run again with YES=1 to remove them"]
            )
    writer.write(environment.folder, wanted, found=found, overwrite_edited=force)
    if found.stale:
        _say(f"generated envs/{environment.name}: {len(found.stale)} files changed")


def _ask(question: str) -> bool:
    """A yes from a person at a terminal; without a terminal the answer is no."""
    return sys.stdin.isatty() and bool(typer.confirm(question, err=True))


def _confirming(yes: bool) -> Callable[[str], bool]:
    return (lambda _: True) if yes else _ask


def _say(line: str) -> None:
    console.print(line, soft_wrap=True, markup=False)


def _write(text: str, out: Path | None) -> None:
    """Whole or not at all."""
    if out is None:
        print(text, end="")
        return
    out.parent.mkdir(parents=True, exist_ok=True)
    partial = out.with_name(f".{out.name}.{os.getpid()}")
    partial.write_text(text)
    os.replace(partial, out)
    _say(f"wrote {os.path.relpath(out)}")


def _error_log(words: list[str]) -> Path:
    folder = REPOSITORY / ".antipode" / "errors"
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.log"
    versions = f"Python {platform.python_version()} on {platform.platform()}"
    log.write_text(f"antipode {' '.join(words)}\n{versions}\n\n{traceback.format_exc()}")
    return log.relative_to(REPOSITORY)
