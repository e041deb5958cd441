from __future__ import annotations

import dataclasses
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.sandbox.faults import (
    ControlPlanesDown,
    Effect,
    Fault,
    FaultError,
    Faults,
    GrayFailure,
    RegionDark,
    RegionPartition,
    ReplicationCut,
    ServiceDown,
    to_fault,
)
from harness.sandbox.requests.classify import Call, Evidence, Plane


def call(
    region: str | None = "us-east-1",
    service: str | None = "dynamodb",
    plane: Plane = "data",
    by: Evidence = "signature",
) -> Call:
    return Call(region, service, None, plane, by)


@pytest.mark.parametrize(
    ("mapping", "fault"),
    [
        ({"kind": "region-dark", "region": "us-east-1"}, RegionDark("us-east-1")),
        ({"kind": "region-dark", "region": "us-east-1", "mode": 503}, RegionDark("us-east-1", "503")),
        (
            {"kind": "service-down", "region": "us-east-1", "service": "lambda", "mode": "hang"},
            ServiceDown("us-east-1", "lambda", "hang"),
        ),
        ({"kind": "control-planes-down", "region": "us-east-1"}, ControlPlanesDown("us-east-1")),
        (
            {"kind": "gray-failure", "region": "us-east-1", "error_share": 0.2, "added_seconds": 1},
            GrayFailure("us-east-1", 0.2, 1),
        ),
        (
            {"kind": "replication-cut", "source": "us-east-1", "destination": "us-west-2", "both_ways": True},
            ReplicationCut("us-east-1", "us-west-2", both_ways=True),
        ),
        (
            {"kind": "region-partition", "region": "us-east-1", "other": "us-west-2", "mode": "refuse"},
            RegionPartition("us-east-1", "us-west-2", "refuse"),
        ),
    ],
)
def test_a_scenario_mapping_becomes_a_fault(mapping: dict[str, Any], fault: Fault) -> None:
    assert to_fault(mapping) == fault


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        (
            {"kind": "flood"},
            "kind is 'flood'; it must be one of region-dark, service-down, control-planes-down, "
            "gray-failure, replication-cut, region-partition",
        ),
        (
            {},
            "kind is None; it must be one of region-dark, service-down, control-planes-down, gray-failure, "
            "replication-cut, region-partition",
        ),
        ({"kind": "region-dark"}, "region-dark: region is missing; it must be given"),
        (
            {"kind": "region-dark", "region": "us-east-1", "mode": "slow"},
            "region-dark: mode is 'slow'; it must be one of refuse, hang, 503",
        ),
        (
            {"kind": "region-dark", "region": "us-east-1", "when": 3},
            "region-dark: 'when' is not a key of this fault; its keys are region, mode",
        ),
        (
            {"kind": "gray-failure", "region": "us-east-1", "error_share": 2},
            "gray-failure: error_share is 2; it must be a number from 0 to 1",
        ),
        (
            {"kind": "gray-failure", "region": "us-east-1"},
            "gray-failure: error_share and added_seconds are both 0; at least one must be more",
        ),
        (
            {"kind": "replication-cut", "source": "us-east-1", "destination": "us-east-1"},
            "replication-cut: source and destination are both 'us-east-1'; they must differ",
        ),
        (
            {"kind": "service-down", "region": "us-west-2", "service": "iam"},
            "service-down: region is 'us-west-2'; the control plane of iam runs in us-east-1 alone",
        ),
        (
            {"kind": "region-partition", "region": "us-east-1", "other": "us-east-1"},
            "region-partition: region and other are both 'us-east-1'; they must differ",
        ),
        (
            {"kind": "region-dark", "region": 5},
            "region-dark: region is 5; it must be a name such as us-east-1",
        ),
    ],
)
def test_a_wrong_fault_is_refused_with_key_value_and_what_is_allowed(
    mapping: dict[str, Any], message: str
) -> None:
    with pytest.raises(FaultError) as refused:
        to_fault(mapping)
    assert str(refused.value) == message


@given(
    st.dictionaries(
        st.text(max_size=12), st.none() | st.integers() | st.text(max_size=8) | st.floats(), max_size=5
    )
)
def test_any_mapping_is_a_fault_or_a_fault_error(mapping: dict[str, Any]) -> None:
    with pytest.raises(FaultError):
        to_fault({**mapping, "kind": "region-dark", "region": ""})


def test_a_dark_region_refuses_both_planes_and_no_other_region() -> None:
    faults = Faults()
    number = faults.inject(RegionDark("us-east-1", "hang"))
    effects = [
        faults.judge(call(plane="data")),
        faults.judge(call(plane="control")),
        faults.judge(call("us-west-2")),
    ]
    assert effects == [Effect("hang"), Effect("hang"), None]
    assert faults.hits(number) == 2


def test_the_global_edge_survives_every_dark_region() -> None:
    faults = Faults()
    faults.inject(RegionDark("us-east-1"))
    assert faults.judge(call(None, "cloudfront")) is None


def test_control_planes_down_leaves_data_planes_alone() -> None:
    faults = Faults()
    faults.inject(ControlPlanesDown("us-east-1"))
    assert faults.judge(call(plane="data")) is None
    assert faults.judge(call("us-east-1", "route53", "control")) == Effect("503")


def test_a_service_is_down_under_any_of_its_names() -> None:
    faults = Faults()
    faults.inject(ServiceDown("us-east-1", "monitoring"))
    assert faults.judge(call(service="cloudwatch")) == Effect("503")
    assert faults.judge(call(service="dynamodb")) is None


def test_a_gray_failure_hits_its_share_of_requests_from_outside_and_delays_all() -> None:
    faults = Faults(seed=7)
    number = faults.inject(GrayFailure("us-east-1", error_share=0.3, added_seconds=2.0))
    effects = [faults.judge(call(by="address", service=None)) for _ in range(1000)]
    assert {effect.added_seconds for effect in effects if effect} == {2.0}
    assert 250 < sum(effect.mode == "500" for effect in effects if effect) < 350
    assert (faults.judge(call(by="signature")), faults.hits(number)) == (None, 1000)


def test_a_gray_failure_is_the_same_for_the_same_seed() -> None:
    def run(seed: int) -> list[Effect | None]:
        faults = Faults(seed=seed)
        faults.inject(GrayFailure("us-east-1", error_share=0.5))
        return [faults.judge(call(by="address")) for _ in range(50)]

    assert run(1) == run(1)
    assert run(1) != run(2)


def test_a_healed_fault_touches_nothing_and_keeps_its_hits() -> None:
    faults = Faults()
    number = faults.inject(RegionDark("us-east-1"))
    faults.judge(call())
    faults.heal(number)
    faults.heal(number)
    assert (faults.judge(call()), faults.hits(number), faults.active()) == (None, 1, {})


def test_healing_a_fault_that_never_was_names_those_that_were() -> None:
    faults = Faults()
    faults.inject(RegionDark("us-east-1"))
    with pytest.raises(KeyError, match=r"no fault has the number 9; there were \[1\]"):
        faults.heal(9)


def test_listeners_hear_of_every_injection_and_healing_once() -> None:
    heard: list[tuple[str, int, Fault]] = []
    faults = Faults()
    faults.subscribe(
        on_inject=lambda number, fault: heard.append(("inject", number, fault)),
        on_heal=lambda number, fault: heard.append(("heal", number, fault)),
    )
    dark, cut = RegionDark("us-east-1"), ReplicationCut("us-east-1", "us-west-2")
    faults.inject(dark)
    faults.inject(cut)
    faults.heal_all()
    faults.heal_all()
    assert heard == [("inject", 1, dark), ("inject", 2, cut), ("heal", 1, dark), ("heal", 2, cut)]


def test_the_hits_of_a_cut_are_the_writes_it_holds_back() -> None:
    faults = Faults(held_back=lambda fault: 5)
    assert faults.hits(faults.inject(ReplicationCut("us-east-1", "us-west-2"))) == 5


def test_a_partition_takes_calls_between_its_two_regions_and_nothing_else() -> None:
    faults = Faults()
    number = faults.inject(RegionPartition("us-east-1", "us-west-2"))
    from_east = [
        dataclasses.replace(call(region), source="us-east-1")
        for region in ("us-west-2", "us-east-1", "eu-west-1")
    ]
    from_west = dataclasses.replace(call("us-east-1"), source="us-west-2")
    assert [faults.judge(call) for call in (*from_east, from_west, call("us-west-2"))] == [
        Effect("hang"), None, None, Effect("hang"), None,
    ]  # fmt: skip
    assert faults.hits(number) == 2


def test_links_are_cut_by_cuts_and_by_partitions_both_ways() -> None:
    faults = Faults()
    faults.inject(RegionPartition("us-east-1", "us-west-2"))
    faults.inject(ReplicationCut("us-east-1", "eu-west-1"))
    faults.inject(RegionDark("eu-west-1"))
    assert faults.cut() == {
        ("us-east-1", "us-west-2"), ("us-west-2", "us-east-1"), ("us-east-1", "eu-west-1"),
    }  # fmt: skip


def test_dark_and_silent_regions_are_known_by_mode() -> None:
    faults = Faults()
    faults.inject(RegionDark("us-east-1", "refuse"))
    faults.inject(RegionDark("us-west-2", "hang"))
    assert faults.dark() == {"us-east-1", "us-west-2"}
    assert faults.silent() == {"us-west-2"}


def test_counting_from_many_threads_loses_nothing() -> None:
    faults = Faults()
    number = faults.inject(RegionDark("us-east-1"))
    threads = [threading.Thread(target=lambda: [faults.judge(call()) for _ in range(500)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults.hits(number) == 4000
