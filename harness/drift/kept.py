"""The nightly drift reports in the state bucket, so that the next one can date each finding.

A runner of GitHub Actions keeps nothing. The reports lie beside the saved plans (`kept_plans`), in the state
bucket of the environment's first stack, as `plans/drift/<run>/<stack>/drift.json`. The role that plans may
write there, but overwrite nothing; the bucket's lifecycle rule expires them.
"""

from __future__ import annotations

from harness.delivery.kept_plans import PREFIX, Buckets, run_id
from harness.drift.findings import HISTORY, Report, parse
from harness.environments import Environment

FOLDER = f"{PREFIX}/drift"


def last(environment: Environment, buckets: Buckets) -> Report | None:
    """The newest look that was kept.

    Raises TerraformError: the bucket said no; InputRefused: what lies there is not a report.
    """
    stack = environment.stacks[0]
    stored = buckets.listed(stack, f"{FOLDER}/")
    newest = max(stored, key=lambda each: each.at, default=None)
    if newest is None:
        return None
    return parse(buckets.get(stack, newest.key), f"s3://{stack.state_bucket}/{newest.key}")


def keep(environment: Environment, buckets: Buckets, report: Report) -> str:
    """The key under which this look is kept now. Raises TerraformError: the bucket said no."""
    stack = environment.stacks[0]
    key = f"{FOLDER}/{run_id()}/{stack.name}/{HISTORY}"
    buckets.put(stack, key, report.model_dump_json(indent=2).encode())
    return key
