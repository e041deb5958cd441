"""`make release` on an applied environment: a version that answers 500 is taken back by its alarm, a good one
goes through, and what is said and answered to the shell tells which."""

from __future__ import annotations

import asyncio
import shutil
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml

from generator import estate, hosts, manifest, package
from harness.drill.load.exchange import Caller, Request
from harness.environments import ENVIRONMENTS, REPOSITORY, Environment
from harness.rehearsal import drill as rehearsal
from harness.release import release
from harness.release.progress import Ended, Event, Noted, Shifted, Started
from harness.sandbox.sandbox import Sandbox
from harness.targets.session import session, stack_runs
from harness.targets.target import forget
from harness.terraform import runner
from harness.terraform.stack import Target
from tests.provider.executable import found_as_terraform

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.long,
    pytest.mark.sandbox,
    pytest.mark.terraform,
    pytest.mark.timeout(900),
]

LEAD, STANDBY = "us-east-1", "us-west-2"
# below the repository, because roots name their modules by relative paths
FOLDER = REPOSITORY / ".antipode" / "released"
READ = REPOSITORY / "lambda_src" / "read"
MARK = "    identifier = item_id("


@dataclass
class Released:
    """The environment dev with `read` released step by step, applied without its edge."""

    environment: Environment
    sandbox: Sandbox
    statuses: dict[str, Counter[int | None]] = field(default_factory=dict)

    @property
    def target(self) -> Target:
        variables = self.sandbox.environment(self.environment.manifest.recovery_region)
        return Target(name=rehearsal.DRILL, variables=variables)

    def apply(self, *names: str) -> None:
        everything = stack_runs(self.environment)
        chosen = tuple(stack for stack in everything if stack.name in names)
        with session(self.environment, self.target) as opened:
            result = runner.apply(opened, chosen, known=everything)
        assert result.succeeded, [message for each in result.results for message in each.messages]

    def publish(self, line: str, work: Path) -> None:
        """A new version of `read` that does `line` first."""
        source = work / "read"
        shutil.rmtree(source, ignore_errors=True)
        shutil.copytree(READ, source)
        handler = source / "handler.py"
        handler.write_text(handler.read_text().replace(MARK, f"    {line}\n{MARK}"))
        packed = package.package(source, REPOSITORY / "lambda_src" / "shared")
        (self.environment.folder / "functions" / "read.zip").write_bytes(packed)
        self.apply(STANDBY, LEAD)

    def release(self, *, each_second: float) -> tuple[int, list[Event]]:
        """Release while clients of both regions read so many times each model second."""
        told: list[Event] = []
        over, clients = threading.Event(), []
        self.statuses = {region: Counter() for region in (LEAD, STANDBY)}

        def observe(event: Event) -> None:
            told.append(event)
            if isinstance(event, Started) and not clients:
                traffic = self._traffic(over, pause=1 / each_second)
                clients.append(threading.Thread(target=self.sandbox.run, args=(traffic,)))
                clients[0].start()

        try:
            status = release.run(
                self.environment, self.target, functions=("read",), observe=observe, look_every=0.2
            )
        finally:
            over.set()
            for thread in clients:
                thread.join(60)
        return status, told

    async def _traffic(self, over: threading.Event, *, pause: float) -> None:
        clock = self.sandbox.clock

        async def read(region: str, caller: Caller) -> None:
            request = Request(
                "GET",
                self.sandbox.addresses[region],
                hosts.regional(self.environment.manifest, region),
                "/read",
                query={"id": "none"},
            )
            while not over.is_set():
                reply = await caller.send(request, 10)
                self.statuses[region][reply.status] += 1
                await clock.sleep(pause)

        async with Caller(clock) as caller:
            with clock.jumping():
                await asyncio.gather(*(clock.spawn(read(region, caller)) for region in (LEAD, STANDBY)))

    def serving(self) -> dict[str, tuple[str, Any]]:
        """For each region the version behind the alias, and its weights."""
        found = {}
        for region, code in ((LEAD, "use1"), (STANDBY, "usw2")):
            client = boto3.client("lambda", region_name=region, endpoint_url=self.sandbox.endpoint)
            alias = client.get_alias(FunctionName=f"dev-read-{code}", Name="live")
            found[region] = (alias["FunctionVersion"], alias.get("RoutingConfig"))
        return found


@pytest.fixture(scope="module")
def released(quick_terraform: Path) -> Iterator[Released]:
    wanted = yaml.safe_load((ENVIRONMENTS / "dev" / "manifest.yaml").read_text())
    wanted["compute"]["functions"]["read"]["release"] = {"percent": 10, "minutes": 5}
    # the emulator counts requests by wall seconds, and here model seconds are much shorter
    wanted["compute"]["api"]["throttle"] = {"rate": 5000, "burst": 5000}
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    (FOLDER / "manifest.yaml").write_text(yaml.safe_dump(wanted))
    read = manifest.load(FOLDER / "manifest.yaml")
    for path, content in estate.files(read, environment=FOLDER.name, repository=REPOSITORY).items():
        (FOLDER / path).parent.mkdir(parents=True, exist_ok=True)
        (FOLDER / path).write_bytes(content)
    environment = Environment(name=FOLDER.name, folder=FOLDER, manifest=read)
    forget(environment, rehearsal.DRILL)
    with (
        found_as_terraform(quick_terraform),
        Sandbox(account_id=read.account_id, regions=environment.regions) as sandbox,
    ):
        found = Released(environment, sandbox)
        found.apply("state", "global", "data", STANDBY, LEAD)
        yield found
    shutil.rmtree(FOLDER, ignore_errors=True)


def test_a_version_that_answers_500_is_taken_back_and_a_good_one_goes_through(
    released: Released, tmp_path: Path
) -> None:
    status, told = released.release(each_second=1)
    assert (status, told) == (
        0,
        [Noted("nothing to release in released: what was published last serves everywhere")],
    )

    released.publish('raise RuntimeError("released broken")', tmp_path)
    status, told = released.release(each_second=5)
    print(*told, dict(released.statuses), sep="\n", file=sys.stderr)
    started, *shifted, ended, failed = told
    assert (status, released.serving()) == (1, {LEAD: ("1", None), STANDBY: ("1", None)})
    assert isinstance(started, Started)
    assert (started.region, started.serving, started.candidate) == (STANDBY, "1", "2")
    assert [each.percent for each in shifted if isinstance(each, Shifted)] == [0, 10, 0]
    assert isinstance(ended, Ended)
    assert ended.status == "Stopped"
    assert str(failed) == (
        "read in us-west-2: stopped (ALARM_ACTIVE): One or more alarms have been activated: "
        "dev-read-usw2-release-errors. Ringing: dev-read-usw2-release-errors. Version 1 serves all requests "
        "again; not started: read in us-east-1"
    )
    answers = released.statuses[STANDBY]
    assert set(answers) == {404, 500}
    assert 0.03 < answers[500] / answers.total() < 0.2
    assert set(released.statuses[LEAD]) == {404}

    released.publish("pass", tmp_path)
    status, told = released.release(each_second=1)
    print(*told, dict(released.statuses), sep="\n", file=sys.stderr)
    assert (status, released.serving()) == (0, {LEAD: ("3", None), STANDBY: ("3", None)})
    assert [(each.region, each.status) for each in told if isinstance(each, Ended)] == [
        (STANDBY, "Succeeded"),
        (LEAD, "Succeeded"),
    ]
    assert {status for answers in released.statuses.values() for status in answers} == {404}

    assert released.release(each_second=1)[0] == 0
    released.apply(STANDBY, LEAD)
    everything = stack_runs(released.environment)
    with session(released.environment, released.target) as opened:
        found = [runner.outputs(opened, each) for each in everything if each.name in (LEAD, STANDBY)]
    assert ["release_read" in each for each in found] == [False, False]
