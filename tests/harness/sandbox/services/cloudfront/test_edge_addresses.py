from __future__ import annotations

import errno
import socket
from typing import Any

import pytest

from harness.sandbox.requests import addresses
from harness.sandbox.services.cloudfront.locations import edge_location, shield_location
from harness.sandbox.world.places import PLACES

EDGE_PLACES = tuple(place.name for place in PLACES)


def test_every_place_has_an_edge_with_an_address_of_its_own_on_the_common_port() -> None:
    listeners = addresses.open_listeners(["us-east-1"], places=EDGE_PLACES)
    try:
        found, (_, port) = listeners.addresses.edges, listeners.addresses.control
    finally:
        listeners.close()
    assert found == {place: (f"127.2.1.{n}", port) for n, place in enumerate(EDGE_PLACES, start=1)}


def test_a_system_with_one_loopback_address_gives_every_edge_a_port(monkeypatch: pytest.MonkeyPatch) -> None:
    bind = addresses._bind

    def only_one(ip: str, port: int) -> socket.socket:
        if ip != addresses.CONTROL_IP:
            raise OSError(errno.EADDRNOTAVAIL, "Can't assign requested address")
        return bind(ip, port)

    monkeypatch.setattr(addresses, "_bind", only_one)
    listeners = addresses.open_listeners(["us-east-1"], places=EDGE_PLACES)
    try:
        found = listeners.addresses.edges
    finally:
        listeners.close()
    assert {ip for ip, _ in found.values()} == {"127.0.0.1"}
    assert len({port for _, port in found.values()}) == len(EDGE_PLACES)


@pytest.mark.parametrize(
    ("viewer", "price_class", "pop"),
    [
        ("oceania", "PriceClass_All", "SYD62-P1"),
        ("oceania", "PriceClass_200", "SIN2-P1"),
        ("oceania", "PriceClass_100", "SFO53-P1"),
        ("ap-south", "PriceClass_200", "BOM78-P1"),
        ("ap-south", "PriceClass_100", "ARN56-P1"),
        ("unknown", "PriceClass_100", "JFK50-P1"),
    ],
)
def test_a_viewer_is_served_from_the_nearest_location_of_the_price_class(
    viewer: str, price_class: str, pop: str
) -> None:
    assert edge_location(viewer, price_class).pop == pop


@pytest.mark.parametrize(
    ("region", "dark", "pop"),
    [
        ("eu-west-1", frozenset(), "shield-eu-west-1"),
        ("eu-west-1", frozenset({"eu-west-1"}), "shield-eu-west-2"),
        ("us-east-1", frozenset({"us-east-1"}), "shield-us-east-2"),
    ],
)
def test_an_origin_shield_moves_to_the_nearest_region_while_its_own_is_dark(
    region: str, dark: Any, pop: str
) -> None:
    assert shield_location(region, dark).pop == pop
