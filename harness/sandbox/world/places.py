"""Places of the world where clients are, and how far each AWS region is from them.

A place is recognised by the subnet that its resolvers send with the query (EDNS client subnet, RFC 7871). The
subnets lie in 198.18.0.0/15, which RFC 2544 keeps for benchmarks, so they can never be anybody's real
address.

Latency is modelled, not measured: the round trip over the great circle at two thirds of the speed of light,
lengthened by 1.6 because cables do not follow great circles, plus 5 ms. AWS publishes no such table
(Developer Guide, "Latency-based routing", says only that it measures over time); only the order of regions
matters here.
"""

from __future__ import annotations

import ipaddress
import math
from dataclasses import dataclass
from functools import cache

_EARTH_KM = 6371.0
_KM_PER_MS = 299_792.458 * 2 / 3 / 1000
_DETOUR = 1.6
_FIXED_MS = 5.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where a query comes from. `country` and `continent` are None when the address is mapped to no place."""

    name: str
    subnet: str
    latitude: float
    longitude: float
    continent: str | None
    country: str | None
    subdivision: str | None = None


# Continent codes as in API Reference, GeoLocation: AF AN AS EU OC NA SA.
PLACES: tuple[Place, ...] = (
    Place("us-east", "198.18.1.0/24", 40.71, -74.01, "NA", "US", "NY"),
    Place("us-west", "198.18.2.0/24", 37.77, -122.42, "NA", "US", "CA"),
    Place("ca-central", "198.18.3.0/24", 45.50, -73.57, "NA", "CA"),
    Place("sa-east", "198.18.4.0/24", -23.55, -46.63, "SA", "BR"),
    Place("eu-west", "198.18.5.0/24", 53.35, -6.26, "EU", "IE"),
    Place("eu-central", "198.18.6.0/24", 50.11, 8.68, "EU", "DE"),
    Place("eu-north", "198.18.7.0/24", 59.33, 18.07, "EU", "SE"),
    Place("af-south", "198.18.8.0/24", -33.92, 18.42, "AF", "ZA"),
    Place("me-central", "198.18.9.0/24", 25.20, 55.27, "AS", "AE"),
    Place("ap-south", "198.18.10.0/24", 19.08, 72.88, "AS", "IN"),
    Place("ap-southeast", "198.18.11.0/24", 1.35, 103.82, "AS", "SG"),
    Place("ap-northeast", "198.18.12.0/24", 35.68, 139.69, "AS", "JP"),
    Place("oceania", "198.18.13.0/24", -33.87, 151.21, "OC", "AU"),
)

# A query without a client subnet, or with one that nobody mapped: geolocation knows no place for it. For
# latency and for the view of health it is served where the sandbox stands, which we put in us-east.
UNKNOWN = Place("unknown", "", 40.71, -74.01, None, None)

# Approximate city of each commercial region (AWS, "AWS Regions and Availability Zones"): latitude, longitude.
REGIONS: dict[str, tuple[float, float]] = {
    "af-south-1": (-33.93, 18.42),
    "ap-east-1": (22.28, 114.15),
    "ap-east-2": (25.03, 121.57),
    "ap-northeast-1": (35.62, 139.78),
    "ap-northeast-2": (37.56, 126.98),
    "ap-northeast-3": (34.69, 135.50),
    "ap-south-1": (19.08, 72.88),
    "ap-south-2": (17.41, 78.44),
    "ap-southeast-1": (1.37, 103.80),
    "ap-southeast-2": (-33.86, 151.20),
    "ap-southeast-3": (-6.20, 106.82),
    "ap-southeast-4": (-37.81, 144.96),
    "ap-southeast-5": (3.14, 101.69),
    "ap-southeast-6": (-36.85, 174.76),
    "ap-southeast-7": (13.76, 100.50),
    "ca-central-1": (45.50, -73.60),
    "ca-west-1": (51.05, -114.07),
    "eu-central-1": (50.00, 8.00),
    "eu-central-2": (47.38, 8.54),
    "eu-north-1": (59.25, 17.81),
    "eu-south-1": (45.43, 9.29),
    "eu-south-2": (41.65, -0.88),
    "eu-west-1": (53.00, -8.00),
    "eu-west-2": (51.51, -0.13),
    "eu-west-3": (48.86, 2.35),
    "il-central-1": (32.09, 34.78),
    "me-central-1": (24.45, 54.38),
    "me-south-1": (26.23, 50.59),
    "mx-central-1": (20.59, -100.39),
    "sa-east-1": (-23.34, -46.38),
    "us-east-1": (38.95, -77.45),
    "us-east-2": (39.96, -83.00),
    "us-west-1": (37.35, -121.96),
    "us-west-2": (46.15, -123.88),
}

_BY_NAME = {place.name: place for place in (*PLACES, UNKNOWN)}
_NETWORKS = tuple((ipaddress.ip_network(place.subnet), place) for place in PLACES)


def place_named(name: str) -> Place:
    """The place of that name. Raises ValueError naming the known ones."""
    try:
        return _BY_NAME[name]
    except KeyError:
        raise ValueError(f"no place named {name!r}; places are {', '.join(sorted(_BY_NAME))}") from None


def place_of(address: str) -> Place:
    """The place whose subnet holds `address` (an IPv4 or IPv6 address), or UNKNOWN."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return UNKNOWN
    return next((place for network, place in _NETWORKS if ip in network), UNKNOWN)


@cache
def latency_ms(place: Place, region: str) -> float:
    """Modelled round trip in milliseconds; infinite for a region whose location is not known here."""
    if region not in REGIONS:
        return math.inf
    distance = distance_km((place.latitude, place.longitude), REGIONS[region])
    return round(_FIXED_MS + 2 * distance * _DETOUR / _KM_PER_MS, 1)


def latency_table(place: Place) -> dict[str, float]:
    """Region -> modelled round trip in milliseconds, nearest first."""
    return dict(sorted(((region, latency_ms(place, region)) for region in REGIONS), key=lambda item: item[1]))


def place_near(region: str) -> Place:
    """The place nearest to a region; UNKNOWN for a region whose location is not known here."""
    return min(PLACES, key=lambda place: latency_ms(place, region)) if region in REGIONS else UNKNOWN


def nearest_place(place: Place) -> Place:
    """The place itself, or for one that is not of `PLACES` the nearest that is."""
    here = (place.latitude, place.longitude)
    return min(PLACES, key=lambda other: distance_km(here, (other.latitude, other.longitude)))


def distance_km(here: tuple[float, float], there: tuple[float, float]) -> float:
    """Kilometres over the great circle between two (latitude, longitude) pairs in degrees."""
    (lat1, lon1), (lat2, lon2) = (tuple(map(math.radians, here)), tuple(map(math.radians, there)))
    across = math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * _EARTH_KM * math.asin(math.sqrt(math.sin((lat2 - lat1) / 2) ** 2 + across))
