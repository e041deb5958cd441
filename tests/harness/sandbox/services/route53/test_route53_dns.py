"""The name server: messages as bytes, sockets on loopback, and `dig` where it is installed."""

from __future__ import annotations

import asyncio
import shutil
import socket
import struct
import subprocess
from collections.abc import Callable
from typing import Any, TypeVar

import pytest
from dnslib import EDNS0, QTYPE, RCODE, DNSRecord, EDNSOption
from hypothesis import given
from hypothesis import strategies as st

from harness.sandbox.services.route53 import Route53
from harness.sandbox.services.route53.dns import DnsServer, Source, encode, respond, text_strings
from harness.sandbox.services.route53.policy import Answer, Resource
from harness.sandbox.services.route53.records import Applied, parse_zone
from harness.sandbox.world.places import Place
from tests.harness.sandbox.rooms import a_context

T = TypeVar("T")
SOA = "ns-1.awsdns-1.com. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400"
API_HOST = "api.example.com.execute-api.{}.amazonaws.com"


def latency_alias(region: str) -> dict[str, Any]:
    target = {"DNSName": API_HOST.format(region), "HostedZoneId": "ZAPI", "EvaluateTargetHealth": False}
    return {
        "Name": "api.example.com",
        "Type": "A",
        "SetIdentifier": region,
        "Region": region,
        "AliasTarget": target,
    }


ZONE = parse_zone(
    {"id": "Z1", "name": "example.com"},
    [
        {"Name": "example.com", "Type": "SOA", "TTL": 900, "ResourceRecords": [SOA]},
        {"Name": "example.com", "Type": "NS", "TTL": 172800, "ResourceRecords": ["ns-1.awsdns-1.com."]},
        {"Name": "example.com", "Type": "MX", "TTL": 300, "ResourceRecords": ["10 mail.example.com"]},
        {"Name": "example.com", "Type": "CAA", "TTL": 300, "ResourceRecords": ['0 issue "amazon.com"']},
        {"Name": "example.com", "Type": "TXT", "TTL": 300, "ResourceRecords": ['"v=spf1 -all"']},
        {"Name": "six.example.com", "Type": "AAAA", "TTL": 300, "ResourceRecords": ["2001:db8::1"]},
        {"Name": "www.example.com", "Type": "CNAME", "TTL": 10, "ResourceRecords": ["api.example.com"]},
        {
            "Name": "out.example.com",
            "Type": "CNAME",
            "TTL": 10,
            "ResourceRecords": [API_HOST.format("us-west-2")],
        },
        {"Name": "*.wild.example.com", "Type": "A", "TTL": 5, "ResourceRecords": ["192.0.2.7"]},
        {"Name": "sub.example.com", "Type": "NS", "TTL": 60, "ResourceRecords": ["ns.elsewhere.net"]},
        {"Name": "bad.example.com", "Type": "A", "TTL": 60, "ResourceRecords": ["not an address"]},
        {
            "Name": "big.example.com",
            "Type": "TXT",
            "TTL": 60,
            "ResourceRecords": [f'"{n:0200}"' for n in range(9)],
        },
        latency_alias("us-east-1"),
        latency_alias("us-west-2"),
    ],
)


def service() -> Route53:
    return Route53(
        a_context(
            control=("127.0.0.1", 4700),
            regions={"us-east-1": ("127.0.1.1", 4700), "us-west-2": ("127.0.1.2", 4700)},
        ),
        state=lambda: Applied((ZONE,), {}),
    )


def source() -> Source:
    route53 = service()
    return Source(route53.answer, route53.authority)


def query(
    name: str, kind: str = "A", *, subnet: str | None = None, edns: bool = True, **changes: Any
) -> DNSRecord:
    request = DNSRecord.question(name, kind)
    if edns or subnet:
        options = []
        if subnet:
            address, prefix = subnet.split("/")
            size = (int(prefix) + 7) // 8
            data = struct.pack("!HBB", 1, int(prefix), 0) + socket.inet_aton(address)[:size]
            options.append(EDNSOption(8, data))
        request.add_ar(
            EDNS0(udp_len=changes.get("udp", 1232), version=changes.get("version", 0), opts=options)
        )
    return request


def ask(request: DNSRecord, *, limit: int | None = 512) -> DNSRecord:
    reply = respond(request.pack(), client="127.0.0.1", source=source(), limit=limit)
    assert reply is not None
    return DNSRecord.parse(reply)


def lines(reply: DNSRecord) -> list[str]:
    return [" ".join(str(record).split()) for record in reply.rr]


def code(reply: DNSRecord) -> str:
    return str(RCODE.get(reply.header.rcode))


@pytest.mark.parametrize(
    ("name", "kind", "answer"),
    [
        ("example.com", "MX", "example.com. 300 IN MX 10 mail.example.com."),
        ("example.com", "CAA", 'example.com. 300 IN CAA 0 issue "amazon.com"'),
        ("example.com", "TXT", 'example.com. 300 IN TXT "v=spf1 -all"'),
        ("example.com", "NS", "example.com. 172800 IN NS ns-1.awsdns-1.com."),
        ("example.com", "SOA", f"example.com. 900 IN SOA {SOA}"),
        ("six.example.com", "AAAA", "six.example.com. 300 IN AAAA 2001:db8::1"),
        ("api.example.com", "A", "api.example.com. 60 IN A 127.0.1.1"),
        ("a.wild.example.com", "A", "a.wild.example.com. 5 IN A 192.0.2.7"),
        ("WWW.Example.com", "CNAME", "www.example.com. 10 IN CNAME api.example.com."),
    ],
)
def test_records_of_every_served_type_are_answered(name: str, kind: str, answer: str) -> None:
    reply = ask(query(name, kind))
    assert lines(reply) == [answer]
    assert (code(reply), reply.header.aa, reply.header.ra) == ("NOERROR", 1, 0)


def test_a_cname_is_answered_with_what_it_leads_to() -> None:
    assert lines(ask(query("www.example.com"))) == [
        "www.example.com. 10 IN CNAME api.example.com.",
        "api.example.com. 60 IN A 127.0.1.1",
    ]


def test_the_question_comes_back_in_its_own_letter_case() -> None:
    assert str(ask(query("API.eXample.com")).q.qname) == "API.eXample.com."


def test_a_name_that_does_not_exist_is_nxdomain_with_the_soa() -> None:
    reply = ask(query("nope.example.com"))
    assert (code(reply), lines(reply)) == ("NXDOMAIN", [])
    assert [" ".join(str(record).split()) for record in reply.auth] == [f"example.com. 900 IN SOA {SOA}"]


def test_a_name_without_the_type_has_no_data_and_the_soa() -> None:
    reply = ask(query("www.example.com", "AAAA"))
    assert (code(reply), lines(reply)) == ("NOERROR", ["www.example.com. 10 IN CNAME api.example.com."])
    assert [QTYPE.get(record.rtype) for record in reply.auth] == ["SOA"]


def test_a_name_of_no_zone_is_refused() -> None:
    reply = ask(query("example.net"))
    assert (code(reply), reply.header.aa, lines(reply)) == ("REFUSED", 0, [])


def test_a_delegated_name_is_referred_without_authority() -> None:
    reply = ask(query("x.sub.example.com"))
    assert (code(reply), reply.header.aa, lines(reply)) == ("NOERROR", 0, [])
    assert [str(record.rdata) for record in reply.auth] == ["ns.elsewhere.net."]


def test_aws_names_of_the_sandbox_are_answered_where_a_cname_leaves_the_zone() -> None:
    host = API_HOST.format("us-west-2")
    assert lines(ask(query("out.example.com"))) == [f"out.example.com. 10 IN CNAME {host}."]
    assert lines(ask(query(host))) == [f"{host}. 60 IN A 127.0.1.2"]
    assert code(ask(query(API_HOST.format("eu-west-1")))) == "REFUSED"


@pytest.mark.parametrize(
    ("subnet", "address"), [("198.18.1.0/24", "127.0.1.1"), ("198.18.2.0/24", "127.0.1.2")]
)
def test_the_client_subnet_decides_the_place_and_is_echoed_with_its_scope(subnet: str, address: str) -> None:
    reply = ask(query("api.example.com", subnet=subnet))
    assert [str(record.rdata) for record in reply.rr] == [address]
    (option,) = reply.ar[0].rdata
    network = subnet.partition("/")[0]
    assert (option.code, bytes(option.data)) == (8, b"\0\x01\x18\x18" + socket.inet_aton(network)[:3])


def test_an_answer_that_is_the_same_everywhere_has_scope_zero() -> None:
    (option,) = ask(query("six.example.com", "AAAA", subnet="198.18.1.0/24")).ar[0].rdata
    assert bytes(option.data)[:4] == b"\0\x01\x18\0"


def test_a_query_without_edns_gets_an_answer_without_edns() -> None:
    assert ask(query("example.com", "MX", edns=False)).ar == []


@pytest.mark.parametrize(("edns", "udp"), [(False, 0), (True, 512), (True, 1232), (True, 65535)])
def test_an_answer_that_does_not_fit_is_truncated_and_whole_over_tcp(edns: bool, udp: int) -> None:
    short = ask(query("big.example.com", "TXT", edns=edns, udp=udp))
    assert (short.header.tc, short.rr, code(short)) == (1, [], "NOERROR")
    whole = ask(query("big.example.com", "TXT", edns=edns, udp=udp), limit=None)
    assert (whole.header.tc, len(whole.rr)) == (0, 9)


def test_a_value_that_is_not_of_its_type_is_servfail_and_never_silence() -> None:
    assert code(ask(query("bad.example.com"))) == "SERVFAIL"


def test_an_unknown_edns_version_is_badvers() -> None:
    reply = ask(query("api.example.com", version=1))
    assert (reply.ar[0].edns_rcode, lines(reply)) == (1, [])


def test_another_opcode_is_not_implemented() -> None:
    request = query("api.example.com")
    request.header.opcode = 5
    assert code(ask(request)) == "NOTIMP"


def test_another_class_is_refused() -> None:
    request = query("api.example.com", edns=False)
    request.q.qclass = 3
    assert code(ask(request)) == "REFUSED"


@pytest.mark.parametrize(
    "data",
    [
        b"\0\x01\x18\x18\xc6\x12\x01",
        b"\0\x01\x21\0\xc6\x12\x01\0\0",
        b"\0\x01\x18\0\xc6",
        b"\0\x09\x08\0\xc6",
        b"\0",
    ],
    ids=["scope set", "prefix too long", "address too short", "no such family", "cut"],
)
def test_a_malformed_client_subnet_is_a_format_error(data: bytes) -> None:
    request = DNSRecord.question("api.example.com")
    request.add_ar(EDNS0(udp_len=1232, opts=[EDNSOption(8, data)]))
    assert code(ask(request)) == "FORMERR"


@given(data=st.binary(max_size=120))
def test_no_message_whatsoever_raises_and_replies_are_never_answered(data: bytes) -> None:
    reply = respond(data, client="127.0.0.1", source=Source(lambda *_: None, lambda _: None), limit=512)
    if len(data) < 12 or data[2] & 0x80:
        assert reply is None
    else:
        assert reply is not None
        assert reply[:2] == data[:2]
        assert reply[2] & 0x80


LABEL = st.text("abcdefghijklmnopqrstuvwxyz0123456789-_", min_size=1, max_size=20)
NAME = st.lists(LABEL, min_size=1, max_size=4).map(lambda labels: ".".join(labels) + ".")
VALUES = st.one_of(
    st.tuples(st.just("A"), st.ip_addresses(v=4).map(str)),
    st.tuples(st.just("AAAA"), st.ip_addresses(v=6).map(str)),
    st.tuples(st.just("CNAME"), NAME),
    st.tuples(st.just("NS"), NAME),
    st.tuples(st.just("MX"), st.tuples(st.integers(0, 65535), NAME).map(lambda pair: f"{pair[0]} {pair[1]}")),
)


@given(name=NAME, ttl=st.integers(0, 2**31 - 1), value=VALUES)
def test_a_resource_survives_the_wire(name: str, ttl: int, value: tuple[str, str]) -> None:
    resource = Resource(name, value[0], ttl, value[1])

    def answer(asked: str, kind: str, place: Place) -> Answer:
        return Answer(resources=(resource,))

    request = DNSRecord.question(name, value[0])
    reply = respond(request.pack(), client="127.0.0.1", source=Source(answer, lambda _: None), limit=None)
    (record,) = DNSRecord.parse(reply).rr
    found = Resource(str(record.rname), str(QTYPE.get(record.rtype)), record.ttl, str(record.rdata))
    assert found == Resource(name, value[0], ttl, value[1])


@given(text=st.binary(max_size=255).map(lambda data: "".join(chr(32 + byte % 95) for byte in data)))
def test_a_text_survives_the_wire(text: str) -> None:
    quoted = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    assert bytes(encode(Resource("a.b.", "TXT", 1, quoted)).rdata.data[0]) == text.encode()


@pytest.mark.parametrize(
    ("value", "strings"),
    [
        ('"one"', [b"one"]),
        ('"one" "two three"', [b"one", b"two three"]),
        ('"semi;colon \\"quoted\\""', [b'semi;colon "quoted"']),
        ('"\\052"', [b"*"]),
        ('""', [b""]),
        ("bare", [b"bare"]),
    ],
)
def test_text_values_are_quoted_strings_with_octal_escapes(value: str, strings: list[bytes]) -> None:
    assert text_strings(value) == strings


# --- sockets


def serving(script: Callable[[str, int], T]) -> T:
    """Runs `script` in a thread while the server listens."""

    async def main() -> T:
        server = DnsServer(source())
        host, port = await server.start()
        try:
            return await asyncio.to_thread(script, host, port)
        finally:
            await server.stop()

    return asyncio.run(main())


def test_both_protocols_listen_on_one_port() -> None:
    def script(host: str, port: int) -> list[list[str]]:
        return [
            lines(DNSRecord.parse(query("example.com", "MX").send(host, port, tcp=tcp, timeout=5)))
            for tcp in (False, True)
        ]

    assert serving(script) == [["example.com. 300 IN MX 10 mail.example.com."]] * 2


def test_a_tcp_connection_takes_one_query_after_another() -> None:
    def script(host: str, port: int) -> list[str]:
        found = []
        with socket.create_connection((host, port), timeout=5) as connection:
            stream = connection.makefile("rb")
            for name in ("www.example.com", "nope.example.com"):
                packed = query(name).pack()
                connection.sendall(struct.pack("!H", len(packed)) + packed)
                size = struct.unpack("!H", stream.read(2))[0]
                found.append(code(DNSRecord.parse(stream.read(size))))
        return found

    assert serving(script) == ["NOERROR", "NXDOMAIN"]


def test_the_server_binds_to_loopback_only() -> None:
    with pytest.raises(ValueError, match=r"loopback only, not to 0\.0\.0\.0"):
        asyncio.run(DnsServer(source()).start("0.0.0.0"))


@pytest.mark.skipif(shutil.which("dig") is None, reason="dig is not installed (Debian: dnsutils)")
@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        (["api.example.com"], ["127.0.1.1"]),
        (["www.EXAMPLE.com", "+subnet=198.18.2.0/24"], ["api.example.com.", "127.0.1.2"]),
        (["api.example.com", "+tcp", "+noedns"], ["127.0.1.1"]),
        (["six.example.com", "AAAA"], ["2001:db8::1"]),
        (["example.com", "CAA"], ['0 issue "amazon.com"']),
        (["nope.example.com"], []),
    ],
)
def test_dig_gets_its_answers(arguments: list[str], answer: list[str]) -> None:
    def script(host: str, port: int) -> list[str]:
        command = ["dig", f"@{host}", "-p", str(port), "+short", "+tries=1", "+time=5", *arguments]
        return subprocess.run(
            command, capture_output=True, text=True, timeout=20, check=True
        ).stdout.splitlines()

    assert serving(script) == answer


@pytest.mark.skipif(shutil.which("dig") is None, reason="dig is not installed (Debian: dnsutils)")
def test_dig_retries_a_truncated_answer_over_tcp() -> None:
    def script(host: str, port: int) -> str:
        command = ["dig", f"@{host}", "-p", str(port), "+tries=1", "+time=5", "big.example.com", "TXT"]
        return subprocess.run(command, capture_output=True, text=True, timeout=20, check=True).stdout

    printed = serving(script)
    assert ";; Truncated, retrying in TCP mode." in printed
    assert "ANSWER: 9," in printed
