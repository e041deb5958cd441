"""Runs a drill: settle, load, fault, heal, drain, read back, judge; on the sandbox's own loop and clock."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import gc
import itertools
import secrets
import time
from collections.abc import Coroutine, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from harness.drill import clients
from harness.drill.clients import Bench, Client, Written
from harness.drill.exchange import Caller
from harness.drill.ledger import Backlog, FaultMark, Flip, Ledger
from harness.drill.measure import Measurement, measure
from harness.drill.preflight import preflight, region_behind
from harness.drill.readback import read_back, surviving_regions
from harness.drill.recovery import Split, median_split, worst_split
from harness.drill.scenario import FaultEntry, Scenario
from harness.drill.subject import Objectives, Subject
from harness.drill.verdict import Verdict, judge, precondition_failed
from harness.sandbox.faults import ControlPlanesDown, Fault
from harness.sandbox.lambda_pools import LambdaPools
from harness.sandbox.route53.checkers import checkers_of
from harness.sandbox.route53.places import place_named
from harness.sandbox.server import Sandbox

# Model seconds.
SETTLE_LIMIT = 120.0
DRAIN_LIMIT = 60.0
BACKLOG_INTERVAL = 1.0
# Workers per function: requests take milliseconds, so few are ever in flight at once.
WARM_WORKERS = 3
# Numbers of requests go on from run to run: the clock remembers those that were answered.
_NUMBERS = itertools.count(1)


@dataclass(frozen=True)
class DrillResult:
    """One run. `measurement` is None when a precondition failed; splits are None when no client was affected.

    wall_seconds: what the run cost; model_seconds: what it simulated, settling included.
    """

    scenario: Scenario
    subject: Subject
    objectives: Objectives
    seed: int
    real_time: bool
    verdict: Verdict
    ledger: Ledger = field(repr=False)
    measurement: Measurement | None = None
    worst: Split | None = None
    median: Split | None = None
    wall_seconds: float = 0.0
    model_seconds: float = 0.0

    @property
    def exit_status(self) -> int:
        return self.verdict.exit_status

    @property
    def as_expected(self) -> bool:
        """Whether the verdict is the one that the scenario expects."""
        return self.verdict.status == self.scenario.expect


def run_drill(
    sandbox: Sandbox,
    subject: Subject,
    scenario: Scenario,
    objectives: Objectives | None = None,
    seed: int = 0,
    *,
    real_time: bool = False,
) -> DrillResult:
    """One run against what is applied in the sandbox; faults are healed when it returns, whatever happens.

    Raises DrillError when the scenario does not fit the subject, TimeoutError when it hangs.
    """
    faults = [entry.fault(subject) for entry in scenario.faults]
    region_behind(sandbox.addresses)
    promised = objectives or subject.objectives
    drill = _Drill(sandbox, subject, scenario, faults, seed=seed, real_time=real_time)
    wall, model = time.monotonic(), sandbox.clock.now()
    limit = 10 * (scenario.duration + SETTLE_LIMIT + DRAIN_LIMIT)
    problems, ledger = sandbox.run(drill.run(), timeout=limit)
    result = conclude(subject, scenario, promised, ledger, seed=seed, real_time=real_time, problems=problems)
    return dataclasses.replace(
        result, wall_seconds=time.monotonic() - wall, model_seconds=sandbox.clock.now() - model
    )


def conclude(
    subject: Subject,
    scenario: Scenario,
    objectives: Objectives,
    ledger: Ledger,
    *,
    seed: int = 0,
    real_time: bool = False,
    problems: Sequence[str] = (),
) -> DrillResult:
    """The result that a ledger amounts to: pure, so that a written ledger can be judged again."""
    plain = DrillResult(scenario, subject, objectives, seed, real_time, precondition_failed(problems), ledger)
    if problems:
        return plain
    found = measure(ledger)
    worst = worst_split(ledger, found)
    verdict = judge(found, objectives, subject, worst=worst)
    median = median_split(ledger, found)
    return dataclasses.replace(plain, verdict=verdict, measurement=found, worst=worst, median=median)


@contextlib.contextmanager
def _no_collection() -> Iterator[None]:
    """Without pauses of the garbage collector, which clients of a large process would take for an outage."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


class _Drill:
    """The state of one run; everything happens on the sandbox's loop."""

    def __init__(
        self,
        sandbox: Sandbox,
        subject: Subject,
        scenario: Scenario,
        faults: Sequence[Fault],
        *,
        seed: int,
        real_time: bool,
    ) -> None:
        self._sandbox = sandbox
        self._clock = sandbox.clock
        self._subject = subject
        self._scenario = scenario
        self._faults = faults
        self._seed = seed
        self._real_time = real_time
        self._written = Written()
        self._injected: dict[int, int] = {}
        self._read_back = False

    async def run(self) -> tuple[list[str], Ledger]:
        """The problems that kept the drill from running (then the ledger is empty), and the ledger."""
        ledger = Ledger(environment=self._subject.environment)
        self._sandbox.faults.heal_all()
        pools = LambdaPools(account_id=self._sandbox.account_id)
        for region in self._subject.regions:
            await pools.warm(region.name, region.functions, concurrency=WARM_WORKERS)
        async with Caller(self._clock, numbers=_NUMBERS) as caller:
            problems = await preflight(caller, self._subject, self._sandbox.addresses)
            if problems:
                return problems, ledger
            await self._begin_anew()
            try:
                pace = contextlib.nullcontext() if self._real_time else self._clock.jumping()
                with _no_collection(), pace:
                    # a participant, so that time cannot leap while the drill itself is at work
                    problems = await self._clock.spawn(self._script(caller, ledger), name="drill")
            finally:
                self._sandbox.faults.heal_all()
                await self._sandbox.route53.stop_checkers()
                # nobody probes from here on: DNS must not go on avoiding a region that is well again
                await self._sandbox.reseed(self._seed)
        return problems, ledger

    async def _begin_anew(self) -> None:
        """New checkers' phases and modelled delays for this seed, and nothing left over from a run before."""
        await self._sandbox.reseed(self._seed)
        self._sandbox.route53.start_checkers()

    async def _script(self, caller: Caller, ledger: Ledger) -> list[str]:
        await self._drained()
        if problems := await self._settled():
            return problems
        bench = self._bench(caller, ledger)
        duration = self._scenario.duration
        with self._running(bench, duration) as load:
            await self._follow(bench)
            await self._until(bench, duration)
            with self._clock.idle():
                await asyncio.gather(*load)
        ledger.ended = duration
        if not self._read_back:
            await self._recovered(bench, settled_before=None)
        if self._scenario.heals:
            await self._drained()
            everywhere = [region.name for region in self._subject.regions]
            await read_back(bench, self._written.items, everywhere, "healed")
        self._note_faults(bench)
        self._note_flips(bench)
        return []

    async def _settled(self) -> list[str]:
        """Waits until every health check has been probed by all its checkers and is healthy."""
        started = self._clock.now()
        while problems := self._unsettled():
            if self._clock.now() - started > SETTLE_LIMIT:
                return problems
            await self._clock.sleep(1.0)
        return []

    def _unsettled(self) -> list[str]:
        route53, problems = self._sandbox.route53, []
        for region in self._subject.regions:
            if region.health_check is None:
                continue
            check = route53.applied().check(region.health_check)
            if check is None:
                problems.append(f"the health check {region.health_check} of {region.name} is not applied")
                continue
            status = route53.status(region.health_check)
            waiting = len(checkers_of(check)) - len(status.reports)
            if not status.healthy:
                why = status.last_failure or "no reason known"
                problems.append(f"the health check of {region.name} is unhealthy before the drill: {why}")
            elif waiting > 0:
                problems.append(f"{waiting} checkers have not yet reported on {region.name}")
        return problems

    async def _drained(self) -> None:
        """Waits until no write waits to be replicated."""
        started = self._clock.now()
        while self._sandbox.replication.pending() and self._clock.now() - started < DRAIN_LIMIT:
            await self._clock.sleep(0.5)

    def _bench(self, caller: Caller, ledger: Ledger) -> Bench:
        return Bench(
            clock=self._clock,
            caller=caller,
            ledger=ledger,
            subject=self._subject,
            load=self._scenario.load,
            run=f"{secrets.token_hex(4)}-{self._seed}",
            origin=self._clock.now(),
            dns=self._sandbox.dns_address,
            regions=region_behind(self._sandbox.addresses),
            ports=dict(self._sandbox.addresses.values()),
        )

    @contextlib.contextmanager
    def _running(self, bench: Bench, end: float) -> Iterator[list[asyncio.Task[Any]]]:
        """The load, from here on; whatever still runs when the block ends early is cancelled."""
        who = clients.identities(bench.load, seed=self._seed)
        bench.ledger.overstaying = frozenset(each.name for each in who if each.overstays)
        work: list[Coroutine[Any, Any, None]] = []
        for identity in who:
            client = Client(bench, identity, self._written, seed=self._seed)
            work += [client.write_until(end), client.read_until(end)]
        work += [clients.watch_dns(bench, place_named(place), end) for place in bench.load.clients]
        work += [self._call_control_plane(bench, fault.region, end) for fault in self._faults
                 if isinstance(fault, ControlPlanesDown)]  # fmt: skip
        work.append(self._watch_backlog(bench, end))
        tasks = [self._clock.spawn(each) for each in work]
        try:
            yield tasks
        finally:
            for task in tasks:
                task.cancel()

    def _call_control_plane(self, bench: Bench, region: str, end: float) -> Coroutine[Any, Any, None]:
        endpoint = urlsplit(self._sandbox.endpoint)
        return clients.call_control_plane(
            bench,
            region,
            endpoint=(endpoint.hostname or "127.0.0.1", endpoint.port or 80),
            account_id=self._sandbox.account_id,
            end=end,
        )

    async def _watch_backlog(self, bench: Bench, end: float) -> None:
        while bench.now() < end:
            bench.ledger.backlog.append(Backlog(bench.now(), self._sandbox.replication.pending()))
            await self._clock.sleep(min(BACKLOG_INTERVAL, max(0.0, end - bench.now())))

    async def _follow(self, bench: Bench) -> None:
        """Injects and heals as the scenario says; before the first healing the writes are read back."""
        script = sorted(
            (moment, heal, index)
            for index, entry in enumerate(self._scenario.faults)
            for moment, heal in ((entry.at, False), (entry.heal_at, True))
            if moment is not None
        )
        for moment, heal, index in script:
            await self._until(bench, moment)
            if heal:
                await self._heal(bench, index)
            else:
                self._inject(bench, index)

    def _inject(self, bench: Bench, index: int) -> None:
        entry = self._scenario.faults[index]
        mark = FaultMark(entry.kind, _described(entry, self._faults[index]), bench.now())
        self._injected[index] = self._sandbox.faults.inject(self._faults[index])
        bench.ledger.faults.append(mark)

    async def _heal(self, bench: Bench, index: int) -> None:
        if not self._read_back:
            await self._recovered(bench, settled_before=bench.now() - bench.load.settle)
        number = self._injected[index]
        at = bench.now()
        hits = self._sandbox.faults.hits(number)
        self._sandbox.faults.heal(number)
        self._mark(bench, index, healed=at, hits=max(hits, self._sandbox.faults.hits(number)))

    async def _recovered(self, bench: Bench, *, settled_before: float | None) -> None:
        """Reads back what was acknowledged, through the regions that serve now. While the load goes on, only
        what had time to settle; when it has ended, replication gets that time first."""
        self._read_back = True
        regions = surviving_regions(bench)
        items = self._written.items
        if settled_before is None:
            await self._clock.sleep(bench.load.settle)
        else:
            old = {item for item, ack in bench.ledger.acknowledged().items() if ack.end < settled_before}
            items = tuple(item for item in items if item.id in old)
        await read_back(bench, items, regions, "recovered")

    def _note_faults(self, bench: Bench) -> None:
        for index, number in self._injected.items():
            if self._marked(bench, index).healed is None:
                self._mark(bench, index, hits=self._sandbox.faults.hits(number))

    def _marked(self, bench: Bench, index: int) -> FaultMark:
        return bench.ledger.faults[list(self._injected).index(index)]

    def _mark(self, bench: Bench, index: int, **changes: Any) -> None:
        place = list(self._injected).index(index)
        bench.ledger.faults[place] = dataclasses.replace(bench.ledger.faults[place], **changes)

    def _note_flips(self, bench: Bench) -> None:
        for region in self._subject.regions:
            if region.health_check is not None:
                bench.ledger.flips += [
                    Flip(event.at - bench.origin, region.name, event.healthy, event.reason)
                    for event in self._sandbox.route53.history(region.health_check)
                    if event.checker is None and event.at >= bench.origin
                ]

    async def _until(self, bench: Bench, moment: float) -> None:
        await self._clock.sleep(max(0.0, moment - bench.now()))


def _described(entry: FaultEntry, fault: Fault) -> str:
    """`region-dark us-east-1 refuse`: the fault's kind and settings, in the order of its fields."""
    values = [str(value) for value in dataclasses.asdict(fault).values() if value not in (None, False)]
    return " ".join([entry.kind, *values])
