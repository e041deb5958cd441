"""The contract between the sandbox and the rooms of `services/`: one Context in, one Service out.

A room subclasses Service, sets `name`, and implements the hooks that it needs; every hook has a default that
does nothing. `services/__init__.py` lists the rooms in the order in which they start.
"""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Protocol, TypeVar

from harness.sandbox.emulators.engine import Resource
from harness.sandbox.emulators.moto import Moto
from harness.sandbox.faults import Fault, Faults
from harness.sandbox.requests.addresses import Address, Addresses
from harness.sandbox.requests.classify import Call
from harness.sandbox.requests.messages import Answer, Application, Request
from harness.sandbox.world.clock import Clock

__all__ = [
    "ANY_OPERATION",
    "Answer",
    "Application",
    "CannotBeKept",
    "Context",
    "Link",
    "Operation",
    "Request",
    "Service",
    "Services",
]

# In `operations`: whatever the request shows or, as REST does, does not show of its operation.
ANY_OPERATION = ""
# A region that sends and a region that receives.
Link = tuple[str, str]
# Answers one operation of a control plane, on the sandbox's loop: it must not block.
Operation = Callable[[Request], Answer | Awaitable[Answer]]

S = TypeVar("S", bound="Service")


class Epoch(Protocol):
    """The Unix time of a moment of model time; of the present one when none is given."""

    def __call__(self, moment: float | None = None) -> float: ...


@dataclass(frozen=True, kw_only=True)
class Context:
    """All that a room is given.

    scratch: a folder that goes with the sandbox. delay: draws a row of delays.yaml, in model seconds. admits:
    whether the faults let one emulated service call another. addresses: where the sandbox is reached.
    dns_port: where the name server is to listen, 0 for any port. serve: takes a request as if it had come in
    at a socket. ministack, moto: the emulators. services: the rooms that start before this one, by type.
    """

    account_id: str
    regions: Sequence[str]
    seed: int
    scratch: Path
    clock: Clock
    epoch: Epoch
    delay: Callable[[str], float]
    faults: Faults
    admits: Callable[[Call], Awaitable[bool]]
    addresses: Addresses
    dns_port: int
    serve: Application
    ministack: Application
    moto: Moto
    services: Services


class CannotBeKept(Exception):
    """What a sandbox holds cannot be taken out of it, or not be put into another; the text says why."""


class Service:
    """One AWS service of one sandbox. All methods belong to the sandbox's loop, except `close`."""

    # as the signature's scope has it, by the name that classify gives it
    name: ClassVar[str] = ""

    def __init__(self, context: Context) -> None:
        self.context = context

    # Its life

    async def start(self) -> None:
        """Begin, before the first request is served."""

    async def stop(self) -> None:
        """End, after the last request was served."""

    def close(self) -> None:
        """Remove what is left once the loop and the emulators have stopped. It may block."""

    async def reseed(self, seed: int) -> None:
        """Begin anew with another seed: what is drawn by chance, and what a drill counts."""

    # Snapshots

    def kept(self) -> object:
        """What this room alone holds of what was made in the sandbox; it is pickled. Raises CannotBeKept."""
        return None

    def take_up(self, kept: Any) -> None:
        """Hold what the room of another sandbox gave as `kept`."""

    # Requests

    @classmethod
    def resource_types(cls) -> Sequence[Resource]:
        """The resource types that the engine keeps for this room; docs/reference/kept.md lists them."""
        return ()

    @property
    def operations(self) -> Mapping[str, Operation]:
        """The operations of the control plane that this room answers; the emulator answers the others."""
        return {}

    def serves_viewers(self, host: str, dialled: Address | None) -> Application | None:
        """What answers a viewer of AWS's edge, which is in no region: no fault is asked about the request.

        host: the Host header. dialled: the address that the client dialled.
        """
        return None

    def region_of(self, host: str, path: str) -> str | None:
        """The region in which this room serves `path` of a host name that users chose."""
        return None

    def answers(self, host: str, path: str, dialled: str | None) -> Application | None:
        """What answers `path` of a host name that this room serves: a data plane.

        dialled: the region whose address the client dialled, None for the control address.
        """
        return None

    # Faults

    def fault_injected(self, number: int, fault: Fault) -> None:
        """Let a new fault take effect on what is not a request."""

    def fault_healed(self, number: int, fault: Fault) -> None:
        """Undo what the fault did, as far as no other fault in force does the same."""

    def held_back(self, link: Link) -> int:
        """How many changes wait to be replicated over a link."""
        return 0


class Services:
    """Rooms by type: those of a sandbox, or those that a room may use."""

    def __init__(self, rooms: Iterable[Service] = (), *, asker: str = "the sandbox") -> None:
        self._rooms = {type(room): room for room in rooms}
        self._asker = asker

    def get(self, kind: type[S]) -> S | None:
        """The room of that type, None when it is not among these."""
        room = self._rooms.get(kind)
        assert room is None or isinstance(room, kind)
        return room

    def __getitem__(self, kind: type[S]) -> S:
        """The room of that type. Raises LookupError for a room that starts later, naming both."""
        room = self.get(kind)
        if room is None:
            raise LookupError(
                f"{self._asker} asks for {kind.__name__}, which does not start before it; "
                "the order is that of SERVICES in harness/sandbox/services/__init__.py"
            )
        return room

    def __iter__(self) -> Iterator[Service]:
        return iter(self._rooms.values())


_running = Services()


@contextlib.contextmanager
def reachable_by_patches(services: Services) -> Iterator[None]:
    """Let `running` give these rooms until the block ends. One sandbox runs per process."""
    global _running
    _running = services
    try:
        yield
    finally:
        _running = Services()


def running(kind: type[S]) -> S | None:
    """The room of the running sandbox, for the patches of an emulator, which outlive each sandbox."""
    return _running.get(kind)


def furnished(kinds: Iterable[type[Service]], context: Context) -> Services:
    """One room of each kind, each of which may use those before it."""
    rooms: list[Service] = []
    for kind in kinds:
        rooms.append(kind(replace(context, services=Services(rooms, asker=kind.__name__))))
    return Services(rooms)
