"""The controller's function as it is called: its settings, ticks, commands and probes."""

from __future__ import annotations

import http.client
import http.server
import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from controller import probes
from moto import mock_aws

from tests.lambda_src.calling_functions import Context, create_table, load
from tests.lambda_src.failover_model import EAST, WEST, WITNESS

VOTERS = (EAST, WEST, WITNESS)
TABLE = "prod-control"


@pytest.fixture(scope="module")
def aws() -> Iterator[None]:
    with mock_aws():
        for voter in VOTERS:
            create_table(boto3.client("dynamodb", region_name=voter), TABLE)
        yield


class Regions:
    """How each region's health check answers now."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, str]] = {}


@pytest.fixture
def regions() -> Iterator[Regions]:
    state = Regions()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = state.answers.get(str(self.headers["Host"]), (200, "{}"))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: Any) -> None:
            return

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    state.port = server.server_port  # type: ignore[attr-defined]
    yield state
    server.shutdown()
    server.server_close()


@pytest.fixture
def controller(aws: None, regions: Regions, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A way to call the function of a region, at a time; the tables are empty."""
    for voter in VOTERS:
        table = boto3.resource("dynamodb", region_name=voter).Table(TABLE)
        for item in table.scan()["Items"]:
            table.delete_item(Key={"pk": item["pk"]})
    for name, value in {
        "VOTERS": json.dumps(VOTERS),
        "REGIONS": json.dumps(
            {
                WEST: {"health_url": "https://app.euw1.example.com/health", "succession": 1},
                EAST: {"health_url": "https://app.use1.example.com/health", "succession": 0},
            }
        ),
        "CONTROL_TABLE": TABLE,
        "HOME_REGION": EAST,
        "ACCOUNT_ID": "123456789012",
    }.items():
        monkeypatch.setenv(name, value)
    module = load("failover")
    module._ports.cache_clear()
    address = ("127.0.0.1", regions.port)  # type: ignore[attr-defined]

    def connection(_parts: Any) -> Any:
        return http.client.HTTPConnection(*address, timeout=2)

    monkeypatch.setattr(probes, "_connection", connection)

    def call(region: str, **event: Any) -> dict[str, Any]:
        monkeypatch.setenv("AWS_REGION", region)
        answer: dict[str, Any] = module.handler(event, Context())
        return answer

    yield call
    module._ports.cache_clear()


def tick_all(controller: Any, start: float, seconds: float) -> None:
    at = start
    while at < start + seconds:
        for voter in VOTERS:
            controller(voter, ticks=1, tick_seconds=5, now=at)
        at += 5


def test_ticks_make_the_home_region_the_writer_and_status_says_so_from_anywhere(controller: Any) -> None:
    tick_all(controller, 1000.0, 20.0)
    status = controller(WITNESS, command="status", now=1021.0)["status"]
    assert (status["writer"], status["epoch"], status["phase"]) == (EAST, 1, "done")
    assert status["voters"] == {voter: {"epoch": 1, "writer": EAST, "phase": "done"} for voter in VOTERS}
    assert [entry["event"] for entry in status["log"]] == ["promoted", "fenced", "admitted", "done"]
    assert status["lease_seconds_left"] > 0


def test_a_region_that_stops_answering_is_taken_over_from(controller: Any, regions: Regions) -> None:
    tick_all(controller, 1000.0, 20.0)
    regions.answers["app.use1.example.com"] = (503, '{"checks":{"prod-items":{"status":"fail","cause":"x"}}}')
    tick_all(controller, 1020.0, 60.0)
    status = controller(WEST, command="status", now=1080.0)["status"]
    assert (status["writer"], status["epoch"], status["lease"]["kind"]) == (WEST, 2, "evacuation")
    assert status["lease"]["retired"] == [EAST]
    seen = status["observations"][WITNESS][EAST]
    assert (seen["well"], seen["cause"]) == (False, "prod-items: x")


def test_a_switchover_is_planned_first_if_asked_and_then_carried_out(controller: Any) -> None:
    tick_all(controller, 1000.0, 20.0)
    plan = controller(WEST, command="switchover", to=WEST, dry_run=True, by="ann", now=1020.0)
    assert (plan["allowed"], plan["reasons"], plan["steps"]) == (
        True,
        [],
        [
            f"{EAST} stops taking writes, waits 5 s and releases the lease",
            f"{WEST} claims epoch 2",
            f"{WEST} takes writes",
        ],
    )
    tick_all(controller, 1020.0, 10.0)
    assert controller(WEST, command="status", now=1030.0)["status"]["writer"] == EAST
    assert controller(WEST, command="switchover", to=WEST, by="ann", now=1030.0)["allowed"] is True
    tick_all(controller, 1030.0, 30.0)
    status = controller(WEST, command="status", now=1060.0)["status"]
    assert (status["writer"], status["epoch"], status["lease"]["kind"]) == (WEST, 2, "switchover")
    asked = [entry for entry in status["log"] if entry["event"] == "asked for switchover"]
    assert [entry["details"] for entry in asked] == [f"to {WEST} by ann"]


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (
            {"command": "explode"},
            "command must be one of status, failover, switchover, failback, readmit, reconcile",
        ),
        ({"command": "switchover", "to": EAST}, f"{EAST} is the writer already"),
        ({"command": "switchover", "to": "mars"}, f"mars cannot write: choose one of {EAST}, {WEST}"),
        (
            {"command": "failover", "to": WEST},
            f"{EAST} sees {EAST} well: use switchover, which loses nothing",
        ),
        ({"command": "readmit", "to": WEST}, f"{WEST} is not retired"),
        ({"command": "failback"}, f"{EAST} is the writer already"),
        ({"command": "reconcile"}, "GLOBAL_CLUSTERS names no database: there is nothing to reconcile"),
    ],
)
def test_what_is_unsafe_is_refused_with_the_reason_and_changes_nothing(
    controller: Any, event: dict[str, Any], reason: str
) -> None:
    tick_all(controller, 1000.0, 20.0)
    answer = controller(WEST, **event, now=1020.0)
    expected = reason.replace(f"{EAST} sees", f"{WEST} sees")
    assert answer["allowed"] is False
    assert expected in answer["reasons"]
    assert controller(WEST, command="status", now=1021.0)["status"]["intent"] is None


def test_a_failback_waits_until_the_home_region_has_been_well_for_long(controller: Any) -> None:
    tick_all(controller, 1000.0, 20.0)
    controller(WEST, command="switchover", to=WEST, now=1020.0)
    tick_all(controller, 1020.0, 40.0)
    early = controller(WEST, command="failback", now=1060.0)
    assert early["reasons"] == [f"{EAST} has not been well for 300 s in a row: try again later"]
    tick_all(controller, 1060.0, 260.0)
    assert controller(WEST, command="failback", now=1321.0)["reasons"] == []
    tick_all(controller, 1322.0, 30.0)
    assert controller(EAST, command="status", now=1352.0)["status"]["writer"] == EAST


def test_without_a_majority_no_command_is_taken(controller: Any) -> None:
    from botocore.exceptions import EndpointConnectionError

    tick_all(controller, 1000.0, 20.0)
    ports = load("failover")._ports(WEST)[0]

    def refuse(**_: Any) -> Any:
        raise EndpointConnectionError(endpoint_url="https://dynamodb")

    for voter in (EAST, WITNESS):
        ports._clients[voter].get_item = refuse
    answer = controller(WEST, command="failover", force=True, now=1100.0)
    assert answer["reasons"] == ["only 1 of 3 voters can be reached from here: run it in another region"]


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("VOTERS", '["a", "b"]', "VOTERS must be a JSON list of an odd number of regions, at least three"),
        ("VOTERS", "[", "VOTERS must be JSON"),
        ("REGIONS", '{"mars": {"succession": 0}}', "REGIONS must name only regions of VOTERS"),
        ("HOME_REGION", "mars", "HOME_REGION mars is not in REGIONS"),
        ("LEASE_SECONDS", "long", "LEASE_SECONDS must be a number of seconds"),
        ("GLOBAL_CLUSTERS", "[]", "GLOBAL_CLUSTERS must be a JSON object"),
    ],
)
def test_a_wrong_setting_is_named(
    controller: Any, monkeypatch: pytest.MonkeyPatch, name: str, value: str, message: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(Exception, match=r".") as raised:
        load("failover").settings()
    assert str(raised.value) == message


def test_in_real_time_it_looks_twice_more_than_asked_and_never_beyond_its_limit(
    controller: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = load("failover")
    slept: list[float] = []
    sleep, mine = time.sleep, threading.get_ident()

    def noted(seconds: float) -> None:
        # an emulator that another test left in this process has threads that go on sleeping
        if threading.get_ident() == mine:
            slept.append(seconds)
        else:
            sleep(seconds)

    monkeypatch.setattr(module.time, "sleep", noted)
    assert controller(EAST, ticks=3, tick_seconds=5) == {"ticks": 5}
    assert len(slept) == 4

    class Ending(Context):
        left = iter([30_000, 20_000, 9_000])

        def get_remaining_time_in_millis(self) -> int:
            return next(self.left)

    monkeypatch.setenv("AWS_REGION", EAST)
    assert module.handler({"ticks": 12, "tick_seconds": 5}, Ending()) == {"ticks": 2}


# ---------------------------------------------------------------- probes


@pytest.mark.parametrize(
    ("status", "body", "well", "cause"),
    [
        (200, b"{}", True, ""),
        (503, b"", False, "status 503"),
        (503, b"not json", False, "status 503"),
        (503, b'{"checks":{"orders":{"status":"fail","cause":"no answer"}}}', False, "orders: no answer"),
        # a region that is kept out of service is well: only so can it be brought back
        (503, b'{"checks":{"admission":{"status":"fail","cause":"not serving: retired"}}}', True, ""),
        (
            503,
            b'{"checks":{"admission":{"status":"fail","cause":"not serving: retired"},'
            b'"orders":{"status":"fail","cause":"x"}}}',
            False,
            "admission: not serving: retired; orders: x",
        ),
        (
            503,
            b'{"checks":{"admission":{"status":"fail","cause":"not confirmed: cut off"}}}',
            False,
            "admission: not confirmed: cut off",
        ),
    ],
)
def test_an_answer_tells_whether_a_region_is_well(status: int, body: bytes, well: bool, cause: str) -> None:
    assert probes.health_of_response(status, body) == (well, cause)


def test_a_region_that_does_not_answer_is_not_well() -> None:
    assert probes.probe_region("https://127.0.0.1:1/health") == (False, "ConnectionRefusedError")


def test_in_the_sandbox_the_gateway_is_asked_and_told_the_regions_host(
    regions: Regions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{regions.port}")  # type: ignore[attr-defined]
    regions.answers["app.euw1.example.com"] = (503, "")
    assert probes.probe_region("https://app.use1.example.com/health") == (True, "")
    assert probes.probe_region("https://app.euw1.example.com/health") == (False, "status 503")


def test_what_is_seen_is_published_once_a_minute_and_at_once_when_it_changes(aws: None) -> None:
    sent: list[Any] = []
    made = probes.RegionalProbes(WEST, "prod", {})
    made._metrics.put_metric_data = lambda **request: sent.append(request)  # type: ignore[method-assign]
    for now, well in ((0.0, True), (5.0, True), (10.0, False), (15.0, False), (75.0, False)):
        made.publish({EAST: well}, now=now)
    assert [request["MetricData"][0]["Value"] for request in sent] == [1.0, 0.0, 0.0]
    assert sent[0] == {
        "Namespace": "Antipode/Failover",
        "MetricData": [
            {
                "MetricName": "RegionReachable",
                "Dimensions": [
                    {"Name": "Environment", "Value": "prod"},
                    {"Name": "Region", "Value": EAST},
                ],
                "Value": 1.0,
            }
        ],
    }
