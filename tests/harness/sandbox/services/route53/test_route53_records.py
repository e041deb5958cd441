"""Applied state as values: parsing, and reading the embedded emulator through its own API."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import pytest

from harness.sandbox.services.route53.records import (
    AliasTarget,
    Applied,
    GeoLocation,
    HealthCheck,
    RecordSet,
    Zone,
    canonical,
    parse_health_check,
    parse_record,
)
from harness.sandbox.services.route53.stored import Reader

# Accounts of our own: the emulator may serve a sandbox of other tests in this process.
ACCOUNTS = itertools.count(900_000_000_000)
NAMESPACE = 'xmlns="https://route53.amazonaws.com/doc/2013-04-01/"'


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("Example.COM", "example.com."),
        ("example.com.", "example.com."),
        ("\\052.example.com.", "*.example.com."),
        ("", "."),
    ],
)
def test_names_have_one_spelling(spelling: str, name: str) -> None:
    assert canonical(spelling) == name


def test_a_record_is_parsed_with_everything_it_may_hold() -> None:
    raw = {
        "Name": "WWW.example.com.",
        "Type": "A",
        "TTL": "30",
        "ResourceRecords": ["192.0.2.1"],
        "SetIdentifier": "one",
        "Weight": 0,
        "HealthCheckId": "h",
    }
    assert parse_record(raw) == RecordSet(
        name="www.example.com.",
        type="A",
        ttl=30,
        values=("192.0.2.1",),
        set_identifier="one",
        weight=0,
        health_check="h",
    )


def test_an_alias_has_no_ttl_of_its_own() -> None:
    raw = {
        "Name": "www.example.com",
        "Type": "A",
        "Failover": "PRIMARY",
        "AliasTarget": {
            "HostedZoneId": "/hostedzone/Z2",
            "DNSName": "x.elb.amazonaws.com",
            "EvaluateTargetHealth": True,
        },
    }
    parsed = parse_record(raw)
    assert parsed.alias == AliasTarget("x.elb.amazonaws.com.", "Z2", True)
    assert (parsed.ttl, parsed.policy) == (None, "failover")


@pytest.mark.parametrize(
    ("element", "policy"),
    [
        ({}, "simple"),
        ({"Failover": "SECONDARY"}, "failover"),
        ({"Weight": 0}, "weighted"),
        ({"Region": "us-east-1"}, "latency"),
        ({"GeoLocation": {"CountryCode": "*"}}, "geolocation"),
        ({"MultiValueAnswer": True}, "multivalue"),
        ({"CidrRoutingConfig": {"CollectionId": "c", "LocationName": "*"}}, "ip-based"),
    ],
)
def test_the_policy_is_the_element_that_is_present(element: dict[str, Any], policy: str) -> None:
    assert parse_record({"Name": "a", "Type": "A", **element}).policy == policy


def test_a_geolocation_is_parsed() -> None:
    raw = {"Name": "a", "Type": "A", "GeoLocation": {"CountryCode": "US", "SubdivisionCode": "NY"}}
    assert parse_record(raw).geolocation == GeoLocation(None, "US", "NY")


def test_a_health_check_without_settings_has_the_defaults_of_the_api() -> None:
    parsed = parse_health_check({"id": "h", "config": {"Type": "HTTPS", "FullyQualifiedDomainName": "a.b"}})
    assert parsed == HealthCheck(
        id="h", type="HTTPS", domain="a.b", port=443, path="/", interval=30, threshold=3, version=1
    )


def test_a_path_without_leading_slash_gets_one() -> None:
    assert parse_health_check({"id": "h", "config": {"Type": "HTTP", "ResourcePath": "x"}}).path == "/x"


def test_children_and_regions_that_the_emulator_left_empty_are_dropped() -> None:
    """MiniStack 1.5.33 stores each as an empty string."""
    config = {"Type": "CALCULATED", "ChildHealthChecks": ["", "c"], "Regions": ["", ""]}
    parsed = parse_health_check({"id": "h", "config": config})
    assert (parsed.children, parsed.regions) == (("c",), ())


def test_the_longest_zone_answers_and_private_zones_never() -> None:
    outer, inner = Zone("Z1", "example.com.", ()), Zone("Z2", "sub.example.com.", ())
    private = Zone("Z3", "deep.sub.example.com.", (), private=True)
    applied = Applied((outer, inner, private))
    assert applied.zone_of("a.deep.sub.example.com.") is inner
    assert applied.zone_of("badexample.com.") is None


class Emulator:
    """MiniStack's Route 53, called as its server calls it."""

    def __init__(self) -> None:
        from ministack.core import responses
        from ministack.services import route53

        self._responses, self._route53 = responses, route53
        self._references = itertools.count()
        self.account = str(next(ACCOUNTS))

    def call(self, method: str, path: str, body: str = "") -> str:
        with self._responses.request_scope(self.account, "us-east-1"):
            status, _, answer = asyncio.run(
                self._route53.handle_request(method, "/2013-04-01" + path, {}, body.encode(), {})
            )
        assert status < 300, answer
        return str(answer.decode())

    def zone(self, name: str) -> str:
        body = f"<R {NAMESPACE}><Name>{name}</Name><CallerReference>{name}</CallerReference></R>"
        answer = self.call("POST", "/hostedzone", body)
        return answer.split("<Id>/hostedzone/")[1].split("<")[0]

    def change(self, zone: str, action: str, record: str) -> None:
        body = (
            f"<R {NAMESPACE}><ChangeBatch><Changes><Change><Action>{action}</Action>"
            f"<ResourceRecordSet>{record}</ResourceRecordSet></Change></Changes></ChangeBatch></R>"
        )
        self.call("POST", f"/hostedzone/{zone}/rrset/", body)

    def check(self, config: str) -> str:
        reference = f"<CallerReference>{next(self._references)}</CallerReference>"
        body = f"<R {NAMESPACE}>{reference}<HealthCheckConfig>{config}</HealthCheckConfig></R>"
        return self.call("POST", "/healthcheck", body).split("<Id>")[1].split("<")[0]


WWW = (
    "<Name>www.example.com</Name><Type>A</Type><SetIdentifier>p</SetIdentifier><Failover>PRIMARY</Failover>"
    "<TTL>10</TTL><HealthCheckId>h</HealthCheckId>"
    "<ResourceRecords><ResourceRecord><Value>{}</Value></ResourceRecord></ResourceRecords>"
)


def test_the_reader_sees_what_was_applied_through_the_emulators_api() -> None:
    emulator = Emulator()
    read = Reader(emulator.account)
    zone = emulator.zone("example.com")
    emulator.change(zone, "CREATE", WWW.format("192.0.2.1"))
    check = emulator.check(
        "<Type>HTTPS_STR_MATCH</Type><FullyQualifiedDomainName>api.example.com</FullyQualifiedDomainName>"
        '<Port>443</Port><ResourcePath>/health</ResourcePath><SearchString>"health":"pass"</SearchString>'
        "<RequestInterval>10</RequestInterval><FailureThreshold>2</FailureThreshold><EnableSNI>true</EnableSNI>"
    )
    applied = read()
    found = applied.zone_of("www.example.com.")
    assert found is not None
    assert [(r.name, r.type) for r in found.records] == [
        ("example.com.", "SOA"),
        ("example.com.", "NS"),
        ("www.example.com.", "A"),
    ]
    assert found.records[2] == RecordSet(
        "www.example.com.", "A", 10, ("192.0.2.1",), set_identifier="p", failover="PRIMARY", health_check="h"
    )
    assert applied.check(check) == HealthCheck(
        id=check,
        type="HTTPS_STR_MATCH",
        domain="api.example.com",
        port=443,
        path="/health",
        search='"health":"pass"',
        interval=10,
        threshold=2,
    )


def test_the_reader_sees_changes_and_parses_nothing_twice() -> None:
    emulator = Emulator()
    read = Reader(emulator.account)
    zone = emulator.zone("example.com")
    check = emulator.check("<Type>TCP</Type><IPAddress>192.0.2.1</IPAddress><Port>80</Port>")
    first = read()
    assert read().zones[0] is first.zones[0]
    assert read().check(check) is first.check(check)
    emulator.change(zone, "UPSERT", WWW.format("192.0.2.1"))
    assert read().zones[0].records[2].values == ("192.0.2.1",)
    emulator.change(zone, "UPSERT", WWW.format("192.0.2.2"))
    emulator.call("POST", f"/healthcheck/{check}", f"<R {NAMESPACE}><Inverted>true</Inverted></R>")
    changed = read()
    assert changed.zones[0].records[2].values == ("192.0.2.2",)
    inverted = changed.check(check)
    assert inverted is not None
    assert (inverted.inverted, inverted.version) == (True, 2)


def test_the_reader_sees_its_own_account_only() -> None:
    other, mine = Emulator(), Emulator()
    other.zone("other.example")
    mine.zone("mine.example")
    assert [zone.name for zone in Reader(mine.account)().zones] == ["mine.example."]


def test_what_was_deleted_is_gone() -> None:
    emulator = Emulator()
    read = Reader(emulator.account)
    zone = emulator.zone("example.com")
    check = emulator.check("<Type>TCP</Type><IPAddress>192.0.2.1</IPAddress><Port>80</Port>")
    read()
    emulator.call("DELETE", f"/hostedzone/{zone}")
    emulator.call("DELETE", f"/healthcheck/{check}")
    assert read() == Applied((), {})
