"""One side of a pair with its own names taken out, and how two such sides differ."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from generator.regions import short
from policies.resilience.estate import Estate
from policies.resilience.plan_json import NOT_KNOWN, Resource

ABSENT: Final = "(absent)"
DEFAULT_ZONES: Final = ("a", "b", "c")
_NETWORK: Final = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}/\d{1,2}\b")
_PICKED: Final = re.compile(r"^(id|arn|.+_(id|arn|url)|endpoint|reader_endpoint)$")
# a shorter identifier could stand in a word by chance
_LEAST_LENGTH: Final = 8


@dataclass(frozen=True)
class Side:
    """The stack of one region; `names` are (pattern, placeholder), to be replaced in this order. `picked` are
    the placeholders of the identifiers that AWS picked, where the estate exists already."""

    region: str
    resources: tuple[Resource, ...]
    names: tuple[tuple[re.Pattern[str], str], ...]
    picked: Mapping[str, str]
    network: ipaddress.IPv4Network | None

    @classmethod
    def of(cls, estate: Estate, region: str) -> Side:
        cidr = estate.manifest.regions[region].cidr
        zones = estate.manifest.regions[region].zones or DEFAULT_ZONES
        others = [other for other in estate.manifest.regions if other != region]
        names = [(f"{region}{letter}", f"<zone {number}>") for number, letter in enumerate(zones, 1)]
        for name, placeholder in [(region, "region"), *_numbered(others)]:
            names += [(name, f"<{placeholder}>"), (short(name), f"<{placeholder}'s code>")]
        picked = _picked(estate.found[region])
        return cls(
            region=region,
            resources=estate.found[region],
            names=(*_words(picked), *((_word(name), text) for name, text in names)),
            picked=picked,
            network=ipaddress.IPv4Network(cidr) if cidr else None,
        )

    def plain(self, text: str) -> str:
        """A text with placeholders for regions, their codes, zones, networks and what AWS picked."""
        text = self.picked.get(text, text)
        for pattern, placeholder in self.names:
            text = pattern.sub(placeholder, text)
        return _NETWORK.sub(self._relative, text) if self.network else text

    def _relative(self, match: re.Match[str]) -> str:
        """10.1.16.0/20 in 10.1.0.0/16 -> <network+4096/+4>"""
        try:
            found = ipaddress.IPv4Network(match[0])
        except ValueError:
            return match[0]
        if self.network is None or not found.subnet_of(self.network):
            return match[0]
        offset = int(found.network_address) - int(self.network.network_address)
        return f"<network+{offset}/+{found.prefixlen - self.network.prefixlen}>"


def _numbered(others: list[str]) -> list[tuple[str, str]]:
    if len(others) == 1:
        return [(others[0], "other")]
    return [(other, f"other {number}") for number, other in enumerate(others, 1)]


def _word(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])")


def _picked(found: tuple[Resource, ...]) -> dict[str, str]:
    """Identifiers that AWS picked, and whose they are."""
    return {
        value: f"<{attribute} of {each.address}>"
        for each in found
        for attribute, value in each.values.items()
        if attribute not in each.references and _PICKED.match(attribute)
        if isinstance(value, str) and value not in ("", NOT_KNOWN)
    }


def _words(picked: Mapping[str, str]) -> list[tuple[re.Pattern[str], str]]:
    """Those that cannot stand in a text by chance, the longest first."""
    long = sorted(
        (each for each in picked if len(each) >= _LEAST_LENGTH), key=lambda each: (-len(each), each)
    )
    return [(_word(value), picked[value]) for value in long]


Plain = Callable[[str], str]


def differences(
    path: str, pair: tuple[Any, Any], plain: tuple[Plain, Plain]
) -> Iterator[tuple[str, Any, Any]]:
    """(path, one, two) of what differs. Lists are compared as sets: sets come in an order of their own.

    What is not known before the apply is alike with everything; text is compared as it is and in
    placeholders, and JSON in a text by its contents.
    """
    one, two = pair
    if one == two or NOT_KNOWN in (one, two):
        return
    if isinstance(one, Mapping) and isinstance(two, Mapping):
        left, right = (
            {side(name): value for name, value in each.items()}
            for side, each in zip(plain, pair, strict=True)
        )
        for name in dict.fromkeys((*left, *right)):
            yield from differences(f"{path}.{name}", (left.get(name, ABSENT), right.get(name, ABSENT)), plain)
    elif isinstance(one, list) and isinstance(two, list):
        yield from _of_lists(path, (one, two), plain)
    elif isinstance(one, str) and isinstance(two, str):
        parsed = _parsed(one), _parsed(two)
        if None not in parsed:
            yield from differences(path, parsed, plain)
        elif plain[0](one) != plain[1](two):
            yield path, one, two
    else:
        yield path, one, two


def _of_lists(
    path: str, pair: tuple[list[Any], list[Any]], plain: tuple[Plain, Plain]
) -> Iterator[tuple[str, Any, Any]]:
    left, right = list(pair[0]), list(pair[1])
    for one in pair[0]:
        match = next((two for two in right if not any(differences(path, (one, two), plain))), None)
        if match is not None:
            left.remove(one)
            right.remove(match)
    if len(left) == len(right) == 1:
        yield from differences(path, (left[0], right[0]), plain)
    elif left or right:
        yield path, left, right


def _parsed(text: str) -> Any:
    """The object or array that a text holds as JSON; None for any other text."""
    if not text.startswith(("{", "[")):
        return None
    try:
        return json.loads(text)
    except ValueError:
        return None
