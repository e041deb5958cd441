"""Sections 1 to 3 of global-serverless's runbook against real controllers, in real time: its make commands in
their order, with us-east-1 lost and healed where the text says so."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.estates import Estate, applied
from generator.pages.runbooks import runbooks
from harness import cli
from harness.failover import commands as operator
from harness.rehearsal import drill as rehearsal
from harness.sandbox.faults import to_fault
from harness.targets import announced as running_sandbox
from harness.targets.announced import RunningSandbox
from tests.drilling import TURNS

pytestmark = [
    pytest.mark.e2e, pytest.mark.sandbox, pytest.mark.terraform, pytest.mark.long, pytest.mark.timeout(3600),
]  # fmt: skip

NAME = "reference/global-serverless"
# Seconds that the controllers may take until they agree on what happened, and that Aurora may take until it
# has built the lost region's clusters anew (three to ten minutes: delays.yaml).
SETTLE, REBUILT = 180.0, 900.0


@pytest.fixture(scope="module")
def estate(quick_terraform: Path) -> Iterator[Estate]:
    """Applied, with controllers and checkers running, and found by commands as `make sandbox` is."""
    with applied(NAME, terraform=quick_terraform) as found, TURNS.turn():
        sandbox = found.sandbox
        variables = sandbox.environment(found.environment.manifest.recovery_region)
        told = RunningSandbox(
            os.getpid(),
            sandbox.endpoint,
            found.environment.manifest.account_id,
            sandbox.regions,
            variables,
        )
        with running_sandbox.announced(told):
            sandbox.run(rehearsal._start_clocks(sandbox))
            yield found


def section(estate: Estate, number: int) -> list[list[str]]:
    """The words of the section's make commands as `python -m harness` takes them."""
    text = runbooks(estate.environment.manifest, environment=NAME)
    part = re.split(r"^## \d\. ", text, flags=re.MULTILINE)[number]
    return [_words(line) for line in re.findall(r"^make (.*)$", part, re.MULTILINE)]


def _words(line: str) -> list[str]:
    verb, *options = line.split()
    found = [verb]
    for option in options:
        name, value = option.split("=", 1)
        found += ["--dry-run"] if name == "DRY_RUN" else [f"--{name.lower()}", value]
    asks = verb in ("failover", "switchover", "failback", "readmit")
    return [*found, "--sandbox", *(["--yes"] if asks else [])]


def until_good(words: list[str], within: float = SETTLE) -> None:
    """Run a command until it succeeds: what people do who are told that it is too early."""
    deadline = time.monotonic() + within
    while (status := cli.main(words)) != 0:
        assert time.monotonic() < deadline, (words, status)
        time.sleep(5)


def writer(estate: Estate) -> str:
    with operator.controllers(estate.environment, sandbox=True) as found:
        return str(found.status()["status"]["writer"])


def test_switchover_and_failback_by_their_commands(estate: Estate) -> None:
    for words in section(estate, 2):
        until_good(words)
    *_, dry, failback, status, _plan = section(estate, 3)
    for words in (dry, failback, status):
        until_good([*words, "--force"] if words[0] == "failback" else words)


def test_failover_and_the_way_home_by_their_commands(estate: Estate) -> None:
    number = estate.sandbox.faults.inject(
        to_fault({"kind": "region-dark", "region": "us-east-1", "mode": "refuse"})
    )
    status, dry, failover, _plan = section(estate, 1)
    assert dry[0] == failover[0] == "failover"
    cli.main(dry)
    deadline = time.monotonic() + SETTLE
    # refused until the lease has run out; the controller may be quicker, then there is nothing left to do
    while writer(estate) != "eu-west-1":
        assert time.monotonic() < deadline
        cli.main([*failover, "--force"])
    until_good(status)
    estate.sandbox.faults.heal(number)
    ask, _reconcile, readmit, dry, failback, after, _plan = section(estate, 3)
    until_good(ask)
    until_good(readmit, REBUILT)
    for words in (dry, failback):
        until_good([*words, "--force"])
    until_good(after)
    assert writer(estate) == "us-east-1"
