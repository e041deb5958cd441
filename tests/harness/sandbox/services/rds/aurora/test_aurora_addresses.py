"""Where a cluster's endpoints listen."""

from __future__ import annotations

import contextlib
import socket
import sys
from collections.abc import Iterator

import pytest

from harness.sandbox.services.rds.aurora import front
from harness.sandbox.services.rds.aurora.front import Role

many_addresses = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has all of 127.0.0.0/8")


@contextlib.contextmanager
def bound(ip: str, port: int) -> Iterator[dict[Role, tuple[str, int]]]:
    """The addresses that are taken for a cluster of the region at `ip`, until the block ends."""
    sockets = front._bind_pair(ip, port)
    try:
        yield {role: sock.getsockname()[:2] for role, sock in sockets.items()}
    finally:
        for sock in sockets.values():
            sock.close()


@pytest.fixture
def port() -> int:
    """A port that is free just now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@many_addresses
def test_the_first_cluster_of_a_region_is_at_the_regions_address_and_at_its_twin(port: int) -> None:
    with bound("127.0.1.7", port) as addresses:
        assert addresses == {"writer": ("127.0.1.7", port), "reader": ("127.2.1.7", port)}


@many_addresses
def test_a_second_cluster_keeps_the_port_on_other_addresses(port: int) -> None:
    with bound("127.0.1.7", port), bound("127.0.1.7", port) as addresses:
        assert addresses == {"writer": ("127.16.1.7", port), "reader": ("127.18.1.7", port)}


def test_a_system_with_one_address_has_one_endpoint_for_both_roles(port: int) -> None:
    with bound("127.0.0.1", port) as addresses:
        assert addresses == {"writer": ("127.0.0.1", port)}


def test_where_the_port_is_taken_everywhere_another_one_is_used(port: int) -> None:
    with bound("127.0.0.1", port), bound("127.0.0.1", port) as addresses:
        ((ip, other),) = addresses.values()
        assert (ip, other != port) == ("127.0.0.1", True)
