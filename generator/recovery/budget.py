"""The recovery budget: the worst case from loss to service, line by line, before anything is built.

Worst cases, not typical ones: an objective is a promise, so it is compared with the longest that each step
can take by the documents named on its line.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from generator.manifest import Manifest
from generator.manifest.durations import text

Step = Literal["detect", "decide", "promote", "shift", "warm"]
Mode = Literal["refuse", "hang"]

# Route 53 Developer Guide, "How Amazon Route 53 determines whether a health check is healthy":
# a connection must be made within four seconds.
PROBE_CONNECT_LIMIT: Final = 4.0
# Not published; assumed, and drawn from harness/sandbox/world/delays.yaml in a drill.
STATUS_PROPAGATION: Final = 5.0
# A client's own time limit for one request and its pause before the next try.
CLIENT_TIMEOUT: Final = 3.0
CLIENT_RETRY: Final = 1.0
# AWS Lambda, "Understanding the Lambda execution environment lifecycle": cold starts take from under
# 100 ms to over 1 second.
COLD_START: Final = 1.0
# how long the failover controller waits for a region's health function
PROBE_LIMIT: Final = 2.0
# How much longer than the majority the controller waits for a silent voter, at every call to all of them, and
# how many such calls it makes: from the look that finds the lease ended to the promotion, and from the look
# that finds the database promoted to the admission of clients. Tests hold them against the controller.
VOTER_GRACE: Final = 0.3
CALLS_TO_PROMOTE: Final = 8
CALLS_TO_ADMIT: Final = 13
# Aurora's promotion at its longest, as drawn from harness/sandbox/world/delays.yaml in a drill
AURORA_PROMOTION: Final = 90.0
# the interval that Route 53 allows at the least, with the fewest failures
FASTEST_DETECTION: Final = (10, 1)


@dataclass(frozen=True)
class BudgetLine:
    """One line of a budget: `seconds` at the worst, `setting` is the manifest key that changes it."""

    step: Step
    seconds: float
    reason: str
    setting: str | None
    source: str


# The paths' names.
REQUESTS: Final = "requests"
THROUGH_CDN: Final = "reads through the CDN"
WRITES_TO: Final = "writes to "


@dataclass(frozen=True)
class Budget:
    """The recovery of one path after a region is lost in one mode: `refuse` (connections refused) or `hang`
    (silence). `key` is the manifest key of the objective that it must meet, `objective` its seconds."""

    path: str
    mode: Mode
    key: tuple[str, ...]
    objective: int
    lines: tuple[BudgetLine, ...]

    @property
    def seconds(self) -> float:
        return sum(line.seconds for line in self.lines)

    def step(self, step: Step) -> float:
        return sum(line.seconds for line in self.lines if line.step == step)


def budget(manifest: Manifest, mode: Mode) -> Budget:
    """The worst case of every step for clients that keep to the record's TTL."""
    check, edge = manifest.edge.health_check, manifest.edge
    probe = PROBE_CONNECT_LIMIT if mode == "hang" else 0.0
    detect = check.interval + (check.threshold - 1) * (check.interval + probe) + probe
    return Budget(
        path=REQUESTS,
        mode=mode,
        key=("objectives", "rto"),
        objective=manifest.objectives.rto,
        lines=(
            BudgetLine(
                "detect",
                detect,
                f"up to one interval until the first failing probe, then {check.threshold - 1} more of "
                f"{check.interval} s" + (f", each silent for {probe:g} s" if probe else ""),
                "edge.health_check.interval, edge.health_check.threshold",
                "Route 53 Developer Guide, How Route 53 determines whether a health check is healthy",
            ),
            BudgetLine(
                "decide",
                STATUS_PROPAGATION,
                "the changed status reaches every DNS location",
                None,
                "assumed: AWS publishes no figure",
            ),
            BudgetLine(
                "shift",
                edge.ttl,
                "a resolver may have asked just before and keeps the old answer for the TTL",
                "edge.ttl",
                "RFC 1035, section 3.2.1",
            ),
            BudgetLine(
                "warm",
                (CLIENT_TIMEOUT if mode == "hang" else 0.0) + CLIENT_RETRY + _cold_start(manifest),
                "the request in flight runs out, the client tries again"
                + (", a function starts cold" if _cold_start(manifest) else ""),
                "compute.functions.<name>.provisioned_concurrency" if _cold_start(manifest) else None,
                "AWS Lambda Developer Guide, Lambda execution environment lifecycle; clients as in the drill",
            ),
        ),
    )


def budgets(manifest: Manifest) -> tuple[tuple[Budget, ...], ...]:
    """Every path's budgets, one for each of MODES: requests, reads through the CDN, writes to databases."""
    paths = [tuple(budget(manifest, mode) for mode in MODES)]
    if manifest.edge.entry == "cdn":
        paths.append(tuple(_cdn_reads(manifest, mode) for mode in MODES))
    paths += [
        tuple(_database_writes(manifest, name, mode) for mode in MODES) for name in manifest.data.databases
    ]
    return tuple(paths)


@dataclass(frozen=True)
class StepRow:
    """One step of a path in both modes; None where a mode does not have the step."""

    refused: BudgetLine | None
    silent: BudgetLine | None

    @property
    def line(self) -> BudgetLine:
        """The line that a page shows: silence is the longer mode, so its line where there is one."""
        line = self.silent or self.refused
        assert line is not None
        return line


def steps(path: tuple[Budget, ...]) -> list[StepRow]:
    """The steps of one path's two budgets; both ways share their rows as long as they are the same steps."""
    refused, silent = path
    if [line.step for line in refused.lines] == [line.step for line in silent.lines]:
        return [StepRow(*pair) for pair in zip(refused.lines, silent.lines, strict=True)]
    # reads that the edge cannot save in time when a region is silent go the way of all requests
    return [StepRow(line, None) for line in refused.lines] + [StepRow(None, line) for line in silent.lines]


def _cdn_reads(manifest: Manifest, mode: Mode) -> Budget:
    """Reads fail over inside a request, if the edge gives the first origin up before the client does."""
    cdn = manifest.edge.cdn
    wait = cdn.connect_attempts * max(cdn.connect_timeout, cdn.response_timeout) if mode == "hang" else 0
    if wait >= CLIENT_TIMEOUT:
        lines = budget(manifest, mode).lines
    else:
        lines = (
            BudgetLine(
                "shift",
                wait,
                "the edge gives up the first origin and asks the next one within the same request",
                "edge.cdn.connect_attempts, edge.cdn.connect_timeout, edge.cdn.response_timeout",
                "Amazon CloudFront Developer Guide, Optimize high availability with origin failover",
            ),
            BudgetLine(
                "warm",
                _cold_start(manifest),
                "a function starts cold",
                "compute.functions.<name>.provisioned_concurrency",
                "AWS Lambda Developer Guide, Lambda execution environment lifecycle",
            ),
        )
    return Budget(THROUGH_CDN, mode, ("objectives", "rto"), manifest.objectives.rto, lines)


def _database_writes(manifest: Manifest, name: str, mode: Mode) -> Budget:
    """Writes wait for the controller: the old writer's lease has to run out before anybody is promoted."""
    settings = manifest.failover
    assert settings is not None  # a manifest with databases and without it is refused
    seen = settings.tick + (PROBE_LIMIT if mode == "hang" else 0.0) + settings.agreement
    lapsed = settings.lease + settings.guard
    grace = VOTER_GRACE if mode == "hang" else 0.0
    waits = f", and {grace:g} s for the silent voter at each of {{}} calls" if grace else ""
    return Budget(
        path=f"{WRITES_TO}{name}",
        mode=mode,
        key=("objectives", "stores", name, "rto")
        if name in manifest.objectives.stores
        else ("objectives", "rto"),
        objective=manifest.objectives.of(name).rto,
        lines=(
            BudgetLine(
                "detect",
                max(seen, lapsed),
                f"the others see the writer's region fail for {settings.agreement} s ({seen:g} s with the "
                f"first look), while its lease and the guard run out ({lapsed:g} s)",
                "failover.lease, failover.guard, failover.agreement",
                "lambda_src/failover/README.md",
            ),
            BudgetLine(
                "decide",
                settings.tick + CALLS_TO_PROMOTE * grace,
                "the next look of the controller that takes over" + waits.format(CALLS_TO_PROMOTE),
                "failover.tick",
                "lambda_src/failover/README.md",
            ),
            BudgetLine(
                "promote",
                AURORA_PROMOTION,
                "Aurora makes the copy a writer; about a minute, modelled",
                None,
                "Amazon Aurora User Guide, Using switchover or failover in Amazon Aurora Global Database",
            ),
            BudgetLine(
                "shift",
                2 * settings.tick + CALLS_TO_ADMIT * grace,
                "the controller sees the writer, fences the old one and lets writes in"
                + waits.format(CALLS_TO_ADMIT),
                "failover.tick",
                "lambda_src/failover/README.md",
            ),
            BudgetLine(
                "warm",
                (CLIENT_TIMEOUT if mode == "hang" else 0.0) + CLIENT_RETRY,
                "the request in flight runs out, the client tries again",
                None,
                "clients as in the drill",
            ),
        ),
    )


def starts_cold(manifest: Manifest) -> bool:
    """Whether any function of the manifest has to start before it answers."""
    return any(not function.provisioned_concurrency for function in manifest.compute.functions.values())


def _cold_start(manifest: Manifest) -> float:
    return COLD_START if starts_cold(manifest) else 0.0


@dataclass(frozen=True)
class Refusal:
    """An objective that the design cannot reach: its manifest key, and the setting that would fix it."""

    key: tuple[str, ...]
    message: str


def refusals(manifest: Manifest) -> tuple[Refusal, ...]:
    """Objectives that this manifest cannot meet at its own worst case; empty when all can be met."""
    found: list[Refusal] = []
    for path in budgets(manifest) if manifest.compute.api else ():
        floor = max(path, key=lambda each: each.seconds)
        # one message for the environment's objective: the slowest path is named by requests already
        if floor.objective < floor.seconds and floor.key not in [refusal.key for refusal in found]:
            found.append(Refusal(floor.key, _rto_message(manifest, floor)))
    found += _rpo_refusals(manifest)
    return tuple(found)


def _rpo_refusals(manifest: Manifest) -> list[Refusal]:
    found: list[Refusal] = []
    for kind, names in (
        ("table", manifest.data.tables),
        ("database", manifest.data.databases),
        ("bucket", manifest.data.buckets),
    ):
        usual, source = LAGS[kind]
        for name in names:
            own = manifest.objectives.stores.get(name)
            key = (
                ("objectives", "stores", name, "rpo")
                if own and own.rpo is not None
                else ("objectives", "rpo")
            )
            promised = manifest.objectives.of(name).rpo
            served_only = kind == "bucket" and manifest.data.buckets[name].serve is not None
            if promised < usual and not served_only and key not in [refusal.key for refusal in found]:
                found.append(
                    Refusal(
                        key,
                        f"{text(promised)} is below the usual lag of {source}, {usual} s: replication is "
                        "asynchronous, so a write acknowledged just before the loss may be missing; set "
                        f"{text(usual)} or more"
                        + ("" if kind != "bucket" else f" for objectives.stores.{name}.rpo"),
                    )
                )
    return found


# The usual seconds of replication, and of which service. A shorter RPO cannot be promised.
LAGS: Final[dict[str, tuple[int, str]]] = {
    # DynamoDB Developer Guide, "How DynamoDB global tables work": usually within a second
    "table": (1, "a global table"),
    # Amazon Aurora User Guide, "Using Amazon Aurora Global Database": typically under a second
    "database": (1, "an Aurora global database"),
    # Amazon S3 User Guide, "Meeting compliance requirements using S3 Replication Time Control"
    "bucket": (900, "S3 with Replication Time Control"),
}
MODES: Final[tuple[Mode, ...]] = ("refuse", "hang")


def _rto_message(manifest: Manifest, floor: Budget) -> str:
    parts = " + ".join(f"{line.step} {line.seconds:g}" for line in floor.lines)
    of = "" if floor.path == REQUESTS else f" of {floor.path}"
    message = (
        f"{text(floor.objective)} is below this design's worst case{of} of {floor.seconds:g} s "
        f"when the region falls silent ({parts})"
    )
    advice = _advice(manifest) if floor.path == REQUESTS else None
    needed = f"set {'.'.join(_own_key(floor))} to {_rounded(floor.seconds)} or more"
    return f"{message}; {advice or needed}"


def _own_key(floor: Budget) -> tuple[str, ...]:
    """Where the objective of a path alone can be set, so that the others keep theirs."""
    kind, _, store = floor.path.rpartition(" to ")
    return ("objectives", "stores", store, "rto") if kind else floor.key


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
