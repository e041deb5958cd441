"""A staged folder and checkov's answers about it, small enough to spoil in a test.

`recorded/` holds what checkov 3.3.30 said of policies/canaries, cut down to our own checks and one of its
own.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from harness.policy import plan_documents, proofs, reports, staging
from harness.policy.reports import PLAN, SOURCE, Record, Scan
from harness.policy.staging import CANARIES, KINDS, Expected

HERE = Path(__file__).parent
FOLDER = Path("policies/canaries")
VERSION = "3.3.30"
CUSTOM = frozenset(f"CKV_ANTIPODE_{number}" for number in range(10))


def recorded(framework: str) -> str:
    return (HERE / "recorded" / f"{framework}.json").read_text(encoding="utf-8")


def scans() -> dict[str, Scan]:
    return {framework: reports.read(recorded(framework)) for framework in (SOURCE, PLAN)}


def expected(canaries: Path) -> Expected:
    return Expected(
        plans={},
        modules={},
        canaries={
            f"{CANARIES}/{kind}/main.tf": staging.always((canaries / kind / "main.tf").read_text(), data=True)
            for kind in KINDS
        },
        canary_plans={
            f"{CANARIES}/{kind}/plan.json": plan_documents.managed(
                json.loads((canaries / kind / "plan.json").read_text())
            )
            for kind in KINDS
        },
        roots={},
    )


def doubts(wanted: Expected, found: dict[str, Scan], **options: Any) -> tuple[str, ...]:
    given: dict[str, Any] = {"stacks": (), "version": VERSION, "custom": CUSTOM, "trouble": ()}
    return proofs.doubts(wanted, found, **{**given, **options})


def record(**options: Any) -> Record:
    """A failed CKV_AWS_18 in us-east-1's source, unless `options` say otherwise."""
    given: dict[str, Any] = {
        "rule": "CKV_AWS_18",
        "title": "Ensure the S3 bucket has access logging enabled",
        "result": "failed",
        "file": "sources/us-east-1/modules/data/bucket/main.tf",
        "line": 5,
        "address": "module.objects.aws_s3_bucket.this",
        "caller": "",
        "guideline": "",
    }
    return Record(**{**given, **options})


def scan(framework: str, *records: Record) -> Scan:
    return Scan(framework, VERSION, len(records), (), records)
