"""A client's way to an address: real DNS queries that say where it is, and a cache that keeps to the TTL."""

from __future__ import annotations

import asyncio
import ipaddress
import math
import random
import struct
from collections.abc import Mapping
from dataclasses import dataclass

from dnslib import EDNS0, QTYPE, DNSError, DNSRecord, EDNSOption

from harness.drill.judge.ledger import Ledger, Lookup
from harness.sandbox.world.clock import Clock
from harness.sandbox.world.places import Place

QUERY_SECONDS = 2.0
# What a client does when DNS gives it no address: ask again, as a negative answer is kept this long here.
NEGATIVE_TTL = 1.0
_CLIENT_SUBNET = 8
_PAYLOAD = 1232
LONGEST_CHAIN = 8
_CODES = {2: "SERVFAIL", 3: "NXDOMAIN", 5: "REFUSED"}


@dataclass(frozen=True, slots=True)
class DnsAnswer:
    """Addresses in the order given; `ttl` is the least of every record on the way (RFC 1034, 3.6.2: each
    record of a chain lives by its own)."""

    addresses: tuple[str, ...]
    ttl: float
    error: str = ""


class _Exchange(asyncio.DatagramProtocol):
    def __init__(self, query: bytes, reply: asyncio.Future[bytes]) -> None:
        self._query = query
        self._reply = reply

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.sendto(self._query)  # type: ignore[attr-defined]

    def datagram_received(self, data: bytes, _address: object) -> None:
        if data[:2] == self._query[:2] and not self._reply.done():
            self._reply.set_result(data)

    def error_received(self, error: Exception) -> None:
        if not self._reply.done():
            self._reply.set_exception(error)


async def ask(clock: Clock, server: tuple[str, int], host: str, place: Place) -> DnsAnswer:
    """The A records of `host` as a resolver at `place` finds them; never raises OSError.

    A server answers for its own zone only: a chain that leaves it is followed with further questions.
    """
    name, ttl = host, math.inf
    for _ in range(LONGEST_CHAIN):
        reply = await _exchange(clock, server, name, place)
        if isinstance(reply, str):
            return DnsAnswer((), NEGATIVE_TTL, reply)
        ttl = min([ttl, *(float(line.ttl) for line in reply.rr)])
        addresses = tuple(str(line.rdata) for line in reply.rr if line.rtype == QTYPE.A)
        if addresses:
            return DnsAnswer(addresses, ttl)
        aliases = [str(line.rdata) for line in reply.rr if line.rtype == QTYPE.CNAME]
        if not aliases:
            return DnsAnswer(
                (), NEGATIVE_TTL, f"DNS: {_CODES.get(reply.header.rcode, 'no address')} for {name}"
            )
        name = aliases[-1]
    return DnsAnswer((), NEGATIVE_TTL, f"DNS: a chain of more than {LONGEST_CHAIN} names")


async def _exchange(clock: Clock, server: tuple[str, int], name: str, place: Place) -> DNSRecord | str:
    """The reply to one question, or why there is none."""
    query = _query(name, place).pack()
    loop = asyncio.get_running_loop()
    reply: asyncio.Future[bytes] = loop.create_future()
    try:
        transport, _ = await loop.create_datagram_endpoint(
            lambda: _Exchange(query, reply), remote_addr=server
        )
    except OSError as error:
        return f"no DNS server: {error.strerror or error}"
    try:
        return DNSRecord.parse(await clock.wait_for(reply, QUERY_SECONDS))
    except TimeoutError:
        return f"no DNS answer within {QUERY_SECONDS:g} s"
    except (OSError, DNSError) as error:
        return f"no valid DNS answer: {error}"
    finally:
        transport.close()


def _query(host: str, place: Place) -> DNSRecord:
    """The question with the client's subnet (RFC 7871, 6: family, prefix length, scope 0, address)."""
    record = DNSRecord.question(host, "A")
    options = []
    if place.subnet:
        network = ipaddress.ip_network(place.subnet)
        kept = network.network_address.packed[: -(-network.prefixlen // 8)]
        options = [EDNSOption(_CLIENT_SUBNET, struct.pack("!HBB", 1, network.prefixlen, 0) + kept)]
    record.add_ar(EDNS0(udp_len=_PAYLOAD, opts=options))
    return record


class CachingResolver:
    """The DNS cache that one client sits behind.

    overstay: seconds that an answer is kept at least, whatever its TTL. The first answer is found in the
    cache, as it were, with a random rest of its life, so that clients do not ask in step.
    """

    def __init__(
        self,
        clock: Clock,
        server: tuple[str, int],
        ledger: Ledger,
        *,
        client: str,
        place: Place,
        regions: Mapping[str, str],
        overstay: float,
        chance: random.Random,
        origin: float,
    ) -> None:
        self._clock = clock
        self._server = server
        self._ledger = ledger
        self._client = client
        self._place = place
        self._regions = regions
        self._overstay = overstay
        self._chance = chance
        self._origin = origin
        self._kept: DnsAnswer | None = None
        self._until = 0.0

    async def address(self, host: str) -> tuple[str | None, str]:
        """The address to dial now, or None and the reason why there is none."""
        if self._kept is None or self._clock.now() >= self._until:
            first = self._kept is None
            self._kept = await ask(self._clock, self._server, host, self._place)
            life = self._kept.ttl
            if self._kept.addresses:
                life = max(life, self._overstay) * (self._chance.random() if first else 1.0)
            now = self._clock.now()
            self._until = now + life
            self._ledger.lookups.append(
                lookup(self._kept, now - self._origin, self._client, self._place, self._regions)
            )
        addresses = self._kept.addresses
        return (self._chance.choice(addresses), "") if addresses else (None, self._kept.error)


def lookup(answer: DnsAnswer, at: float, client: str, place: Place, regions: Mapping[str, str]) -> Lookup:
    """The ledger's entry for an answer; `regions` maps addresses to the regions behind them."""
    named = tuple(dict.fromkeys(regions[ip] for ip in answer.addresses if ip in regions))
    return Lookup(at, client, place.name, answer.addresses, named, answer.ttl, answer.error)
