"""`make policy`: plans, checkov and the resilience rules over one environment, and the result in a
terminal."""

from __future__ import annotations

import importlib
import json
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from generator.manifest import Manifest
from generator.stacks import Stack
from harness import terminal
from harness.environments import REPOSITORY, Environment
from harness.policy import checkov, gate, plan_documents, proofs, report, reports, skips, staging
from harness.policy.gate import Block, GateResult, Location
from harness.targets.session import Run, stack_runs
from harness.terminal import FAILED, GOOD
from harness.terraform import runner
from harness.terraform.errors import TerraformError
from policies.finding import Finding

POLICIES = REPOSITORY / "policies"
MODULES = REPOSITORY / "modules"

Plans = Mapping[str, Mapping[str, Any]]
Rules = Callable[[Manifest, Sequence[Stack], Plans], Sequence[Finding]]
Ask = Callable[[Path], checkov.Answer]

_ID = re.compile(r"\bid=\"(CKV_ANTIPODE_\d+)\"|^ID = \"(CKV_ANTIPODE_\d+)\"", re.MULTILINE)
_BLOCK = re.compile(r"^(resource|data) \"(\w+)\" \"(\w+)\" \{")


def policy(environment: Environment, *, plans: Path | None, out: Path | None, as_json: bool) -> int:
    """Judge one environment, and write policy.json, policy.junit.xml and policy.sarif.

    Exit 0 when nothing but warnings stands, else 1; also 1 when it cannot be proved that everything was read.
    `plans` is a folder of `<stack>.json`; without it the environment is planned in an empty sandbox, which
    needs no credentials. Raises InputRefused, CheckovUnavailable, TerraformError.
    """
    began = time.monotonic()
    stacks = tuple(stack.name for stack in environment.stacks)
    documents = plan_documents.read_folder(plans, stacks=stacks) if plans else planned(environment)
    result = result_of(environment, documents, today=date.today())
    folder = out or REPOSITORY / ".antipode" / "policy" / environment.name
    written = report.write(result, folder)
    show(result, as_json=as_json, seconds=time.monotonic() - began)
    if not as_json:
        print(f"wrote {', '.join(os.path.relpath(file) for file in written)}", file=sys.stderr)
    return GOOD if result.good else FAILED


def planned(environment: Environment) -> dict[str, Mapping[str, Any]]:
    """Every stack's plan against empty states, in a sandbox. Raises TerraformError when one cannot be
    planned."""
    with Run(environment=environment, sandbox=True).open(documents=True) as opened:
        result = runner.plan(opened, stack_runs(environment))
    failed = [message for each in result.results if not each.status.good for message in each.messages]
    if failed:
        raise TerraformError("\n".join(failed))
    return {each.stack: each.document for each in result.results if each.document is not None}


def result_of(
    environment: Environment,
    plans: Plans,
    *,
    today: date,
    ask: Ask = checkov.ask,
    rules: Rules | None = None,
) -> GateResult:
    """Everything between the plans and the result; `ask` runs checkov, `rules` are the resilience rules."""
    stacks = tuple(stack.name for stack in environment.stacks)
    written, faults = written_skips(POLICIES / "skips.yaml", MODULES)
    with tempfile.TemporaryDirectory(prefix="antipode-policy-") as temporary:
        folder = Path(temporary).resolve()
        expected = staging.stage(
            folder,
            name=environment.name,
            environment=environment.folder,
            modules=MODULES,
            canaries=POLICIES / "canaries",
            stacks=stacks,
            plans=plans,
        )
        answer = ask(folder)
    custom = own_checks(checkov.CHECKS)
    scans, unreadable = _scans(answer.reports)
    found, missing = _resilience(environment, plans, rules)
    doubts = proofs.doubts(
        expected,
        scans,
        stacks=stacks,
        version=checkov.pinned_version(checkov.PINNED.read_text(encoding="utf-8")),
        custom=custom,
        trouble=(*answer.trouble, *unreadable),
    )
    return gate.judge(
        environment=environment.name,
        scans=scans,
        plans=plans,
        locations=blocks_of(MODULES),
        resilience=found,
        skips=written,
        faults=faults,
        doubts=(*doubts, *missing),
        listed=answer.listed | custom,
        today=today,
    )


def _scans(texts: Sequence[str]) -> tuple[dict[str, reports.Scan], list[str]]:
    scans: dict[str, reports.Scan] = {}
    wrong: list[str] = []
    for text in texts:
        try:
            scan = reports.read(text)
        except reports.Unreadable as error:
            wrong.append(str(error))
        else:
            scans[scan.framework] = scan
    return scans, wrong


def _resilience(
    environment: Environment, plans: Plans, rules: Rules | None
) -> tuple[tuple[Finding, ...], list[str]]:
    """The findings of the resilience rules; the doubt instead, when the rules cannot be imported."""
    if rules is None:
        try:
            rules = importlib.import_module("policies.resilience").findings
        except (ImportError, AttributeError) as error:
            return (), [f"the resilience rules cannot be run: {error}"]
    return tuple(rules(environment.manifest, environment.stacks, plans)), []


def written_skips(central: Path, modules: Path) -> tuple[list[skips.Skip], list[str]]:
    """Every skip of the repository, and what is wrong with how they are written. Raises InputRefused."""
    found, wrong = skips.central(central)
    for file in sorted(modules.rglob("*.tf")):
        module = file.parent.relative_to(modules).as_posix()
        more, problems = skips.inline(
            file.relative_to(modules.parent), file.read_text(encoding="utf-8"), module=module
        )
        found, wrong = [*found, *more], [*wrong, *problems]
    return found, wrong


def own_checks(folder: Path) -> frozenset[str]:
    """The ids that the files of policies/checks declare: all of them must be registered and must run."""
    texts = [file.read_text(encoding="utf-8") for file in sorted(folder.glob("*.py"))]
    return frozenset(one or other for text in texts for one, other in _ID.findall(text))


def blocks_of(modules: Path) -> dict[Block, Location]:
    """The location of every resource and data block of every module."""
    locations: dict[Block, Location] = {}
    for file in sorted(modules.rglob("*.tf")):
        module = file.parent.relative_to(modules).as_posix()
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
            if found := _BLOCK.match(line):
                where = Location(file.relative_to(modules.parent).as_posix(), number)
                locations[module, f"{found[2]}.{found[3]}"] = where
    return locations


def show(result: GateResult, *, as_json: bool, seconds: float) -> None:
    if as_json:
        print(json.dumps(report.as_json(result)))
        return
    out = terminal.console()
    if result.standing:
        out.print(report.table(result))
    out.print(report.summary(result, seconds=seconds), markup=False, soft_wrap=True)
