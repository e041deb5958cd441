"""The recovery budget: the worst case from loss to service, line by line, before anything is built.

Worst cases, not typical ones: an objective is a promise, so it is compared with the longest that each step
can take by the documents named on its line.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from generator.durations import text
from generator.manifest import Manifest

Step = Literal["detect", "decide", "shift", "warm"]
Fault = Literal["refuse", "hang"]

# Route 53 Developer Guide, "How Amazon Route 53 determines whether a health check is healthy":
# a connection must be made within four seconds.
PROBE_CONNECT_LIMIT: Final = 4.0
# Not published; assumed, and drawn from harness/sandbox/delays.yaml in a drill.
STATUS_PROPAGATION: Final = 5.0
# A client's own time limit for one request and its pause before the next try.
CLIENT_TIMEOUT: Final = 3.0
CLIENT_RETRY: Final = 1.0
# AWS Lambda, "Understanding the Lambda execution environment lifecycle": cold starts take from under
# 100 ms to over 1 second.
COLD_START: Final = 1.0
# DynamoDB Developer Guide, "How DynamoDB global tables work": usually within a second, no bound promised.
REPLICATION_USUAL: Final = 1.0
# the interval that Route 53 allows at the least, with the fewest failures
FASTEST_DETECTION: Final = (10, 1)


@dataclass(frozen=True)
class Line:
    """One line of a budget: `seconds` at the worst, `setting` is the manifest key that changes it."""

    step: Step
    seconds: float
    reason: str
    setting: str | None
    source: str


@dataclass(frozen=True)
class Budget:
    """The recovery path for one way of being lost: `refuse` (connections refused) or `hang` (silence)."""

    fault: Fault
    lines: tuple[Line, ...]

    @property
    def seconds(self) -> float:
        return sum(line.seconds for line in self.lines)

    def step(self, step: Step) -> float:
        return sum(line.seconds for line in self.lines if line.step == step)


def budget(manifest: Manifest, fault: Fault) -> Budget:
    """The worst case of every step for clients that keep to the record's TTL."""
    check, edge = manifest.edge.health_check, manifest.edge
    probe = PROBE_CONNECT_LIMIT if fault == "hang" else 0.0
    detect = check.interval + (check.threshold - 1) * (check.interval + probe) + probe
    return Budget(
        fault=fault,
        lines=(
            Line(
                "detect",
                detect,
                f"up to one interval until the first failing probe, then {check.threshold - 1} more of "
                f"{check.interval} s" + (f", each silent for {probe:g} s" if probe else ""),
                "edge.health_check.interval, edge.health_check.threshold",
                "Route 53 Developer Guide, How Route 53 determines whether a health check is healthy",
            ),
            Line(
                "decide",
                STATUS_PROPAGATION,
                "the changed status reaches every DNS location",
                None,
                "assumed: AWS publishes no figure",
            ),
            Line(
                "shift",
                edge.ttl,
                "a resolver may have asked just before and keeps the old answer for the TTL",
                "edge.ttl",
                "RFC 1035, section 3.2.1",
            ),
            Line(
                "warm",
                (CLIENT_TIMEOUT if fault == "hang" else 0.0) + CLIENT_RETRY + _cold_start(manifest),
                "the request in flight runs out, the client tries again"
                + (", a function starts cold" if _cold_start(manifest) else ""),
                "compute.functions.<name>.provisioned_concurrency" if _cold_start(manifest) else None,
                "AWS Lambda Developer Guide, Lambda execution environment lifecycle; clients as in the drill",
            ),
        ),
    )


def _cold_start(manifest: Manifest) -> float:
    cold = any(not function.provisioned_concurrency for function in manifest.compute.functions.values())
    return COLD_START if cold else 0.0


@dataclass(frozen=True)
class Refusal:
    """An objective below what the design can reach, with the manifest key and what would fix it."""

    key: tuple[str, ...]
    message: str


def refusals(manifest: Manifest) -> tuple[Refusal, ...]:
    """Objectives that this manifest cannot meet at its own worst case; empty when all can be met."""
    found: list[Refusal] = []
    floor = max((budget(manifest, fault) for fault in FAULTS), key=lambda each: each.seconds)
    if manifest.compute.api and manifest.objectives.rto < floor.seconds:
        found.append(Refusal(("objectives", "rto"), _rto_message(manifest, floor)))
    if manifest.data.tables and manifest.objectives.rpo < REPLICATION_USUAL:
        found.append(
            Refusal(
                ("objectives", "rpo"),
                f"{text(manifest.objectives.rpo)} is below the usual lag of a global table, "
                f"{REPLICATION_USUAL:g} s: replication is asynchronous, so a write acknowledged just before "
                "the loss may be missing; set 1s or more",
            )
        )
    return tuple(found)


FAULTS: Final[tuple[Fault, ...]] = ("refuse", "hang")


def _rto_message(manifest: Manifest, floor: Budget) -> str:
    parts = " + ".join(f"{line.step} {line.seconds:g}" for line in floor.lines)
    message = (
        f"{text(manifest.objectives.rto)} is below this design's worst case of {floor.seconds:g} s "
        f"when the region falls silent ({parts})"
    )
    advice = _advice(manifest)
    return (
        f"{message}; {advice}"
        if advice
        else f"{message}; set objectives.rto to {_rounded(floor.seconds)} or more"
    )


def _advice(manifest: Manifest) -> str | None:
    """The smallest change of settings, in the order of their cost, that makes the objective reachable."""
    edge, check = manifest.edge, manifest.edge.health_check
    for ttl, interval, threshold in (
        (min(edge.ttl, 10), check.interval, check.threshold),
        (edge.ttl, 10, min(check.threshold, 2)),
        (min(edge.ttl, 10), 10, min(check.threshold, 2)),
        (min(edge.ttl, 5), 10, FASTEST_DETECTION[1]),
        (0, 10, FASTEST_DETECTION[1]),
    ):
        changed = manifest.model_copy(
            update={
                "edge": edge.model_copy(
                    update={
                        "ttl": ttl,
                        "health_check": check.model_copy(
                            update={"interval": interval, "threshold": threshold}
                        ),
                    }
                )
            }
        )
        if budget(changed, "hang").seconds <= manifest.objectives.rto:
            wanted = {
                "edge.ttl": (edge.ttl, ttl),
                "edge.health_check.interval": (check.interval, interval),
                "edge.health_check.threshold": (check.threshold, threshold),
            }
            changes = [f"{key}: {new} (now {old})" for key, (old, new) in wanted.items() if old != new]
            return "set " + " and ".join(changes)
    return None


def _rounded(seconds: float) -> str:
    return text(int(-(-seconds // 5) * 5))
