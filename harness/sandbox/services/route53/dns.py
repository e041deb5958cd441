"""The authoritative name server: questions off the wire in, answers onto the wire out.

`respond` is pure, `DnsServer` binds it to UDP and TCP on loopback. Beside its zones it answers for AWS's own
host names of the sandbox's regions, so that a client which follows a CNAME out of a zone arrives somewhere.

Standards: RFC 1035 (messages), RFC 2308 (negative answers), RFC 6891 (EDNS), RFC 7766 (TCP), RFC 7871 (client
subnet; Route 53 uses it, Developer Guide, "How Amazon Route 53 uses EDNS0 to estimate the location of a
user").
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from dnslib import EDNS0, QTYPE, RCODE, RR, TXT, DNSError, DNSHeader, DNSRecord, EDNSOption

from harness.sandbox.services.route53.policy import Answer, Resource
from harness.sandbox.services.route53.records import canonical
from harness.sandbox.world.places import Place, place_of

_log = logging.getLogger(__name__)

# What fits into one unfragmented packet everywhere (DNS flag day 2020).
LARGEST_DATAGRAM = 1232
_SMALLEST_DATAGRAM = 512
_CLIENT_SUBNET = 8
_IDLE_SECONDS = 10.0
_BAD_VERSION = 1  # The upper bits of extended code 16, BADVERS.
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"|(\S+)', re.DOTALL)
_ESCAPE = re.compile(r"\\([0-3][0-7]{2}|.)", re.DOTALL)
_NAME_VALUES = {"CNAME", "NS", "PTR"}


@dataclass(frozen=True, slots=True)
class Source:
    """What the server asks: the answer for (name, type, place), None when nobody holds it; and the SOA."""

    answer: Callable[[str, str, Place], Answer | None]
    authority: Callable[[str], Resource | None]


@dataclass(frozen=True, slots=True)
class Subnet:
    """The client subnet of a query."""

    family: int
    prefix: int
    address: bytes

    @property
    def place(self) -> Place:
        """The place that its address lies in."""
        size = 4 if self.family == 1 else 16
        return place_of(str(ipaddress.ip_address(self.address.ljust(size, b"\0"))))

    def option(self, *, scope: int) -> EDNSOption:
        """The option to send back: the same subnet, and the prefix length that the answer is good for."""
        return EDNSOption(_CLIENT_SUBNET, struct.pack("!HBB", self.family, self.prefix, scope) + self.address)


def respond(query: bytes, *, client: str, source: Source, limit: int | None) -> bytes | None:
    """The reply to one message; None when it is not a query at all.

    client: the sender's address, which decides the place if the query carries no subnet. limit: largest reply
    in bytes for a client without EDNS (UDP), or None (TCP).
    """
    if len(query) < 12 or query[2] & 0x80:
        return None
    try:
        request = DNSRecord.parse(query)
        option = _edns(request)
        subnet = _subnet(option)
    except (DNSError, ValueError, struct.error, IndexError):
        return _bare(query, "FORMERR")
    if request.header.opcode != 0:
        return _bare(query, "NOTIMP")
    if len(request.questions) != 1:
        return _bare(query, "FORMERR")
    place = subnet.place if subnet is not None else place_of(client)
    if option is not None and option.edns_ver != 0:
        return _bad_version(request)
    reply, varies = _reply(request, place, source)
    if option is not None:
        reply.add_ar(_edns_reply(option, subnet, varies=varies))
    size = None if limit is None else max(limit, min(_datagram(option), LARGEST_DATAGRAM))
    return _fit(reply, size)


def encode(resource: Resource) -> RR:
    """A resource as dnslib has it. Raises DNSError or ValueError for a value that is not of its type."""
    if resource.type in {"TXT", "SPF"}:
        number = QTYPE.reverse["TXT"] if resource.type == "TXT" else 99
        return RR(resource.name, number, ttl=resource.ttl, rdata=TXT(text_strings(resource.value)))
    value = canonical(resource.value) if resource.type in _NAME_VALUES else resource.value
    lines = RR.fromZone(f"{resource.name} {resource.ttl} IN {resource.type} {value}")
    if len(lines) != 1:
        raise ValueError(f"{resource.type} value {resource.value!r} is not one record")
    return lines[0]


def text_strings(value: str) -> list[bytes]:
    """The character strings of a TXT value: quoted, separated by blanks, octal escapes resolved.

    Source: Developer Guide, "Supported DNS record types", TXT record type.
    """
    found = [quoted if quoted or not bare else bare for quoted, bare in _QUOTED.findall(value)]
    return [_ESCAPE.sub(_unescaped, text).encode("utf-8") for text in found]


def _unescaped(match: re.Match[str]) -> str:
    code = match[1]
    return chr(int(code, 8)) if len(code) == 3 else code


def _reply(request: DNSRecord, place: Place, source: Source) -> tuple[DNSRecord, bool]:
    """The reply without its EDNS part, and whether it depends on the place."""
    reply = request.reply(ra=0, aa=1)
    reply.header.ad = 0
    name, kind = str(request.q.qname), QTYPE.get(request.q.qtype)
    if request.q.qclass != 1:
        return _coded(reply, "REFUSED"), False
    if kind == "ANY":
        # RFC 8482 lets a server decline; what Route 53 itself does is not documented.
        return _coded(reply, "NOTIMP"), False
    answer = source.answer(name, str(kind), place)
    if answer is None:
        return _coded(reply, "REFUSED"), False
    try:
        return _filled(reply, answer, _negative_soa(name, str(kind), answer, source)), answer.varies
    except (DNSError, ValueError) as error:
        _log.error("the records of %s cannot be put on the wire: %s", name, error)
        return _coded(request.reply(ra=0, aa=1), "SERVFAIL"), False


def _filled(reply: DNSRecord, answer: Answer, soa: Resource | None) -> DNSRecord:
    reply.add_answer(*(encode(resource) for resource in answer.resources))
    if answer.referral:
        reply.header.aa = 1 if answer.resources else 0
        reply.add_auth(*(encode(resource) for resource in answer.referral))
        return reply
    if soa is not None:
        reply.add_auth(encode(soa))
    return _coded(reply, answer.code)


def _negative_soa(name: str, kind: str, answer: Answer, source: Source) -> Resource | None:
    """The SOA that goes with "no such name" and "no data", of the zone in which a chain of CNAMEs ended.

    It lives as long as the lesser of its TTL and its minimum (RFC 2308, section 3).
    """
    last = answer.resources[-1] if answer.resources else None
    chained = last is not None and last.type == "CNAME" and kind != "CNAME"
    if answer.code == "SERVFAIL" or (last is not None and not chained):
        return None
    soa = source.authority(last.value if last is not None else name)
    if soa is None:
        return None
    return Resource(soa.name, "SOA", min(soa.ttl, int(soa.value.split()[-1])), soa.value)


def _coded(reply: DNSRecord, code: str) -> DNSRecord:
    reply.header.rcode = RCODE.reverse[code]
    if code == "REFUSED":
        reply.header.aa = 0
    return reply


def _bare(query: bytes, code: str) -> bytes:
    """A reply without sections, for a message that could not be read."""
    identifier = struct.unpack("!H", query[:2])[0]
    header = DNSHeader(id=identifier, qr=1, opcode=(query[2] >> 3) & 15, rcode=RCODE.reverse[code])
    return bytes(DNSRecord(header).pack())


def _edns(request: DNSRecord) -> Any | None:
    options = [record for record in request.ar if record.rtype == QTYPE.OPT]
    if len(options) > 1:
        raise ValueError("more than one OPT record")
    return options[0] if options else None


def _subnet(option: Any | None) -> Subnet | None:
    """The client subnet of a query. Raises ValueError or struct.error when it is malformed (RFC 7871)."""
    if option is None:
        return None
    for item in option.rdata:
        if item.code == _CLIENT_SUBNET:
            family, prefix, scope = struct.unpack("!HBB", bytes(item.data[:4]))
            address = bytes(item.data[4:])
            bits = {1: 32, 2: 128}.get(family, 0)
            if scope != 0 or prefix > bits or len(address) != (prefix + 7) // 8:
                raise ValueError("malformed client subnet")
            return Subnet(family, prefix, address)
    return None


def _edns_reply(option: Any, subnet: Subnet | None, *, varies: bool) -> EDNS0:
    options = [subnet.option(scope=subnet.prefix if varies else 0)] if subnet is not None else []
    return EDNS0(udp_len=LARGEST_DATAGRAM, flags="do" if option.edns_do else "", opts=options)


def _bad_version(request: DNSRecord) -> bytes:
    reply = request.reply(ra=0, aa=0)
    reply.add_ar(EDNS0(udp_len=LARGEST_DATAGRAM, ext_rcode=_BAD_VERSION))
    return bytes(reply.pack())


def _datagram(option: Any | None) -> int:
    return _SMALLEST_DATAGRAM if option is None else max(_SMALLEST_DATAGRAM, int(option.edns_len))


def _fit(reply: DNSRecord, size: int | None) -> bytes:
    """The reply, or when it is too large one without records that sends the client to TCP."""
    packed = bytes(reply.pack())
    if size is None or len(packed) <= size:
        return packed
    short = DNSRecord(reply.header, questions=reply.questions)
    short.header.tc = 1
    for record in reply.ar:
        if record.rtype == QTYPE.OPT:
            short.add_ar(record)
    return bytes(short.pack())


class DnsServer:
    """UDP and TCP on one port of loopback."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._udp: asyncio.DatagramTransport | None = None
        self._tcp: asyncio.Server | None = None
        self._conversations: set[asyncio.Task[Any]] = set()
        self.address: tuple[str, int] | None = None

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> tuple[str, int]:
        """Binds both protocols to the same port (0: any that both have free) and gives the address.

        Raises ValueError for a host that is not loopback, OSError when the port is taken.
        """
        if not ipaddress.ip_address(host).is_loopback:
            raise ValueError(f"the sandbox binds to loopback only, not to {host}")
        for attempt in range(20):
            self._tcp = await asyncio.start_server(self._converse, host, port)
            bound = self._tcp.sockets[0].getsockname()[1]
            try:
                self._udp, _ = await asyncio.get_running_loop().create_datagram_endpoint(
                    lambda: _Datagrams(self._source), local_addr=(host, bound)
                )
            except OSError:
                self._tcp.close()
                if port or attempt == 19:
                    raise
                continue
            break
        self.address = (host, bound)
        return self.address

    async def stop(self) -> None:
        """Closes the sockets and every open conversation."""
        if self._udp is not None:
            self._udp.close()
        if self._tcp is not None:
            self._tcp.close()
        for task in tuple(self._conversations):
            task.cancel()
        await asyncio.gather(*self._conversations, return_exceptions=True)
        self._udp, self._tcp, self.address = None, None, None

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answers one query after another until the client hangs up or falls silent (RFC 7766)."""
        task = asyncio.current_task()
        assert task is not None
        self._conversations.add(task)
        client = str(writer.get_extra_info("peername")[0])
        try:
            with contextlib.suppress(asyncio.IncompleteReadError, TimeoutError, ConnectionError):
                while True:
                    async with asyncio.timeout(_IDLE_SECONDS):
                        size = struct.unpack("!H", await reader.readexactly(2))[0]
                        query = await reader.readexactly(size)
                    reply = _guarded(query, client=client, source=self._source, limit=None)
                    if reply is None:
                        return
                    writer.write(struct.pack("!H", len(reply)) + reply)
                    await writer.drain()
        finally:
            self._conversations.discard(task)
            writer.close()


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, source: Source) -> None:
        self._source = source
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        reply = _guarded(data, client=str(addr[0]), source=self._source, limit=_SMALLEST_DATAGRAM)
        if reply is not None and self._transport is not None:
            self._transport.sendto(reply, addr)


def _guarded(query: bytes, *, client: str, source: Source, limit: int | None) -> bytes | None:
    """`respond`, with SERVFAIL for a defect of ours: a silent server looks like a network fault."""
    try:
        return respond(query, client=client, source=source, limit=limit)
    except Exception:
        _log.exception("a query could not be answered")
        return _bare(query, "SERVFAIL")
