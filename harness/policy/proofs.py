"""Whether checkov has looked: its report against what it was given. Each doubt is one message.

checkov ends with 0 and says nothing when a plan is empty, a check cannot be imported or ends in an
exception, and when two roots call a module alike (docs/traps.md); `checkov --list` does not load checks of
ours. So every resource must have been seen by the witness, a check that passes for everything, and every
check of ours must fail and pass its canaries in the same run: that it is registered, and that it works.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from harness.policy.plan_documents import without_indexes
from harness.policy.reports import PLAN, SOURCE, Scan
from harness.policy.staging import CANARIES, PLANS, SOURCES, Expected

WITNESS = "CKV_ANTIPODE_0"
OURS = re.compile(r"^CKV2?_ANTIPODE_\d+$")
OF_PROVIDERS = frozenset({"CKV_ANTIPODE_2", "CKV_ANTIPODE_8"})
"""Checks of provider blocks, of which plans have only a part."""
_CANARY = re.compile(r"(?:^|\.)ckv_antipode_(\d+)_\w+$")
_RESULT_OF_KIND = {"fails": "failed", "passes": "passed"}
_SHOWN = 3


def doubts(
    expected: Expected,
    scans: Mapping[str, Scan],
    *,
    stacks: Iterable[str],
    version: str,
    custom: frozenset[str],
    trouble: Iterable[str],
) -> tuple[str, ...]:
    """Every reason why a clean report would prove nothing. `custom`: ids of our checks, by their files."""
    return (
        *(f"checkov: {line}" for line in trouble),
        *(f"stack {stack} has no plan" for stack in stacks if stack not in expected.plans),
        *(f"stack {stack} has no root" for stack in stacks if stack not in expected.roots),
        *_of_frameworks(scans, version),
        *(_of_source(expected, scans[SOURCE]) if SOURCE in scans else ()),
        *(_of_plans(expected, scans[PLAN]) if PLAN in scans else ()),
        *_of_canaries(expected, scans, custom),
    )


def _of_frameworks(scans: Mapping[str, Scan], version: str) -> Iterator[str]:
    for framework in (SOURCE, PLAN):
        scan = scans.get(framework)
        if scan is None:
            yield f"checkov gave no report for {framework}"
            continue
        if scan.version != version:
            yield f"checkov {scan.version} answered, requirements/policy.in pins {version}"
        for file in scan.parsing_errors:
            yield f"{framework}: checkov could not parse {file}"
        if scan.resources == 0:
            yield f"{framework}: checkov saw no resource"
        if skipped := {record.rule for record in scan.records if record.result == "skipped"}:
            yield f"{framework}: checkov skipped {', '.join(sorted(skipped))} by itself"


def _of_source(expected: Expected, scan: Scan) -> Iterator[str]:
    seen = _seen(scan)
    for file, blocks in expected.modules.items():
        yield from _missing(file, blocks, seen.get(file, set()))
    for stack, addresses in expected.plans.items():
        below = f"{SOURCES}/{stack}/"
        read = {address for file, found in seen.items() if file.startswith(below) for address in found}
        yield from _missing(f"source of stack {stack}", {without_indexes(each) for each in addresses}, read)
    for stack, file in expected.roots.items():
        judged = {record.rule for record in scan.records if record.file == file}
        for check in sorted(OF_PROVIDERS - judged):
            yield f"source of stack {stack}: {check} was not run on its providers"


def _of_plans(expected: Expected, scan: Scan) -> Iterator[str]:
    seen = _seen(scan, indexes=True)
    files = {f"{PLANS}/{stack}.json": found for stack, found in expected.plans.items()} | dict(
        expected.canary_plans
    )
    for file, addresses in files.items():
        read = seen.get(file, set())
        yield from _missing(file, addresses, read)
        if extra := sorted(read - addresses):
            yield f"{file}: checkov judged what the plan does not manage: {_some(extra)}"
    total = sum(map(len, files.values()))
    if scan.resources != total:
        yield f"{PLAN}: checkov counts {scan.resources} resources, the plans manage {total}"


def _of_canaries(expected: Expected, scans: Mapping[str, Scan], custom: frozenset[str]) -> Iterator[str]:
    for kind, wanted in _RESULT_OF_KIND.items():
        found: set[str] = set()
        for framework, file, addresses in (
            (SOURCE, f"{CANARIES}/{kind}/main.tf", expected.canaries.get(f"{CANARIES}/{kind}/main.tf", ())),
            (
                PLAN,
                f"{CANARIES}/{kind}/plan.json",
                expected.canary_plans.get(f"{CANARIES}/{kind}/plan.json", ()),
            ),
        ):
            records = scans[framework].records if framework in scans else ()
            here = {(each.rule, each.address): each.result for each in records if each.file == file}
            for address in sorted(addresses):
                rule = _rule_of_canary(address)
                if rule is None:
                    continue
                if here.get((rule, address)) == wanted:
                    found.add(rule)
                else:
                    result = here.get((rule, address), "nothing")
                    yield f"{file}: {rule} said {result} of {address}, it must say {wanted}"
            found |= {rule for (rule, _), result in here.items() if rule in OF_PROVIDERS and result == wanted}
        for check in sorted(custom - found - {WITNESS}):
            yield f"{CANARIES}/{kind}: no canary shows that {check} says {wanted}"


def _rule_of_canary(address: str) -> str | None:
    found = _CANARY.search(address)
    return f"CKV_ANTIPODE_{found[1]}" if found else None


def _seen(scan: Scan, *, indexes: bool = False) -> dict[str, set[str]]:
    """Addresses that the witness saw, by file."""
    seen: dict[str, set[str]] = {}
    for record in scan.records:
        if record.rule == WITNESS and record.result == "passed":
            address = record.address if indexes else without_indexes(record.address)
            seen.setdefault(record.file, set()).add(address)
    return seen


def _missing(where: str, wanted: Iterable[str], seen: set[str]) -> Iterator[str]:
    if missing := sorted(set(wanted) - seen):
        yield f"{where}: checkov did not read {_some(missing)}"


def _some(addresses: list[str]) -> str:
    rest = len(addresses) - _SHOWN
    return ", ".join(addresses[:_SHOWN]) + (f" and {rest} more" if rest > 0 else "")
