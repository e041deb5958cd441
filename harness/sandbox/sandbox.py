"""The embedded AWS: one server on loopback in front of two emulators, with regions that can fail.

Every request is classified, judged by the faults in force, and handed to the emulator that serves it. The
server, the clock, DNS, health checkers and replication share one event loop in a thread of its own.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import logging
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Self, TypeVar

import boto3

from harness.sandbox.emulators import ministack as ministack_emulator
from harness.sandbox.emulators import patches
from harness.sandbox.emulators.moto import Moto
from harness.sandbox.faults import Fault, Faults, RegionDark, ServiceDown, cut_links
from harness.sandbox.requests.addresses import Listeners, open_listeners
from harness.sandbox.requests.classify import Target
from harness.sandbox.requests.gateway import Gateway
from harness.sandbox.services import PATCHES
from harness.sandbox.services.cloudfront import EDGE_PLACES, CloudFront, Network
from harness.sandbox.services.cloudwatch import AlarmStates, Metrics
from harness.sandbox.services.cloudwatch.stored import Stored
from harness.sandbox.services.codedeploy import Deployments
from harness.sandbox.services.dynamodb.replication import Replication
from harness.sandbox.services.events.schedules import Schedules, invoke_function
from harness.sandbox.services.lambda_ import endpoint as patches_function_endpoint
from harness.sandbox.services.lambda_ import patches as patches_lambda
from harness.sandbox.services.lambda_.pools import LambdaPools
from harness.sandbox.services.rds.aurora import Aurora
from harness.sandbox.services.route53 import Route53
from harness.sandbox.services.s3.replication import ObjectReplication
from harness.sandbox.world.clock import Clock
from harness.sandbox.world.delays import Delays
from harness.terminal import FatalError

T = TypeVar("T")

START_SECONDS = 60.0
STOP_SECONDS = 60.0


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
        self.lambda_pools = LambdaPools(account_id=account_id)
        self._delays = Delays(seed)
        self.replication = Replication(
            self.clock,
            lag=lambda source, destination: self._delays.draw("dynamodb_replication_lag"),
            dark=self.faults.dark,
        )
        self.objects = ObjectReplication(
            self.clock,
            lag=lambda source, destination: self._delays.draw("s3_replication_lag"),
            dark=lambda: self.faults.dark() | self._without("s3"),
        )
        self.schedules = Schedules(self.clock, invoke=self._invoke, epoch=self.epoch, seed=seed)
        # model time starts as wall time and only ever gets ahead of it
        self._epoch = time.time() - self.clock.now()
        self._stack = contextlib.ExitStack()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._listeners: Listeners | None = None
        self._gateway: Gateway | None = None
        self._route53: Route53 | None = None
        self._cloudfront: CloudFront | None = None

    # What clients need to know

    @property
    def endpoint(self) -> str:
        """What AWS_ENDPOINT_URL must be: every region's control plane, and any host."""
        ip, port = self._bound.control_address
        return f"http://{ip}:{port}"

    @property
    def addresses(self) -> dict[str, tuple[str, int]]:
        """For each region the (ip, port) that its clients dial."""
        return self._bound.region_addresses

    @property
    def dns_address(self) -> tuple[str, int]:
        """Where the name server listens, UDP and TCP."""
        address = self.route53.dns_address
        if address is None:
            raise SandboxError("the sandbox is not running; use it inside `with Sandbox(...)`")
        return address

    @property
    def route53(self) -> Route53:
        """The applied records and health checks, the checkers and the name server."""
        if self._route53 is None:
            raise SandboxError("the sandbox is not running; use it inside `with Sandbox(...)`")
        return self._route53

    @property
    def edge_addresses(self) -> dict[str, tuple[str, int]]:
        """For each place of the world the (ip, port) of the CloudFront edge that its clients dial."""
        return self._bound.edge_addresses

    @property
    def cloudfront(self) -> CloudFront:
        """The edge locations: what they served, and from where."""
        if self._cloudfront is None:
            raise SandboxError("the sandbox is not running; use it inside `with Sandbox(...)`")
        return self._cloudfront

    @property
    def aurora(self) -> Aurora:
        """The Aurora PostgreSQL clusters that were created, and what failovers did to them."""
        if self._aurora is None:
            raise SandboxError("the sandbox is not running; use it inside `with Sandbox(...)`")
        return self._aurora

    @property
    def notice(self) -> str | None:
        """What is different on this system, in one sentence; None when nothing is."""
        return self._bound.notice

    def epoch(self, moment: float | None = None) -> float:
        """The Unix time, in seconds, of a moment of model time (now, when none is given): what functions are
        told instead of the machine's own time, which model time never is behind."""
        return self._epoch + (self.clock.now() if moment is None else moment)

    def environment(self, region: str | None = None) -> dict[str, str]:
        """The variables that point Terraform, the AWS CLI and SDKs at the sandbox, and at nothing else."""
        return _client_environment(self.endpoint, self.account_id, region or self.regions[0])

    def run(self, coroutine: Coroutine[Any, Any, T], *, timeout: float | None = None) -> T:
        """The result of `coroutine`, run on the sandbox's loop. TimeoutError after `timeout` wall seconds."""
        if self._loop is None or self._loop.is_closed():
            coroutine.close()
            raise SandboxError("the sandbox is not running; use it inside `with Sandbox(...)`")
        future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        try:
            return future.result(timeout)
        except BaseException as error:
            future.cancel()
            if isinstance(error, concurrent.futures.TimeoutError) and not isinstance(error, TimeoutError):
                raise TimeoutError(f"no result within {timeout} s") from None
            raise

    async def reseed(self, seed: int) -> None:
        """Begin anew with another seed: modelled delays, checkers' phases, statuses. On the loop."""
        self.seed = seed
        self._delays = Delays(seed)
        patches_lambda.CHANCE.seed(seed)
        await self.route53.reseed(seed)
        self.cloudfront.reseed(seed)

    async def _invoke(self, region: str, function: str, event: Mapping[str, Any]) -> str | None:
        """Start a function on behalf of its region's EventBridge, as far as the faults let it."""
        for service, operation in (("events", None), ("lambda", "Invoke")):
            target = Target(region, service, operation, "data", "signature")
            if not await self._bound_gateway.admits(None, target):
                return f"{service} is down in {region}"
        return await invoke_function(self.account_id, region, function, event)

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
        self._listeners = self._stack.enter_context(
            contextlib.closing(open_listeners(self.regions, port=self._port, places=EDGE_PLACES))
        )
        scratch = self._stack.enter_context(_scratch_directory())
        self._stack.enter_context(_process_environment(self._settings(scratch)))
        ministack = ministack_emulator.load_ministack()
        self._stack.enter_context(ministack_emulator.acting_for(self.account_id))
        patches_function_endpoint.ENDPOINTS.update(
            {region: f"http://{ip}:{port}" for region, (ip, port) in self._bound.function_addresses.items()}
        )
        self._stack.callback(patches_function_endpoint.ENDPOINTS.clear)
        assert PATCHES
        patches.apply("ministack")
        moto = Moto()
        self._stack.callback(self.lambda_pools.stop_all)
        self._stack.callback(moto.reset)
        self._stack.callback(ministack._reset_all_state)
        self._gateway = Gateway(
            ministack=ministack.app,
            moto=moto,
            account_id=self.account_id,
            clock=self.clock,
            faults=self.faults,
            epoch=self.epoch,
            region_of_address={address: region for region, address in self.addresses.items()},
            source_of_address={at: region for region, at in self._bound.function_addresses.items()},
            own={"codedeploy": self._deployments(moto)},
        )
        self._loop = self._stack.enter_context(_loop_in_thread())
        for replication in self._replications:
            self._stack.callback(replication.uninstall)
            self._on_loop(replication.install)
        self._stack.callback(self._on_loop, self.schedules.stop)
        aurora = self._aurora = Aurora(
            self.clock,
            faults=self.faults,
            addresses=self.addresses,
            delay=lambda name: self._delays.draw(name),
            epoch=self.epoch,
            scratch=Path(scratch),
            put_metric=partial(Stored(moto, self.account_id).put_metric, namespace="AWS/RDS"),
        )
        self._stack.callback(lambda: self.run(aurora.close(), timeout=STOP_SECONDS))
        self._on_loop(aurora.install)
        self.faults.subscribe(on_inject=self._injected, on_heal=self._healed)
        self._stack.callback(self.faults.heal_all)
        self.run(self._gateway.start(self._bound.all()), timeout=START_SECONDS)
        self._stack.callback(lambda: self.run(self._bound_gateway.stop(), timeout=STOP_SECONDS))
        route53 = self._route53 = Route53(
            self.clock,
            addresses=self.addresses,
            edge_addresses=self.edge_addresses,
            account_id=self.account_id,
            endpoint_port=self._bound.control_address[1],
            dark_regions=self.faults.dark,
            silent_regions=self.faults.silent,
            delay=lambda name: self._delays.draw(name),
            alarm_state=Stored(moto, self.account_id).alarm_state,
            seed=self.seed,
        )
        self.run(route53.start(port=self._dns_port), timeout=START_SECONDS)
        self._stack.callback(lambda: self.run(route53.stop(), timeout=STOP_SECONDS))
        self._cloudfront = self._edge_of(self._gateway, route53)
        places = {address: place for place, address in self.edge_addresses.items()}
        self._gateway.attach_edge(self._cloudfront, places)

    def _deployments(self, moto: Moto) -> Deployments:
        """CodeDeploy, with alarms that see what functions do."""
        metrics = Metrics(self.epoch, account_id=self.account_id)
        patches_lambda.OBSERVERS.append(metrics.count)
        self._stack.callback(patches_lambda.OBSERVERS.remove, metrics.count)
        patches_lambda.CHANCE.seed(self.seed)

        async def admits(target: Target) -> bool:
            return await self._bound_gateway.admits(None, target)

        return Deployments.of(
            self.account_id,
            clock=self.clock,
            epoch=self.epoch,
            alarms=AlarmStates(
                metrics,
                alarm=Stored(moto, self.account_id).alarm,
                delay=lambda: self._delays.draw("cloudwatch_alarm_evaluation"),
            ),
            admits=admits,
            reaction=lambda: self._delays.draw("codedeploy_reaction"),
        )

    def _edge_of(self, gateway: Gateway, route53: Route53) -> CloudFront:
        network = Network(
            clock=self.clock,
            application=gateway.serve,
            resolve=route53.resolve,
            endpoint=partial(route53.endpoint, port=443),
            dark=self.faults.dark,
            silent=self.faults.silent,
        )
        return CloudFront(network, account_id=self.account_id, seed=self.seed)

    def _settings(self, scratch: str) -> dict[str, str]:
        """What MiniStack, moto and the functions they run find in their environment."""
        return {
            **_client_environment(self.endpoint, self.account_id, self.regions[0]),
            "GATEWAY_PORT": str(self._bound.control_address[1]),
            "IOT_MTLS_ENABLED": "0",
            "MINISTACK_ACCOUNT_ID": self.account_id,
            "MINISTACK_REGION": self.regions[0],
            "MOTO_ACCOUNT_ID": self.account_id,
            "SFTP_ENABLED": "0",
            "TMPDIR": scratch,
        }

    # Faults reach further than the next request

    def _injected(self, number: int, fault: Fault) -> None:
        if isinstance(fault, RegionDark):
            self._on_loop(self._bound_gateway.cut, number, fault)
            self.lambda_pools.kill(fault.region)
        for source, destination in cut_links(fault):
            for replication in self._replications:
                self._on_loop(replication.cut, source, destination)
        self._on_loop(self.aurora.fault_injected, number, fault)

    def _healed(self, number: int, fault: Fault) -> None:
        if isinstance(fault, RegionDark | ServiceDown):
            for replication in self._replications:
                self._on_loop(replication.wake)
        if cut_links(fault):
            self.faults.count(number, self._held_back(fault))
        for source, destination in cut_links(fault):
            if (source, destination) not in self.faults.cut():
                for replication in self._replications:
                    self._on_loop(replication.heal, source, destination)
        self._on_loop(self.aurora.fault_healed)

    def _held_back(self, fault: Fault) -> int:
        """How many writes wait on the links that a cut holds."""
        return sum(
            statistics[link].pending
            for statistics in (replication.statistics() for replication in self._replications)
            for link in cut_links(fault)
            if link in statistics
        ) + sum(self.aurora.pending(*link) for link in cut_links(fault))

    def _without(self, service: str) -> frozenset[str]:
        """The regions in which `service` is down."""
        active = self.faults.active().values()
        return frozenset(f.region for f in active if isinstance(f, ServiceDown) and f.service == service)

    @property
    def _replications(self) -> tuple[Replication, ObjectReplication]:
        """What carries data between regions, over links that faults cut."""
        return self.replication, self.objects

    def _on_loop(self, function: Any, *arguments: Any) -> None:
        """Call `function` on the loop and return when it is done, from whichever thread this is."""
        assert self._loop is not None
        if threading.get_ident() == getattr(self._loop, "_thread_id", None):
            function(*arguments)
            return

        async def call() -> None:
            function(*arguments)

        self.run(call(), timeout=STOP_SECONDS)

    @property
    def _bound(self) -> Listeners:
        if self._listeners is None:
            raise SandboxError("the sandbox is not running; use it inside `with Sandbox(...)`")
        return self._listeners

    @property
    def _bound_gateway(self) -> Gateway:
        assert self._gateway is not None
        return self._gateway


def _client_environment(endpoint: str, account_id: str, region: str) -> dict[str, str]:
    return {
        "AWS_ACCESS_KEY_ID": account_id,  # both emulators take a 12-digit key for the account
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_DEFAULT_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_PAGER": "",
        "AWS_REGION": region,
        "AWS_SECRET_ACCESS_KEY": "sandbox",
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


def without_callers_aws(environment: Mapping[str, str]) -> dict[str, str]:
    """`environment` without anything that could lead an AWS client elsewhere: credentials, profiles,
    endpoints per service, proxies."""
    proxies = {"http_proxy", "https_proxy", "all_proxy"}
    return {
        key: value
        for key, value in environment.items()
        if not key.startswith("AWS_") and key.lower() not in proxies
    }


@contextlib.contextmanager
def _process_environment(settings: Mapping[str, str]) -> Iterator[None]:
    """os.environ scrubbed of the caller's AWS settings and filled with ours, until the block ends.

    boto3's default session keeps the credentials that it found first, so it is begun anew on both ends.
    """
    before = dict(os.environ)
    cached = tempfile.tempdir
    scrubbed = {**without_callers_aws(before), **settings}
    for key in before.keys() - scrubbed.keys():
        del os.environ[key]
    os.environ.update(scrubbed)
    tempfile.tempdir = None
    boto3.DEFAULT_SESSION = None
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        tempfile.tempdir = cached
        boto3.DEFAULT_SESSION = None


@contextlib.contextmanager
def _scratch_directory() -> Iterator[str]:
    path = tempfile.mkdtemp(prefix="antipode-sandbox-")
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def _loop_in_thread() -> Iterator[asyncio.AbstractEventLoop]:
    """A running event loop in a daemon thread; when the block ends, its tasks are cancelled and awaited."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="sandbox", daemon=True)
    thread.start()
    try:
        yield loop
    finally:
        with contextlib.suppress(TimeoutError, concurrent.futures.TimeoutError):
            asyncio.run_coroutine_threadsafe(_cancel_everything(), loop).result(STOP_SECONDS)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(STOP_SECONDS)
        if not thread.is_alive():
            loop.close()
        else:
            logging.getLogger(__name__).warning("the sandbox's thread did not end within %g s", STOP_SECONDS)


async def _cancel_everything() -> None:
    loop = asyncio.get_running_loop()
    tasks = [task for task in asyncio.all_tasks(loop) if task is not asyncio.current_task()]
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks, timeout=2.0) if tasks else None
