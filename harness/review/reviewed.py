"""The record of a reviewed run, beside its saved plans, and what of it must still hold when they are applied.

A folder of plans: `<stack>.tfplan` of each stack that changes (they hold secrets: mode 0600), `summary.json`
and `summary.md` for people, `reviewed.json` for the check. `<stack>.json`, the plan as Terraform's JSON, is
there only when it was asked for: it holds every secret in the clear.
"""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from generator.manifest.problems import InputRefused
from harness.affected.closure import closure
from harness.affected.trees import working_tree
from harness.environments import REPOSITORY, Environment
from harness.review import inputs, markdown, summary
from harness.review.confirmation import lost_in
from harness.terraform import bootstrap, installation, plans
from harness.terraform.session import RunResult, Session, StackResult
from harness.terraform.stack import Target

RECORD, SUMMARY, MARKDOWN = "reviewed.json", "summary.json", "summary.md"


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ReviewedInput(_Record):
    """`value` is None when the upstream output is sensitive."""

    variable: str
    stack: str
    output: str
    value: str | None


class ReviewedState(_Record):
    """What the plan was made against; no lineage and serial 0 where there was no state yet."""

    lineage: str = ""
    serial: int = 0

    def __str__(self) -> str:
        return f"serial {self.serial} of lineage {self.lineage}" if self.lineage else "no state"


class ReviewedStack(_Record):
    """`incomplete`: planned, but not with everything that an apply needs; `why` says what was missing.
    `against` is None where the plan file does not tell."""

    outcome: Literal["no changes", "planned", "incomplete", "failed"]
    plan_sha256: str = ""
    against: ReviewedState | None = None
    counts: dict[str, int] = {}
    lost: dict[str, str] = {}
    inputs: tuple[ReviewedInput, ...] = ()
    why: tuple[str, ...] = ()


class ReviewedTarget(_Record):
    """`endpoint`: `aws`, or `custom` where AWS_ENDPOINT_URL leads elsewhere. `region`: of the caller."""

    name: str
    account_id: str
    endpoint: Literal["aws", "custom"]
    region: str

    @classmethod
    def of(cls, environment: Environment, target: Target) -> ReviewedTarget:
        elsewhere = any(name.startswith("AWS_ENDPOINT_URL") for name in target.variables)
        return cls(
            name=target.name,
            account_id=environment.manifest.account_id,
            endpoint="custom" if elsewhere else "aws",
            region=target.variables.get("AWS_REGION") or target.variables.get("AWS_DEFAULT_REGION") or "",
        )


class Reviewed(_Record):
    """`files`: SHA-256 by path in the repository. `changed_files`: there were uncommitted changes."""

    version: Literal[1] = 1
    environment: str
    target: ReviewedTarget
    made_at: datetime
    commit: str
    changed_files: bool
    terraform: str
    providers: dict[str, str]
    files: dict[str, str]
    stacks: dict[str, ReviewedStack]


@dataclass(frozen=True)
class Kept:
    """One folder of plans and its record."""

    folder: Path
    record: Reviewed

    def plan_file(self, stack: str) -> Path:
        return self.folder / f"{stack}.tfplan"


def refuse_foreign(folder: Path) -> None:
    """Raises InputRefused where plans would take the place of something else."""
    if folder.exists() and (
        not folder.is_dir() or (any(folder.iterdir()) and not (folder / RECORD).is_file())
    ):
        raise InputRefused(
            [f"PLANS={folder}: exists and holds no {RECORD}, so it is not ours to replace; name another"]
        )


def keep(
    folder: Path,
    environment: Environment,
    session: Session,
    result: RunResult,
    *,
    at: datetime,
    documents: bool = False,
    artifact: str = "",
) -> Kept:
    """Write the folder of a run of `plan`, whole or not at all; an earlier one of ours is replaced.

    `documents` keeps the plans as Terraform's JSON too. `artifact`: what the folder is called where people
    find it, if that is not its name.
    """
    refuse_foreign(folder)
    roots = [environment.folder / each.stack for each in result.results]
    commit = inputs.commit(REPOSITORY)
    record = Reviewed(
        environment=environment.name,
        target=ReviewedTarget.of(environment, session.target),
        made_at=at,
        commit=commit.id,
        changed_files=commit.changed,
        terraform=installation.terraform_version(session.binary),
        providers=inputs.providers(roots),
        files=files_of(environment, [each.stack for each in result.results]),
        stacks={each.stack: _stack(each) for each in result.results},
    )
    found = summary.summary_of(result, commit=commit.id)
    partial = folder.with_name(f".{folder.name}.{os.getpid()}")
    try:
        partial.mkdir(parents=True, mode=0o700)
        for each in result.results:
            _keep_plan(partial, each, record.stacks[each.stack], documents=documents)
        (partial / SUMMARY).write_text(json.dumps(summary.as_json(found), indent=2) + "\n", encoding="utf-8")
        whole = f"{SUMMARY} in {artifact or folder.name}"
        (partial / MARKDOWN).write_text(markdown.markdown([found], whole=whole), encoding="utf-8")
        (partial / RECORD).write_text(record.model_dump_json(indent=2) + "\n", encoding="utf-8")
        if folder.exists():
            shutil.rmtree(folder)
        os.replace(partial, folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return Kept(folder, record)


def _stack(result: StackResult) -> ReviewedStack:
    plan = result.plan
    if not result.status.good or plan is None:
        return ReviewedStack(outcome="failed", why=result.messages)
    counts = {kind: len(getattr(plan.by_kind, kind)) for kind in plans.SEVERITY}
    passed_on = tuple(ReviewedInput(**vars(each)) for each in result.inputs)
    if result.unknown or (result.plan_file is None and not plan.is_empty):
        return ReviewedStack(outcome="incomplete", counts=counts, inputs=passed_on, why=result.messages)
    if plan.is_empty or result.plan_file is None:
        return ReviewedStack(outcome="no changes", counts=counts, inputs=passed_on)
    return ReviewedStack(
        outcome="planned",
        plan_sha256=inputs.digest(result.plan_file),
        against=planned_against(result.plan_file),
        counts=counts,
        lost=lost_in(plan),
        inputs=passed_on,
    )


def _keep_plan(folder: Path, result: StackResult, stack: ReviewedStack, *, documents: bool) -> None:
    if stack.outcome == "planned" and result.plan_file is not None:
        _write_private(folder / f"{result.stack}.tfplan", result.plan_file.read_bytes())
    if documents and result.document is not None:
        _write_private(folder / f"{result.stack}.json", json.dumps(result.document).encode())


def _write_private(path: Path, content: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(content)


def planned_against(plan_file: Path) -> ReviewedState | None:
    """From the plan file, a zip whose entry `tfstate` is the state that Terraform compares with when it
    applies (hashicorp/terraform, internal/plans/planfile); None where it is no such file."""
    try:
        with zipfile.ZipFile(plan_file) as zipped:
            return state_of(zipped.read("tfstate"))
    except (OSError, zipfile.BadZipFile, KeyError, ValueError):
        return None


def state_of(text: bytes) -> ReviewedState:
    """Terraform gives a state that does not exist yet a lineage of the moment, and serial 0."""
    found = bootstrap.snapshot(text)
    if found is None or (found.serial == 0 and found.resources == 0):
        return ReviewedState()
    return ReviewedState(lineage=found.lineage, serial=found.serial)


def files_of(environment: Environment, stacks: Sequence[str]) -> dict[str, str]:
    """What these stacks' plans are made from, by path below the folder that holds envs/ and modules/."""
    base = _base(environment)
    tree, below = working_tree(base), environment.folder.resolve().relative_to(base).as_posix()
    found = {path: leaf for stack in stacks for path, leaf in closure(tree, f"{below}/{stack}").items()}
    return {path: leaf.digest for path, leaf in sorted(found.items())}


def _base(environment: Environment) -> Path:
    """Where envs/ lies: the repository."""
    depth = len(Path(environment.name).parts)
    return environment.folder.resolve().parents[depth]


def load(given: Path) -> tuple[Kept, ...]:
    """The record in a folder of plans, or those of the folders in it (a matrix of runners makes one each).

    Raises InputRefused: there is none, or one that is not what `keep` writes.
    """
    folders = [given] if (given / RECORD).is_file() else [each.parent for each in _records_below(given)]
    if not folders:
        raise InputRefused(
            [f"PLANS={given}: holds no {RECORD}; make it with `make plan ENV=... PLANS={given}`"]
        )
    return tuple(Kept(folder, _read(folder / RECORD)) for folder in folders)


def _records_below(given: Path) -> Iterator[Path]:
    yield from sorted(given.glob(f"*/{RECORD}"))


def _read(file: Path) -> Reviewed:
    try:
        return Reviewed.model_validate_json(file.read_bytes())
    except ValidationError as error:
        raise InputRefused(
            [
                f"{file}: {'.'.join(map(str, each['loc'])) or '(whole file)'}: {each['msg']}; "
                "plan again with this version of Antipode"
                for each in error.errors()
            ]
        ) from error


def summaries_in(given: Sequence[Path]) -> tuple[summary.EnvironmentSummary, ...]:
    """What the folders' plans would do, merged by environment. Raises InputRefused."""
    found = []
    for kept in (kept for each in given for kept in load(each)):
        file = kept.folder / SUMMARY
        try:
            found.append(summary.from_json(json.loads(file.read_bytes())))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputRefused([f"{file}: {type(error).__name__} {error}; plan again"]) from error
    return summary.merged(found)


def chosen(kept: Sequence[Kept], only: Sequence[str]) -> dict[str, Kept]:
    """The folder of each stack that is to be applied. Raises InputRefused: not there, or there twice."""
    by_stack: dict[str, Kept] = {}
    problems = []
    for each in kept:
        for stack in each.record.stacks:
            if stack in by_stack:
                problems.append(f"{stack}: is in {by_stack[stack].folder} and in {each.folder}; keep one")
            by_stack[stack] = each
    problems += [
        f"STACK={stack}: is not among the reviewed plans; there are {', '.join(by_stack)}"
        for stack in only
        if stack not in by_stack
    ]
    if problems:
        raise InputRefused(problems)
    return {stack: each for stack, each in by_stack.items() if not only or stack in only}


def problems(
    stacks: Mapping[str, Kept], environment: Environment, target: Target, *, terraform: str
) -> list[str]:
    """Everything that is not as it was reviewed, with both values, as far as files can tell."""
    found: list[str] = []
    for each in {kept.folder: kept for kept in stacks.values()}.values():
        found += _context_problems(each.record, environment, target, terraform)
    for stack, kept in stacks.items():
        found += _stack_problems(stack, kept, environment)
    return list(dict.fromkeys(found))


def _context_problems(
    record: Reviewed, environment: Environment, target: Target, terraform: str
) -> Iterator[str]:
    if record.environment != environment.name:
        yield f"environment: {record.environment} was reviewed, this is {environment.name}"
        return
    now = ReviewedTarget.of(environment, target)
    for name in ("name", "account_id", "endpoint", "region"):
        was, is_now = getattr(record.target, name), getattr(now, name)
        if was != is_now:
            yield f"target {name}: was {was or 'not set'} when reviewed, is {is_now or 'not set'}"
    if record.terraform != terraform:
        yield f"Terraform: was {record.terraform} when reviewed, is {terraform}; use the same"
    known = [stack for stack in record.stacks if (environment.folder / stack).is_dir()]
    for stack in sorted(set(record.stacks) - set(known)):
        yield f"{stack}: was reviewed and is no stack of {environment.name} any more"
    pinned = inputs.providers(environment.folder / stack for stack in known)
    for source in sorted(record.providers.keys() | pinned.keys()):
        was, is_now = record.providers.get(source, "not there"), pinned.get(source, "not there")
        if was != is_now:
            yield f"provider {source}: was {was} when reviewed, is {is_now}"
    yield from inputs.differences(record.files, files_of(environment, known))


def _stack_problems(stack: str, kept: Kept, environment: Environment) -> Iterator[str]:
    found = kept.record.stacks[stack]
    if found.outcome == "failed":
        yield f"{stack}: could not be planned when reviewed: {' '.join(found.why) or 'see its log'}"
    elif found.outcome == "incomplete":
        missing = " ".join(found.why) or "something that it needs did not exist yet."
        yield (
            f"{stack}: its reviewed plan is not whole: {missing} Apply what it waits for (`make apply "
            f"ENV={environment.name} STACK=...`), then plan and review {stack} again; STACK= leaves it out."
        )
    elif found.outcome == "planned":
        file = kept.plan_file(stack)
        now = inputs.digest(file) if file.is_file() else "not there"
        if now != found.plan_sha256:
            yield f"{file}: was sha256 {found.plan_sha256} when reviewed, is {now}"


def state_problems(stacks: Mapping[str, Kept], states: Mapping[str, bytes]) -> list[str]:
    """States that are not those the plans were made against: something was applied in between."""
    found = []
    for stack, text in states.items():
        was, now = stacks[stack].record.stacks[stack].against, state_of(text)
        if was is not None and was != now:
            found.append(
                f"{stack}: the state has changed since the plan was reviewed: it was {was}, is {now}; "
                "plan again and review that"
            )
    return found
