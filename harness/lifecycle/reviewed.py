"""`make apply PLANS=folder`: precisely the reviewed plans, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from generator.manifest.problems import InputRefused
from harness.environments import Environment
from harness.lifecycle import order as rollout
from harness.lifecycle.verbs import question
from harness.review import confirmation, reviewed
from harness.review.confirmation import Consent
from harness.review.reviewed import Kept
from harness.targets.session import Run, chosen, stack_runs
from harness.terminal import GOOD
from harness.terraform import installation, runner
from harness.terraform.report import report
from harness.terraform.session import RunResult, Session
from harness.terraform.upstream import PassedOn


def apply(
    run: Run,
    consent: Consent,
    *,
    folder: Path,
    say: Callable[[str], None],
    standby_first: bool = False,
) -> int:
    """Apply the saved plans wave by wave. Raises InputRefused, before anything is applied, with everything
    that is not as it was reviewed."""
    environment = run.environment
    stacks = reviewed.chosen(reviewed.load(folder), run.only)
    with run.open() as opened:
        version = installation.terraform_version(opened.binary)
        if found := reviewed.problems(stacks, environment, opened.target, terraform=version):
            raise InputRefused([*found, "nothing was applied: this is not what was reviewed"])
        changing = {
            stack: kept for stack, kept in stacks.items() if kept.record.stacks[stack].outcome == "planned"
        }
        for line in _said(environment, stacks, changing):
            say(line)
        if not changing:
            return GOOD
        if not run.sandbox:
            _confirm_data(changing, consent)
            consent.require(question(environment, "Apply the reviewed plans of", tuple(changing)))
        result = over(opened, environment, changing, standby_first=standby_first)
    report(result, as_json=run.as_json)
    return result.exit_code


def over(
    session: Session, environment: Environment, changing: Mapping[str, Kept], *, standby_first: bool = False
) -> RunResult:
    """Raises InputRefused where a state has moved on: nothing is applied then, in no stack."""
    runs = chosen(environment, tuple(changing))
    if standby_first:
        runs = rollout.standby_first(environment.manifest, runs)
    if found := reviewed.state_problems(changing, runner.states(session, runs)):
        raise InputRefused([*found, "nothing was applied"])
    return runner.apply_reviewed(
        session,
        runs,
        saved={stack: kept.plan_file(stack) for stack, kept in changing.items()},
        differs=lambda stack, passed_on: differs(changing[stack], stack, passed_on),
        known=stack_runs(environment),
    )


def differs(kept: Kept, stack: str, passed_on: Sequence[PassedOn]) -> str | None:
    """Why the plan cannot be applied with what its upstream stacks give now; None when it can.

    A sensitive value is not in the record: Terraform itself refuses one that is not the plan's.
    """
    now = {each.variable: each.value for each in passed_on}
    lines = [
        f"{each.variable} (output {each.output} of {each.stack}) was {each.value} when reviewed, "
        f"is {now.get(each.variable) or 'not known'}"
        for each in kept.record.stacks[stack].inputs
        if each.value is not None and now.get(each.variable) != each.value
    ]
    return f"{stack}: {'; '.join(lines)}. It was not applied: plan it again." if lines else None


def _confirm_data(changing: Mapping[str, Kept], consent: Consent) -> None:
    """All names that are missing at once, before anything is applied."""
    refusals = []
    for stack, kept in changing.items():
        missing = confirmation.unconfirmed(stack, kept.record.stacks[stack].lost, consent.confirmed)
        if missing and consent.typed is not None:
            missing = confirmation.ask_each(stack, missing, consent.typed)
        if missing:
            refusals.append(confirmation.refusal(stack, missing))
    if refusals:
        raise InputRefused(refusals)


def _said(environment: Environment, stacks: Mapping[str, Kept], changing: Mapping[str, Kept]) -> list[str]:
    record = next(iter(stacks.values())).record
    lines = [f"reviewed at {record.made_at:%Y-%m-%d %H:%M:%S} UTC, commit {record.commit[:12] or 'unknown'}"]
    if unchanged := [stack for stack in stacks if stack not in changing]:
        lines.append(f"no changes were reviewed in {', '.join(unchanged)}")
    left = [each.name for each in environment.stacks if each.name not in stacks]
    if left:
        lines.append(f"not reviewed, left alone: {', '.join(left)}")
    return lines
