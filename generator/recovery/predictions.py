"""Predicted recovery of each operation from a lost region: usual seconds, worst case, and floor.

The worst case is the budget's (`objectives`), which promises are held against. The usual case is that of the
worst client in an ordinary loss, by published rules alone, so that a drill can contradict it:

detect:  0.82 I + (n - 1)(I + t) + t. A checker that probes every I seconds has its first failure at a
         phase that is even over I, and needs n of them; 82 % have turned when 82 % of the phases are over.
         t is what a failed probe takes (Route 53 Developer Guide, "How Amazon Route 53 determines whether a
         health check is healthy": 18 %, thresholds, four seconds for a connection).
decide:  the mean of the assumed one to five seconds.
shift:   the whole TTL: of many clients one has asked just before.
warm:    half of a client's cycle (time limit when silent, and pause), and the usual cold start.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple

from generator.manifest import Manifest
from generator.recovery.budget import (
    CALLS_TO_ADMIT,
    CALLS_TO_PROMOTE,
    CLIENT_RETRY,
    CLIENT_TIMEOUT,
    PROBE_CONNECT_LIMIT,
    PROBE_LIMIT,
    REQUESTS,
    THROUGH_CDN,
    VOTER_GRACE,
    WRITES_TO,
    Budget,
    BudgetLine,
    Mode,
    Step,
    budgets,
    starts_cold,
)
from generator.recovery.requests import Kind, Operation

Way = Literal["refused", "silent", "503"]
WAYS: Final[tuple[Way, ...]] = ("refused", "silent", "503")
# A region that answers 503 costs as much as one that refuses: probes and requests fail at once in both.
BUDGETED: Final[dict[Way, Mode]] = {"refused": "refuse", "silent": "hang", "503": "refuse"}

CHECKERS_TO_TURN: Final = 0.82
USUAL_PROPAGATION: Final = 3.0
# the median of harness/sandbox/world/delays.yaml, from AWS's range
USUAL_COLD_START: Final = 0.3
# the mean of the triangle around one minute in harness/sandbox/world/delays.yaml
USUAL_PROMOTION: Final = 60.0


@dataclass(frozen=True)
class PredictedStep:
    """One step of one operation's way back, in seconds, with the rule that gives the usual ones. `drawn`: a
    drill cannot measure it and draws it from harness/sandbox/world/delays.yaml."""

    step: Step
    usual: float
    worst: float
    rule: str
    setting: str | None
    source: str
    drawn: bool = False


class Usual(NamedTuple):
    """The usual seconds of a step, the reason for them, and whether a drill draws them."""

    seconds: float
    reason: str
    drawn: bool = False


WITHIN: Final = Usual(0.0, "no request fails: one takes longer, and is answered")


@dataclass(frozen=True)
class Prediction:
    """One operation under one way of losing a region. Seconds. `floor_lines` are the worst case at the
    fastest settings, which no setting can improve. `patience`: how long a request may take and not fail."""

    operation: Operation
    way: Way
    objective: int
    steps: tuple[PredictedStep, ...]
    floor_lines: tuple[BudgetLine, ...]
    patience: float = 0.0

    @property
    def usual(self) -> float:
        return sum(step.usual for step in self.steps)

    @property
    def measurable(self) -> float:
        """The usual seconds that a measurement can contradict: those that no drill draws."""
        return sum(step.usual for step in self.steps if not step.drawn)

    @property
    def worst(self) -> float:
        return sum(step.worst for step in self.steps)

    @property
    def floor(self) -> float:
        return sum(line.seconds for line in self.floor_lines)

    @property
    def kept(self) -> bool:
        return self.worst <= self.objective


def prediction(manifest: Manifest, operation: Operation, way: Way) -> Prediction:
    """The recovery of one operation when the serving region is lost in one way."""
    found = _budget(manifest, operation, way)
    floor = _budget(fastest(manifest), operation, way)
    return Prediction(
        operation=operation,
        way=way,
        objective=manifest.objectives.of(operation.store).rto if operation.store else manifest.objectives.rto,
        steps=_steps(manifest, found, way),
        floor_lines=floor.lines,
        patience=found.step("shift") if _within_a_request(found) else 0.0,
    )


def _budget(manifest: Manifest, operation: Operation, way: Way) -> Budget:
    """The worst case of the path that the operation takes; of two that both have to be gone, the longer."""
    by_path = {
        budget.path: budget for path in budgets(manifest) for budget in path if budget.mode == BUDGETED[way]
    }
    requests = by_path[REQUESTS]
    if operation.kind == "database" and operation.doing == "write":
        return max(by_path[f"{WRITES_TO}{operation.store}"], requests, key=lambda each: each.seconds)
    if operation.doing == "read" and THROUGH_CDN in by_path:
        return by_path[THROUGH_CDN]
    return requests


def _within_a_request(budget: Budget) -> bool:
    return budget.path == THROUGH_CDN and not budget.step("detect")


def _steps(manifest: Manifest, budget: Budget, way: Way) -> tuple[PredictedStep, ...]:
    if _within_a_request(budget):
        rules: dict[Step, Usual] = dict.fromkeys(("shift", "warm"), WITHIN)
    elif budget.path.startswith(WRITES_TO):
        rules = _by_controller(manifest, way)
    else:
        rules = _by_dns(manifest, way)
    return tuple(
        PredictedStep(
            step=line.step,
            usual=rules[line.step].seconds,
            worst=line.seconds,
            rule=rules[line.step].reason,
            setting=line.setting,
            source=line.source,
            drawn=rules[line.step].drawn,
        )
        for line in budget.lines
    )


def _by_dns(manifest: Manifest, way: Way) -> dict[Step, Usual]:
    check = manifest.edge.health_check
    probe = PROBE_CONNECT_LIMIT if way == "silent" else 0.0
    further = check.threshold - 1
    detect = CHECKERS_TO_TURN * check.interval + further * (check.interval + probe) + probe
    told = f"{CHECKERS_TO_TURN} x {check.interval} s until 82 % of the checkers have a first failure"
    told += f", {further} more every {check.interval} s" if further else ""
    return {
        "detect": Usual(detect, told + (f", each silent for {probe:g} s" if probe else "")),
        "decide": Usual(
            USUAL_PROPAGATION, "the mean of 1 to 5 s, assumed: AWS publishes no figure", drawn=True
        ),
        "shift": Usual(manifest.edge.ttl, "one of many clients has asked just before, and keeps to the TTL"),
        "warm": _next_try(manifest, way, cold=True),
    }


def _by_controller(manifest: Manifest, way: Way) -> dict[Step, Usual]:
    """lambda_src/failover/README.md, "How long it takes"."""
    settings = manifest.failover
    assert settings is not None  # a manifest with databases and without it is refused
    half = settings.tick / 2
    grace = VOTER_GRACE if way == "silent" else 0.0
    promote, admit = grace * CALLS_TO_PROMOTE, grace * CALLS_TO_ADMIT
    silence = ", and {:g} s of waiting for the silent voter"
    lapsed = settings.lease - half + settings.guard
    seen = half + (PROBE_LIMIT if way == "silent" else 0.0) + settings.agreement
    return {
        "detect": Usual(
            max(lapsed, seen),
            f"the rest of the lease, renewed {half:g} s ago, and the guard ({lapsed:g} s); the agreement of "
            f"the others beside it ({seen:g} s)",
        ),
        "decide": Usual(
            half + promote,
            "half a tick until the controller that takes over looks"
            + (silence.format(promote) if promote else ""),
        ),
        "promote": Usual(USUAL_PROMOTION, "about a minute, modelled", drawn=True),
        "shift": Usual(
            half + admit,
            "less than a tick until the writer is seen, fenced and admitted"
            + (silence.format(admit) if admit else ""),
        ),
        "warm": _next_try(manifest, way, cold=False),
    }


def _next_try(manifest: Manifest, way: Way, *, cold: bool) -> Usual:
    cycle = (CLIENT_TIMEOUT if way == "silent" else 0.0) + CLIENT_RETRY
    starts = USUAL_COLD_START if cold and starts_cold(manifest) else 0.0
    return Usual(
        cycle / 2 + starts,
        f"half of the {cycle:g} s from one try to the next" + (", and a cold start" if starts else ""),
    )


def fastest(manifest: Manifest) -> Manifest:
    """The same design with every setting that shortens a recovery at its shortest: Route 53 probes every 10 s
    at the least, a TTL may be 0, CloudFront waits for one second at the least, and of the controller the
    bounds of `failover` hold."""
    edge, settings = manifest.edge, manifest.failover
    check = edge.health_check.model_copy(update={"interval": 10, "threshold": 1})
    cdn = edge.cdn.model_copy(update={"connect_attempts": 1, "connect_timeout": 1, "response_timeout": 1})
    functions = {
        name: function.model_copy(update={"provisioned_concurrency": 1})
        for name, function in manifest.compute.functions.items()
    }
    changed: dict[str, Any] = {
        "edge": edge.model_copy(update={"ttl": 0, "health_check": check, "cdn": cdn}),
        "compute": manifest.compute.model_copy(update={"functions": functions}),
    }
    if settings is not None:
        least = {"tick": 1, "lease": 3, "guard": 5, "agreement": 2}
        changed["failover"] = settings.model_copy(update=least)
    return manifest.model_copy(update=changed)


@dataclass(frozen=True)
class Exposure:
    """Acknowledged writes of one store that the loss of a region may lose: the age of the oldest, in seconds.
    `bound` is None where AWS commits to none."""

    usual: float
    bound: float | None
    objective: int
    told: str
    source: str


# Store: usual seconds, bound, in words, and where it is published.
EXPOSURES: Final[dict[Kind, tuple[float, float | None, str, str]]] = {
    "table": (
        1,
        None,
        "usually within a second; no commitment",
        "Amazon DynamoDB Developer Guide, How DynamoDB global tables work",
    ),
    "database": (
        1,
        None,
        "typically under a second; no commitment",
        "Amazon Aurora User Guide, Using Amazon Aurora global databases",
    ),
    "bucket": (
        900,
        900,
        "99.99 % of objects within 15 minutes",
        "Amazon S3 User Guide, Meeting compliance requirements using S3 Replication Time Control",
    ),
}


def exposure(manifest: Manifest, operation: Operation) -> Exposure | None:
    """The exposure of one operation's writes; None for an operation that writes to no store."""
    if operation.doing != "write" or operation.kind not in EXPOSURES:
        return None
    usual, bound, told, source = EXPOSURES[operation.kind]
    guard = manifest.data.databases[operation.store].rpo_guard if operation.kind == "database" else None
    if guard:
        bound, told = float(guard), f"{told}, but commits stop when every copy lags by {guard:g} s"
    return Exposure(usual, bound, manifest.objectives.of(operation.store).rpo, told, source)
