"""The result: findings of source and plans alike, skips applied to both, and nothing that hides."""

from __future__ import annotations

import dataclasses
import importlib
import json
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from generator.manifest.problems import InputRefused
from harness import environments
from harness.policy import gate, plan_documents, report, run
from harness.policy.gate import GateResult, Judged, Location
from harness.policy.reports import PLAN, SOURCE
from harness.policy.skips import Skip
from policies.finding import Finding
from tests.harness.policy.policy_reports import record, scan

ADDRESS = "module.objects.aws_s3_bucket.this"
PLANNED: dict[str, Any] = {
    "format_version": "1.2",
    "planned_values": {
        "root_module": {
            "child_modules": [
                {"resources": [{"address": ADDRESS, "mode": "managed", "values": {"bucket": "b"}}]}
            ]
        }
    },
    "resource_changes": [
        {"address": ADDRESS, "change": {"after_unknown": {"arn": True, "rule": [{"key": True}]}}}
    ],
    "configuration": {
        "root_module": {"module_calls": {"objects": {"source": "../../../modules/data/bucket", "module": {}}}}
    },
}
IN_SOURCE = record()
IN_PLAN = record(file="plans/us-east-1.json", line=0)
SKIP = Skip(
    "CKV_AWS_18", "aws_s3_bucket.this", "data/bucket", "*", "The caller's choice.", None, "modules/x.tf:6"
)
RULE = Finding(
    "resilience/ttl", "error", "edge.ttl", "The TTL is too long.", "set edge.ttl to 10", "Route 53"
)


def judged(*found: Any, **options: Any) -> GateResult:
    given: dict[str, Any] = {
        "environment": "prod",
        "scans": {
            SOURCE: scan(SOURCE, *(each for each in found if each.file.startswith(("sources", "modules")))),
            PLAN: scan(PLAN, *(each for each in found if each.file.startswith("plans"))),
        },
        "plans": {"us-east-1": PLANNED},
        "locations": {("data/bucket", "aws_s3_bucket.this"): Location("modules/data/bucket/main.tf", 5)},
        "resilience": (),
        "skips": (),
        "faults": (),
        "doubts": (),
        "listed": frozenset({"CKV_AWS_18"}),
        "today": date(2026, 11, 28),
    }
    return gate.judge(**{**given, **options})


def test_source_and_plan_that_agree_are_one_finding_with_the_place_in_the_module() -> None:
    (only,) = judged(IN_SOURCE, IN_PLAN).judged
    assert only == Judged(
        Finding(
            rule="CKV_AWS_18",
            severity="error",
            where=f"us-east-1: {ADDRESS}",
            message="Ensure the S3 bucket has access logging enabled",
            fix="change modules/data/bucket/main.tf:5, or skip it there with a reason",
            source="checkov, CKV_AWS_18",
        ),
        Location("modules/data/bucket/main.tf", 5),
        ("source", "plan"),
    )


@pytest.mark.parametrize("found", [IN_SOURCE, IN_PLAN])
def test_a_skip_in_a_module_covers_source_and_plan_alike(found: Any) -> None:
    result = judged(found, skips=[SKIP])
    assert (result.good, [each.skip for each in result.judged]) == (True, [SKIP])


def test_a_skip_of_a_data_block_covers_the_plan_s_name_for_it_too() -> None:
    document = "aws_iam_policy_document.this"
    skip = replace(SKIP, resource=document)
    locations = {("data/bucket", document): Location("modules/data/bucket/main.tf", 9)}
    found = record(file="plans/us-east-1.json", line=0, address=f"module.objects.data.{document}")
    (only,) = judged(found, skips=[skip], locations=locations).judged
    assert (only.skip, only.location) == (skip, Location("modules/data/bucket/main.tf", 9))


def test_providers_are_judged_by_their_source_alone() -> None:
    provider = {"rule": "CKV_ANTIPODE_8", "address": "aws.default"}
    root = "sources/us-east-1/envs/prod/us-east-1/main.tf"
    assert judged(record(**provider, file="plans/us-east-1.json")).good
    assert not judged(record(**provider, file=root)).good


def test_a_finding_that_stands_fails_the_gate() -> None:
    assert not judged(IN_PLAN).good
    assert judged(record(result="passed")).good


def test_a_bare_module_is_silent_where_a_root_says_the_same() -> None:
    bare = record(file="modules/data/bucket/main.tf", address="aws_s3_bucket.this")
    assert [each.finding.where for each in judged(bare).judged] == ["modules/data/bucket: aws_s3_bucket.this"]
    assert [each.finding.where for each in judged(bare, IN_SOURCE).judged] == [f"us-east-1: {ADDRESS}"]


def test_a_skip_that_skips_nothing_fails_the_gate() -> None:
    result = judged(skips=[SKIP])
    assert [each.finding.message for each in result.standing] == [
        "CKV_AWS_18 on aws_s3_bucket.this skips nothing in prod; take it out, or move it "
        "to policies/skips.yaml with the environment that needs it"
    ]
    assert not result.good


def test_a_skip_beside_what_is_not_planned_here_is_judged_where_it_is() -> None:
    assert judged(skips=[SKIP], plans={}).good


def test_a_skip_for_another_environment_is_not_asked_for_here() -> None:
    assert judged(skips=[Skip("CKV_AWS_18", "*", "*", "dev", "The caller's choice.", None, "x.yaml:1")]).good


def test_a_skip_whose_day_is_over_fails_the_gate_although_it_is_used() -> None:
    over = dataclasses.replace(SKIP, until=date(2026, 11, 27))
    result = judged(IN_PLAN, skips=[over])
    assert [each.finding.rule for each in result.standing] == ["policy/skip"]


def test_a_doubt_fails_the_gate() -> None:
    result = judged(doubts=["stack edge has no plan"])
    assert [(each.finding.rule, each.finding.message) for each in result.standing] == [
        ("policy/not-proved", "stack edge has no plan")
    ]
    assert not result.good


def test_resilience_rules_are_findings_like_all_others() -> None:
    result = judged(resilience=[RULE])
    assert [each.finding for each in result.standing] == [RULE]
    assert result.standing[0].location == Location("envs/prod/manifest.yaml", 1)
    skip = Skip("resilience/ttl", "edge.*", "*", "prod", "Clients of ours wait anyway.", None, "x.yaml:3")
    assert judged(resilience=[RULE], skips=[skip]).good


def test_warnings_are_shown_and_let_pass_and_an_unknown_severity_is_an_error() -> None:
    warning = Finding(**{**vars(RULE), "severity": "warning"})
    assert judged(resilience=[warning]).good
    assert not judged(resilience=[Finding(**{**vars(RULE), "severity": "notice"})]).good


def test_without_the_resilience_rules_nothing_is_proved(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> Any:
        raise ModuleNotFoundError(f"No module named {name!r}")

    monkeypatch.setattr(importlib, "import_module", absent)
    environment = environments.load("prod")
    assert run._resilience(environment, {}, None) == (
        (),
        ["the resilience rules cannot be run: No module named 'policies.resilience'"],
    )
    assert run._resilience(environment, {}, lambda *_: [RULE]) == ((RULE,), [])


def test_values_that_only_an_apply_gives_are_marked_in_plans() -> None:
    plan = json.loads(json.dumps(PLANNED))
    plan["planned_values"]["root_module"]["child_modules"][0]["resources"][0]["values"]["rule"] = [
        {"key": None}
    ]
    (resource,) = plan_documents._resources(plan_documents.marked(plan)["planned_values"]["root_module"])
    assert resource["values"] == {
        "bucket": "b",
        "arn": "true_after_unknown",
        "rule": [{"key": "true_after_unknown"}],
    }


def test_an_address_leads_to_the_module_that_it_is_from() -> None:
    assert plan_documents.module_of(f"{ADDRESS}[0]", PLANNED) == "data/bucket"
    assert plan_documents.module_of("module.other.aws_s3_bucket.this", PLANNED) == ""
    address = 'module.a["x.y"].module.b[0].aws_kms_key.this["z"]'
    assert plan_documents.without_modules(address) == "aws_kms_key.this"
    assert plan_documents.without_indexes(address) == "module.a.module.b.aws_kms_key.this"


def test_plans_that_are_missing_or_broken_are_refused_all_at_once(tmp_path: Path) -> None:
    (tmp_path / "edge.json").write_text("{}")
    (tmp_path / "data.json").write_text('{"format_version": "1.2", "planned_val')
    (tmp_path / "state.json").write_text(json.dumps({**PLANNED, "errored": True}))
    with pytest.raises(InputRefused) as caught:
        plan_documents.read_folder(tmp_path, stacks=("edge", "data", "state", "global"))
    assert [str(each).split(": ")[0].rpartition("/")[2] for each in caught.value.problems] == [
        "edge.json",
        "data.json",
        "state.json",
        "global.json",
    ]


def test_the_table_groups_by_rule_and_the_last_line_counts(capsys: pytest.CaptureFixture[str]) -> None:
    run.show(judged(IN_PLAN, resilience=[RULE]), as_json=False, seconds=12.3)
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        "CKV_AWS_18 Ensure the S3 bucket has access logging enabled checkov, CKV_AWS_18",
        f"us-east-1: {ADDRESS} change modules/data/bucket/main.tf:5, or skip it there with a reason",
        "resilience/ttl The TTL is too long. Route 53",
        "edge.ttl set edge.ttl to 10",
        "policy of prod: FAILED, 2 errors, 0 warnings, 0 skipped with a reason; "
        "1 checks on 1 resource in 12 s",
    ]


def test_files_for_machines_say_the_same(tmp_path: Path) -> None:
    result = judged(IN_PLAN, resilience=[RULE], skips=[SKIP])
    files = report.write(result, tmp_path)
    assert [file.name for file in files] == ["policy.json", "policy.junit.xml", "policy.sarif"]
    assert sorted(tmp_path.iterdir()) == sorted(files)
    as_json, sarif = json.loads(files[0].read_text()), json.loads(files[2].read_text())
    assert [each["rule"] for each in as_json["findings"]] == ["resilience/ttl"]
    assert as_json["skipped"][0]["skip"] == {
        "reason": SKIP.reason,
        "until": None,
        "place": SKIP.place,
    }
    suites = ElementTree.parse(files[1]).getroot()
    assert [(s.get("name"), s.get("failures"), s.get("skipped")) for s in suites] == [
        ("looked", "0", "0"),
        ("CKV_AWS_18", "0", "1"),
        ("resilience/ttl", "1", "0"),
    ]
    (case,) = suites[1]
    assert case.find("skipped").get("message") == SKIP.reason  # type: ignore[union-attr]
    (finished,) = sarif["runs"]
    assert sarif["version"] == "2.1.0"
    assert [rule["id"] for rule in finished["tool"]["driver"]["rules"]] == ["CKV_AWS_18", "resilience/ttl"]
    skipped, standing = finished["results"]
    assert skipped["suppressions"] == [{"kind": "inSource", "justification": SKIP.reason}]
    assert "suppressions" not in standing
    for number, result in enumerate(finished["results"]):
        assert result["ruleIndex"] == number
        assert result["level"] == "error"
        assert result["locations"][0]["physicalLocation"]["region"]["startLine"] >= 1
