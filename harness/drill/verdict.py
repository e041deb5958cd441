"""Whether the objectives were met. Pure: figures in, verdict out, and a reason that names the likely cause.

A drill that cannot show that its fault was there, whose clients failed before it, or that measured too
little, is inconclusive: it neither passes nor fails.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from harness.drill.measure import OPERATIONS, SUSTAIN_SECONDS, Measurement, RecoveryTime
from harness.drill.recovery import Split, longest
from harness.drill.subject import Objectives, Subject

Status = Literal["objectives-met", "objectives-missed", "precondition-failed", "inconclusive"]
EXIT_STATUS: dict[Status, int] = {
    "objectives-met": 0, "objectives-missed": 1, "precondition-failed": 1, "inconclusive": 3,
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
    measurement: Measurement, objectives: Objectives, subject: Subject, *, worst: Split | None = None
) -> Verdict:
    """The verdict on one run; `worst` is the split of the worst judged client, for the reason."""
    if problems := doubts(measurement, objectives):
        return inconclusive(problems)
    findings = [
        *_rto_findings(measurement, objectives, subject, worst),
        _rpo_finding(measurement, objectives),
        *_return_findings(measurement, subject),
    ]
    met = all(finding.met for finding in findings)
    return Verdict("objectives-met" if met else "objectives-missed", tuple(findings))


def doubts(measurement: Measurement, objectives: Objectives) -> list[str]:
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
    for operation in OPERATIONS:
        group = measurement.rto(operation)
        if group is None or group.clients < FEWEST_CLIENTS:
            clients = group.clients if group else 0
            found.append(
                f"{clients} clients were measured for {operation}; at least {FEWEST_CLIENTS} are needed"
            )
    if measurement.baseline.requests == 0:
        found.append("no request was made before the fault")
    if measurement.loss.asked == 0:
        found.append("no acknowledged write was read back")
    window = measurement.window_end - measurement.fault_at
    if math.isinf(measurement.worst) and window < objectives.rto + SUSTAIN_SECONDS:
        found.append(
            f"recovery was watched for {window:.0f} s only, too short for an objective of "
            f"{objectives.rto:g} s"
        )
    return found


def _rto_findings(
    measurement: Measurement, objectives: Objectives, subject: Subject, worst: Split | None
) -> list[Finding]:
    groups = [(group, "") for group in measurement.judged]
    if objectives.judge_stale:
        groups += [(group, " (clients that overstay the TTL)") for group in measurement.overstaying]
    return [_rto_finding(group, who, measurement, objectives, subject, worst) for group, who in groups]


def _rto_finding(
    group: RecoveryTime, who: str, measurement: Measurement, objectives: Objectives, subject: Subject,
    worst: Split | None,
) -> Finding:  # fmt: skip
    limit, name = objectives.rto, f"RTO of {group.operation}{who}"
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
    region = measurement.serving_before or subject.primary
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
    }
    return f"{step.name} took {step.seconds:.1f} s of it: {causes[step.name]}"


def _rpo_finding(measurement: Measurement, objectives: Objectives) -> Finding:
    loss, limit = measurement.loss, objectives.rpo
    if loss.lost == 0:
        return Finding(
            "rpo", True, f"RPO: all {loss.asked} acknowledged writes can be read, {limit:g} s allowed"
        )
    lost = f"{loss.lost} of {loss.asked} acknowledged writes lost, the oldest {loss.age:.2f} s old"
    if loss.age <= limit and limit > 0:
        return Finding("rpo", True, f"RPO: {lost}, {limit:g} s allowed")
    return Finding("rpo", False, f"RPO: {lost}, {loss.age - limit:.2f} s over the {limit:g} s allowed",
                   _why_lost(measurement))  # fmt: skip


def _why_lost(measurement: Measurement) -> str:
    loss = measurement.loss
    if loss.unreadable == loss.lost:
        return "the surviving region could not be read at all"
    if any(fault.description.startswith("replication-cut") for fault in measurement.faults):
        return "replication was cut before they were written"
    if loss.after_fault:
        return f"{loss.after_fault} of them were acknowledged by a region that others no longer saw"
    return "replication lagged when the region was lost"


def _return_findings(measurement: Measurement, subject: Subject) -> list[Finding]:
    returned = measurement.returned
    if returned is None:
        return []
    found = []
    if returned.checked:
        missing = len(returned.still_missing)
        text = f"after healing, {returned.checked - missing} of {returned.checked} writes are in every region"
        found.append(Finding("reconciliation", missing == 0, text))
    if returned.returned_to is not None and returned.returned_at is not None:
        after = returned.returned_at - returned.healed_at
        allowed = "as allowed" if subject.auto_return else "although auto_return is off"
        text = f"traffic returned to {returned.returned_to} {after:.1f} s after healing, {allowed}"
        found.append(Finding("return", subject.auto_return, text))
    elif returned.survivor is not None:
        found.append(Finding("return", True, f"traffic stayed in {returned.survivor} after healing"))
    return found
