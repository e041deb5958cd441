from __future__ import annotations

import ipaddress
import math

import pytest

from harness.sandbox.services.route53.targets import region_of
from harness.sandbox.world.places import (
    PLACES,
    REGIONS,
    UNKNOWN,
    latency_ms,
    latency_table,
    place_named,
    place_near,
    place_of,
)


def test_the_world_has_the_places_that_drills_name() -> None:
    assert {place.name for place in PLACES} >= {
        "us-east",
        "us-west",
        "sa-east",
        "eu-west",
        "eu-central",
        "af-south",
        "me-central",
        "ap-south",
        "ap-southeast",
        "ap-northeast",
        "oceania",
    }


def test_every_subnet_is_kept_for_benchmarks_and_belongs_to_one_place() -> None:
    benchmark = ipaddress.IPv4Network("198.18.0.0/15")
    networks = [ipaddress.IPv4Network(place.subnet) for place in PLACES]
    assert all(network.subnet_of(benchmark) and network.prefixlen == 24 for network in networks)
    assert len(set(networks)) == len(PLACES)


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_an_address_of_its_subnet_leads_back_to_the_place(place: object) -> None:
    subnet = ipaddress.IPv4Network(place.subnet)  # type: ignore[attr-defined]
    assert place_of(str(subnet[200])) is place


@pytest.mark.parametrize("address", ["127.0.0.1", "192.0.2.1", "::1", "198.18.200.1", "nonsense"])
def test_an_address_of_no_place_is_mapped_nowhere(address: str) -> None:
    assert place_of(address) is UNKNOWN
    assert (UNKNOWN.country, UNKNOWN.continent) == (None, None)


def test_a_place_that_does_not_exist_is_named_with_those_that_do() -> None:
    with pytest.raises(
        ValueError, match=r"no place named 'moon'; places are af-south, ap-northeast, .*us-west"
    ):
        place_named("moon")


def test_the_table_holds_every_region_nearest_first() -> None:
    for place in PLACES:
        table = latency_table(place)
        assert set(table) == set(REGIONS)
        assert list(table.values()) == sorted(table.values())


def test_the_latency_model_has_the_order_of_magnitude_of_the_real_world() -> None:
    """New York to us-east-1 some ms, to Ireland near 80 ms, to Sydney over 200 ms."""
    east = place_named("us-east")
    assert 5 <= latency_ms(east, "us-east-1") < 20
    assert 60 < latency_ms(east, "eu-west-1") < 100
    assert 200 < latency_ms(east, "ap-southeast-2") < 320
    assert latency_ms(east, "xx-none-1") == math.inf


@pytest.mark.parametrize(
    ("region", "place"),
    [
        ("us-east-1", "us-east"),
        ("us-west-2", "us-west"),
        ("us-west-1", "us-west"),
        ("eu-west-1", "eu-west"),
        ("ap-southeast-1", "ap-southeast"),
        ("ap-southeast-2", "oceania"),
        ("ap-northeast-1", "ap-northeast"),
        ("sa-east-1", "sa-east"),
        ("xx-none-1", "unknown"),
    ],
)
def test_a_checkers_region_asks_dns_from_the_nearest_place(region: str, place: str) -> None:
    assert place_near(region).name == place


@pytest.mark.parametrize(
    ("host", "region"),
    [
        ("d-abc.execute-api.us-west-2.amazonaws.com", "us-west-2"),
        ("api.us-east-1.example.com.execute-api.us-west-2.amazonaws.com.", "us-west-2"),
        ("web-1.us-east-1.elb.amazonaws.com", "us-east-1"),
        ("net-1.elb.eu-west-1.amazonaws.com", "eu-west-1"),
        ("s3-website-us-east-1.amazonaws.com", "us-east-1"),
        ("s3-website.eu-central-1.amazonaws.com", "eu-central-1"),
        ("bucket.s3.ap-south-1.amazonaws.com", "ap-south-1"),
        ("abc.lambda-url.sa-east-1.on.aws", "sa-east-1"),
        ("app.us-west-2.elasticbeanstalk.com", "us-west-2"),
        ("d111.cloudfront.net", None),
        ("a1.awsglobalaccelerator.com", None),
        ("api.us-east-1.example.com", None),
        ("nothing.amazonaws.com", None),
    ],
)
def test_an_aws_host_name_says_its_region(host: str, region: str | None) -> None:
    assert region_of(host) == region
