"""The sockets a sandbox listens on: one for control planes, one per region for clients, and one per region
for that region's own functions, so that what they call can be told from what anybody else calls.

DNS can only hand out addresses, so a region is known to clients by an address of its own: 127.0.1.1,
127.0.1.2 and so on, all on one port. Linux lets anyone bind the whole of 127/8; macOS has only 127.0.0.1
unless an administrator adds aliases, and then each region gets a port of its own instead.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.terminal import REFUSED, FatalError

CONTROL_IP = "127.0.0.1"
ATTEMPTS = 20

Address = tuple[str, int]


class NoAddress(FatalError):
    """No free port could be bound on loopback."""

    status = REFUSED


@dataclass(frozen=True, kw_only=True)
class Addresses:
    """Where a sandbox is reached.

    control: every control plane. regions: by region, what its clients dial. functions: by region, the control
    address of its own functions. edges: by place of the world, its CloudFront edge.
    """

    control: Address
    regions: Mapping[str, Address]
    functions: Mapping[str, Address]
    edges: Mapping[str, Address]


@dataclass(frozen=True)
class Listeners:
    """Bound, listening-ready sockets. `notice` says what a user must know when regions share one IP."""

    control: socket.socket
    regions: Mapping[str, socket.socket]
    functions: Mapping[str, socket.socket]
    edges: Mapping[str, socket.socket]
    notice: str | None = None

    @property
    def addresses(self) -> Addresses:
        return Addresses(
            control=_address(self.control),
            regions={region: _address(sock) for region, sock in self.regions.items()},
            functions={region: _address(sock) for region, sock in self.functions.items()},
            edges={place: _address(sock) for place, sock in self.edges.items()},
        )

    def all(self) -> list[socket.socket]:
        return [self.control, *self.regions.values(), *self.functions.values(), *self.edges.values()]

    def close(self) -> None:
        for sock in self.all():
            sock.close()


def region_ip(position: int) -> str:
    """The loopback address of the region at `position` (0-based): 127.0.1.1 for the first.

    >>> region_ip(0), region_ip(254)
    ('127.0.1.1', '127.0.2.1')
    """
    third, fourth = divmod(position, 254)
    return f"127.0.{third + 1}.{fourth + 1}"


def function_ip(position: int) -> str:
    """The control address of the functions of the region at `position`: 127.1.1.1 for the first."""
    return region_ip(position).replace("127.0.", "127.1.", 1)


def edge_ip(position: int) -> str:
    """The address of the edge of the place at `position`: 127.2.1.1 for the first."""
    return region_ip(position).replace("127.0.", "127.2.", 1)


def open_listeners(regions: Sequence[str], *, port: int = 0, places: Sequence[str] = ()) -> Listeners:
    """Bind the control socket, one socket per region and one per place that has an edge; `port` 0 picks a
    port that is free on all of them.

    Raises NoAddress when `port` is taken, naming it.
    """
    for _ in range(ATTEMPTS if port == 0 else 1):
        control = _bind(CONTROL_IP, port)
        opened: dict[str, socket.socket] = {}
        functions: dict[str, socket.socket] = {}
        edges: dict[str, socket.socket] = {}
        try:
            chosen = control.getsockname()[1]
            for position, region in enumerate(regions):
                opened[region] = _bind(region_ip(position), chosen)
                functions[region] = _bind(function_ip(position), chosen)
            for position, place in enumerate(places):
                edges[place] = _bind(edge_ip(position), chosen)
            return Listeners(control=control, regions=opened, functions=functions, edges=edges)
        except OSError as error:
            for sock in (*opened.values(), *functions.values(), *edges.values()):
                sock.close()
            if error.errno == errno.EADDRNOTAVAIL:
                return _one_port_per_region(control, regions, places)
            control.close()
            if error.errno != errno.EADDRINUSE:
                raise
    raise NoAddress(
        f"port {port or 'any'} is not free on every loopback address of {', '.join(regions)}; "
        f"choose another port or leave it out"
    )


def _one_port_per_region(control: socket.socket, regions: Sequence[str], places: Sequence[str]) -> Listeners:
    opened = {region: _bind(CONTROL_IP, 0) for region in regions}
    ports = ", ".join(f"{region} on port {sock.getsockname()[1]}" for region, sock in opened.items())
    return Listeners(
        control=control,
        regions=opened,
        functions={region: _bind(CONTROL_IP, 0) for region in regions},
        edges={place: _bind(CONTROL_IP, 0) for place in places},
        notice=f"this system has no loopback address per region, so regions are told apart by port: {ports}",
    )


def is_free(port: int) -> bool:
    """Whether nobody listens on this port of the control address, by TCP or UDP."""
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            if kind == socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((CONTROL_IP, port))
            except OSError:
                return False
    return True


def _bind(ip: str, port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.bind((ip, port))
        sock.setblocking(False)
    except OSError as error:
        sock.close()
        if port and ip == CONTROL_IP and error.errno == errno.EADDRINUSE:
            raise NoAddress(f"port {port} on {ip} is taken; choose another port or leave it out") from None
        raise
    return sock


def _address(sock: socket.socket) -> Address:
    ip, port = sock.getsockname()[:2]
    return str(ip), int(port)
