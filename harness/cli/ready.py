"""The environments of a verb, with their generated files up to date."""

from __future__ import annotations

from collections.abc import Callable

from generator import writer
from generator.manifest.problems import InputRefused
from harness import environments
from harness.cli.talk import ask, say
from harness.environments import Environment


def named(env: str) -> tuple[Environment, ...]:
    return tuple(environments.load(name) for name in ([env] if env else environments.names()))


def ready(env: str) -> tuple[Environment, ...]:
    """The environments with reachable objectives and generated files up to date; edits are never lost."""
    chosen = named(env)
    for environment in chosen:
        environments.refuse_unreachable_objectives(environment)
        write_roots(environment, confirm=ask, force=False)
    return chosen


def write_roots(environment: Environment, *, confirm: Callable[[str], bool], force: bool) -> None:
    wanted = environment.wanted()
    found = writer.changes(environment.folder, wanted)
    if found.remove:
        for path in found.remove:
            say(f"would remove envs/{environment.name}/{path}")
        for stack in found.removed_stacks:
            say(
                f"stack {stack} leaves the environment; what it made in AWS stays, unowned, unless you first "
                f"run `make destroy ENV={environment.name} STACK={stack}` with the old manifest"
            )
        if not confirm("Remove these files?"):
            raise InputRefused(
                [f"envs/{environment.name}: nothing was written; run again with YES=1 to remove them"]
            )
    writer.write(environment.folder, wanted, found=found, overwrite_edited=force)
    if found.stale:
        say(f"generated envs/{environment.name}: {len(found.stale)} files changed")
