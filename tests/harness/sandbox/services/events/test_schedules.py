"""Schedules in model time: when a rule fires, with what, and what keeps it from firing."""

from __future__ import annotations

import asyncio
import io
import itertools
import json
import zipfile
from collections.abc import Callable, Coroutine, Iterator, Mapping
from typing import Any

import boto3
import pytest

from harness.sandbox.faults import RegionDark, ServiceDown
from harness.sandbox.sandbox import Sandbox
from harness.sandbox.services.events.schedules import Firing, Schedule, Schedules, event_of, interval_of
from harness.sandbox.world.clock import Clock

pytestmark = pytest.mark.sandbox

EAST, WEST = "us-east-1", "us-west-2"
ROLE = "arn:aws:iam::123456789012:role/any"
TICKS = {"tick_seconds": 5, "ticks": 12, "mode": "automatic"}
SCOPE = ("123456789012", EAST, "default|tick")
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:controller:live"

# Writes its event where the test can find it: in a parameter of its own region.
HANDLER = """
import boto3, json, os
def handler(event, context):
    if event.get("fail"):
        raise ValueError("told to fail")
    name = "/seen/" + os.environ["AWS_REGION"] + "/" + str(event.get("now"))
    boto3.client("ssm").put_parameter(Name=name, Value=json.dumps(event), Type="String", Overwrite=True)
"""


def client(sandbox: Sandbox, service: str, region: str) -> Any:
    return boto3.client(service, region_name=region, endpoint_url=sandbox.endpoint)


def schedule(sandbox: Sandbox, region: str, given: Mapping[str, Any] | None, *, rate: str) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("handler.py", HANDLER)
    function = client(sandbox, "lambda", region).create_function(
        FunctionName="controller",
        Runtime="python3.12",
        Role=ROLE,
        Handler="handler.handler",
        Code={"ZipFile": packed.getvalue()},
        # a worker of a busy machine takes seconds to start
        Timeout=30,
    )["FunctionArn"]
    events = client(sandbox, "events", region)
    events.put_rule(Name="tick", ScheduleExpression=rate)
    chosen = {} if given is None else {"Input": json.dumps(given)}
    events.put_targets(Rule="tick", Targets=[{"Id": "controller", "Arn": function, **chosen}])


@pytest.fixture
def scheduled(sandbox: Sandbox) -> Iterator[Callable[..., None]]:
    """Makes the same rule, every minute unless told otherwise, in both regions."""

    def apply(given: Mapping[str, Any] | None = TICKS, *, rate: str = "rate(1 minute)") -> None:
        for region in sandbox.regions:
            schedule(sandbox, region, given, rate=rate)
            # the first call starts the worker, which takes a busy machine longer than a tick
            client(sandbox, "lambda", region).invoke(FunctionName="controller", Payload=b"{}")
            seen(sandbox, region)

    yield apply
    sandbox.faults.heal_all()
    sandbox.run(_stop(sandbox))
    for region in sandbox.regions:
        events = client(sandbox, "events", region)
        events.remove_targets(Rule="tick", Ids=["controller"])
        events.delete_rule(Name="tick")
        client(sandbox, "lambda", region).delete_function(FunctionName="controller")
        seen(sandbox, region)


async def _stop(sandbox: Sandbox) -> None:
    sandbox.schedules.stop()


def run(sandbox: Sandbox, seconds: float, *, seed: int = 0) -> list[Firing]:
    """What fires within `seconds` of model time."""

    async def main() -> list[Firing]:
        sandbox.schedules.start(seed=seed)
        with sandbox.clock.jumping():
            await sandbox.clock.spawn(sandbox.clock.sleep(seconds))
        sandbox.schedules.stop()
        return list(sandbox.schedules.firings)

    return sandbox.run(main(), timeout=60)


def seen(sandbox: Sandbox, region: str) -> list[dict[str, Any]]:
    ssm = client(sandbox, "ssm", region)
    found = ssm.get_parameters_by_path(Path=f"/seen/{region}", Recursive=True)["Parameters"]
    for parameter in found:
        ssm.delete_parameter(Name=parameter["Name"])
    events: list[dict[str, Any]] = [json.loads(parameter["Value"]) for parameter in found]
    return sorted(events, key=lambda event: float(event.get("now") or 0))


def test_an_input_with_ticks_is_cut_into_single_ticks_of_model_time(
    sandbox: Sandbox, scheduled: Callable[..., None]
) -> None:
    scheduled()
    fired = [firing for firing in run(sandbox, 22) if firing.region == EAST]
    assert len(fired) in (4, 5)
    assert {firing.error for firing in fired} == {None}
    gaps = [b.moment - a.moment for a, b in itertools.pairwise(fired)]
    # a busy machine fires late, and the next one all the sooner
    assert gaps == pytest.approx([5.0] * len(gaps), abs=1.0)
    events = seen(sandbox, EAST)
    assert [event["now"] for event in events] == pytest.approx([sandbox.epoch(f.moment) for f in fired])
    assert {(e["tick_seconds"], e["ticks"], e["mode"]) for e in events} == {(5, 1, "automatic")}


def test_each_region_ticks_in_its_own_time_and_a_seed_repeats_it(
    sandbox: Sandbox, scheduled: Callable[..., None]
) -> None:
    scheduled()

    def first_ticks(seed: int) -> dict[str, float]:
        started = sandbox.clock.now()
        fired = run(sandbox, 6, seed=seed)
        return {
            region: next(f.moment for f in fired if f.region == region) - started for region in (EAST, WEST)
        }

    one, again, other = first_ticks(1), first_ticks(1), first_ticks(2)
    assert one == pytest.approx(again, abs=0.2)
    assert abs(one[EAST] - one[WEST]) > 0.2
    assert one != pytest.approx(other, abs=0.2)


def test_a_dark_region_does_not_tick_and_ticks_again_when_it_returns(
    sandbox: Sandbox, scheduled: Callable[..., None]
) -> None:
    scheduled()
    fault = sandbox.faults.inject(RegionDark(EAST))
    errors = {(firing.region, firing.error) for firing in run(sandbox, 12)}
    assert errors == {(EAST, f"events is down in {EAST}"), (WEST, None)}
    assert (seen(sandbox, WEST) != [], sandbox.faults.hits(fault) >= 2) == (True, True)
    sandbox.faults.heal(fault)
    assert seen(sandbox, EAST) == []
    assert {firing.error for firing in run(sandbox, 12)} == {None}


@pytest.mark.parametrize("service", ["events", "lambda"])
def test_a_region_without_eventbridge_or_lambda_does_not_tick(
    sandbox: Sandbox, scheduled: Callable[..., None], service: str
) -> None:
    scheduled()
    sandbox.faults.inject(ServiceDown(WEST, service))
    errors = {(firing.region, firing.error) for firing in run(sandbox, 6)}
    assert errors == {(EAST, None), (WEST, f"{service} is down in {WEST}")}


def test_a_function_that_fails_is_told_of_and_ticks_go_on(
    sandbox: Sandbox, scheduled: Callable[..., None]
) -> None:
    scheduled({**TICKS, "fail": True})
    fired = [firing for firing in run(sandbox, 12) if firing.region == EAST]
    assert len(fired) >= 2
    assert all("told to fail" in (firing.error or "") for firing in fired)


def test_without_ticks_a_rule_fires_at_its_rate_with_its_constant_input(
    sandbox: Sandbox, scheduled: Callable[..., None]
) -> None:
    scheduled({"now": 7}, rate="rate(2 minutes)")
    fired = [firing for firing in run(sandbox, 600) if firing.region == EAST]
    assert len(fired) == 5
    assert seen(sandbox, EAST) == [{"now": 7}]


def test_a_rule_that_is_switched_off_does_not_fire(sandbox: Sandbox, scheduled: Callable[..., None]) -> None:
    scheduled()
    client(sandbox, "events", EAST).disable_rule(Name="tick")
    assert {firing.region for firing in run(sandbox, 12)} == {WEST}


def test_nothing_fires_before_the_start_and_after_the_stop(
    sandbox: Sandbox, scheduled: Callable[..., None]
) -> None:
    scheduled()

    async def wait() -> None:
        with sandbox.clock.jumping():
            await sandbox.clock.spawn(sandbox.clock.sleep(300))

    before = len(run(sandbox, 12))
    sandbox.run(wait())
    assert (len(sandbox.schedules.firings), sandbox.schedules.running) == (before, False)


def in_model_time(scenario: Callable[[Clock], Coroutine[Any, Any, None]]) -> None:
    async def main() -> None:
        clock = Clock()
        with clock.jumping():
            await clock.spawn(scenario(clock))

    asyncio.run(main())


def test_an_invocation_that_takes_longer_than_a_tick_delays_the_next_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rule = Schedule(SCOPE, FUNCTION, 5.0, TICKS)
    monkeypatch.setattr("harness.sandbox.services.events.schedules.applied_schedules", lambda: iter([rule]))
    monkeypatch.setattr("harness.sandbox.services.events.schedules.is_enabled", lambda schedule: True)

    async def scenario(clock: Clock) -> None:
        async def slow(region: str, function: str, event: Mapping[str, Any]) -> None:
            await clock.sleep(12)

        schedules = Schedules(clock, invoke=slow, epoch=lambda moment: moment)
        assert schedules.start() == 1
        await clock.sleep(60)
        schedules.stop()
        moments = [firing.moment for firing in schedules.firings]
        gaps = [round(b - a) for a, b in itertools.pairwise(moments)]
        assert (len(gaps) >= 2, set(gaps)) == (True, {12})

    in_model_time(scenario)


def test_a_rule_without_input_gives_a_scheduled_event() -> None:
    event = dict(event_of(Schedule(SCOPE, FUNCTION, 60.0, None), 1_700_000_000.5))
    assert len(event.pop("id")) == 36
    assert event == {
        "version": "0",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "123456789012",
        "time": "2023-11-14T22:13:20Z",
        "region": EAST,
        "resources": ["arn:aws:events:us-east-1:123456789012:rule/tick"],
        "detail": {},
    }


@pytest.mark.parametrize(
    ("expression", "seconds"),
    [
        ("rate(1 minute)", 60.0),
        ("rate(5 minutes)", 300.0),
        ("rate(2 hours)", 7200.0),
        ("rate(1 day)", 86400.0),
        ("cron(0 12 * * ? *)", None),
        ("", None),
    ],
)
def test_the_interval_of_a_rate_is_in_seconds(expression: str, seconds: float | None) -> None:
    assert interval_of(expression) == seconds
