"""Two snapshots, and what differs between them: the affected stacks with their reasons. Pure.

A stack is affected when any file that its plan depends on differs, when a stack whose output it takes is,
when another Terraform would plan it, or when what judges its plan differs. That is told from bytes alone;
manifests and the generator only explain it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from harness.affected import closure, manifests, wording
from harness.affected.closure import FILE, FUNCTION, LOCK, MODULE, ROOT, Leaf, body
from harness.affected.git import Base
from harness.affected.manifests import KeyChange
from harness.affected.snapshot import Snapshot, StackAt, StackName, root_of
from harness.affected.trees import Tree

NEW, MANIFEST, GENERATOR, UPSTREAM, TERRAFORM, POLICY = (
    "new manifest generator upstream terraform policy".split()
)
KINDS = (NEW, MANIFEST, GENERATOR, ROOT, LOCK, MODULE, FUNCTION, FILE, UPSTREAM, TERRAFORM, POLICY)


class Reason(NamedTuple):
    """`kind` is one of KINDS; `text` is for people."""

    kind: str
    text: str


@dataclass(frozen=True)
class Affected:
    """A stack of now; not affected when there is no reason."""

    name: StackName
    wave: int | None
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Removed:
    """A stack that only the base has: its root went, and what it made in AWS did not."""

    name: StackName
    wave: int | None


@dataclass(frozen=True)
class Report:
    """Stacks by environment and wave. By environment: `keys`, and `notes` of what changed without effect."""

    base: Base
    stacks: tuple[Affected, ...]
    removed: tuple[Removed, ...]
    keys: Mapping[str, tuple[KeyChange, ...]]
    notes: Mapping[str, tuple[str, ...]]

    @property
    def affected(self) -> tuple[Affected, ...]:
        return tuple(each for each in self.stacks if each.reasons)

    def within(self, env: str) -> Report:
        """The part of one environment."""
        return replace(
            self,
            stacks=tuple(each for each in self.stacks if each.name.env == env),
            removed=tuple(each for each in self.removed if each.name.env == env),
            keys={name: found for name, found in self.keys.items() if name == env},
            notes={name: found for name, found in self.notes.items() if name == env},
        )


def compare(base: Base, before: Snapshot, after: Snapshot) -> Report:
    """What the change from `before` to `after` touches."""
    keys = {env: _keys(before, after, env) for env in sorted(after.manifests)}
    own = {name: tuple(_own_reasons(base, before, after, name, keys)) for name in after.stacks}
    reasons = _with_upstreams(own, after.stacks)
    everywhere = (*_terraform(before, after), *_policies(before, after))
    stacks = (
        Affected(name, after.stacks[name].wave, _ordered((*found, *everywhere)))
        for name, found in reasons.items()
    )
    removed = (Removed(name, stack.wave) for name, stack in before.stacks.items() if name not in after.stacks)
    return Report(
        base=base,
        stacks=tuple(sorted(stacks, key=lambda each: _place(each.name, each.wave))),
        removed=tuple(sorted(removed, key=lambda each: _place(each.name, each.wave))),
        keys={env: found for env, found in keys.items() if found},
        notes={env: found for env in keys if (found := tuple(_notes(before, after, env, keys[env])))},
    )


def _place(name: StackName, wave: int | None) -> tuple[str, int, str]:
    return name.env, -1 if wave is None else wave, name.stack


def _ordered(reasons: tuple[Reason, ...]) -> tuple[Reason, ...]:
    return tuple(sorted(dict.fromkeys(reasons), key=lambda reason: KINDS.index(reason.kind)))


def _keys(before: Snapshot, after: Snapshot, env: str) -> tuple[KeyChange, ...]:
    if env not in before.manifests:
        return ()
    touched = frozenset(
        name.stack for name in after.stacks if name.env == env and _main_differs(before, after, name)
    )
    return manifests.key_changes(
        before.manifests[env], after.manifests[env], environment=env, touched=touched
    )


def _main_differs(before: Snapshot, after: Snapshot, name: StackName) -> bool:
    return _main(before, name) != _main(after, name)


def _main(found: Snapshot, name: StackName) -> bytes | None:
    path = f"{root_of(name)}/main.tf"
    return body(found.tree.read(path)) if name in found.stacks else None


def _own_reasons(
    base: Base,
    before: Snapshot,
    after: Snapshot,
    name: StackName,
    keys: Mapping[str, tuple[KeyChange, ...]],
) -> Iterator[Reason]:
    mine = [change for change in keys[name.env] if name.stack in change.stacks]
    explained = [Reason(MANIFEST, str(change)) for change in mine]
    if name not in before.stacks:
        yield Reason(NEW, f"is new: {base} has no {root_of(name)}")
        yield from explained
        return
    old, new = before.stacks[name].files, after.stacks[name].files
    main = f"{root_of(name)}/main.tf"
    if _digest(old, main) != _digest(new, main):
        yield from explained
        generated = tuple(_generator(before, after, name))
        yield from generated
        if not explained and not generated:
            yield Reason(ROOT, "main.tf differs, although neither manifest nor generator explain it")
    differing = [
        path for path in sorted({*old, *new}) if path != main and _digest(old, path) != _digest(new, path)
    ]
    yield from _by_part(before.tree, after.tree, differing, old, new)


def _digest(files: Mapping[str, Leaf], path: str) -> str | None:
    found = files.get(path)
    return found.digest if found else None


def _generator(before: Snapshot, after: Snapshot, name: StackName) -> Iterator[Reason]:
    """Whether this generator makes another root of the base's manifest than the base has."""
    changed = _changed_paths(before.generator, after.generator)
    if not changed:
        return
    made = manifests.bodies_of(before.manifests[name.env], environment=name.env)
    if made is None or body(made.get(name.stack, "").encode()) != _main(before, name):
        yield Reason(GENERATOR, f"the generator writes it differently: {wording.some(changed)}")


def _by_part(
    before: Tree, after: Tree, differing: list[str], old: Mapping[str, Leaf], new: Mapping[str, Leaf]
) -> Iterator[Reason]:
    """One reason for each part of the plan that has a differing file."""
    parts: dict[tuple[str, str], list[str]] = {}
    for path in differing:
        leaf = new.get(path) or old[path]
        parts.setdefault((leaf.kind, leaf.name), []).append(path)
    for (kind, name), paths in parts.items():
        first = paths[0]
        sides = before.read(first) if first in old else b"", after.read(first) if first in new else b""
        match kind:
            case closure.LOCK:
                text = f"provider lock file: {wording.locked(*sides)}"
            case closure.FUNCTION:
                text = f"function {name}: {wording.packaged(*sides)}"
            case closure.MODULE:
                files = [
                    wording.fate(_within(name, path), before=path in old, after=path in new) for path in paths
                ]
                text = f"module {name}: {wording.some(files)}"
            case _:
                text = f"file {wording.fate(name, before=first in old, after=first in new)}"
        yield Reason(kind, text)


def _within(module: str, path: str) -> str:
    return path.removeprefix(f"{closure.MODULES}/{module}/")


def _with_upstreams(
    own: Mapping[StackName, tuple[Reason, ...]], stacks: Mapping[StackName, StackAt]
) -> dict[StackName, tuple[Reason, ...]]:
    """Adds, through every step, that a stack takes an output of one that is affected."""
    found = dict(own)
    settled = False
    while not settled:
        settled = True
        for name, stack in stacks.items():
            for each in stack.inputs:
                reason = Reason(
                    UPSTREAM, f"stack {each.upstream}, whose output {each.output} it takes, is affected"
                )
                if found.get(StackName(name.env, each.upstream)) and reason not in found[name]:
                    found[name] = (*found[name], reason)
                    settled = False
    return found


def _changed_paths(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    return [path for path in sorted({*before, *after}) if before.get(path) != after.get(path)]


def _terraform(before: Snapshot, after: Snapshot) -> Iterator[Reason]:
    old, new = before.terraform_version, after.terraform_version
    if old != new:
        yield Reason(TERRAFORM, f"the pinned Terraform: {old or '(none)'} -> {new or '(none)'}")


def _policies(before: Snapshot, after: Snapshot) -> Iterator[Reason]:
    if changed := _changed_paths(before.policies, after.policies):
        yield Reason(POLICY, f"policies, which judge its plan: {wording.some(changed)}")


def _notes(before: Snapshot, after: Snapshot, env: str, keys: tuple[KeyChange, ...]) -> Iterator[str]:
    """What changed and yet changes no root, so that nobody wonders."""
    same = [
        name.stack
        for name in after.stacks
        if name.env == env and name in before.stacks and not _main_differs(before, after, name)
    ]
    old, new = before.generator_version, after.generator_version
    changes = [f"version {old} -> {new}"] if old != new else []
    if paths := _changed_paths(before.generator, after.generator):
        changes.append(wording.some(paths))
    if same and changes:
        yield f"the generator changed ({'; '.join(changes)}) without effect on {', '.join(same)}"
    for change in keys:
        if not change.stacks:
            yield f"{change}: changes no root; `make assess` and the policies may judge it differently"
