"""The script of one run: settle, load, fault, heal, drain, read back; on the sandbox's own loop and clock."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import itertools
import secrets
from collections.abc import Coroutine, Iterator
from typing import Any
from urllib.parse import urlsplit

from harness.drill.judge.ledger import Backlog, Drawn, Flip, Kept, Ledger
from harness.drill.judge.losses import loss
from harness.drill.load import watchers
from harness.drill.load.clients import Bench, Client, Item, Written, identities
from harness.drill.load.exchange import Caller
from harness.drill.load.readback import AT_ONCE, AT_ONCE_BESIDE_CLIENTS, reached, read_back, surviving_regions
from harness.drill.load.static_objects import put_objects
from harness.drill.run.injection import Injection
from harness.drill.run.operator import Operator
from harness.drill.run.preflight import region_behind
from harness.drill.run.quiet import drained, fit, pending, settled, warm, warm_again
from harness.drill.scenario import Scenario
from harness.drill.subject import Flow, Subject
from harness.sandbox.faults import ControlPlanesDown, RegionDark
from harness.sandbox.sandbox import Sandbox
from harness.sandbox.world.places import place_named

# Model seconds.
# How long before the oldest lost write a database is searched for rows that only it has.
KEPT_MARGIN = 30.0
BACKLOG_INTERVAL = 1.0
# Numbers of requests go on from run to run: the clock remembers those that were answered.
_NUMBERS = itertools.count(1)


@contextlib.contextmanager
def _no_collection() -> Iterator[None]:
    """Without pauses of the garbage collector, which clients of a large process would take for an outage."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


class Script:
    """The state of one run; everything happens on the sandbox's loop.

    Raises DrillError when the scenario speaks of a region that the subject does not have.
    """

    def __init__(
        self, sandbox: Sandbox, subject: Subject, scenario: Scenario, *, seed: int, real_time: bool
    ) -> None:
        self._sandbox = sandbox
        self._clock = sandbox.clock
        self._subject = subject
        self._scenario = scenario
        self._injection = Injection(sandbox.faults, scenario.faults, subject)
        self._commands = [(entry, entry.target(subject)) for entry in scenario.commands]
        self._seed = seed
        self._real_time = real_time
        self._run = f"{secrets.token_hex(4)}-{seed}"
        self._written = {flow.name: Written() for flow in subject.flows}
        self._read_back = False
        self._warming: list[asyncio.Task[None]] = []

    async def run(self) -> tuple[list[str], Ledger]:
        """The problems that kept the drill from running (then the ledger is empty), and the ledger."""
        ledger = Ledger(environment=self._subject.environment)
        self._sandbox.faults.heal_all()
        await warm(self._sandbox, self._subject)
        async with Caller(self._clock, numbers=_NUMBERS) as caller:
            await self._begin_anew()
            try:
                pace = contextlib.nullcontext() if self._real_time else self._clock.jumping()
                with _no_collection(), pace:
                    # a participant, so that time cannot leap while the drill itself is at work
                    problems = await self._clock.spawn(self._script(caller, ledger), name="drill")
            finally:
                self._sandbox.faults.heal_all()
                await self._sandbox.route53.stop_checkers()
                self._sandbox.schedules.stop()
                # nobody probes from here on: DNS must not go on avoiding a region that is well again
                await self._sandbox.reseed(self._seed)
        return problems, ledger

    async def _begin_anew(self) -> None:
        """New checkers' phases and modelled delays for this seed, and nothing left over from a run before."""
        await self._sandbox.reseed(self._seed)
        self._sandbox.route53.start_checkers()
        self._sandbox.schedules.start(seed=self._seed)

    def _operator(self, caller: Caller) -> Operator | None:
        controller = self._subject.controller
        if controller is None:
            return None
        return Operator(
            caller, self._clock, controller, self._endpoint, self._sandbox.account_id, self._sandbox.epoch
        )

    @property
    def _endpoint(self) -> tuple[str, int]:
        endpoint = urlsplit(self._sandbox.endpoint)
        return endpoint.hostname or "127.0.0.1", endpoint.port or 80

    async def _prepared(self, caller: Caller) -> list[str]:
        """Waits until the environment is as it is on a quiet day; the problems when it does not get there."""
        operator = self._operator(caller)
        if operator is not None and (problems := await operator.come_home()):
            return problems
        if problems := await fit(self._sandbox, self._subject, caller):
            return problems
        for flow in self._subject.flows:
            if flow.store == "static":
                self._written[flow.name] = await put_objects(
                    caller, flow, run=self._run, endpoint=self._endpoint,
                    account_id=self._sandbox.account_id,
                )  # fmt: skip
                # what is served has been there for long: nobody waits for the slowest object's copy
                self._sandbox.objects.flush(force=True)
        await drained(self._sandbox)
        if problems := await settled(self._sandbox, self._subject):
            return problems
        return [] if operator is None else await self._movable(operator)

    async def _movable(self, operator: Operator) -> list[str]:
        """Why the writer could not be moved to one of the other regions."""
        others = [region.name for region in self._subject.regions if region.name != operator.controller.home]
        return [problem for region in others for problem in await operator.would_move(region)]

    async def _script(self, caller: Caller, ledger: Ledger) -> list[str]:
        if problems := await self._prepared(caller):
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
            if self._scenario.heals:
                await drained(self._sandbox)
            await self._recovered(bench, settled_before=None)
        if self._scenario.faults and self._scenario.heals:
            await self._healed(bench)
        ledger.faults[:] = self._injection.marks()
        self._note_flips(bench)
        await self._note_events(bench)
        self._note_promotions(bench)
        return []

    def _bench(self, caller: Caller, ledger: Ledger) -> Bench:
        return Bench(
            clock=self._clock,
            caller=caller,
            ledger=ledger,
            subject=self._subject,
            load=self._scenario.load,
            run=self._run,
            origin=self._clock.now(),
            dns=self._sandbox.dns_address,
            regions=region_behind(self._sandbox.addresses),
            ports=dict([*self._sandbox.addresses.values(), *_edges(self._sandbox)]),
        )

    @contextlib.contextmanager
    def _running(self, bench: Bench, end: float) -> Iterator[list[asyncio.Task[Any]]]:
        """The load, from here on; whatever still runs when the block ends early is cancelled."""
        who = identities(bench.load, seed=self._seed)
        bench.ledger.overstaying = frozenset(each.name for each in who if each.overstays)
        # S3 replicates in seconds to minutes, and latency routing reads far from where was written
        bench.ledger.lagging = frozenset(
            self._subject.operation(flow, "read") for flow in self._subject.flows if flow.store == "objects"
        )
        work: list[Coroutine[Any, Any, None]] = []
        for identity in who:
            work += Client(bench, identity, self._written, seed=self._seed).work(end)
        work += [watchers.watch_dns(bench, place_named(place), end) for place in bench.load.clients]
        work += [
            watchers.call_control_plane(
                bench, fault.region, endpoint=self._endpoint, account_id=self._sandbox.account_id, end=end
            )
            for fault in self._injection.faults
            if isinstance(fault, ControlPlanesDown)
        ]
        work.append(self._watch_backlog(bench, end))
        tasks = [self._clock.spawn(each) for each in work]
        try:
            yield tasks
        finally:
            for task in tasks:
                task.cancel()

    async def _watch_backlog(self, bench: Bench, end: float) -> None:
        while bench.now() < end:
            bench.ledger.backlog.append(Backlog(bench.now(), pending(self._sandbox)))
            await self._clock.sleep(min(BACKLOG_INTERVAL, max(0.0, end - bench.now())))

    async def _follow(self, bench: Bench) -> None:
        """Injects, heals and commands as the scenario says; before the first healing the writes are read
        back."""
        script: list[tuple[float, int, Coroutine[Any, Any, None]]] = []
        changes = self._injection.changes()
        for order, change in enumerate(changes):
            do = (
                self._inject(bench, change.index)
                if change.begins
                else self._heal(bench, change.index, last=change.last)
            )
            script.append((change.moment, order, do))
        for order, (entry, to) in enumerate(self._commands, start=len(changes)):
            told = self._command(bench, entry.command, to, force=entry.force)
            script.append((entry.at, order, told))
        pending = sorted(script, key=lambda step: step[:2])
        try:
            while pending:
                moment, _, do = pending[0]
                await self._until(bench, moment)
                del pending[0]
                await do
        finally:
            for _, _, do in pending:
                do.close()

    async def _inject(self, bench: Bench, index: int) -> None:
        self._injection.begin(index, bench.now())
        bench.ledger.faults[:] = self._injection.marks()

    async def _heal(self, bench: Bench, index: int, *, last: bool) -> None:
        if last and not self._read_back and self._injection.takes_requests(index):
            await self._recovered(bench, settled_before=bench.now() - bench.load.settle)
        self._injection.end(index, bench.now(), last=last)
        bench.ledger.faults[:] = self._injection.marks()
        fault = self._injection.faults[index]
        if isinstance(fault, RegionDark):
            # a participant: time does not leap over the start of the workers
            again = warm_again(self._sandbox, self._subject, fault.region)
            self._warming.append(self._clock.spawn(again, name=f"warm {fault.region} again"))

    async def _command(self, bench: Bench, name: str, to: str, *, force: bool) -> None:
        operator = self._operator(bench.caller)
        assert operator is not None, "a scenario with commands does not fit a subject without a controller"
        bench.ledger.commands.append(
            await operator.command(name, to, force=force, at=bench.now(), origin=bench.origin)
        )

    async def _recovered(self, bench: Bench, *, settled_before: float | None) -> None:
        """Reads back what was acknowledged, through the regions that serve now. While the load goes on, only
        what had time to settle; when it has ended, replication gets that time first."""
        self._read_back = True
        regions = surviving_regions(bench)
        items, at_once = self._items(), AT_ONCE
        if settled_before is None:
            await self._clock.sleep(bench.load.settle)
        else:
            at_once = AT_ONCE_BESIDE_CLIENTS
            old = {item for item, ack in bench.ledger.acknowledged().items() if ack.end < settled_before}
            items = [(flow, item) for flow, item in items if item.id in old]
        await read_back(bench, items, regions, "recovered", at_once=at_once)

    async def _healed(self, bench: Bench) -> None:
        """Reads back everything in every region, once replication has caught up and each region answers."""
        await drained(self._sandbox)
        everywhere = [region.name for region in self._subject.regions]
        for flow in self._subject.flows:
            if flow.write_path is not None and self._written[flow.name].items:
                for region in everywhere:
                    await reached(bench, flow, self._written[flow.name].items[0], region)
        await read_back(bench, self._items(), everywhere, "healed")
        await self._reconciled(bench)

    async def _reconciled(self, bench: Bench) -> None:
        """Asks the controller for what a lost database has that its successor lacks, if anything is lost."""
        operator, fault = self._operator(bench.caller), bench.ledger.first_fault
        if operator is None or fault is None or fault.region is None:
            return
        for flow in self._subject.flows:
            lost = loss(bench.ledger, fault.at, self._subject.operation(flow, "write"))
            if flow.store == "database" and lost.oldest_acknowledged_at is not None:
                since = self._sandbox.epoch(bench.origin + lost.oldest_acknowledged_at - KEPT_MARGIN)
                found = await operator.kept(flow.name, lost=fault.region, since=since)
                bench.ledger.kept += [Kept(item, fault.region) for item in found]

    def _items(self) -> list[tuple[Flow, Item]]:
        return [
            (flow, item)
            for flow in self._subject.flows
            if flow.write_path is not None
            for item in self._written[flow.name].items
        ]

    def _note_flips(self, bench: Bench) -> None:
        for region in self._subject.regions:
            if region.health_check is not None:
                bench.ledger.flips += [
                    Flip(event.at - bench.origin, region.name, event.healthy, event.reason)
                    for event in self._sandbox.route53.history(region.health_check)
                    if event.checker is None and event.at >= bench.origin
                ]

    async def _note_events(self, bench: Bench) -> None:
        """The controller's log, as a region that is not dark tells it."""
        operator = self._operator(bench.caller)
        if operator is not None:
            dark = self._sandbox.faults.dark()
            voters = [region for region, _ in operator.controller.functions if region not in dark]
            found = await operator.log(voters, origin=self._sandbox.epoch(bench.origin))
            bench.ledger.events += [event for event in found if event.at >= 0]

    def _note_promotions(self, bench: Bench) -> None:
        """How long the sandbox let databases wait, which no client and no controller can know."""
        bench.ledger.drawn += [
            Drawn(
                step.moment - step.modelled - bench.origin,
                step.moment - bench.origin,
                step.delay,
                step.region,
            )
            for step in self._sandbox.aurora.history
            if step.delay and step.moment >= bench.origin
        ]

    async def _until(self, bench: Bench, moment: float) -> None:
        await self._clock.sleep(max(0.0, moment - bench.now()))


def _edges(sandbox: Sandbox) -> list[tuple[str, int]]:
    """The addresses of the CDN's edge locations, where the sandbox has a CDN."""
    return list(getattr(sandbox, "edge_addresses", {}).values())
