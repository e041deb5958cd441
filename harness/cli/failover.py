"""Verbs for the person on duty: show the writer, and make another region the writer."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING, Annotated

import typer

from harness import environments
from harness.cli.app import app
from harness.cli.options import DEFAULT_ENVIRONMENT, Env, InSandbox, Json, Yes
from harness.cli.talk import confirming

if TYPE_CHECKING:
    from harness.failover.commands import Command

To = Annotated[str, typer.Option("--to", help="The region that is to write; the usual one if left out.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would happen and what is against it.")]
Force = Annotated[
    bool, typer.Option("--force", help="Go against everything but the lease, which nothing overrides.")
]


@app.command()
def status(env: Env = DEFAULT_ENVIRONMENT, sandbox: InSandbox = False, as_json: Json = False) -> int:
    """Show the writer, the controllers and their last actions; exit 1 when no region may write."""
    from harness.failover import commands

    return commands.status(environments.load(env), sandbox=sandbox, as_json=as_json)


def _commanding(name: Command, text: str) -> None:
    def verb(
        env: Env = DEFAULT_ENVIRONMENT,
        to: To = "",
        sandbox: InSandbox = False,
        dry_run: DryRun = False,
        force: Force = False,
        as_json: Json = False,
        yes: Yes = False,
    ) -> int:
        from harness.failover import commands

        return commands.command(
            environments.load(env),
            name,
            to=to or None,
            sandbox=sandbox,
            dry_run=dry_run,
            force=force,
            as_json=as_json,
            confirm=confirming(yes),
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
    from harness.failover import commands

    return commands.reconcile(environments.load(env), region=region or None, sandbox=sandbox, as_json=as_json)
