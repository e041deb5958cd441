"""Estates with a defect that a drill must find: each needs a sandbox of its own."""

from __future__ import annotations

import pytest

from harness.sandbox.sandbox import Sandbox
from tests.harness.drill.drill_estate import ACCOUNT, LOST, REGIONS, build, conclusive, scenario

pytestmark = [pytest.mark.sandbox, pytest.mark.drills, pytest.mark.timeout(240)]


@pytest.mark.long
def test_without_health_checks_nobody_recovers_and_the_reason_is_named() -> None:
    with Sandbox(account_id=ACCOUNT, regions=REGIONS) as sandbox:
        subject = build(sandbox, health_checks=False)
        result = conclusive(sandbox, subject, scenario(LOST), seed=1)
    assert (result.verdict.status, result.exit_status) == ("objectives-missed", 1)
    assert result.verdict.findings[0].reason == (
        "no DNS answer ever named us-west-2: the record of us-east-1 has no health check"
    )


@pytest.mark.long
def test_health_that_something_else_answers_is_detected_before_anything_is_broken() -> None:
    with Sandbox(account_id=ACCOUNT, regions=REGIONS) as sandbox:
        subject = build(sandbox, health="liar")
        result = conclusive(sandbox, subject, scenario(LOST), seed=1)
    assert (result.verdict.status, result.exit_status) == ("precondition-failed", 1)
    assert "answered by something else than the health function of us-east-1" in result.verdict.sentence
    assert result.ledger.attempts == []
