"""Where CloudFront is: one edge location at each place of the world, and the regions of Origin Shield.

AWS has several hundred locations; which one answers a viewer is AWS's choice. Here a viewer is served by the
location of its place, or by the nearest one of the distribution's price class.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache

from harness.sandbox.world.places import PLACES, REGIONS, UNKNOWN, Place, distance_km, place_named, place_near


@dataclass(frozen=True, slots=True)
class Location:
    """An edge location or an Origin Shield: its name in X-Amz-Cf-Pop, and the place it asks DNS from."""

    pop: str
    place: Place


# Airport codes, as X-Amz-Cf-Pop has them.
_AIRPORTS: Mapping[str, str] = {
    "us-east": "JFK50",
    "us-west": "SFO53",
    "ca-central": "YUL62",
    "sa-east": "GRU3",
    "eu-west": "DUB56",
    "eu-central": "FRA56",
    "eu-north": "ARN56",
    "af-south": "CPT52",
    "me-central": "DXB52",
    "ap-south": "BOM78",
    "ap-southeast": "SIN2",
    "ap-northeast": "NRT57",
    "oceania": "SYD62",
}
# Source: Developer Guide, "Choose the price class for a CloudFront distribution".
_PRICE_CLASS_100 = frozenset({"us-east", "us-west", "ca-central", "eu-west", "eu-central", "eu-north"})
_PRICE_CLASSES: Mapping[str, frozenset[str]] = {
    "PriceClass_100": _PRICE_CLASS_100,
    "PriceClass_200": _PRICE_CLASS_100
    | {"af-south", "me-central", "ap-south", "ap-southeast", "ap-northeast"},
}
# Source: Developer Guide, "Use Amazon CloudFront Origin Shield", Choosing the AWS Region for Origin Shield.
SHIELD_REGIONS = (
    "us-east-2",
    "us-east-1",
    "us-west-2",
    "ap-south-1",
    "ap-northeast-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-northeast-1",
    "eu-central-1",
    "eu-west-1",
    "eu-west-2",
    "sa-east-1",
)


@cache
def edge_location(viewer: str, price_class: str) -> Location:
    """The location that serves a viewer at the place of that name. Raises ValueError for an unknown place.

    Viewers outside the price class are served from the nearest location in it (the guide adds that
    CloudFront may do otherwise now and then, which is not modelled).
    """
    here = place_named(viewer)
    offered = _PRICE_CLASSES.get(price_class, frozenset(place.name for place in PLACES))
    nearest = min((place for place in PLACES if place.name in offered), key=lambda place: _apart(here, place))
    return Location(f"{_AIRPORTS[nearest.name]}-P1", nearest)


def shield_location(region: str, dark: Collection[str]) -> Location:
    """Where the Origin Shield of that region stands: there, or while the region is dark at the nearest other.

    Source: "Use Amazon CloudFront Origin Shield", Origin Shield high availability: requests are routed to a
    secondary location when the primary one is unavailable.
    """
    candidates = [name for name in (region, *SHIELD_REGIONS) if name not in dark and name in REGIONS]
    if not candidates:
        return Location(f"shield-{region}", place_near(region))
    home = REGIONS.get(region, (UNKNOWN.latitude, UNKNOWN.longitude))
    chosen = min(candidates, key=lambda name: distance_km(home, REGIONS[name]))
    return Location(f"shield-{chosen}", place_near(chosen))


def _apart(one: Place, other: Place) -> float:
    return distance_km((one.latitude, one.longitude), (other.latitude, other.longitude))
