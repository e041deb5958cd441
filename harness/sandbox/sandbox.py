"""The embedded AWS: one server on loopback in front of two emulators, with regions that can fail.

Every request is classified, judged by the faults in force, and answered by the room of its service or by the
emulator that serves it. The server, the clock and the rooms share one event loop in a thread of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, Self, TypeVar

from harness.sandbox import snapshot
from harness.sandbox.emulators import patches
from harness.sandbox.emulators.ministack import acting_for, load_ministack
from harness.sandbox.emulators.moto import Moto
from harness.sandbox.faults import Fault, Faults, RegionDark, cut_links
from harness.sandbox.process import (
    STOP_SECONDS,
    client_environment,
    emulator_environment,
    loop_in_thread,
    process_environment,
    run_on,
)
from harness.sandbox.requests.addresses import Addresses, Listeners, open_listeners
from harness.sandbox.requests.classify import Call
from harness.sandbox.requests.gateway import Gateway
from harness.sandbox.scratch import scratch_folder
from harness.sandbox.service import Context, Service, Services, furnished, reachable_by_patches
from harness.sandbox.services import SERVICES
from harness.sandbox.services.cloudfront import CloudFront
from harness.sandbox.services.dynamodb import DynamoDb
from harness.sandbox.services.dynamodb.replication import Replication
from harness.sandbox.services.events import EventBridge
from harness.sandbox.services.events.schedules import Schedules
from harness.sandbox.services.lambda_ import Lambda
from harness.sandbox.services.lambda_.pools import LambdaPools
from harness.sandbox.services.rds.aurora import Aurora
from harness.sandbox.services.route53 import Route53
from harness.sandbox.services.s3 import S3
from harness.sandbox.services.s3.replication import ObjectReplication
from harness.sandbox.world.clock import Clock
from harness.sandbox.world.delays import Delays
from harness.sandbox.world.places import PLACES
from harness.terminal import FatalError

S = TypeVar("S", bound=Service)
T = TypeVar("T")

START_SECONDS = 60.0
SNAPSHOT_SECONDS = 60.0


class SandboxError(FatalError):
    """The sandbox could not be started, or was used while it was not running."""


class Sandbox:
    """AWS on loopback, for as long as the `with` block runs; one at a time per process.

    While it runs, the caller's AWS settings are taken out of os.environ, so that neither the emulators nor
    the functions they run can reach an account.
    """

    _running: threading.Lock = threading.Lock()

    def __init__(
        self, *, account_id: str, regions: Sequence[str], port: int = 0, dns_port: int = 0, seed: int = 0
    ) -> None:
        if not (len(account_id) == 12 and account_id.isdigit()):
            raise SandboxError(f"account_id is {account_id!r}; it must be 12 digits")
        if not regions or len(set(regions)) != len(regions):
            raise SandboxError(f"regions are {list(regions)!r}; at least one is needed, each once")
        self.account_id = account_id
        self.regions = tuple(regions)
        self.seed = seed
        self._port = port
        self._dns_port = dns_port
        self.clock = Clock()
        self.faults = Faults(seed=seed, held_back=self._held_back)
        self._delays = Delays(seed)
        # model time starts as wall time and only ever gets ahead of it
        self._epoch = time.time() - self.clock.now()
        self._stack = contextlib.ExitStack()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._listeners: Listeners | None = None
        self._services: Services | None = None
        self._moto = Moto()
        self._scratch: Path | None = None

    # Addresses and settings for clients

    @property
    def endpoint(self) -> str:
        """The value of AWS_ENDPOINT_URL: every region's control plane, and any host."""
        ip, port = self._addresses.control
        return f"http://{ip}:{port}"

    @property
    def addresses(self) -> dict[str, tuple[str, int]]:
        """For each region the (ip, port) that its clients dial."""
        return dict(self._addresses.regions)

    @property
    def edge_addresses(self) -> dict[str, tuple[str, int]]:
        """For each place of the world the (ip, port) of the CloudFront edge that its clients dial."""
        return dict(self._addresses.edges)

    @property
    def dns_address(self) -> tuple[str, int]:
        """Where the name server listens, UDP and TCP."""
        address = self.route53.dns_address
        if address is None:
            raise _not_running()
        return address

    @property
    def notice(self) -> str | None:
        """What is different on this system, in one sentence; None when nothing is."""
        return self._bound.notice

    def environment(self, region: str | None = None) -> dict[str, str]:
        """The variables that point Terraform, the AWS CLI and SDKs at the sandbox, and at nothing else."""
        return client_environment(self.endpoint, self.account_id, region or self.regions[0])

    def epoch(self, moment: float | None = None) -> float:
        """The Unix time, in seconds, of a moment of model time; of the present one when none is given.

        Functions are told this time instead of the machine's own, which model time never is behind.
        """
        return self._epoch + (self.clock.now() if moment is None else moment)

    # Rooms

    def service(self, kind: type[S]) -> S:
        """The room of that type. Raises SandboxError before `with`."""
        return self._rooms[kind]

    @property
    def aurora(self) -> Aurora:
        """The Aurora PostgreSQL clusters that were created, and what failovers did to them."""
        return self.service(Aurora)

    @property
    def cloudfront(self) -> CloudFront:
        """The edge locations: what they served, and from where."""
        return self.service(CloudFront)

    @property
    def lambda_pools(self) -> LambdaPools:
        """The workers that run functions."""
        return self.service(Lambda).pools

    @property
    def objects(self) -> ObjectReplication:
        """The replication of objects between buckets."""
        return self.service(S3).replication

    @property
    def replication(self) -> Replication:
        """The replication of global tables."""
        return self.service(DynamoDb).replication

    @property
    def route53(self) -> Route53:
        """The applied records and health checks, the checkers and the name server."""
        return self.service(Route53)

    @property
    def schedules(self) -> Schedules:
        """The rules that start functions at a rate."""
        return self.service(EventBridge).schedules

    # On the loop

    def run(self, coroutine: Coroutine[Any, Any, T], *, timeout: float | None = None) -> T:
        """The result of `coroutine`, run on the sandbox's loop. TimeoutError after `timeout` wall seconds."""
        if self._loop is None or self._loop.is_closed():
            coroutine.close()
            raise _not_running()
        return run_on(self._loop, coroutine, timeout)

    async def reseed(self, seed: int) -> None:
        """Begin anew with another seed: modelled delays, checkers' phases, statuses. On the loop."""
        self.seed = seed
        self._delays = Delays(seed)
        for room in self._services or ():
            await room.reseed(seed)

    # Snapshots

    def snapshot(self) -> bytes:
        """Everything that was made in this sandbox, for another one to take up. Raises CannotBeKept."""

        async def take() -> bytes:
            foreign = (f":{self._addresses.control[1]}", str(self._scratch))
            return snapshot.taken(self._rooms, self._moto, foreign=foreign)

        return self.run(take(), timeout=SNAPSHOT_SECONDS)

    def take_up(self, taken: bytes) -> None:
        """Hold what another sandbox of the same account and regions held. This one must be new.

        `taken` must be of our own making: reading it runs what is in it. Raises CannotBeKept.
        """

        async def fill() -> None:
            snapshot.taken_up(taken, self._rooms, self._moto)

        self.run(fill(), timeout=SNAPSHOT_SECONDS)

    # Starting and stopping

    def __enter__(self) -> Self:
        if not Sandbox._running.acquire(blocking=False):
            raise SandboxError(
                "a sandbox is running in this process already; the emulators allow one at a time"
            )
        self._stack.callback(Sandbox._running.release)
        try:
            self._start()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _start(self) -> None:
        places = [place.name for place in PLACES]
        listeners = open_listeners(self.regions, port=self._port, places=places)
        self._listeners = self._stack.enter_context(contextlib.closing(listeners))
        scratch = self._scratch = self._stack.enter_context(scratch_folder())
        settings = emulator_environment(self.endpoint, self.account_id, self.regions[0], scratch)
        self._stack.enter_context(process_environment(settings))
        ministack, moto = load_ministack(), self._moto
        self._stack.enter_context(acting_for(self.account_id))
        patches.apply("ministack")
        gateway = Gateway(
            account_id=self.account_id,
            addresses=self._addresses,
            clock=self.clock,
            epoch=self.epoch,
            faults=self.faults,
            ministack=ministack.app,
            moto=moto,
        )

        async def admits(call: Call) -> bool:
            return await gateway.admits(None, call)

        context = Context(
            account_id=self.account_id,
            regions=self.regions,
            seed=self.seed,
            scratch=scratch,
            clock=self.clock,
            epoch=self.epoch,
            delay=lambda name: self._delays.draw(name),
            faults=self.faults,
            admits=admits,
            addresses=self._addresses,
            dns_port=self._dns_port,
            serve=gateway.serve,
            ministack=ministack.app,
            moto=moto,
            services=Services(),
        )
        rooms = self._services = furnished(SERVICES, context)
        self._stack.enter_context(reachable_by_patches(rooms))
        for room in rooms:
            self._stack.callback(room.close)
        self._stack.callback(moto.reset)
        self._stack.callback(ministack._reset_all_state)
        self._loop = self._stack.enter_context(loop_in_thread())
        for room in rooms:
            self._stack.callback(self._stop_room, room)
            self.run(room.start(), timeout=START_SECONDS)
        self._subscribe(gateway, rooms)
        self._stack.callback(self.faults.heal_all)
        self.run(gateway.start(listeners.all(), rooms), timeout=START_SECONDS)
        self._stack.callback(lambda: self.run(gateway.stop(), timeout=STOP_SECONDS))

    def _stop_room(self, room: Service) -> None:
        self.run(room.stop(), timeout=STOP_SECONDS)

    # Faults reach further than the next request

    def _subscribe(self, gateway: Gateway, rooms: Services) -> None:
        def injected(number: int, fault: Fault) -> None:
            if isinstance(fault, RegionDark):
                gateway.cut(number, fault)
            for room in rooms:
                room.fault_injected(number, fault)

        def healed(number: int, fault: Fault) -> None:
            # counted before the rooms let go of it
            if cut_links(fault):
                self.faults.count(number, self._held_back(fault))
            for room in rooms:
                room.fault_healed(number, fault)

        self.faults.subscribe(
            on_inject=lambda number, fault: self._on_loop(injected, number, fault),
            on_heal=lambda number, fault: self._on_loop(healed, number, fault),
        )

    def _on_loop(self, listener: Callable[[int, Fault], None], number: int, fault: Fault) -> None:
        """Call a listener on the loop and return when it is done, from whichever thread this is."""
        if self._loop is not None and threading.get_ident() == getattr(self._loop, "_thread_id", None):
            listener(number, fault)
            return

        async def call() -> None:
            listener(number, fault)

        self.run(call(), timeout=STOP_SECONDS)

    def _held_back(self, fault: Fault) -> int:
        """How many writes wait on the links that a cut holds."""
        return sum(room.held_back(link) for room in self._services or () for link in cut_links(fault))

    @property
    def _rooms(self) -> Services:
        if self._services is None:
            raise _not_running()
        return self._services

    @property
    def _addresses(self) -> Addresses:
        return self._bound.addresses

    @property
    def _bound(self) -> Listeners:
        if self._listeners is None:
            raise _not_running()
        return self._listeners


def _not_running() -> SandboxError:
    return SandboxError("the sandbox is not running; use it inside `with Sandbox(...)`")
