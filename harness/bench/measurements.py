"""What `make bench` measures: ratios of runs side by side in one process, never remembered figures."""

from __future__ import annotations

import contextlib
import shutil
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from generator import estate
from generator import manifest as manifests
from harness import aws, environments
from harness.affected.change import between
from harness.affected.git import base_of
from harness.affected.trees import working_tree
from harness.bench.memory import Peak, peak_memory
from harness.bench.monolith import NAME, monolith
from harness.drill.run.run import run_drill
from harness.drill.scenario import find_scenario
from harness.environments import REPOSITORY, Environment
from harness.rehearsal import drill as rehearsal
from harness.sandbox.faults import RegionDark
from harness.sandbox.sandbox import Sandbox
from harness.targets.session import session, stack_runs
from harness.targets.target import forget
from harness.terraform import adapter, runner
from harness.terraform.adapter import Root
from harness.terraform.session import Session
from harness.terraform.stack import StackRun, Target

REFERENCE = "reference/active-standby-api"
TEN_REGIONS = (
    "us-east-1 us-east-2 us-west-1 us-west-2 ca-central-1 "
    "eu-west-1 eu-central-1 ap-south-1 ap-northeast-1 sa-east-1"
).split()
TARGET = "bench"
DARK_LIMIT = 60.0
"""Seconds after which the one root that holds everything is stopped while a region is dark."""


@dataclass(frozen=True)
class Figure:
    """One line of the report. `value` in `unit`; `note` says beside what it was measured."""

    part: str
    name: str
    value: float
    unit: str
    note: str = ""


def generation() -> Iterator[Figure]:
    """Manifest to bytes of a ten-region environment, and of the reference, best of five."""
    for count, name in ((10, "ten regions"), (2, "two regions")):
        with _wide(count) as environment:
            file = environment.folder / "manifest.yaml"

            def generate(file: Path = file) -> None:
                estate.files(manifests.load(file), environment="bench", repository=REPOSITORY)

            yield Figure("generation", name, min(_seconds(generate) for _ in range(5)), "s", "best of five")


def growth() -> Iterator[Figure]:
    """Plans of an environment of which nothing exists, of two regions and of ten, in an empty sandbox."""
    seconds, stacks = {}, {}
    for count in (2, 10):
        with _wide(count) as environment:
            seconds[count], alone, peak = _planned_from_nothing(environment)
            stacks[count] = len(environment.stacks)
        yield Figure("growth", f"plan, {count} regions", seconds[count], "s", f"{stacks[count]} stacks")
        yield Figure(
            "growth",
            f"the same against one region's, {count} regions",
            seconds[count] / alone,
            "times",
            "as long",
        )
        yield Figure(
            "growth", f"peak memory, {count} regions", peak.megabytes, "MB", f"{peak.processes} processes"
        )
    ratio, more = seconds[10] / seconds[2], stacks[10] / stacks[2]
    yield Figure(
        "growth", "plan, ten regions against two", ratio, "times", f"as long, {more:.1f} times the stacks"
    )


def _planned_from_nothing(environment: Environment) -> tuple[float, float, Peak]:
    """Seconds of a plan of every stack, of one region's alone after it, and the peak of the first."""
    forget(environment, rehearsal.DRILL)
    runs = stack_runs(environment)
    one = [run for run in runs if run.name == environment.manifest.recovery_region]
    with (
        Sandbox(account_id=environment.manifest.account_id, regions=environment.regions) as sandbox,
        _session(environment, sandbox) as opened,
    ):
        with peak_memory() as peak:
            everything = _seconds(lambda: _good(runner.plan(opened, runs).succeeded))
        return everything, _seconds(lambda: _good(runner.plan(opened, one, known=runs).succeeded)), peak


def drill_speed() -> Iterator[Figure]:
    """A drill of 130 model seconds, in wall seconds, in each way of losing a region."""
    environment = environments.load(REFERENCE)
    with rehearsal.applied(environment) as sandbox:
        subject = rehearsal.subject_of(environment, sandbox)
        for name in ("region-refuse", "region-503", "region-hang"):
            found = [run_drill(sandbox, subject, find_scenario(name), seed=seed) for seed in (1, 2, 3)]
            model = statistics.median(each.model_seconds for each in found)
            wall = [each.wall_seconds for each in found]
            yield Figure(
                "drill", name, statistics.median(wall), "s", f"median of three; {model:.0f} model seconds"
            )
            yield Figure("drill", f"{name}, worst", max(wall), "s", "of three")


def independence() -> Iterator[Figure]:
    """us-west-2's stack planned and applied with us-east-1 well and dark; the one root in the same faults."""
    environment = environments.load(REFERENCE)
    region = environment.manifest.recovery_region
    stack = next(each for each in stack_runs(environment) if each.name == region)
    with (
        rehearsal.applied(environment) as sandbox,
        _one_root(environment) as everything,
        _session(environment, sandbox) as opened,
    ):
        root = opened.root(everything)
        root.directory.make()
        _good(adapter.init(root).status.good)
        well = _plan_and_apply(opened, stack)
        yield Figure("independence", f"plan and apply {region}, all well", well, "s")
        for mode in ("refuse", "503", "hang"):
            with _dark(sandbox, RegionDark(environment.manifest.lead_region, mode)):
                dark = _plan_and_apply(opened, stack)
                yield Figure(
                    "independence",
                    f"plan and apply {region}, us-east-1 dark ({mode})",
                    dark / well,
                    "times",
                    "as long",
                )
                yield _everything_while_dark(root, mode)


def _everything_while_dark(root: Root, mode: str) -> Figure:
    started = time.monotonic()
    result = adapter.plan(root, out=root.directory.plan_file)
    seconds = time.monotonic() - started
    note = f"planning one root with everything in the same fault: {result.status.value}"
    return Figure("independence", f"one root, us-east-1 dark ({mode})", seconds, "s", note)


def layouts() -> Iterator[Figure]:
    """Apply and plan of the whole environment: ours in waves, a plain loop, one root with everything."""
    environment = environments.load(REFERENCE)
    stacks = stack_runs(environment)
    started = time.perf_counter()
    with rehearsal.applied(environment) as sandbox:
        applied = time.perf_counter() - started
        with _session(environment, sandbox) as opened, peak_memory() as ours_peak:
            ours = _seconds(lambda: _good(runner.plan(opened, stacks).succeeded))
        with _session(environment, sandbox, workers=1) as opened:
            loop = _seconds(
                lambda: _good(all(runner.plan(opened, [each], known=stacks).succeeded for each in stacks))
            )
    one_applied, one_planned, one_peak = _one_root_from_nothing(environment)
    yield Figure(
        "layouts", "apply, ours from nothing", applied, "s", f"{len(stacks)} stacks, with the sandbox"
    )
    yield Figure("layouts", "apply, one root from nothing", one_applied / applied, "times", "as long as ours")
    yield Figure("layouts", "plan, ours in parallel", ours, "s", "all applied, nothing to change")
    yield Figure("layouts", "plan, plain loop over the stacks", loop / ours, "times", "as long as ours")
    yield Figure("layouts", "plan, one root", one_planned / ours, "times", "as long as ours")
    yield Figure(
        "layouts", "peak memory, ours", ours_peak.megabytes, "MB", f"{ours_peak.processes} processes"
    )
    yield Figure(
        "layouts", "peak memory, one root", one_peak.megabytes, "MB", f"{one_peak.processes} processes"
    )


def affected() -> Iterator[Figure]:
    """A change of one stack: finding out which it touches and planning that, against planning everything."""
    environment = environments.load(REFERENCE)
    runs = stack_runs(environment)
    base, before = base_of(REPOSITORY, "HEAD"), working_tree(REPOSITORY)
    changed = f"envs/{REFERENCE}/edge/main.tf"

    def read(path: str) -> bytes:
        return before.read(path) + (b"\nlocals {}\n" if path == changed else b"")

    after = replace(before, name="one stack changed", read=read)

    def plan_affected() -> None:
        found = between(base, before, after, env=REFERENCE).affected
        touched = [each.name.stack for each in found]
        _good(touched == ["edge"])
        chosen = [run for run in runs if run.name in touched]
        _good(runner.plan(opened, chosen, known=runs).succeeded)

    with rehearsal.applied(environment) as sandbox, _session(environment, sandbox) as opened:
        everything = _seconds(lambda: _good(runner.plan(opened, runs).succeeded))
        one = _seconds(plan_affected)
    yield Figure("affected", "plan, everything", everything, "s", f"{len(runs)} stacks, all applied")
    yield Figure("affected", "plan, one stack affected", one, "s", "which one it is found out first")
    yield Figure("affected", "plan, everything against affected", everything / one, "times", "as long")


def _one_root_from_nothing(environment: Environment) -> tuple[float, float, Peak]:
    """Seconds of the first apply (state buckets and sandbox included), of the plan after it, and its peak.

    Its zone is there already: records count on its id, which one root cannot make and use in one apply.
    """
    forget(environment, rehearsal.DRILL)
    manifest = environment.manifest
    started = time.perf_counter()
    with (
        Sandbox(account_id=manifest.account_id, regions=tuple(manifest.regions)) as sandbox,
        _one_root(_in_a_zone_that_exists(environment, sandbox)) as everything,
        _session(environment, sandbox) as opened,
    ):
        state = [each for each in stack_runs(environment) if each.bootstrap]
        _good(runner.apply(opened, state).succeeded)
        _good(runner.apply(opened, [everything]).succeeded)
        applied = time.perf_counter() - started
        with peak_memory() as peak:
            planned = _seconds(lambda: _good(runner.plan(opened, [everything]).succeeded))
        return applied, planned, peak


def _in_a_zone_that_exists(environment: Environment, sandbox: Sandbox) -> Environment:
    manifest = environment.manifest
    route53 = aws.client("route53", manifest.lead_region, sandbox.environment(manifest.lead_region))
    made = route53.create_hosted_zone(Name=manifest.domain, CallerReference="bench")
    zone = {"zone": "existing", "zone_id": made["HostedZone"]["Id"].rpartition("/")[2]}
    edge = manifest.edge.model_copy(update=zone)
    return replace(environment, manifest=manifest.model_copy(update={"edge": edge}))


PARTS: dict[str, Callable[[], Iterator[Figure]]] = {
    "generation": generation,
    "drill": drill_speed,
    "independence": independence,
    "layouts": layouts,
    "growth": growth,
    "affected": affected,
}


def _good(succeeded: bool) -> None:
    if not succeeded:
        raise RuntimeError("a measured run failed, so there is nothing to compare")


def _plan_and_apply(opened: Session, stack: StackRun) -> float:
    """Seconds of a plan and an apply of one stack. RuntimeError when either fails."""
    started = time.monotonic()
    result = runner.apply(opened, [stack])
    _good(result.succeeded)
    return time.monotonic() - started


@contextlib.contextmanager
def _session(environment: Environment, sandbox: Sandbox, *, workers: int | None = None) -> Iterator[Session]:
    variables = sandbox.environment(environment.manifest.recovery_region)
    limits = adapter.Limits(plan=DARK_LIMIT)
    with session(
        environment, Target(name=rehearsal.DRILL, variables=variables), limits=limits, workers=workers
    ) as opened:
        yield opened


@contextlib.contextmanager
def _one_root(environment: Environment) -> Iterator[StackRun]:
    """The environment in one root, at the depth of its stacks so that modules and packages are found."""
    root = environment.folder / ".bench"
    root.mkdir()
    try:
        depth = len(root.relative_to(REPOSITORY).parts)
        (root / "main.tf").write_text(
            monolith(environment.manifest, modules="../" * depth + "modules"), encoding="utf-8"
        )
        shutil.copy(environment.folder / "data" / ".terraform.lock.hcl", root)
        yield StackRun(name=NAME, wave=0, root=root)
    finally:
        shutil.rmtree(root)


@contextlib.contextmanager
def _dark(sandbox: Sandbox, fault: RegionDark) -> Iterator[None]:
    number = sandbox.faults.inject(fault)
    try:
        yield
    finally:
        sandbox.faults.heal(number)


@contextlib.contextmanager
def _wide(count: int) -> Iterator[Environment]:
    """The reference environment over `count` active regions, generated in a folder that goes with it."""
    short = yaml.safe_load(
        (environments.ENVIRONMENTS / REFERENCE / "manifest.yaml").read_text(encoding="utf-8")
    )
    # as deep as envs/<env>, so that its roots find the modules
    folder = REPOSITORY / ".bench" / "wide"
    folder.mkdir(parents=True)
    try:
        file = folder / "manifest.yaml"
        regions = {region: {"role": "active"} for region in TEN_REGIONS[:count]}
        file.write_text(
            yaml.safe_dump({**short, "topology": "active-active", "regions": regions}), encoding="utf-8"
        )
        environment = Environment(name="wide", folder=folder, manifest=manifests.load(file))
        for path, content in environment.wanted().items():
            (folder / path).parent.mkdir(exist_ok=True)
            (folder / path).write_bytes(content)
        yield environment
    finally:
        shutil.rmtree(folder.parent)


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
