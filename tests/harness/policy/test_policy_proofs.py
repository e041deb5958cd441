"""A clean report proves nothing by itself: whatever checkov leaves out is a doubt, and a doubt fails the
gate."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from harness.environments import REPOSITORY
from harness.policy import checkov, reports, run
from harness.policy.proofs import WITNESS
from harness.policy.reports import PLAN, SOURCE, Scan
from tests.harness.policy.policy_reports import CUSTOM, doubts, expected, record, recorded, scan, scans

CANARIES = REPOSITORY / "policies" / "canaries"


def changed(framework: str, **options: object) -> dict[str, Scan]:
    found = scans()
    return {**found, framework: replace(found[framework], **options)}  # type: ignore[arg-type]


def without(framework: str, rule: str, address: str) -> dict[str, Scan]:
    records = scans()[framework].records
    left = tuple(each for each in records if (each.rule, each.address) != (rule, address))
    assert len(left) < len(records)
    return changed(framework, records=left)


def test_what_checkov_said_of_the_canaries_leaves_no_doubt() -> None:
    assert doubts(expected(CANARIES), scans()) == ()


def test_every_check_of_ours_is_known_by_its_file() -> None:
    assert run.own_checks(checkov.CHECKS) == CUSTOM


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"passed": 0, "failed": 0, "skipped": 0, "parsing_errors": 0, "resource_count": 0}',
        '{"results": {}, "summary": {}}',
    ],
)
def test_what_is_no_report_is_unreadable(text: str) -> None:
    with pytest.raises(reports.Unreadable):
        reports.read(text)


def test_a_framework_that_gave_no_report_is_a_doubt() -> None:
    found = {SOURCE: scans()[SOURCE]}
    assert "checkov gave no report for terraform_plan" in doubts(expected(CANARIES), found)


def test_parsing_errors_are_doubts() -> None:
    data = json.loads(recorded(PLAN))
    data["summary"]["parsing_errors"] = 1
    found = {**scans(), PLAN: reports.read(json.dumps(data))}
    assert doubts(expected(CANARIES), found) == ("terraform_plan: checkov could not parse ?",)


def test_another_version_of_checkov_is_a_doubt() -> None:
    assert (
        doubts(expected(CANARIES), scans(), version="3.3.31")
        == ("checkov 3.3.30 answered, requirements/policy.in pins 3.3.31",) * 2
    )
    assert checkov.pinned_version(checkov.PINNED.read_text()) == "3.3.30"


def test_a_resource_that_was_not_read_is_a_doubt() -> None:
    address = "aws_cloudwatch_log_group.ckv_antipode_4_kept"
    found = without(PLAN, WITNESS, address)
    assert doubts(expected(CANARIES), found) == (
        f"canaries/passes/plan.json: checkov did not read {address}",
    )


def test_a_count_that_is_not_the_plans_is_a_doubt() -> None:
    assert doubts(expected(CANARIES), changed(PLAN, resources=22)) == (
        "terraform_plan: checkov counts 22 resources, the plans manage 26",
    )


def test_a_check_of_ours_that_was_not_loaded_is_a_doubt() -> None:
    found = {
        framework: replace(each, records=tuple(r for r in each.records if r.rule != "CKV_ANTIPODE_4"))
        for framework, each in scans().items()
    }
    said = doubts(expected(CANARIES), found)
    assert "canaries/fails: no canary shows that CKV_ANTIPODE_4 says failed" in said
    assert "canaries/passes: no canary shows that CKV_ANTIPODE_4 says passed" in said


def test_a_check_without_canaries_is_a_doubt() -> None:
    said = doubts(expected(CANARIES), scans(), custom=CUSTOM | {"CKV_ANTIPODE_77"})
    assert said == (
        "canaries/fails: no canary shows that CKV_ANTIPODE_77 says failed",
        "canaries/passes: no canary shows that CKV_ANTIPODE_77 says passed",
    )


def test_a_canary_that_does_not_fail_is_a_doubt() -> None:
    address = "aws_lambda_function.ckv_antipode_7_named"
    records = tuple(
        replace(each, result="passed") if (each.rule, each.address) == ("CKV_ANTIPODE_7", address) else each
        for each in scans()[PLAN].records
    )
    assert doubts(expected(CANARIES), changed(PLAN, records=records)) == (
        f"canaries/fails/plan.json: CKV_ANTIPODE_7 said passed of {address}, it must say failed",
    )


def test_a_stack_without_a_plan_is_a_doubt() -> None:
    assert doubts(expected(CANARIES), scans(), stacks=("edge",)) == (
        "stack edge has no plan",
        "stack edge has no root",
    )


def test_what_checkov_skips_by_itself_is_a_doubt() -> None:
    skipped = (*scans()[SOURCE].records, record(result="skipped"))
    assert doubts(expected(CANARIES), changed(SOURCE, records=skipped)) == (
        "terraform: checkov skipped CKV_AWS_18 by itself",
    )


def test_trouble_in_its_log_is_a_doubt() -> None:
    assert doubts(expected(CANARIES), scans(), trouble=["Failed to run check CKV_AWS_1"]) == (
        "checkov: Failed to run check CKV_AWS_1",
    )


def test_source_must_show_every_block_that_the_plan_manages() -> None:
    wanted = replace(
        expected(CANARIES),
        plans={
            "us-east-1": frozenset({'module.api["x"].aws_s3_bucket.this[0]', "module.key.aws_kms_key.this"})
        },
        roots={"us-east-1": "sources/us-east-1/envs/prod/us-east-1/main.tf"},
    )
    seen = record(rule=WITNESS, result="passed", address="module.api.aws_s3_bucket.this")
    found = {**scans(), SOURCE: scan(SOURCE, *scans()[SOURCE].records, seen)}
    said = doubts(wanted, found)
    assert "source of stack us-east-1: checkov did not read module.key.aws_kms_key.this" in said
    assert "source of stack us-east-1: CKV_ANTIPODE_2 was not run on its providers" in said
