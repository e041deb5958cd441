from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from generator.manifest.problems import InputRefused
from harness.drill.scenario import FaultEntry, Load, Scenario, find_scenario, read_scenario, shipped
from harness.drill.subject import DrillError, Flow, Subject
from harness.sandbox.faults import ControlPlanesDown, RegionDark, RegionPartition, ReplicationCut, ServiceDown
from tests.harness.drill.drill_ledgers import SUBJECT


def problems(tmp_path: Path, text: str) -> list[str]:
    file = tmp_path / "bad.yaml"
    file.write_text(text)
    with pytest.raises(InputRefused) as refused:
        read_scenario(file)
    return [str(problem).replace(str(tmp_path) + "/", "") for problem in refused.value.problems]


def one_region() -> Subject:
    return Subject("alone", "api.example.com", SUBJECT.regions[:1], 10, SUBJECT.objectives)


def test_what_is_shipped_is_named_after_its_file() -> None:
    assert {name: find_scenario(name).name for name in shipped()} == {
        name: name
        for name in (
            "control-planes-us-east-1", "failback", "flapping", "gray-errors", "gray-latency",
            "origin-group-alone", "partition", "partition-isolated", "real-time-check", "region-503",
            "region-hang", "region-lost-and-back", "region-refuse", "replication-cut",
            "replication-cut-healed", "service-apigateway", "service-aurora", "service-dynamodb",
            "service-s3", "standby-503", "standby-hang", "standby-refuse", "switchover", "world",
        )
    }  # fmt: skip


def test_primary_and_standby_stand_for_the_environments_regions() -> None:
    subject = dataclasses.replace(SUBJECT, witness="us-east-2")
    faults = {name: [entry.fault(subject) for entry in find_scenario(name).faults] for name in shipped()}
    assert faults["region-hang"] == [RegionDark("us-east-1", "hang")]
    assert faults["region-503"] == [RegionDark("us-east-1", "503")]
    cut = ReplicationCut("us-east-1", "us-west-2")
    assert faults["replication-cut"] == [cut, RegionDark("us-east-1", "refuse")]
    assert faults["service-dynamodb"] == [ServiceDown("us-east-1", "dynamodb", "503")]
    assert faults["control-planes-us-east-1"] == [ControlPlanesDown("us-east-1", "503")]
    assert faults["standby-hang"] == [RegionDark("us-west-2", "hang")]
    assert faults["partition-isolated"] == [
        RegionPartition("us-east-1", "us-west-2"),
        RegionPartition("us-east-1", "us-east-2"),
    ]


def test_a_scenario_that_needs_a_standby_says_so() -> None:
    entry = find_scenario("replication-cut").faults[0]
    with pytest.raises(DrillError, match="alone has one region only; the scenario needs a standby"):
        entry.fault(one_region())


def test_a_region_that_the_environment_lacks_is_named(tmp_path: Path) -> None:
    file = tmp_path / "s.yaml"
    file.write_text("name: x\ndescription: d\nfaults: [{at: 30, kind: region-dark, region: eu-west-1}]\n")
    with pytest.raises(DrillError, match="shop has no region eu-west-1; it has us-east-1, us-west-2"):
        read_scenario(file).faults[0].fault(SUBJECT)


def test_every_mistake_is_told_at_once_with_its_line(tmp_path: Path) -> None:
    assert problems(
        tmp_path,
        "name: x\n"
        "descripton: hi\n"
        "load:\n"
        "  clients: {mars: 2}\n"
        "  reads: 3\n"
        "faults:\n"
        "  - {at: 10, kind: region-drk, region: primary}\n"
        "  - {at: 10, kind: region-dark, region: primary, mode: bang}\n",
    ) == [
        "bad.yaml:1: description: is missing; it must be given",
        "bad.yaml:4: load.clients.mars: 'mars' is not a place; places are us-east, us-west, ca-central, "
        "sa-east, eu-west, eu-central, eu-north, af-south, me-central, ap-south, ap-southeast, ap-northeast, "
        "oceania (found 2)",
        "bad.yaml:5: load.reads: is not a key here; allowed are clients, reads_per_second, "
        "writes_per_second, timeout, retry_pause, settle, overstay, flows (found 3)",
        "bad.yaml:7: faults[0].kind: kind is 'region-drk'; it must be one of region-dark, service-down, "
        "control-planes-down, gray-failure, replication-cut, region-partition (found 'region-drk')",
        "bad.yaml:8: faults[1].mode: region-dark: mode is 'bang'; it must be one of refuse, hang, 503 "
        "(found 'bang')",
        "bad.yaml:2: descripton: is not a key here; allowed are name, description, duration, load, faults, "
        "commands, needs, without, expect, expect_if_traffic_returns, expect_if_static_site (found 'hi')",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("{at: 140, kind: region-dark, region: primary}", "at is 140; it must be before the end, at 130 s"),
        (
            "{at: 30, kind: region-dark, region: primary, heal_at: 30}",
            "heal_at is 30; it must be later than at (30)",
        ),
        (
            "{at: 2, kind: region-dark, region: primary}",
            "the first fault is at 2 s; writes are read only after",
        ),
        ("{at: 30, kind: region-dark, region: primary, colour: red}", "'colour' is not a key of this fault"),
        ("", "faults is empty; a drill needs at least one, or a command to the controller"),
        (
            "{at: 30, kind: region-dark, region: primary, every: 20, heal_at: 90}",
            "every is given without for, or for without every; a fault that flaps needs both",
        ),
        (
            "{at: 30, kind: region-dark, region: primary, every: 20, for: 20, heal_at: 90}",
            "for is 20; it must be less than every (20)",
        ),
        (
            "{at: 30, kind: region-dark, region: primary, every: 20, for: 5}",
            "every is given; heal_at must say when the flapping ends",
        ),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(tmp_path: Path, fault: str, message: str) -> None:
    (problem,) = problems(tmp_path, f"name: x\ndescription: d\nfaults: [{fault}]\n")
    assert re.search(re.escape(message), problem)


def test_an_unknown_scenario_is_answered_with_those_there_are() -> None:
    with pytest.raises(
        InputRefused, match="no scenario is called 'nope'; there are: control-planes-us-east-1"
    ):
        find_scenario("nope")


def scenario(**changes: object) -> Scenario:
    faults = [{"at": 30, "kind": "region-dark", "region": "primary", "heal_at": 90}]
    return Scenario.model_validate({"name": "x", "description": "d", "faults": faults, **changes})


def test_a_fault_that_flaps_is_in_force_again_and_again_until_it_is_healed_for_good() -> None:
    entry = FaultEntry.model_validate(
        {
            "at": 30,
            "kind": "region-dark",
            "region": "primary",
            "every": 20,
            "for": 15,
            "heal_at": 80,
        }
    )
    assert entry.pulses == ((30, 45), (50, 65), (70, 80))
    assert entry.settings == {"region": "primary"}


def test_a_fault_that_does_not_flap_has_one_pulse() -> None:
    entry = find_scenario("region-refuse").faults[0]
    assert entry.pulses == ((30, None),)


def test_the_witness_is_a_region_only_where_there_is_one() -> None:
    entry = find_scenario("partition-isolated").faults[1]
    with pytest.raises(DrillError, match="shop has no witness; the scenario needs one"):
        entry.fault(SUBJECT)


def test_the_first_flow_has_the_rates_of_the_load_and_every_other_half_of_them() -> None:
    load = Load.model_validate({"flows": {"files": {"reads_per_second": 3, "writes_per_second": 2}}})
    orders, files = Flow("orders", "/orders", "/orders", "database"), Flow("files", "/files", "/files")
    subject = dataclasses.replace(SUBJECT, flows=(*SUBJECT.flows, orders, files))
    assert [load.rates(subject, flow) for flow in subject.flows] == [
        (pytest.approx(2 / 3), pytest.approx(1 / 3)),
        (pytest.approx(1 / 3), pytest.approx(1 / 6)),
        (3.0, 2.0),
    ]
    assert load.rates(SUBJECT, SUBJECT.flows[0]) == (1.0, 0.5)


def test_a_scenario_says_all_that_an_environment_lacks_for_it() -> None:
    assert find_scenario("region-refuse").misfits(SUBJECT) == []
    assert find_scenario("partition-isolated").misfits(SUBJECT) == [
        "shop has no witness", "shop has no controller",
    ]  # fmt: skip
    unknown = scenario(load={"flows": {"carts": {"reads_per_second": 1, "writes_per_second": 1}}})
    assert unknown.misfits(SUBJECT) == ["shop has no flow carts"]


def test_what_is_expected_may_depend_on_whether_traffic_returns_by_itself() -> None:
    flapping = find_scenario("flapping")
    latched = dataclasses.replace(SUBJECT, auto_return=False)
    assert (flapping.expected(SUBJECT), flapping.expected(latched)) == ("objectives-missed", "objectives-met")
    assert find_scenario("region-refuse").expected(SUBJECT) == "objectives-met"


def test_a_slower_objective_is_given_more_time_and_the_usual_one_none() -> None:
    orders = Flow("orders", "/orders", "/orders", "database", rto=150)
    slow = dataclasses.replace(SUBJECT, flows=(*SUBJECT.flows, orders))
    usual, given = find_scenario("failback"), find_scenario("failback").stretched(slow)
    assert usual.stretched(SUBJECT) is usual
    assert (given.duration, given.faults[0].at, given.faults[0].heal_at) == (1200, 30, 220)
    assert [command.at for command in given.commands] == [960, 1020]
    assert find_scenario("switchover").stretched(slow).commands[0].at == 30


def test_a_scenario_is_shown_as_a_file_would_have_it() -> None:
    written = find_scenario("flapping").as_written()
    assert written["faults"] == [
        {
            "at": 30.0, "kind": "region-dark", "heal_at": 240.0, "every": 60.0, "for": 30.0,
            "region": "primary", "mode": "refuse",
        }
    ]  # fmt: skip
    assert Scenario.model_validate(written) == find_scenario("flapping")


def test_a_static_site_does_not_get_over_a_slow_region() -> None:
    slow = find_scenario("gray-latency")
    site = dataclasses.replace(SUBJECT, flows=(*SUBJECT.flows, Flow("site", "/static", None, "static")))
    assert (slow.expected(SUBJECT), slow.expected(site)) == ("objectives-met", "objectives-missed")
