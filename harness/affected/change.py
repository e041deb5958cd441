"""From a repository and a git ref to the report: what the working tree changes since then."""

from __future__ import annotations

from pathlib import Path

from generator import estate, manifest, writer
from generator.manifest.problems import InputRefused
from generator.package import PackageError
from harness.affected.comparison import Report, compare
from harness.affected.git import Base, base_of
from harness.affected.snapshot import ENVIRONMENTS, environments_of, snapshot
from harness.affected.trees import Tree, commit_tree, working_tree


def change(repository: Path, *, ref: str | None = None, env: str | None = None) -> Report:
    """What differs from `ref` (see `git.base_of` when it is left out), in one environment or in all.

    The working tree as it lies there is the change: uncommitted and untracked files count. Raises
    InputRefused: no such ref or environment, generated files that are stale, or what cannot be followed.
    """
    base = base_of(repository, ref)
    now, before = working_tree(repository), commit_tree(repository, base)
    _refuse_unknown(now, before, base, env)
    _refuse_stale(repository, now, env)
    return between(base, before, now, env=env)


def between(base: Base, before: Tree, now: Tree, *, env: str | None = None) -> Report:
    """Pure: the report on two trees."""
    return compare(base, snapshot(before, env=env), snapshot(now, env=env))


def _refuse_unknown(now: Tree, before: Tree, base: Base, env: str | None) -> None:
    known = sorted({*environments_of(now), *environments_of(before)})
    if env is not None and env not in known:
        there = ", ".join(known) or "none"
        raise InputRefused([f"ENV={env}: is there neither now nor at {base}; there are: {there}"])


def _refuse_stale(repository: Path, now: Tree, env: str | None) -> None:
    """Roots that are not what their manifests ask for would say nothing of the change."""
    problems = [
        problem
        for name in environments_of(now)
        if env in (None, name)
        for problem in _stale(repository, name)
    ]
    if problems:
        raise InputRefused(problems)


def _stale(repository: Path, env: str) -> list[str]:
    folder = repository / ENVIRONMENTS / env
    try:
        wanted = estate.files(manifest.load(folder / "manifest.yaml"), environment=env, repository=repository)
    except PackageError as error:
        return [f"{ENVIRONMENTS}/{env}/manifest.yaml: {error}"]
    return [
        f"{ENVIRONMENTS}/{env}/{path}: is stale, so what the change touches cannot be told; "
        f"run `make generate ENV={env}`"
        for path in writer.changes(folder, wanted).stale
    ]
