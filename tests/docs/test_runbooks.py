"""Every generated runbook: its commands are real ones, and name what its environment has."""

from __future__ import annotations

import re
import shlex

import pytest

from generator.manifest import implied
from generator.pages.runbooks import runbooks, spare_region
from harness import environments
from harness.drill.scenario import shipped
from harness.environments import Environment
from tests.docs.documented_commands import (
    MakeCommand,
    aws_problems,
    lines,
    make_command,
    make_commands,
    problems,
    verbs,
)

NAMES = frozenset(environments.names())
SECTIONS = [
    "Failover: a region is lost",
    "Switchover: a region is left in good order",
    "Failback: home again",
    "A region more",
    "A region less",
    "A state bucket is lost",
    "A lock that nobody holds any more",
    "A key is disabled, deleted or lost",
]
WITH_BACKUPS = "Data was deleted or spoilt"


@pytest.fixture(params=sorted(NAMES))
def environment(request: pytest.FixtureRequest) -> Environment:
    return environments.load(request.param)


def text_of(environment: Environment) -> str:
    return (environment.folder / "RUNBOOK.md").read_text()


def regions_of(environment: Environment) -> set[str]:
    """Its own, and the one that stands for a region to be added."""
    spare = spare_region(environment.manifest)
    return {
        *environment.manifest.regions,
        *implied.voters(environment.manifest),
        *([spare] if spare else []),
    }


def test_every_runbook_is_there(environment: Environment) -> None:
    last = [WITH_BACKUPS] if environment.manifest.data.backups else []
    assert re.findall(r"^## \d\. (.*)$", text_of(environment), re.MULTILINE) == [*SECTIONS, *last]


def test_every_make_command_is_one_that_the_makefile_takes(environment: Environment) -> None:
    commands = make_commands(text_of(environment))
    assert len(commands) > 15
    assert [each for command in commands for each in problems(command, environments=NAMES)] == []
    assert {command.options["ENV"] for command in commands} == {environment.name}


def test_every_command_names_stacks_regions_and_scenarios_that_there_are(environment: Environment) -> None:
    regions = regions_of(environment)
    stacks = {stack.name for stack in environment.stacks} | regions
    for command in make_commands(text_of(environment)):
        assert set(command.words("STACK")) <= stacks, command.line
        assert set(command.words("TO") + command.words("REGION")) <= regions, command.line
        assert set(command.words("SCENARIO")) <= set(shipped()), command.line


def test_every_aws_command_is_one_of_the_api_and_names_its_own_things(environment: Environment) -> None:
    found = [line for line in lines(text_of(environment)) if line.startswith("aws ")]
    assert [each for line in found for each in aws_problems(line)] == []
    for line in found:
        words = shlex.split(line)
        assert words[words.index("--region") + 1] in {*regions_of(environment), "REGION"}, line


def test_commands_are_of_make_and_of_four_other_tools_alone(environment: Environment) -> None:
    tools = {line.split()[0] for line in lines(text_of(environment))}
    assert tools == {"make", "aws", "curl", "dig", "terraform"}


def test_hosts_buckets_and_keys_are_those_of_the_roots(environment: Environment) -> None:
    roots = "".join(file.read_text() for file in environment.folder.glob("*/main.tf"))
    text = text_of(environment)
    spare = spare_region(environment.manifest)
    hosts = {host for host in re.findall(r"https://([^/]+)/", text) if spare is None or not _of(spare, host)}
    named = hosts | set(re.findall(r"--bucket (\S+)", text))
    named |= {alias.removeprefix("alias/") for alias in re.findall(r"--key-id (alias/\S+)", text)}
    named |= set(re.findall(r"--function-name (\S+)", text))
    named |= set(re.findall(r"--(?:backup-vault|source-table)-name (\S+)", text))
    assert named
    assert {name for name in named if f'"{name}"' not in roots} == set()


def _of(region: str, host: str) -> bool:
    from generator.regions import short

    return f".{short(region)}." in host


def test_without_a_controller_nobody_is_told_to_call_one() -> None:
    text = text_of(environments.load("prod"))
    verbs_named = {command.verb for command in make_commands(text)}
    assert verbs_named == {"plan", "apply", "assess", "destroy", "drill", "generate"}
    assert "nobody has to do anything" in text


def test_with_a_controller_every_command_of_it_is_in_its_section() -> None:
    text = text_of(environments.load("reference/global-serverless"))
    sections = dict(zip(SECTIONS, re.split(r"^## \d\. .*$", text, flags=re.MULTILINE)[1:], strict=True))
    told = [
        [
            command.line.replace(" ENV=reference/global-serverless", "")
            for command in make_commands(sections[each])
        ]
        for each in SECTIONS[:3]
    ]
    assert told == [
        [
            "make status",
            "make failover TO=eu-west-1 DRY_RUN=1",
            "make failover TO=eu-west-1",
            "make plan STACK=eu-west-1",
        ],
        [
            "make status",
            "make switchover TO=eu-west-1 DRY_RUN=1",
            "make switchover TO=eu-west-1",
            "make status",
        ],
        [
            "make status",
            "make reconcile REGION=us-east-1",
            "make readmit TO=us-east-1",
            "make failback DRY_RUN=1",
            "make failback",
            "make status",
            "make plan STACK=us-east-1",
        ],
    ]


def test_a_region_that_may_go_is_named_where_there_are_three() -> None:
    manifest = environments.load("prod").manifest
    third = manifest.regions["us-west-2"].model_copy(update={"cidr": "10.2.0.0/16"})
    three = manifest.model_copy(update={"regions": {**manifest.regions, "eu-central-1": third}})
    text = runbooks(three, environment="prod")
    assert "eu-central-1 is the example." in text
    assert "make destroy ENV=prod STACK=eu-central-1" in text
    assert "add one first" not in text


def test_a_manual_controller_is_told_of() -> None:
    manifest = environments.load("reference/global-serverless").manifest
    assert manifest.failover is not None
    manual = manifest.failover.model_copy(update={"mode": "manual"})
    text = runbooks(manifest.model_copy(update={"failover": manual}), environment="x")
    assert "or at once, as the mode is manual" in text


def test_the_checks_find_what_is_wrong() -> None:
    wrong = ["make failover ENV=pord TO=x", "make plan ENV=prod SEEDS=3", "make drlil"]
    assert [problems(make_command(line), environments=NAMES) for line in wrong] == [
        ["make failover ENV=pord TO=x: there is no environment pord"],
        ["make plan ENV=prod SEEDS=3: plan takes no SEEDS"],
        ["make drlil: there is no target drlil"],
    ]
    assert aws_problems("aws kms undelete-key --region us-east-1") == [
        "aws kms undelete-key --region us-east-1: kms has no undelete-key"
    ]
    assert aws_problems("aws kms enable-key --region us-east-1 --name x") == [
        "aws kms enable-key --region us-east-1 --name x: enable-key takes no --name"
    ]
    assert MakeCommand("", "plan", {"STACK": "a b"}).words("STACK") == ["a", "b"]


def test_the_makefiles_options_are_read() -> None:
    assert verbs()["failover"] == {"ENV", "TO", "SANDBOX", "DRY_RUN", "FORCE", "JSON", "YES"}
    assert {"STACK", "SANDBOX", "YES"} <= verbs()["apply"]
    assert {"SCENARIO", "SEEDS", "REAL_TIME"} <= verbs()["drill"]
    assert "MARKDOWN" in verbs()["assess"]
