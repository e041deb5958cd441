"""A series of drills as a JSON document.

SCHEMA names the form: its number goes up whenever a key changes its meaning or goes away; new keys may come
without that. Times are model seconds since the load began; null where a figure is infinite (never recovered).
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

from harness.drill.judge.recovery import DECIDE_DELAY, PROMOTE_DELAY, SWITCHOVER_DELAY, Split
from harness.drill.run.run import DrillResult
from harness.drill.run.series import DrillSeries
from harness.drill.subject import Store, Subject
from harness.sandbox.world.delays import Delays

SCHEMA = "antipode.drill/1"
# The delays of delays.yaml that matter to a drill, and what they are part of.
MODELLED: Mapping[str, str] = {
    DECIDE_DELAY: "decide",
    "dynamodb_replication_lag": "RPO: how far replication is behind when a region is lost",
    "lambda_cold_start": "not included: workers are started before the drill; a cold one adds this once",
}
MODELLED_OF_STORES: Mapping[Store, Mapping[str, str]] = {
    "database": {
        PROMOTE_DELAY: "promote: how long AWS takes to promote a database in another region",
        SWITCHOVER_DELAY: "promote: the same where the old writer still answers and hands over",
        "aurora_replication_lag": "RPO of a database",
    },
    "objects": {"s3_replication_lag": "RPO of objects"},
    "static": {"s3_replication_lag": "RPO of objects"},
}


def document(series: DrillSeries, *, command: str) -> dict[str, Any]:
    """The whole series; `command` reproduces it."""
    first = series.results[0]
    return {
        "schema": SCHEMA,
        "environment": first.subject.environment,
        "verdict": {
            "status": series.status,
            "exit_status": series.exit_status,
            "sentence": series.worst.verdict.sentence,
            "expected": first.expected,
            "as_expected": series.as_expected,
        },
        "objectives": dataclasses.asdict(first.objectives),
        "scenario": first.scenario.as_written(),
        "subject": _subject(first.subject),
        "command": command,
        "modelled": modelled_delays(first.subject),
        "spread": [plain(dataclasses.asdict(each)) for each in series.spreads],
        "runs": [_run(result) for result in series.results],
    }


def _subject(subject: Subject) -> dict[str, Any]:
    first = subject.flows[0]
    # what a subject had before it had flows; readers of the schema's first form still find it
    paths = {"read_path": first.read_path, "write_path": first.write_path}
    return {**plain(dataclasses.asdict(subject)), **paths}


def modelled_delays(subject: Subject) -> list[dict[str, str]]:
    """What was drawn instead of measured for such an environment, with its evidence and source."""
    delays = Delays()
    wanted = dict(MODELLED)
    for flow in subject.flows:
        wanted |= {
            name: part
            for name, part in MODELLED_OF_STORES.get(flow.store, {}).items()
            if name in delays.names
        }
    return [
        {
            "name": name,
            "part_of": part,
            "evidence": delays.entry(name).evidence,
            "source": delays.entry(name).source,
            "note": delays.entry(name).note.strip(),
        }
        for name, part in wanted.items()
    ]


def plain(value: Any) -> Any:
    """`value` as JSON can hold it: tuples become lists, infinities null."""
    if isinstance(value, float):
        return round(value, 3) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [plain(each) for each in value]
    return value


def _run(result: DrillResult) -> dict[str, Any]:
    measured = result.measurement
    return {
        "seed": result.seed,
        "real_time": result.real_time,
        "verdict": result.verdict.status,
        "findings": [dataclasses.asdict(finding) for finding in result.verdict.findings],
        "wall_seconds": plain(result.wall_seconds),
        "model_seconds": plain(result.model_seconds),
        "measurement": plain(dataclasses.asdict(measured)) if measured else None,
        "operations": [_split(each) for each in result.splits],
        "worst_client": _split(result.worst),
        "median_client": _split(result.median),
    }


def _split(split: Split | None) -> dict[str, Any] | None:
    if split is None:
        return None
    steps = [{**dataclasses.asdict(step), "kind": step.kind, "source": step.source} for step in split.steps]
    return {**plain(dataclasses.asdict(split)), "modelled": plain(split.modelled), "steps": plain(steps)}
