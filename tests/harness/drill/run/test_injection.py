from __future__ import annotations

import copy

import pytest

from harness.drill.judge.ledger import FaultMark
from harness.drill.run.ablation import with_origins
from harness.drill.run.injection import Change, Injection, described, struck
from harness.drill.scenario import FaultEntry
from harness.drill.subject import DrillError
from harness.sandbox.faults import Faults, RegionDark, RegionPartition, ReplicationCut
from harness.sandbox.requests.classify import Call
from tests.harness.drill.drill_ledgers import EAST, SUBJECT, WEST


def entries(*settings: dict[str, object]) -> list[FaultEntry]:
    return [FaultEntry.model_validate(each) for each in settings]


LOST = {"at": 30, "kind": "region-dark", "region": "primary"}
FLAPS = {**LOST, "every": 20, "for": 10, "heal_at": 60}
REQUEST = Call(EAST, None, None, "data", "address")


def test_what_happens_when_is_known_before_and_an_end_comes_before_a_beginning() -> None:
    cut = {"at": 40, "kind": "replication-cut", "source": "primary", "destination": "standby", "heal_at": 50}
    found = Injection(Faults(), entries(FLAPS, cut), SUBJECT).changes()
    assert found == [
        Change(30, True, 0), Change(40, False, 0), Change(40, True, 1), Change(50, False, 1, last=True),
        Change(50, True, 0), Change(60, False, 0, last=True),
    ]  # fmt: skip


def test_a_fault_that_flaps_is_one_mark_with_all_its_pulses_and_hits() -> None:
    faults = Faults()
    injection = Injection(faults, entries(FLAPS), SUBJECT)
    for start, end, last in ((30, 40, False), (50, 60, True)):
        injection.begin(0, start)
        faults.judge(REQUEST)
        injection.end(0, end, last=last)
        faults.judge(REQUEST)
    assert injection.marks() == [
        FaultMark(
            "region-dark", "region-dark us-east-1 refuse", 30, healed=60, hits=2, region=EAST,
            pulses=((30, 40), (50, 60)),
        )
    ]  # fmt: skip
    assert faults.active() == {}


def test_a_mark_counts_hits_as_they_come_and_keeps_them_when_it_is_healed() -> None:
    faults = Faults()
    injection = Injection(faults, entries(LOST), SUBJECT)
    injection.begin(0, 30)
    assert injection.marks()[0].hits == 0
    faults.judge(REQUEST)
    assert (injection.marks()[0].hits, injection.marks()[0].healed, injection.marks()[0].pulses) == (
        1, None, (),
    )  # fmt: skip
    assert injection.takes_requests(0)


def test_a_fault_is_described_by_its_settings_and_struck_where_it_cuts_something_off() -> None:
    assert described(RegionDark(EAST, "hang")) == "region-dark us-east-1 hang"
    assert described(RegionPartition(EAST, WEST)) == "region-partition us-east-1 us-west-2 hang"
    assert struck(ReplicationCut(EAST, WEST)) == EAST
    assert struck(RegionPartition(EAST, WEST)) == EAST


def test_an_origin_of_another_name_takes_the_place_of_the_failing_over_one() -> None:
    config = {"Origins": {"Items": [{"Id": "a", "DomainName": "origin.x"}, {"Id": "b", "DomainName": "y"}]}}
    before = copy.deepcopy(config)
    changed = with_origins(config, {"origin.x": "east.x"})
    assert [each["DomainName"] for each in changed["Origins"]["Items"]] == ["east.x", "y"]
    assert config == before


def test_a_distribution_without_that_origin_cannot_do_without_it() -> None:
    config = {"Origins": {"Items": [{"Id": "b", "DomainName": "y"}]}}
    with pytest.raises(DrillError, match=r"no origin of the distribution is origin\.x; its origins are y"):
        with_origins(config, {"origin.x": "east.x"})
