"""One test for each published rule of record selection. Facts: B2 and F of the failover facts."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Collection
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.sandbox.services.route53.policy import Answer, Question, Resource, select
from harness.sandbox.services.route53.records import AliasTarget, GeoLocation, RecordSet, Zone
from harness.sandbox.world.places import PLACES, UNKNOWN, Place, place_named

ADDRESSES = {
    "d-1.execute-api.us-east-1.amazonaws.com.": ["127.0.1.1"],
    "web-1.us-west-2.elb.amazonaws.com.": ["127.0.1.2", "::1"],
    "d111.cloudfront.net.": ["127.0.0.1"],
}


def record(name: str, value: str = "192.0.2.1", **settings: Any) -> RecordSet:
    settings.setdefault("type", "A")
    settings.setdefault("ttl", 60)
    return RecordSet(name=f"{name}.example.com.".lstrip("."), values=(value,), **settings)


def alias(
    name: str, target: str, *, evaluate: bool = True, zone_id: str = "Z1", **settings: Any
) -> RecordSet:
    settings.setdefault("type", "A")
    return RecordSet(name=f"{name}.example.com.", alias=AliasTarget(target, zone_id, evaluate), **settings)


def zone(*records: RecordSet) -> Zone:
    return Zone(id="Z1", name="example.com.", records=records)


def ask(
    *records: RecordSet,
    name: str = "www.example.com",
    kind: str = "A",
    place: Place | str = UNKNOWN,
    bad: Collection[str] = (),
    seed: int = 0,
    target_health: Callable[[str], bool] = lambda host: True,
) -> Answer:
    where = place_named(place) if isinstance(place, str) else place
    return select(
        zone(*records),
        Question(name, kind),
        where,
        lambda check: check not in bad,
        random.Random(seed),
        ADDRESSES.get,
        target_health=target_health,
    )


def drawn(*records: RecordSet, times: int = 200, **question: Any) -> set[str]:
    return {value for seed in range(times) for value in ask(*records, seed=seed, **question).values}


# --- simple records and names


def test_a_simple_record_answers_with_all_its_values_in_random_order() -> None:
    www = RecordSet("www.example.com.", "A", 300, ("192.0.2.1", "192.0.2.2", "192.0.2.3"))
    orders = {ask(www, seed=seed).values for seed in range(100)}
    assert {tuple(sorted(order)) for order in orders} == {www.values}
    assert len(orders) == 6


def test_a_name_is_found_whatever_its_letter_case() -> None:
    assert ask(record("www"), name="WwW.eXample.COM.").values == ("192.0.2.1",)


def test_a_name_that_does_not_exist_is_nxdomain() -> None:
    assert ask(record("www"), name="nope.example.com") == Answer(code="NXDOMAIN")


def test_a_name_without_records_of_the_type_has_no_data() -> None:
    assert ask(record("www"), kind="AAAA") == Answer(code="NOERROR")


def test_a_name_that_exists_only_through_names_below_it_has_no_data() -> None:
    assert ask(record("a.b"), name="b.example.com") == Answer(code="NOERROR")


def test_the_apex_answers_like_any_other_name() -> None:
    assert ask(record("", "192.0.2.9"), name="example.com").values == ("192.0.2.9",)


def test_the_apex_without_records_has_no_data() -> None:
    assert ask(name="example.com") == Answer(code="NOERROR")


def test_a_wildcard_answers_for_names_that_have_no_records() -> None:
    answer = ask(record("*"), name="any.thing.example.com")
    assert answer.resources == (Resource("any.thing.example.com.", "A", 60, "192.0.2.1"),)


def test_a_wildcard_does_not_answer_for_a_name_that_exists() -> None:
    assert ask(record("*"), record("www", "text", type="TXT")) == Answer(code="NOERROR")


def test_a_wildcard_does_not_answer_below_a_name_that_exists() -> None:
    assert ask(record("*"), record("www"), name="a.www.example.com") == Answer(code="NXDOMAIN")


def test_an_asterisk_that_is_not_the_leftmost_label_is_no_wildcard() -> None:
    assert ask(record("a.*"), name="a.b.example.com").code == "NXDOMAIN"


def test_a_delegated_subdomain_is_referred_to_its_servers() -> None:
    servers = record("sub", "ns.elsewhere.net.", type="NS", ttl=172800)
    answer = ask(servers, name="www.sub.example.com")
    assert answer.referral == (Resource("sub.example.com.", "NS", 172800, "ns.elsewhere.net."),)
    assert answer.resources == ()


def test_a_cname_is_followed_inside_the_zone() -> None:
    answer = ask(record("www", "web.example.com", type="CNAME", ttl=10), record("web", ttl=300))
    assert answer.resources == (
        Resource("www.example.com.", "CNAME", 10, "web.example.com"),
        Resource("web.example.com.", "A", 300, "192.0.2.1"),
    )


def test_a_cname_out_of_the_zone_ends_the_answer() -> None:
    answer = ask(record("www", "elsewhere.net", type="CNAME"))
    assert answer.resources == (Resource("www.example.com.", "CNAME", 60, "elsewhere.net"),)
    assert answer.code == "NOERROR"


def test_a_cname_to_a_missing_name_of_the_zone_is_nxdomain_with_the_chain_so_far() -> None:
    answer = ask(record("www", "gone.example.com", type="CNAME"))
    assert (answer.code, len(answer.resources)) == ("NXDOMAIN", 1)


def test_a_question_for_a_cname_is_not_followed() -> None:
    answer = ask(record("www", "web.example.com", type="CNAME"), record("web"), kind="CNAME")
    assert answer.values == ("web.example.com",)


def test_cnames_that_point_at_each_other_end() -> None:
    answer = ask(record("www", "b.example.com", type="CNAME"), record("b", "www.example.com", type="CNAME"))
    assert [line.value for line in answer.resources] == ["b.example.com", "www.example.com"]


# --- health in general


def test_a_record_without_a_health_check_is_always_healthy() -> None:
    checked = record("www", "192.0.2.1", weight=255, health_check="h", set_identifier="a")
    unchecked = record("www", "192.0.2.2", weight=1, set_identifier="b")
    assert drawn(checked, unchecked, bad={"h"}) == {"192.0.2.2"}


def test_an_unhealthy_record_is_replaced_by_the_next_of_the_same_policy() -> None:
    near = record("www", "192.0.2.1", region="us-east-1", health_check="e", set_identifier="e")
    next_ = record("www", "192.0.2.2", region="us-west-2", health_check="w", set_identifier="w")
    far = record("www", "192.0.2.3", region="ap-southeast-2", health_check="s", set_identifier="s")
    assert drawn(far, next_, near, place="us-east", bad={"e"}) == {"192.0.2.2"}
    assert drawn(far, next_, near, place="us-east", bad={"e", "w"}) == {"192.0.2.3"}


def test_when_no_record_is_healthy_all_are_and_the_policy_chooses() -> None:
    records = [
        record("www", f"192.0.2.{n}", weight=weight, health_check=f"h{n}", set_identifier=str(n))
        for n, weight in enumerate([1, 1, 0])
    ]
    assert drawn(*records, bad={"h0", "h1", "h2"}) == {"192.0.2.0", "192.0.2.1"}


def test_a_simple_record_is_answered_even_when_its_check_is_unhealthy() -> None:
    answer = ask(record("www", health_check="h"), bad={"h"})
    assert answer.values == ("192.0.2.1",)
    assert [(step.healthy, step.failed_open) for step in answer.steps] == [(False, True)]


# --- failover


PRIMARY = record("www", "192.0.2.1", failover="PRIMARY", health_check="p", set_identifier="p")
SECONDARY = record("www", "192.0.2.2", failover="SECONDARY", health_check="s", set_identifier="s")


@pytest.mark.parametrize("order", [(PRIMARY, SECONDARY), (SECONDARY, PRIMARY)])
def test_failover_answers_with_the_primary_while_it_is_healthy(order: tuple[RecordSet, RecordSet]) -> None:
    assert drawn(*order) == {"192.0.2.1"}
    assert drawn(*order, bad={"s"}) == {"192.0.2.1"}


def test_failover_answers_with_the_secondary_when_only_the_primary_is_unhealthy() -> None:
    assert drawn(SECONDARY, PRIMARY, bad={"p"}) == {"192.0.2.2"}


def test_failover_answers_with_the_primary_when_both_are_unhealthy() -> None:
    assert drawn(SECONDARY, PRIMARY, bad={"p", "s"}) == {"192.0.2.1"}


def test_a_secondary_without_a_health_check_counts_as_healthy() -> None:
    secondary = record("www", "192.0.2.2", failover="SECONDARY", set_identifier="s")
    assert drawn(PRIMARY, secondary, bad={"p"}) == {"192.0.2.2"}


def test_failover_cnames_lead_to_the_front_of_the_region() -> None:
    records = (
        record("www", "front.use1.example.com", type="CNAME", failover="PRIMARY", health_check="p", ttl=10),
        record("www", "front.usw2.example.com", type="CNAME", failover="SECONDARY", ttl=10),
        alias("front.use1", "d-1.execute-api.us-east-1.amazonaws.com.", evaluate=False, zone_id="ZAPI"),
        alias("front.usw2", "web-1.us-west-2.elb.amazonaws.com.", evaluate=False, zone_id="ZELB"),
    )
    assert ask(*records).resources == (
        Resource("www.example.com.", "CNAME", 10, "front.use1.example.com"),
        Resource("front.use1.example.com.", "A", 60, "127.0.1.1"),
    )
    answer = ask(*records, bad={"p"})
    assert (answer.values, answer.host) == (("127.0.1.2",), "web-1.us-west-2.elb.amazonaws.com.")


# --- weighted


def weighted(*weights: int, checks: bool = True) -> list[RecordSet]:
    return [
        record(
            "www",
            f"192.0.2.{n}",
            weight=weight,
            set_identifier=str(n),
            health_check=f"h{n}" if checks else None,
        )
        for n, weight in enumerate(weights)
    ]


def test_weights_are_shares_of_their_sum() -> None:
    counted = Counter(ask(*weighted(1, 3), seed=seed).values[0] for seed in range(4000))
    assert 900 < counted["192.0.2.0"] < 1100


def test_weight_zero_is_never_answered_while_a_nonzero_record_is_healthy() -> None:
    assert drawn(*weighted(0, 1, 1)) == {"192.0.2.1", "192.0.2.2"}
    assert drawn(*weighted(0, 1, 1), bad={"h1"}) == {"192.0.2.2"}


def test_weight_zero_is_considered_only_when_every_nonzero_record_is_unhealthy() -> None:
    assert drawn(*weighted(0, 1, 1, 0), bad={"h1", "h2"}) == {"192.0.2.0", "192.0.2.3"}


def test_weights_that_are_all_zero_have_equal_probability() -> None:
    counted = Counter(ask(*weighted(0, 0, checks=False), seed=seed).values[0] for seed in range(2000))
    assert 900 < counted["192.0.2.0"] < 1100


# --- latency


def test_latency_answers_with_the_region_of_the_lowest_latency_among_those_with_records() -> None:
    records = [
        record("www", f"192.0.2.{n}", region=region, set_identifier=region)
        for n, region in enumerate(["us-east-1", "eu-central-1", "ap-northeast-1"])
    ]
    chosen = {
        place: ask(*records, place=place).values[0]
        for place in ("us-east", "sa-east", "eu-west", "af-south", "ap-northeast", "oceania")
    }
    assert chosen == {
        "us-east": "192.0.2.0",
        "sa-east": "192.0.2.0",
        "eu-west": "192.0.2.1",
        "af-south": "192.0.2.1",
        "ap-northeast": "192.0.2.2",
        "oceania": "192.0.2.2",
    }


# --- geolocation

STATE = record(
    "www", "192.0.2.1", geolocation=GeoLocation(country="US", subdivision="NY"), health_check="state"
)
COUNTRY = record("www", "192.0.2.2", geolocation=GeoLocation(country="US"), health_check="country")
CONTINENT = record("www", "192.0.2.3", geolocation=GeoLocation(continent="NA"), health_check="continent")
DEFAULT = record("www", "192.0.2.4", geolocation=GeoLocation(country="*"), health_check="default")
EUROPE = record("www", "192.0.2.5", geolocation=GeoLocation(continent="EU"), health_check="europe")
LADDER = (DEFAULT, EUROPE, CONTINENT, COUNTRY, STATE)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("us-east", "1"),
        ("us-west", "2"),
        ("ca-central", "3"),
        ("eu-west", "5"),
        ("oceania", "4"),
        ("unknown", "4"),
    ],
)
def test_geolocation_answers_with_the_smallest_place_that_holds_the_client(place: str, value: str) -> None:
    assert ask(*LADDER, place=place).values == (f"192.0.2.{value}",)


@pytest.mark.parametrize(
    ("bad", "value"),
    [
        ({"state"}, "2"),
        ({"state", "country"}, "3"),
        ({"state", "country", "continent"}, "4"),
    ],
)
def test_geolocation_climbs_from_state_to_country_to_continent_to_default(bad: set[str], value: str) -> None:
    assert ask(*LADDER, place="us-east", bad=bad).values == (f"192.0.2.{value}",)


def test_geolocation_answers_with_the_smallest_place_when_all_that_apply_are_unhealthy() -> None:
    bad = {"state", "country", "continent", "default"}
    assert drawn(*LADDER, place="us-east", bad=bad) == {"192.0.2.1"}


def test_geolocation_never_uses_a_healthy_record_of_another_continent() -> None:
    assert drawn(CONTINENT, EUROPE, place="us-east", bad={"continent"}) == {"192.0.2.3"}


def test_geolocation_without_a_default_gives_no_answer_elsewhere() -> None:
    answer = ask(CONTINENT, EUROPE, place="oceania")
    assert (answer.code, answer.resources) == ("NOERROR", ())


# --- multivalue


def multivalue(count: int) -> list[RecordSet]:
    return [
        record("www", f"192.0.2.{n}", multivalue=True, set_identifier=str(n), health_check=f"h{n}")
        for n in range(count)
    ]


def test_multivalue_answers_with_all_healthy_records_up_to_eight() -> None:
    assert set(ask(*multivalue(8), bad={"h0"}).values) == {f"192.0.2.{n}" for n in range(1, 8)}


def test_multivalue_answers_with_eight_of_more_and_varies_them() -> None:
    answers = {frozenset(ask(*multivalue(12), seed=seed).values) for seed in range(50)}
    assert {len(answer) for answer in answers} == {8}
    assert len(answers) > 10


def test_multivalue_answers_with_up_to_eight_of_all_when_all_are_unhealthy() -> None:
    answer = ask(*multivalue(12), bad={f"h{n}" for n in range(12)})
    assert len(set(answer.values)) == 8


def test_multivalue_without_a_health_check_is_always_healthy() -> None:
    unchecked = record("www", "192.0.2.99", multivalue=True, set_identifier="x")
    assert drawn(*multivalue(2), unchecked, bad={"h0", "h1"}) == {"192.0.2.99"}


# --- alias trees


def tree(*, evaluate_east: bool = True, east_check: str | None = None) -> list[RecordSet]:
    """The guide's example: latency aliases over weighted groups of two regions."""
    return [
        alias(
            "www", "east.example.com.", evaluate=evaluate_east, region="us-east-1", health_check=east_check
        ),
        alias("www", "west.example.com.", region="us-west-2"),
        record("east", "192.0.2.1", weight=1, health_check="e1", set_identifier="1", ttl=7),
        record("east", "192.0.2.2", weight=1, health_check="e2", set_identifier="2", ttl=7),
        record("west", "192.0.2.3", weight=1, health_check="w1", set_identifier="1", ttl=9),
        record("west", "192.0.2.4", weight=1, health_check="w2", set_identifier="2", ttl=9),
    ]


def test_an_alias_with_target_health_is_healthy_while_one_member_of_its_target_is() -> None:
    assert drawn(*tree(), place="us-east", bad={"e1"}) == {"192.0.2.2"}


def test_a_branch_without_a_healthy_member_is_backed_out_of() -> None:
    assert drawn(*tree(), place="us-east", bad={"e1", "e2"}) == {"192.0.2.3", "192.0.2.4"}


def test_a_branch_without_target_health_is_entered_and_stays() -> None:
    assert drawn(*tree(evaluate_east=False), place="us-east", bad={"e1", "e2"}) == {"192.0.2.1", "192.0.2.2"}


def test_an_alias_with_a_check_and_target_health_needs_both() -> None:
    west = {"192.0.2.3", "192.0.2.4"}
    assert drawn(*tree(east_check="x"), place="us-east", bad={"x"}) == west
    assert drawn(*tree(east_check="x"), place="us-east", bad={"e1", "e2"}) == west
    assert drawn(*tree(east_check="x"), place="us-east") == {"192.0.2.1", "192.0.2.2"}


def test_a_member_without_a_check_keeps_its_branch_healthy() -> None:
    records = [*tree()[:3], record("east", "192.0.2.2", weight=1, set_identifier="2"), *tree()[4:]]
    assert drawn(*records, place="us-east", bad={"e1"}) == {"192.0.2.2"}


def test_a_tree_with_nothing_healthy_fails_open_along_its_policies() -> None:
    everything = {"e1", "e2", "w1", "w2"}
    assert drawn(*tree(), place="us-east", bad=everything) == {"192.0.2.1", "192.0.2.2"}


def test_an_alias_to_a_record_of_the_zone_takes_its_ttl_and_keeps_its_own_name() -> None:
    answer = ask(*tree(), place="us-east", bad={"e2"})
    assert answer.resources == (Resource("www.example.com.", "A", 7, "192.0.2.1"),)


def test_an_alias_to_a_load_balancer_lives_60_seconds() -> None:
    answer = ask(alias("www", "web-1.us-west-2.elb.amazonaws.com.", zone_id="ZELB"))
    assert answer.resources == (Resource("www.example.com.", "A", 60, "127.0.1.2"),)


def test_an_alias_answers_only_addresses_of_its_type() -> None:
    elb = alias("www", "web-1.us-west-2.elb.amazonaws.com.", zone_id="ZELB", type="AAAA")
    assert ask(elb, kind="AAAA").values == ("::1",)


def test_an_alias_to_a_host_that_the_sandbox_lacks_has_no_data() -> None:
    answer = ask(alias("www", "d-9.execute-api.eu-west-1.amazonaws.com.", zone_id="ZAPI"))
    assert (answer.code, answer.resources) == ("NOERROR", ())


def test_an_alias_must_match_the_type_of_its_target() -> None:
    answer = ask(alias("www", "text.example.com."), record("text", '"x"', type="TXT"))
    assert answer.resources == ()


def test_target_health_of_an_aws_resource_is_asked_for_and_obeyed() -> None:
    records = [
        alias("www", "web-1.us-west-2.elb.amazonaws.com.", zone_id="ZELB", failover="PRIMARY"),
        record("www", "192.0.2.2", failover="SECONDARY"),
    ]
    assert ask(*records, target_health=lambda host: not host.startswith("web-1")).values == ("192.0.2.2",)


def test_target_health_cannot_be_evaluated_for_cloudfront() -> None:
    records = [
        alias("www", "d111.cloudfront.net.", zone_id="ZCF", failover="PRIMARY"),
        record("www", "192.0.2.2", failover="SECONDARY"),
    ]
    assert ask(*records, target_health=lambda host: False).values == ("127.0.0.1",)


def test_aliases_that_point_at_each_other_end_without_data() -> None:
    answer = ask(alias("www", "b.example.com."), alias("b", "www.example.com."))
    assert (answer.code, answer.resources) == ("NOERROR", ())


def test_ip_based_records_are_refused_rather_than_answered_wrongly() -> None:
    assert ask(record("www", ip_based=True)).code == "SERVFAIL"


# --- properties

NAMES = ("www", "a", "b", "*", "a.b", "*.b")
HOSTS = tuple(f"{name}.example.com." for name in NAMES)
CHECKS = st.sampled_from([None, "h1", "h2", "h3"])
POLICIES = st.one_of(
    st.just({}),
    st.builds(lambda role: {"failover": role}, st.sampled_from(["PRIMARY", "SECONDARY"])),
    st.builds(lambda weight: {"weight": weight}, st.integers(0, 255)),
    st.builds(lambda region: {"region": region}, st.sampled_from(["us-east-1", "eu-west-1", "xx-none-1"])),
    st.builds(
        lambda country, continent: {"geolocation": GeoLocation(continent, country)},
        st.sampled_from([None, "US", "*"]),
        st.sampled_from([None, "NA", "EU"]),
    ),
    st.just({"multivalue": True}),
)
RECORDS = st.builds(
    lambda name, kind, value, target, check, policy: RecordSet(
        name=name,
        type=kind,
        ttl=None if target else 60,
        values=() if target else (value,),
        alias=target,
        health_check=check,
        **policy,
    ),
    st.sampled_from(HOSTS),
    st.sampled_from(["A", "CNAME", "NS", "TXT"]),
    st.sampled_from(["192.0.2.1", "192.0.2.2", *HOSTS]),
    st.one_of(
        st.none(), st.builds(AliasTarget, st.sampled_from([*HOSTS, *ADDRESSES]), st.just("Z1"), st.booleans())
    ),
    CHECKS,
    POLICIES,
)


@given(
    records=st.lists(RECORDS, max_size=12),
    name=st.sampled_from(
        ["www.example.com", "b.example.com", "x.b.example.com", "example.com", "q.example.com"]
    ),
    kind=st.sampled_from(["A", "AAAA", "CNAME", "TXT"]),
    place=st.sampled_from(PLACES),
    bad=st.sets(st.sampled_from(["h1", "h2", "h3"])),
    seed=st.integers(0, 99),
)
def test_select_never_raises_and_answers_only_the_asked_name_and_its_chain(
    records: list[RecordSet], name: str, kind: str, place: Place, bad: set[str], seed: int
) -> None:
    answer = ask(*records, name=name, kind=kind, place=place, bad=bad, seed=seed)
    allowed = {name + "."}
    for line in answer.resources:
        assert line.name in allowed
        assert line.type in {kind, "CNAME"}
        if line.type == "CNAME":
            allowed.add(line.value)


@given(
    policy=st.sampled_from(["weight", "region", "multivalue"]),
    statuses=st.lists(st.booleans(), min_size=1, max_size=6),
    place=st.sampled_from(PLACES),
    seed=st.integers(0, 999),
)
def test_unhealthy_records_are_answered_exactly_when_none_is_healthy(
    policy: str, statuses: list[bool], place: Place, seed: int
) -> None:
    regions = ["us-east-1", "us-west-2", "eu-west-1", "sa-east-1", "ap-south-1", "af-south-1"]
    settings: dict[str, Callable[[int], Any]] = {
        "weight": lambda n: n + 1,
        "region": lambda n: regions[n],
        "multivalue": lambda n: True,
    }
    records = [
        record(
            "www",
            f"192.0.2.{n}",
            health_check=f"h{n}",
            set_identifier=str(n),
            **{policy: settings[policy](n)},
        )
        for n in range(len(statuses))
    ]
    good = {f"192.0.2.{n}" for n, healthy in enumerate(statuses) if healthy}
    everything = {f"192.0.2.{n}" for n in range(len(statuses))}
    bad = {f"h{n}" for n, healthy in enumerate(statuses) if not healthy}
    answered = set(ask(*records, place=place, bad=bad, seed=seed).values)
    assert answered
    assert answered <= (good or everything)
    if policy == "multivalue":
        assert answered == (good or everything)


@given(primary=st.booleans(), secondary=st.booleans(), seed=st.integers(0, 99), place=st.sampled_from(PLACES))
def test_failover_is_the_truth_table_of_the_guide(
    primary: bool, secondary: bool, seed: int, place: Place
) -> None:
    bad = {name for name, healthy in (("p", primary), ("s", secondary)) if not healthy}
    expected = "192.0.2.2" if secondary and not primary else "192.0.2.1"
    assert ask(SECONDARY, PRIMARY, bad=bad, seed=seed, place=place).values == (expected,)
