"""The gate: findings of checkov and the resilience rules, less those that are skipped, plus every doubt.

Pure: reports, plans, skips and a date in, findings out. Skips are applied here and nowhere else, to source
and plans alike (docs/adr/0011). A doubt, a skip that skips nothing and a skip without a good reason are
findings too, so whatever shows findings shows them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from harness.policy import plan_documents
from harness.policy.plan_documents import Plan
from harness.policy.proofs import OF_PROVIDERS, OURS, WITNESS
from harness.policy.reports import PLAN, Record, Scan
from harness.policy.skips import ANY, Skip, expired, unknown
from harness.policy.staging import CANARIES, MODULES, PLANS, SOURCES
from policies.finding import Finding

ERROR, WARNING = "error", "warning"
UNPROVED = "policy/not-proved"
BAD_SKIP = "policy/skip"
DOCUMENT = "policies/README.md"
_PLACE = re.compile(r"^([\w./-]+):(\d+): ")
_TEMPLATE = "generator/templates/root.tf.j2"

Block = tuple[str, str]
"""A module's folder and a block in it: ("compute/function", "aws_lambda_function.this")."""


@dataclass(frozen=True)
class Location:
    """A file below the repository, and a line in it."""

    file: str
    line: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True)
class Judged:
    """A finding, where to change it, and the skip that lets it pass, if any. `scans`: who found it."""

    finding: Finding
    location: Location
    scans: tuple[str, ...] = ()
    skip: Skip | None = None


@dataclass(frozen=True)
class GateResult:
    """`resources`: how many were judged in how many `checks`, by checkov, canaries left out."""

    environment: str
    judged: tuple[Judged, ...]
    resources: int
    checks: int

    @property
    def standing(self) -> tuple[Judged, ...]:
        return tuple(each for each in self.judged if each.skip is None)

    @property
    def skipped(self) -> tuple[Judged, ...]:
        return tuple(each for each in self.judged if each.skip is not None)

    @property
    def good(self) -> bool:
        """Nothing stands but warnings; a severity that is not known stands as an error."""
        return all(each.finding.severity == WARNING for each in self.standing)


@dataclass(frozen=True)
class _Found:
    """One failed check, as skips are matched with it. `module` and `block` are empty for a root's own
    blocks."""

    judged: Judged
    module: str
    block: str
    stack: str
    address: str


def judge(
    *,
    environment: str,
    scans: Mapping[str, Scan],
    plans: Mapping[str, Plan],
    locations: Mapping[Block, Location],
    resilience: Sequence[Finding],
    skips: Sequence[Skip],
    faults: Iterable[str],
    doubts: Iterable[str],
    listed: frozenset[str],
    today: date,
) -> GateResult:
    """Judge one environment. `locations`: where each block of each module is written; `faults`: how skips are
    written wrongly; `doubts`: why the reports may not be believed; `listed`: the known checks, with ours."""
    records = _records(scans)
    found = [
        *_merged(_found(each, plans, locations) for each in records if each.result == "failed"),
        *(_of_resilience(each, environment) for each in resilience),
    ]
    judged, used = _skipped(found, skips, environment)
    bad_skips = [
        *faults,
        *expired(skips, today=today),
        *unknown(skips, known=listed),
        *_unused(skips, used, environment, _planned(plans)),
    ]
    return GateResult(
        environment=environment,
        judged=(
            *(
                _of_gate(UNPROVED, text, "checkov must have read everything; see policies/README.md")
                for text in doubts
            ),
            *(_of_gate(BAD_SKIP, text, "correct the skip, or take it out") for text in bad_skips),
            *sorted(judged, key=lambda each: (each.finding.rule, each.finding.where)),
        ),
        resources=len({(each.file, each.address) for each in records}),
        checks=len({each.rule for each in records}),
    )


def _records(scans: Mapping[str, Scan]) -> list[Record]:
    """The checks that count: without canaries and the witness, and without tags in plans, where a provider's
    nested blocks are missing."""
    return [
        record
        for scan in scans.values()
        for record in scan.records
        if not record.file.startswith(f"{CANARIES}/")
        and record.rule != WITNESS
        and not (scan.framework == PLAN and record.rule in OF_PROVIDERS)
    ]


def _planned(plans: Mapping[str, Plan]) -> set[Block]:
    """The blocks of modules that any stack has a resource of."""
    return {
        (plan_documents.module_of(address, plan), plan_documents.without_modules(address))
        for plan in plans.values()
        for address in plan_documents.managed(plan)
    }


def _found(record: Record, plans: Mapping[str, Plan], locations: Mapping[Block, Location]) -> _Found:
    folder, _, rest = record.file.partition("/")
    block = plan_documents.without_modules(record.address)
    if folder == PLANS:
        stack, scan = rest.removesuffix(".json"), "plan"
        module = plan_documents.module_of(record.address, plans[stack])
        location = locations.get((module, block), Location(_TEMPLATE))
    else:
        stack, scan = (rest.split("/")[0], "source") if folder == SOURCES else ("", "modules")
        module = _module_of_file(record.file)
        location = (
            Location(f"modules/{record.file.rpartition('modules/')[2]}", record.line)
            if module
            else Location(_TEMPLATE)
        )
        location = locations.get((module, block), location)
    where = f"{stack}: {record.address}" if stack else f"modules/{module}: {record.address}"
    finding = Finding(
        rule=record.rule,
        severity=ERROR,
        where=where,
        message=record.title,
        fix=f"change {location}, or skip it there with a reason",
        source=DOCUMENT if OURS.match(record.rule) else record.guideline or f"checkov, {record.rule}",
    )
    return _Found(Judged(finding, location, (scan,)), module, block, stack, record.address)


def _module_of_file(file: str) -> str:
    """`sources/us-east-1/modules/compute/function/main.tf` -> `compute/function`."""
    parts = file.split("/")
    return "/".join(parts[parts.index(MODULES) + 1 : -1]) if MODULES in parts else ""


def _merged(found: Iterable[_Found]) -> list[_Found]:
    """One for each resource and rule, whoever found it. A bare module says nothing that a root which calls it
    says too, and a plan's instances stand for the block in the source."""
    by_key: dict[tuple[str, str, str], _Found] = {}
    for each in found:
        key = (each.judged.finding.rule, each.stack or f"modules/{each.module}", each.address)
        before = by_key.get(key)
        scans = (*before.judged.scans, *each.judged.scans) if before else each.judged.scans
        judged = Judged(each.judged.finding, each.judged.location, tuple(dict.fromkeys(scans)))
        by_key[key] = _Found(judged, each.module, each.block, each.stack, each.address)
    instances = {
        (rule, stack, plan_documents.without_indexes(address))
        for rule, stack, address in by_key
        if plan_documents.without_indexes(address) != address
    }
    called = {(each.judged.finding.rule, each.module, each.block) for each in by_key.values() if each.stack}
    return [
        each
        for key, each in by_key.items()
        if key not in instances
        and (each.stack or (each.judged.finding.rule, each.module, each.block) not in called)
    ]


def _of_resilience(finding: Finding, environment: str) -> _Found:
    location = Location(f"envs/{environment}/manifest.yaml")
    return _Found(Judged(finding, location, ("resilience",)), "", finding.where, "", finding.where)


def _of_gate(rule: str, text: str, fix: str) -> Judged:
    """`text` begins with the file and line that it is about, if it is about one."""
    written = _PLACE.match(text)
    location = Location(written[1], int(written[2])) if written else Location(DOCUMENT)
    message = text[written.end() :] if written else text
    where = str(location) if written else "checkov"
    return Judged(Finding(rule, ERROR, where, message, fix, DOCUMENT), location, ("gate",))


def _skipped(
    found: Sequence[_Found], skips: Sequence[Skip], environment: str
) -> tuple[list[Judged], frozenset[Skip]]:
    """Each finding with the first skip that covers it, and all the skips that cover anything."""
    judged: list[Judged] = []
    used: set[Skip] = set()
    for each in found:
        covering = [
            skip
            for skip in skips
            if skip.covers(
                each.judged.finding.rule,
                addresses=(each.block, each.address),
                module=each.module,
                environment=environment,
            )
        ]
        used.update(covering)
        first = covering[0] if covering else None
        judged.append(Judged(each.judged.finding, each.judged.location, each.judged.scans, first))
    return judged, frozenset(used)


def _unused(
    skips: Sequence[Skip], used: frozenset[Skip], environment: str, planned: Collection[Block]
) -> list[str]:
    """Skips that cover nothing here. One beside a resource that is not planned here is judged where it is:
    what a module's bare source shows depends on variables that nobody has set."""
    return [
        f"{skip.place}: {skip.rule} on {skip.resource} skips nothing in {environment}; take it out, or move "
        "it to policies/skips.yaml with the environment that needs it"
        for skip in skips
        if skip not in used
        and skip.is_for(environment)
        and (skip.module == ANY or skip.resource == ANY or (skip.module, skip.resource) in planned)
    ]
