"""What a nightly look at drift found, kept so that the next one can tell since when.

A runner remembers nothing of the night before. The reports lie where saved plans lie (`kept_plans`), in the
bucket of the environment's first stack, as `plans/drift/<run>/<stack>/drift.json`: whoever plans may write
there, never over another, and the bucket's lifecycle rule takes them away.
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
