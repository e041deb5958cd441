"""Whether the objectives were met. Pure: figures in, verdict out, and a reason that names the likely cause.

A drill that cannot show that its fault was there, whose clients failed before it, or that measured too
little, is inconclusive: it neither passes nor fails.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from harness.drill.judge.ledger import is_write
from harness.drill.judge.losses import Loss
from harness.drill.judge.measure import SUSTAIN_SECONDS, Measurement, RecoveryTime
from harness.drill.judge.recovery import Split, longest
from harness.drill.subject import Objectives, Subject
from harness.sandbox.world.places import latency_ms, place_named
from harness.terminal import FAILED, GOOD, INCONCLUSIVE

Status = Literal["objectives-met", "objectives-missed", "precondition-failed", "inconclusive"]
EXIT_STATUS: dict[Status, int] = {
    "objectives-met": GOOD, "objectives-missed": FAILED, "precondition-failed": FAILED,
    "inconclusive": INCONCLUSIVE,
}  # fmt: skip
FEWEST_CLIENTS = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the verdict: what was promised and found, and the likely reason."""

    subject: str
    met: bool
    text: str
    reason: str = ""

    def __str__(self) -> str:
        return f"{self.text}; likely because {self.reason}" if self.reason else self.text


@dataclass(frozen=True, slots=True)
class Verdict:
    status: Status
    findings: tuple[Finding, ...]

    @property
    def exit_status(self) -> int:
        """0 objectives met, 1 missed (or a precondition failed), 3 inconclusive."""
        return EXIT_STATUS[self.status]

    @property
    def sentence(self) -> str:
        """The verdict in words."""
        against = [str(finding) for finding in self.findings if not finding.met]
        if self.status == "objectives-met":
            return "Objectives met: " + "; ".join(finding.text for finding in self.findings) + "."
        head = {"objectives-missed": "Objectives missed", "precondition-failed": "Precondition failed",
                "inconclusive": "Inconclusive"}[self.status]  # fmt: skip
        return f"{head}: " + "; ".join(against) + "."


def precondition_failed(problems: Sequence[str]) -> Verdict:
    """The verdict on an environment that is not fit to be drilled."""
    return Verdict("precondition-failed", tuple(Finding("precondition", False, text) for text in problems))


def inconclusive(problems: Sequence[str]) -> Verdict:
    """The verdict on a drill that shows nothing."""
    return Verdict("inconclusive", tuple(Finding("drill", False, text) for text in problems))


def judge(
    measurement: Measurement, objectives: Objectives, subject: Subject, *, splits: Sequence[Split] = ()
) -> Verdict:
    """The verdict on one run; `splits` are those of each operation's worst judged client, for the reason."""
    if problems := doubts(measurement, objectives, subject):
        return inconclusive(problems)
    findings = [
        *_routing_findings(measurement, subject),
        *_command_findings(measurement),
        *_rto_findings(measurement, objectives, subject, splits),
        *(_rpo_finding(each, measurement, objectives, subject) for each in measurement.losses),
        *_move_findings(measurement, subject),
        *_return_findings(measurement, subject),
    ]
    met = all(finding.met for finding in findings)
    return Verdict("objectives-met" if met else "objectives-missed", tuple(findings))


def doubts(measurement: Measurement, objectives: Objectives, subject: Subject) -> list[str]:
    """Why the run shows nothing; empty when it does show something."""
    found = [
        f"no request ran into the fault ({fault.description}): it was not there, or nothing went its way"
        for fault in measurement.faults
        if fault.hits == 0
    ]
    if measurement.baseline.failed:
        found.append(
            f"{measurement.baseline.failed} of {measurement.baseline.requests} requests went wrong before "
            f"the fault (first: {measurement.baseline_example}), so what came after proves nothing"
        )
    for operation in subject.operations:
        group = measurement.rto(operation)
        if group is None or group.clients < FEWEST_CLIENTS:
            clients = group.clients if group else 0
            found.append(
                f"{clients} clients were measured for {operation}; at least {FEWEST_CLIENTS} are needed"
            )
    if measurement.baseline.requests == 0:
        found.append("no request was made before the fault")
    found += [f"no acknowledged {each}" for each in _not_read_back(measurement, subject)]
    window = measurement.window_end - measurement.fault_at
    for group in measurement.judged:
        limit = subject.rto(group.operation, objectives)
        if math.isinf(group.worst) and window < limit + SUSTAIN_SECONDS:
            found.append(
                f"recovery was watched for {window:.0f} s only, too short for an objective of {limit:g} s"
            )
            break
    return found


def _not_read_back(measurement: Measurement, subject: Subject) -> list[str]:
    asked = {each.operation for each in measurement.losses if each.asked}
    return [
        "write was read back" if operation == "write" else f"write of {_flow(operation)} was read back"
        for operation in subject.operations
        if is_write(operation) and operation not in asked
    ]


def _flow(operation: str) -> str:
    return operation.partition(" ")[2]


def _routing_findings(measurement: Measurement, subject: Subject) -> list[Finding]:
    """With latency routing every client is served by the region nearest to it (Route 53 Developer Guide,
    "Latency-based routing")."""
    if subject.routing != "latency":
        return []
    names = [region.name for region in subject.regions]
    served = {r.client: (r.place, r.before) for r in measurement.recoveries if r.before is not None}
    astray = {
        client: (before, nearest)
        for client, (place, before) in sorted(served.items())
        if before != (nearest := min(names, key=lambda name: latency_ms(place_named(place), name)))
    }
    if not astray:
        return [Finding("routing", True, f"all {len(served)} clients were served by their nearest region")]
    client, (before, nearest) = next(iter(astray.items()))
    text = f"{len(astray)} of {len(served)} clients were not served by their nearest region"
    return [Finding("routing", False, f"{text} ({client} by {before} instead of {nearest})")]


def _command_findings(measurement: Measurement) -> list[Finding]:
    return [
        Finding("command", each.allowed, f"{each.description} was {'done' if each.allowed else 'refused'}",
                "; ".join(each.reasons) if not each.allowed else "")
        for each in measurement.commands
    ]  # fmt: skip


def _move_findings(measurement: Measurement, subject: Subject) -> list[Finding]:
    """A fault that comes and goes moves traffic once at most, where traffic does not return by itself."""
    times = max((fault.times for fault in measurement.faults), default=1)
    if times == 1 or subject.auto_return:
        return []
    text = f"traffic moved {_times(measurement.moves)}, although the fault came and went {_times(times)}"
    return [Finding("moves", measurement.moves <= 1, text)]


def _times(count: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(count, f"{count} times")


def _rto_findings(
    measurement: Measurement, objectives: Objectives, subject: Subject, splits: Sequence[Split]
) -> list[Finding]:
    groups = [(group, "") for group in measurement.judged]
    if objectives.judge_stale:
        groups += [(group, " (clients that overstay the TTL)") for group in measurement.overstaying]
    worst = {split.operation: split for split in splits}
    return [
        _rto_finding(group, who, measurement, objectives, subject, worst.get(group.operation))
        for group, who in groups
    ]


def _rto_finding(
    group: RecoveryTime, who: str, measurement: Measurement, objectives: Objectives, subject: Subject,
    worst: Split | None,
) -> Finding:  # fmt: skip
    limit, name = subject.rto(group.operation, objectives), f"RTO of {group.operation}{who}"
    if group.worst <= limit:
        return Finding("rto", True, f"{name} {group.worst:.1f} s of {limit:g} s allowed (worst client)")
    if math.isinf(group.worst):
        never = group.clients - group.recovered
        text = f"{name}: {never} of {group.clients} clients never recovered, {limit:g} s allowed"
        return Finding("rto", False, text, why_never(measurement, subject))
    text = f"{name} {group.worst:.1f} s is {group.worst - limit:.1f} s over the {limit:g} s allowed"
    return Finding("rto", False, f"{text} (worst client {group.worst_client})", _why_late(worst, subject))


def why_never(measurement: Measurement, subject: Subject) -> str:
    """The likely reason why clients did not recover, from what DNS said and what other regions answered."""
    region = measurement.struck or subject.primary
    if subject.entry == "cdn" and subject.origin_host is None:
        return (
            "nothing but an origin group leads to another origin, and CloudFront has it for paths that take "
            "GET, HEAD and OPTIONS alone"
        )
    others = [each.name for each in subject.regions if each.name != region]
    named = [name for name in others if name in measurement.named_after]
    if not named:
        nobody = f"no DNS answer ever named {' or '.join(others) or 'another region'}"
        checked = next((each.health_check for each in subject.regions if each.name == region), None)
        if checked is None:
            return f"{nobody}: the record of {region} has no health check"
        if measurement.flip_at is None:
            return f"{nobody}: the health check of {region} never turned unhealthy"
        after = measurement.flip_at - measurement.fault_at
        return f"{nobody}, although the health check of {region} turned unhealthy after {after:.1f} s"
    if measurement.failures_elsewhere:
        what, times = measurement.failures_elsewhere[0]
        return f"{' and '.join(named)} was reached, but failed too ({what}, {times} times)"
    if measurement.flip_at is None:
        return f"the health check of {region} never turned unhealthy while requests there failed"
    return f"answers kept on naming {region} beside {' and '.join(named)}, or failures went on now and then"


def _why_late(worst: Split | None, subject: Subject) -> str:
    step = longest(worst.steps) if worst else None
    if worst is None or step is None:
        return worst.reason if worst else ""
    causes = {
        "detect": "the health check needs its interval and threshold to notice",
        "decide": "the new status takes this long to reach DNS locations (modelled)",
        "shift": f"answers are cached for the record's TTL of {subject.ttl:g} s",
        "warm": "the standby was reached but did not answer well at once",
        "promote": "the failover controller admits a region only when it is safe "
        f"({step.modelled:.1f} s of it are modelled: AWS promoting the database)",
    }
    return f"{step.name} took {step.seconds:.1f} s of it: {causes[step.name]}"


def _rpo_finding(loss: Loss, measurement: Measurement, objectives: Objectives, subject: Subject) -> Finding:
    # what is moved in peace must not lose anything, whatever an outage is allowed to
    limit = 0.0 if measurement.planned else subject.rpo(loss.operation, objectives)
    name = "RPO" if loss.operation == "write" else f"RPO of {_flow(loss.operation)}"
    if loss.lost == 0:
        return Finding(
            "rpo", True, f"{name}: all {loss.asked} acknowledged writes can be read, {limit:g} s allowed"
        )
    lost = f"{loss.lost} of {loss.asked} acknowledged writes lost, the oldest {loss.age:.2f} s old"
    if loss.age <= limit and limit > 0:
        return Finding("rpo", True, f"{name}: {lost}, {limit:g} s allowed")
    return Finding("rpo", False, f"{name}: {lost}, {loss.age - limit:.2f} s over the {limit:g} s allowed",
                   _why_lost(loss, measurement))  # fmt: skip


def _why_lost(loss: Loss, measurement: Measurement) -> str:
    if loss.unreadable == loss.lost:
        return "the surviving region could not be read at all"
    if any(fault.description.startswith("replication-cut") for fault in measurement.faults):
        return "replication was cut before they were written"
    if loss.after_fault:
        return f"{loss.after_fault} of them were acknowledged by a region that others no longer saw"
    return "replication lagged when the region was lost"


def _kept_aside(measurement: Measurement, subject: Subject) -> set[str]:
    """Lost writes that a promoted database lacks, and that were reported: they stay in the snapshot that
    Aurora keeps of the old primary, and do not come back by themselves (Amazon Aurora User Guide, "Recovering
    an Amazon Aurora global database from an unplanned outage")."""
    lost = {
        item
        for each in measurement.losses
        if subject.flow_of(each.operation).store == "database"
        for item in each.items
    }
    return lost & set(measurement.kept)


def _return_findings(measurement: Measurement, subject: Subject) -> list[Finding]:
    returned = measurement.returned
    if returned is None:
        return []
    found = []
    if returned.checked:
        kept = _kept_aside(measurement, subject) & set(returned.still_missing)
        missing = len(set(returned.still_missing) - kept)
        text = f"after healing, {returned.checked - missing} of {returned.checked} writes are in every region"
        if kept:
            text += f" (or, {len(kept)} of them, reported to be in what was kept of the lost database)"
        found.append(Finding("reconciliation", missing == 0, text))
    if returned.returned_to is not None and returned.returned_at is not None:
        after = returned.returned_at - returned.healed_at
        allowed = "as allowed" if subject.auto_return else "although auto_return is off"
        text = f"traffic returned to {returned.returned_to} {after:.1f} s after healing, {allowed}"
        found.append(Finding("return", subject.auto_return, text))
    elif returned.survivor is not None:
        found.append(Finding("return", True, f"traffic stayed in {returned.survivor} after healing"))
    return found
