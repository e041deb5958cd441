"""Plan the affected stacks alone: changed ones as usual, removed ones for destruction."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from generator import manifest
from generator.manifest.problems import InputRefused
from harness.affected.change import change
from harness.affected.comparison import Removed, Report
from harness.affected.git import Base
from harness.affected.rendering import because_nothing, destruction, left_behind
from harness.affected.snapshot import ENVIRONMENTS
from harness.affected.trees import Tree, commit_tree
from harness.environments import REPOSITORY, Environment
from harness.targets import announced
from harness.targets.session import Run, stack_runs
from harness.terminal import FAILED, GOOD, INCONCLUSIVE, INTERRUPTED
from harness.terraform import runner
from harness.terraform.report import report
from harness.terraform.session import RunResult
from harness.terraform.stack import StackRun

Plan = Callable[[tuple[str, ...]], int]


def plan_affected(
    env: str,
    *,
    ref: str | None,
    only: Sequence[str],
    sandbox: bool,
    as_json: bool,
    plan: Plan,
    say: Callable[[str], None],
) -> int:
    """Plan the affected stacks through `plan` (their names to an exit status), removed ones for destruction.

    1 when a plan fails, or a removed stack still holds something: nobody would destroy it any more. 3 when
    that cannot be told, because the only target is a sandbox that begins empty.
    """
    report = change(REPOSITORY, ref=ref, env=env)
    _refuse_unknown(report, env, only)
    wanted = [each.name.stack for each in report.affected if _chosen(each.name.stack, only)]
    removed = [each for each in report.removed if _chosen(each.name.stack, only)]
    _tell_skipped(report, only, as_json=as_json, say=say)
    statuses = [plan(tuple(wanted))] if wanted else []
    if removed:
        statuses.append(plan_removed(env, report.base, removed, sandbox=sandbox, as_json=as_json, say=say))
    return worst(statuses)


def worst(statuses: Sequence[int]) -> int:
    """One exit status for several: an interruption, then a failure, then what stayed open."""
    bad = [status for status in statuses if status not in (GOOD, INCONCLUSIVE)]
    if INTERRUPTED in bad:
        return INTERRUPTED
    return bad[0] if bad else max(statuses, default=GOOD)


def _chosen(stack: str, only: Sequence[str]) -> bool:
    return not only or stack in only


def _refuse_unknown(report: Report, env: str, only: Sequence[str]) -> None:
    known = [*(each.name.stack for each in report.stacks), *(each.name.stack for each in report.removed)]
    if wrong := [name for name in only if name not in known]:
        there = ", ".join(known)
        raise InputRefused([f"STACK={name}: is not a stack of {env}; use {there}" for name in wrong])


def _tell_skipped(report: Report, only: Sequence[str], *, as_json: bool, say: Callable[[str], None]) -> None:
    why = because_nothing(report.base)
    for each in report.stacks:
        if each.reasons or not _chosen(each.name.stack, only):
            continue
        if as_json:
            told = {"event": "Skipped", "stack": each.name.stack, "wave": each.wave, "because": why}
            print(json.dumps(told), flush=True)
        else:
            say(f"{each.name.stack}: skipped: {why}")


def plan_removed(
    env: str,
    base: Base,
    removed: Sequence[Removed],
    *,
    sandbox: bool,
    as_json: bool,
    say: Callable[[str], None],
) -> int:
    """Plan the destruction of stacks from the roots that the base has of them: 0 only when none is left."""
    for gone in removed:
        say(left_behind(base, gone))
    with _at(base, env) as environment:
        if sandbox and not _sandbox_runs(environment):
            say("a sandbox that begins empty cannot tell whether anything of it is left: leave out SANDBOX=1")
            return INCONCLUSIVE
        runs = {stack.name: stack for stack in stack_runs(environment)}
        stacks = [runs.get(each.name.stack) or _unknown(environment, each) for each in removed]
        with Run(environment=environment, sandbox=sandbox, as_json=as_json).open() as opened:
            known = {**runs, **{stack.name: stack for stack in stacks}}
            result = runner.plan_destruction(opened, stacks, known=tuple(known.values()))
    report(result, as_json=as_json)
    return worst([result.exit_code, _verdict(base, removed, result, say)])


def _sandbox_runs(environment: Environment) -> bool:
    account_id = environment.manifest.account_id
    return announced.find(account_id=account_id, regions=environment.regions) is not None


def _verdict(base: Base, removed: Sequence[Removed], result: RunResult, say: Callable[[str], None]) -> int:
    held = 0
    for gone in removed:
        found = result.of(gone.name.stack)
        if found.status.good and (found.plan is None or not found.plan.changes):
            say(f"{gone.name}: nothing of it is left on {result.target}")
        else:
            held += 1
            count = len(found.plan.changes) if found.plan else "an unknown number of"
            say(
                f"{gone.name}: {count} resources are left; destroy them before the change goes in: "
                f"{destruction(base, gone)}"
            )
    return FAILED if held else GOOD


def _unknown(environment: Environment, gone: Removed) -> StackRun:
    """A stack that this generator would not make of the base's manifest, but the base has."""
    return StackRun(name=gone.name.stack, wave=gone.wave or 0, root=environment.folder / gone.name.stack)


@contextmanager
def _at(base: Base, env: str) -> Iterator[Environment]:
    """The environment as the base has it, its roots and modules in a folder that goes away again."""
    tree = commit_tree(REPOSITORY, base)
    with tempfile.TemporaryDirectory(prefix="antipode-base-") as folder:
        _write(tree, Path(folder), (f"{ENVIRONMENTS}/{env}", "modules"))
        home = Path(folder) / ENVIRONMENTS / env
        try:
            found = manifest.load(home / "manifest.yaml")
        except InputRefused as error:
            raise InputRefused(
                [
                    f"envs/{env} at {base}: this version does not take its manifest any more, so what left "
                    "it is not planned here; destroy it with the version that made it, as said above",
                    *error.problems,
                ]
            ) from error
        yield Environment(name=env, folder=home, manifest=found)


def _write(tree: Tree, target: Path, folders: Sequence[str]) -> None:
    for folder in folders:
        for path in tree.below(folder):
            file = target / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(tree.read(path))
