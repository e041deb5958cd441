"""`make drill` and `make sandbox`: an environment applied in the embedded AWS, then drilled or kept up."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from generator import hosts, naming
from generator.manifest import Manifest, implied
from generator.manifest.failover import FAILOVER
from generator.manifest.problems import InputRefused
from harness import terminal
from harness.drill import report
from harness.drill.run.run import run_drill
from harness.drill.run.series import DrillSeries
from harness.drill.scenario import Scenario, find_scenario
from harness.drill.subject import Controller, Objectives, Subject, SubjectRegion
from harness.environments import REPORTS, Environment
from harness.rehearsal import kept
from harness.rehearsal.flows import flows
from harness.sandbox.requests.addresses import CONTROL_IP, is_free
from harness.sandbox.sandbox import Sandbox
from harness.sandbox.service import CannotBeKept
from harness.targets import announced
from harness.targets.announced import RunningSandbox
from harness.targets.session import session, stack_runs
from harness.targets.target import SANDBOX, forget
from harness.terminal import FAILED, GOOD, INCONCLUSIVE
from harness.terraform import runner
from harness.terraform.errors import TerraformError
from harness.terraform.stack import Target

DRILL = "drill"
PORT, DNS_PORT = 4566, 4553


class NotApplied(TerraformError):
    """A stack could not be applied, so there is nothing to drill."""


def drill(
    environment: Environment,
    *,
    scenarios: Sequence[str],
    seeds: Iterable[int],
    real_time: bool,
    folder: Path | None,
    as_json: bool,
    fitting: bool = False,
) -> int:
    """Apply, then run every scenario over every seed; the worst exit status of all.

    Raises InputRefused, before anything is started, for a scenario that does not exist, is wrong, or asks
    for what the environment does not have; with `fitting` the last are left out instead, and named.
    """
    wanted = _fitting(environment, [find_scenario(name) for name in scenarios], others=fitting)
    numbers = tuple(seeds)
    with applied(environment, as_json=as_json, keep=True) as sandbox:
        subject = subject_of(environment, sandbox)
        statuses = []
        for scenario in wanted:
            series = _run(sandbox, subject, scenario, numbers, real_time=real_time)
            where = folder or REPORTS / environment.name.replace("/", "-") / scenario.name
            command = _command(environment, scenario, numbers, real_time=real_time)
            written = report.write_report(series, where, command=command)
            if as_json:
                print(written.document.read_text(encoding="utf-8"), end="")
            else:
                report.show(series, terminal.console(), page=os.path.relpath(written.page))
            statuses.append(series.exit_status)
    return worst_status(statuses)


def _fitting(environment: Environment, scenarios: Sequence[Scenario], *, others: bool) -> list[Scenario]:
    """The scenarios that the environment can be drilled with. Raises InputRefused unless `others` may be."""
    subject = _subject(environment.manifest, checks={})
    misfits = {each.name: "; ".join(each.misfits(subject)) for each in scenarios}
    refused = [f"the scenario {name} does not fit: {why}" for name, why in misfits.items() if why]
    if refused and not others:
        raise InputRefused(refused)
    for line in refused:
        print(f"left out: {line}", file=sys.stderr)
    return [each for each in scenarios if not misfits[each.name]]


def _command(environment: Environment, scenario: Scenario, seeds: Sequence[int], *, real_time: bool) -> str:
    """The command that runs the same again."""
    words = ["make drill", f"ENV={environment.name}", f"SCENARIO={scenario.name}", f"SEED={seeds[0]}"]
    words += [f"SEEDS={len(seeds)}"] if len(seeds) > 1 else []
    return " ".join([*words, "REAL_TIME=1"] if real_time else words)


def worst_status(statuses: Sequence[int]) -> int:
    """A missed objective outweighs an inconclusive drill, which outweighs objectives met."""
    return next((status for status in (FAILED, INCONCLUSIVE) if status in statuses), GOOD)


@contextlib.contextmanager
def applied(environment: Environment, *, as_json: bool = False, keep: bool = False) -> Iterator[Sandbox]:
    """A sandbox in which every stack of the environment is applied. Raises NotApplied.

    With `keep` an estate that was kept is taken up, unless anything that it is made of has changed since;
    else the applied one is kept.
    """
    forget(environment, DRILL)
    ambient = dict(os.environ)
    made_of = kept.fingerprint(environment, ambient=ambient) if keep else ""
    with Sandbox(account_id=environment.manifest.account_id, regions=environment.regions) as sandbox:
        if not (keep and _taken_up(environment, sandbox, made_of)):
            apply_all(environment, sandbox, target=DRILL, as_json=as_json)
            if keep:
                _keep(environment, sandbox, made_of, ambient)
        yield sandbox


def _taken_up(environment: Environment, sandbox: Sandbox, made_of: str) -> bool:
    """Whether the sandbox holds the kept estate now; it is as it was just after its apply."""
    found = kept.find(environment, made_of)
    if found is None:
        return False
    try:
        sandbox.take_up(found.snapshot)
    except CannotBeKept as why:
        kept.discard(environment)
        print(f"{environment.name} is applied anew. The kept estate cannot be used: {why}", file=sys.stderr)
        return False
    at = datetime.fromtimestamp(found.applied).strftime("%Y-%m-%d %H:%M")
    print(
        f"{environment.name}: the estate applied at {at} is taken up; nothing that it is made of has changed",
        file=sys.stderr,
        flush=True,
    )
    return True


def _keep(environment: Environment, sandbox: Sandbox, made_of: str, ambient: Mapping[str, str]) -> None:
    """Keep the applied estate for the next drill; say so where that cannot be."""
    try:
        if kept.fingerprint(environment, ambient=ambient) != made_of:
            raise CannotBeKept("files changed while it was applied")
        variables = sandbox.environment(environment.manifest.recovery_region)
        if source := kept.modules_from_elsewhere(environment, Target(name=DRILL, variables=variables)):
            raise CannotBeKept(f"module {source} does not lie in this working tree")
        kept.keep(environment, made_of, sandbox.snapshot())
    except (CannotBeKept, OSError) as why:
        print(
            f"{environment.name}: the estate is not kept, so the next drill applies it again: {why}",
            file=sys.stderr,
            flush=True,
        )


def apply_all(environment: Environment, sandbox: Sandbox, *, target: str, as_json: bool = False) -> None:
    """Apply every stack in the sandbox. Raises NotApplied with each stack's own message."""
    where = Target(name=target, variables=sandbox.environment(environment.manifest.recovery_region))
    with session(environment, where, as_json=as_json) as opened:
        result = runner.apply(opened, stack_runs(environment))
    if opened.interruption.count:
        raise KeyboardInterrupt
    if not result.succeeded:
        messages = [message for each in result.results for message in each.messages if not each.status.good]
        raise NotApplied("\n".join(["the environment could not be applied in the sandbox", *messages]))


def subject_of(environment: Environment, sandbox: Sandbox) -> Subject:
    """The environment as its clients see it, with the health checks that are applied."""
    applied_checks = sandbox.route53.applied().checks or {}
    checks = {check.domain: identifier for identifier, check in applied_checks.items()}
    return _subject(environment.manifest, checks=checks)


def _subject(manifest: Manifest, *, checks: Mapping[str | None, str]) -> Subject:
    cdn = manifest.edge.entry == "cdn"
    return Subject(
        environment=manifest.name,
        entry_host=hosts.entry(manifest),
        regions=tuple(_subject_region(manifest, region, checks) for region in manifest.regions),
        ttl=manifest.edge.ttl,
        objectives=Objectives(rto=manifest.objectives.rto, rpo=manifest.objectives.rpo),
        auto_return=manifest.edge.auto_return,
        health_path=manifest.edge.health_check.path,
        flows=flows(manifest),
        entry=manifest.edge.entry,
        routing=manifest.routing,
        origin_host=hosts.served(manifest) if cdn else None,
        standby_host=naming.standby_host(hosts.entry(manifest)) if cdn else None,
        witness=manifest.failover.witness if manifest.failover else None,
        controller=_controller(manifest),
    )


def _subject_region(manifest: Manifest, region: str, checks: Mapping[str | None, str]) -> SubjectRegion:
    host = hosts.regional(manifest, region)
    return SubjectRegion(
        name=region,
        role=manifest.regions[region].role,
        health_host=host,
        health_check=checks.get(host),
        functions=tuple(
            naming.function(manifest.name, function, region) for function in implied.functions(manifest)
        ),
    )


def _controller(manifest: Manifest) -> Controller | None:
    if manifest.failover is None:
        return None
    return Controller(
        functions=tuple(
            (region, naming.function(manifest.name, FAILOVER, region)) for region in implied.voters(manifest)
        ),
        table=naming.control_table(manifest.name),
        home=manifest.lead_region,
        alias=naming.FUNCTION_ALIAS,
    )


def _run(
    sandbox: Sandbox, subject: Subject, scenario: Scenario, seeds: Sequence[int], *, real_time: bool
) -> DrillSeries:
    results = []
    for number, seed in enumerate(seeds, start=1):
        result = run_drill(sandbox, subject, scenario, seed=seed, real_time=real_time)
        results.append(result)
        print(
            f"drill {scenario.name} seed {seed} ({number} of {len(seeds)}): {result.verdict.status}, "
            f"{result.model_seconds:.0f} model seconds in {result.wall_seconds:.1f} s",
            file=sys.stderr,
            flush=True,
        )
    return DrillSeries(tuple(results))


def keep_up(
    environment: Environment,
    *,
    port: int | None,
    dns_port: int | None,
    empty: bool,
    say: Callable[[str], None],
) -> int:
    """The sandbox until Ctrl-C, SIGTERM or SIGHUP, its checkers probing in real time.

    A port of None is the usual one, or a free one when another process has that.
    """
    forget(environment, SANDBOX)
    manifest = environment.manifest
    with Sandbox(
        account_id=manifest.account_id,
        regions=environment.regions,
        port=_usual(PORT, say) if port is None else port,
        dns_port=_usual(DNS_PORT, say) if dns_port is None else dns_port,
    ) as sandbox:
        if not empty:
            apply_all(environment, sandbox, target=SANDBOX)
        variables = sandbox.environment(manifest.recovery_region)
        running = RunningSandbox(
            os.getpid(), sandbox.endpoint, manifest.account_id, sandbox.regions, variables
        )
        with announced.announced(running):
            sandbox.run(_start_clocks(sandbox))
            print(how_to_use(environment, sandbox), flush=True)
            _until_told()
    print("stopped; nothing is kept", file=sys.stderr)
    return GOOD


def _usual(port: int, say: Callable[[str], None]) -> int:
    """`port`, or 0, which takes a free one, when another process has it."""
    if is_free(port):
        return port
    say(f"port {port} on {CONTROL_IP} is taken: the sandbox takes a free one instead, named below")
    return 0


async def _start_clocks(sandbox: Sandbox) -> None:
    """Start the health checkers and the schedules, among them the failover controller's."""
    sandbox.route53.start_checkers()
    sandbox.schedules.start()


def _until_told() -> None:
    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: over.set())
    while not over.wait(timeout=1):
        pass


def how_to_use(environment: Environment, sandbox: Sandbox) -> str:
    """The lines to paste: variables for the AWS CLI, a question for dig, a request for curl."""
    manifest = environment.manifest
    entry = naming.entry_host(manifest.edge.record, manifest.domain)
    ip, port = sandbox.dns_address
    region, (address, served) = next(iter(sandbox.addresses.items()))
    keys = ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION")
    variables = sandbox.environment(manifest.recovery_region)
    lines = [
        f"the sandbox is up: {sandbox.endpoint}, account {manifest.account_id}; Ctrl-C ends it",
        "",
        *(f"  export {key}={variables[key]}" for key in keys),
        "  aws dynamodb list-tables --region " + region,
        f"  dig @{ip} -p {port} {entry} +short",
        f"  curl -H 'Host: {entry}' http://{address}:{served}{manifest.edge.health_check.path}",
        "",
        "  " + ", ".join(f"{name} is {at[0]}:{at[1]}" for name, at in sandbox.addresses.items()),
        f"  make plan ENV={environment.name} SANDBOX=1   # from another terminal",
    ]
    return "\n".join([*lines, f"  {sandbox.notice}"] if sandbox.notice else lines)
