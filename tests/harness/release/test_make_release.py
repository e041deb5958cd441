"""`make release` against services that answer from a script: order, refusals, progress, and what is said."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from rich.console import Console

from generator import manifest
from generator.manifest.problems import InputRefused
from harness.environments import Environment
from harness.release import release
from harness.release.progress import Ended, Event, Noted, Shifted, Started, View, json_line, progress
from harness.release.release import Alias, Regions, Request
from harness.terraform.stack import Target

LEAD, STANDBY = "us-east-1", "us-west-2"
MANIFEST = """\
name: prod
account_id: "123456789012"
domain: example.com
objectives: {rto: 50s, rpo: 5s}
topology: active-standby
regions:
  us-east-1: {role: primary, cidr: 10.0.0.0/16}
  us-west-2: {role: standby, cidr: 10.1.0.0/16}
compute:
  functions:
    read: {source: read, access: {items: read}}
    write: {source: write, access: {items: write}, release: {}}
  api:
    routes: {GET /read: read, POST /write: write}
data:
  tables:
    items: {hash_key: pk}
"""


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    (tmp_path / "manifest.yaml").write_text(MANIFEST)
    return Environment("prod", tmp_path, manifest.load(tmp_path / "manifest.yaml"))


def body(*, current: str = "1", target: str = "2") -> str:
    properties = {"Name": "prod-write", "Alias": "live", "CurrentVersion": current, "TargetVersion": target}
    content = json.dumps({"version": "0.0", "Resources": [{"prod-write": {"Properties": properties}}]})
    revision = {"revisionType": "AppSpecContent", "appSpecContent": {"content": content}}
    return json.dumps({"applicationName": "prod-write", "deploymentGroupName": "live", "revision": revision})


def outputs_of(value: str | None) -> dict[str, Any]:
    return {region: {"value": value} for region in (LEAD, STANDBY)}


class Account:
    """Each region's alias, and the looks that a deployment in it gives one after the other: its status and
    the share of the new version, or what is raised instead."""

    def __init__(self, looks: Mapping[str, Sequence[Any]], *, version: str = "1") -> None:
        self.looks: dict[str, Iterator[Any]] = {region: iter(each) for region, each in looks.items()}
        self.aliases = {region: Alias(version, 0) for region in (LEAD, STANDBY)}
        self.submitted: list[str] = []
        self.under_way: list[str] = []

    def client(self, service: str, region: str) -> Any:
        return {
            "lambda": SimpleNamespace(get_alias=lambda **_: self._alias(region)),
            "codedeploy": SimpleNamespace(
                create_deployment=lambda **_: self._create(region),
                list_deployments=lambda **_: {"deployments": self.under_way},
                get_deployment=lambda deploymentId: {"deploymentInfo": self._look(region, deploymentId)},
                get_deployment_group=lambda **_: {
                    "deploymentGroupInfo": {"alarmConfiguration": {"alarms": [{"name": "errors"}]}}
                },
            ),
            "cloudwatch": SimpleNamespace(
                describe_alarms=lambda **_: {"MetricAlarms": [{"AlarmName": "errors", "StateValue": "ALARM"}]}
            ),
        }[service]

    def _alias(self, region: str) -> dict[str, Any]:
        if region not in self.aliases:
            error = {"Error": {"Code": "ResourceNotFoundException", "Message": "none"}}
            raise ClientError(error, "GetAlias")  # type: ignore[arg-type]
        version, percent = self.aliases[region]
        weights = {"AdditionalVersionWeights": {"2": percent / 100}}
        return {"FunctionVersion": version, **({"RoutingConfig": weights} if percent else {})}

    def _create(self, region: str) -> dict[str, str]:
        self.submitted.append(region)
        return {"deploymentId": f"d-{region}"}

    def _look(self, region: str, identifier: str) -> Any:
        if identifier == "d-back":
            self.aliases[region] = Alias("1", 0)
            return {"status": "Succeeded"}
        look = next(self.looks[region])
        if isinstance(look, BaseException):
            raise look
        status, self.aliases[region], *more = look
        return {"status": status, **(more[0] if more else {})}


GOOD = [("Created", Alias("1", 0)), ("InProgress", Alias("1", 10)), ("Succeeded", Alias("2", 0))]
ALARM = {"errorInformation": {"code": "ALARM_ACTIVE", "message": "errors went off."}}
BACK = {"rollbackInfo": {"rollbackDeploymentId": "d-back"}}


@pytest.fixture
def released(environment: Environment, monkeypatch: pytest.MonkeyPatch) -> Any:
    def run(account: Account, outputs: Mapping[str, Any] | None = None) -> tuple[int, list[Event]]:
        given = outputs if outputs is not None else outputs_of(body())
        monkeypatch.setattr(Regions, "client", lambda self, *at: account.client(*at))
        monkeypatch.setattr(release, "open_session", lambda *_: None)
        monkeypatch.setattr(
            release.runner,
            "outputs",
            # an output that is null is not in the state
            lambda session, stack: (
                {"release_write": found} if (found := given.get(stack.name)) and found["value"] else {}
            ),
        )
        told: list[Event] = []
        target = Target(name="aws")
        chosen = release.chosen_functions(environment, ())
        return (
            release.run(environment, target, functions=chosen, observe=told.append, look_every=0),
            told,
        )

    return run


def test_the_standby_goes_first_and_the_lead_region_when_it_has_succeeded(released: Any) -> None:
    account = Account({LEAD: GOOD, STANDBY: GOOD})
    status, told = released(account)
    assert (status, account.submitted) == (0, [STANDBY, LEAD])
    assert [str(each) for each in told if not isinstance(each, Ended)] == [
        "write in us-west-2: version 1 to 2, deployment d-us-west-2",
        "write in us-west-2: 0 % of the requests go to the new version",
        "write in us-west-2: 10 % of the requests go to the new version",
        "write in us-west-2: 100 % of the requests go to the new version",
        "write in us-east-1: version 1 to 2, deployment d-us-east-1",
        "write in us-east-1: 0 % of the requests go to the new version",
        "write in us-east-1: 10 % of the requests go to the new version",
        "write in us-east-1: 100 % of the requests go to the new version",
    ]


def test_a_release_that_an_alarm_takes_back_leaves_the_next_region_alone(released: Any) -> None:
    taken_back = [("InProgress", Alias("1", 10)), ("Stopped", Alias("1", 10), {**ALARM, **BACK})]
    account = Account({STANDBY: taken_back})
    status, told = released(account)
    assert (status, account.submitted) == (1, [STANDBY])
    assert [each.percent for each in told if isinstance(each, Shifted)] == [10, 0]
    assert told[-1] == Noted(
        "write in us-west-2: stopped (ALARM_ACTIVE): errors went off. Ringing: errors. Version 1 serves all "
        "requests again; not started: write in us-east-1",
        good=False,
    )


def test_a_release_that_is_not_taken_back_is_said_to_be_still_out(released: Any) -> None:
    status, told = released(Account({STANDBY: [("Stopped", Alias("1", 10), ALARM)]}))
    assert status == 1
    assert "NOT TAKEN BACK: the alias live is at version 1 and sends 10 % to version 2" in str(told[-1])


def test_nothing_to_release_is_no_failure(released: Any) -> None:
    status, told = released(Account({}), outputs_of(None))
    assert (status, [str(each) for each in told]) == (
        0,
        ["nothing to release in prod: what was published last serves everywhere"],
    )


def test_an_output_that_is_older_than_a_release_asks_for_nothing(released: Any) -> None:
    account = Account({}, version="2")
    assert (released(account)[0], account.submitted) == (0, [])


def test_an_alias_that_the_last_apply_did_not_see_is_refused(released: Any) -> None:
    with pytest.raises(InputRefused) as caught:
        released(Account({}, version="3"))
    assert [str(each) for each in caught.value.problems] == [
        "write in us-west-2: the alias live is at version 3, the last apply saw 1; run `make apply` again"
    ]


def test_a_region_that_is_not_applied_is_refused_before_anything_begins(released: Any) -> None:
    account = Account({})
    del account.aliases[LEAD]
    with pytest.raises(InputRefused) as caught:
        released(account, {STANDBY: {"value": body()}})
    assert ([str(each) for each in caught.value.problems], account.submitted) == (
        ["us-east-1 of prod is not applied; `make apply ENV=prod` first"],
        [],
    )


def test_a_deployment_that_is_under_way_is_followed_instead_of_submitted_again(released: Any) -> None:
    account = Account({LEAD: GOOD, STANDBY: GOOD})
    account.under_way = ["d-earlier"]
    status, told = released(account)
    assert (status, account.submitted) == (0, [])
    assert [each.deployment for each in told if isinstance(each, Started)] == ["d-earlier", "d-earlier"]


def test_a_region_that_does_not_answer_for_a_while_is_asked_again(released: Any) -> None:
    gone = EndpointConnectionError(endpoint_url="https://codedeploy")
    status, told = released(Account({STANDBY: [gone, gone, *GOOD], LEAD: GOOD}))
    assert (status, sum(isinstance(each, Noted) for each in told)) == (0, 1)


def test_a_region_that_never_answers_again_is_given_up(
    released: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(release, "PATIENCE", 3)
    gone = EndpointConnectionError(endpoint_url="https://codedeploy")
    status, told = released(Account({STANDBY: [gone] * 3}))
    assert status == 1
    assert str(told[-1]).startswith(
        "write in us-west-2: out of reach, deployment d-us-west-2 goes on unwatched: "
    )


def test_a_request_that_codedeploy_refuses_ends_the_release(
    released: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = Account({})

    def refuse(region: str) -> dict[str, str]:
        error = {"Error": {"Code": "InvalidRevisionException", "Message": "not whole"}}
        raise ClientError(error, "CreateDeployment")  # type: ignore[arg-type]

    monkeypatch.setattr(account, "_create", refuse)
    status, told = released(account)
    assert (status, "CodeDeploy did not take the request" in str(told[-1])) == (1, True)


def test_interrupted_it_says_that_the_release_goes_on_and_how_to_take_it_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    account = Account({STANDBY: [("InProgress", Alias("1", 10)), KeyboardInterrupt()]})
    monkeypatch.setattr(Regions, "client", lambda self, *at: account.client(*at))
    told: list[Event] = []
    request = Request(STANDBY, "write", json.loads(body()))
    following = release.Following(request, Regions({}), told.append, look_every=0)
    with pytest.raises(KeyboardInterrupt):
        following.to_the_end()
    assert str(told[-1]) == (
        "the release goes on in us-west-2; `make release` follows it again, and this takes it back: aws "
        "deploy stop-deployment --region us-west-2 --auto-rollback-enabled --deployment-id d-us-west-2"
    )


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "read",
            "FUNCTION=read: is not released step by step (write); add `release: {}` to "
            "compute.functions.read in the manifest",
        ),
        ("wrote", "FUNCTION=wrote: is not a function of prod; use write"),
    ],
)
def test_a_function_that_is_not_released_is_refused(
    environment: Environment, name: str, message: str
) -> None:
    with pytest.raises(InputRefused) as caught:
        release.chosen_functions(environment, [name])
    assert [str(each) for each in caught.value.problems] == [message]


def test_without_a_terminal_progress_is_lines_and_json_is_one_object_a_line() -> None:
    told = (Started(STANDBY, "write", "1", "2", "d-1"), Ended(STANDBY, "write", "Stopped", 95.0, "why"))
    lines, objects = io.StringIO(), io.StringIO()
    for as_json, stream in ((False, lines), (True, objects)):
        with progress(as_json=as_json, stream=stream) as observe:
            for event in told:
                observe(event)
    assert lines.getvalue().splitlines() == [
        "write in us-west-2: version 1 to 2, deployment d-1",
        "write in us-west-2: stopped after 1 min 35 s",
    ]
    assert [json.loads(line)["event"] for line in objects.getvalue().splitlines()] == ["Started", "Ended"]
    assert json_line(told[1], at=datetime(2026, 11, 20, tzinfo=UTC)) == (
        '{"event": "Ended", "at": "2026-11-20T00:00:00.000+00:00", "region": "us-west-2", '
        '"function": "write", "status": "Stopped", "seconds": 95.0, "why": "why"}'
    )


def test_in_a_terminal_each_deployment_is_a_row() -> None:
    view = View(now=lambda: 60.0)
    for event in (
        Started(STANDBY, "write", "1", "2", "d-1"),
        Shifted(STANDBY, "write", 10),
        Ended(STANDBY, "write", "Succeeded", 300.0),
        Started(LEAD, "write", "1", "2", "d-2"),
    ):
        view.take(event)
    console = Console(width=120, file=io.StringIO(), force_terminal=False)
    with console.capture() as shown:
        console.print(view.table())
    rows = [line.split() for line in shown.get().splitlines()[1:]]
    kept = [[cell for cell in row if set(cell) - set("━╸╺ ")] for row in rows]
    assert kept == [
        ["us-west-2", "write", "1", "to", "2", "succeeded", "10", "%", "5", "min"],
        ["us-east-1", "write", "1", "to", "2", "inprogress", "0", "%", "0", "s"],
    ]
