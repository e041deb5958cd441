"""Checks of our own against checkov itself: each fails and passes its canaries, in source and in plans."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from harness import environments
from harness.environments import REPOSITORY
from harness.policy import checkov, plan_documents, proofs, reports, run, staging
from harness.policy.gate import WARNING
from harness.policy.staging import KINDS, Expected

CANARIES = REPOSITORY / "policies" / "canaries"


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Expected, checkov.Answer]:
    """checkov's answer about the canaries alone; one that is not installed fails the tests, it skips none."""
    folder, nothing = tmp_path_factory.mktemp("staged"), tmp_path_factory.mktemp("nothing")
    expected = staging.stage(
        folder, name="none", environment=nothing, modules=nothing, canaries=CANARIES, stacks=(), plans={}
    )
    return expected, checkov.ask(folder)


@pytest.mark.checkov
@pytest.mark.timeout(600)
def test_every_check_of_ours_fails_and_passes_its_canaries_in_source_and_plans(
    asked: tuple[Expected, checkov.Answer],
) -> None:
    expected, answer = asked
    scans = {scan.framework: scan for scan in map(reports.read, answer.reports)}
    assert (
        proofs.doubts(
            expected,
            scans,
            stacks=(),
            version=checkov.pinned_version(checkov.PINNED.read_text(encoding="utf-8")),
            custom=run.own_checks(checkov.CHECKS),
            trouble=answer.trouble,
        )
        == ()
    )


@pytest.mark.checkov
@pytest.mark.timeout(600)
def test_every_skip_of_this_repository_is_of_a_check_that_checkov_knows(
    asked: tuple[Expected, checkov.Answer],
) -> None:
    written, _ = run.written_skips(run.POLICIES / "skips.yaml", run.MODULES)
    used = {skip.rule for skip in written if skip.rule.startswith("CKV")}
    assert len(used) > 20
    assert used - asked[1].listed - run.own_checks(checkov.CHECKS) == set()


@pytest.mark.parametrize("kind", KINDS)
def test_a_canary_is_the_same_in_source_and_plan(kind: str) -> None:
    source = staging.always((CANARIES / kind / "main.tf").read_text(encoding="utf-8"))
    plan = json.loads((CANARIES / kind / "plan.json").read_text(encoding="utf-8"))
    assert plan_documents.fault_of(plan) == ""
    assert plan_documents.managed(plan) == source


def test_every_check_is_in_the_table_of_the_readme() -> None:
    text = (run.POLICIES / "README.md").read_text(encoding="utf-8")
    rows = {
        line.split("|")[1].strip(" `") for line in text.splitlines() if line.startswith("| `CKV_ANTIPODE")
    }
    assert rows == run.own_checks(checkov.CHECKS)


def test_roots_and_modules_are_staged_without_skips_and_each_stack_with_the_modules_that_it_calls(
    tmp_path: Path,
) -> None:
    environment = environments.load("prod")
    expected = staging.stage(
        tmp_path,
        name="prod",
        environment=environment.folder,
        modules=run.MODULES,
        canaries=CANARIES,
        stacks=("edge", "us-east-1"),
        plans={},
    )
    assert expected.roots["edge"] == "sources/edge/envs/prod/edge/main.tf"
    assert [path.name for path in (tmp_path / "sources/edge/modules/edge").iterdir()] == ["dns_routing"]
    # called by compute/function, not by the root
    assert (tmp_path / "sources/us-east-1/modules/compute/release/main.tf").is_file()
    assert all("checkov:skip" not in file.read_text() for file in tmp_path.rglob("*.tf"))
    assert "../release" not in (tmp_path / "modules/compute/function/alias.tf").read_text()


def test_a_skip_of_a_check_of_ours_is_of_a_known_check() -> None:
    nothing = checkov.Answer(reports=(), listed=frozenset(), trouble=())
    environment = environments.load("reference/active-standby-api")
    result = run.result_of(
        environment, {}, today=date.today(), ask=lambda folder: nothing, rules=lambda *_: []
    )
    unknown = [str(each.finding) for each in result.judged if "is not a check" in str(each.finding)]
    assert any("CKV_AWS" in each for each in unknown)
    assert not any("CKV_ANTIPODE" in each for each in unknown)


@pytest.mark.long
@pytest.mark.checkov
@pytest.mark.terraform
@pytest.mark.sandbox
@pytest.mark.timeout(1800)
def test_the_reference_environment_has_no_error_and_everything_was_read() -> None:
    environment = environments.load("reference/active-standby-api")
    result = run.result_of(environment, run.planned(environment), today=date.today())
    standing = [each.finding for each in result.standing if each.finding.severity != WARNING]
    assert standing == []
    assert result.resources > 100
