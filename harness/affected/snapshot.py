"""What every plan of the repository depends on at one time: pure, from a tree of files."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from generator.terraform.calls import StackInput
from harness.affected import manifests
from harness.affected.closure import Leaf, closure
from harness.affected.manifests import Data
from harness.affected.trees import Tree

ENVIRONMENTS = "envs"
GENERATOR = "generator"

# What judges plans without being part of them.
POLICY_FOLDERS = ("policies", "harness/policy")
POLICY_FILES = ("harness/policy.py", "requirements/policy.txt", ".checkov.yaml", ".checkov.yml")

_RELEASE = "harness/terraform/download.py"
_VERSION_FILE = ".terraform-version"
_PINNED = re.compile(rb'^VERSION = "([^"]+)"', re.MULTILINE)
_PROJECT = "pyproject.toml"
_PROJECT_VERSION = re.compile(rb'^version = "([^"]+)"', re.MULTILINE)


class StackName(NamedTuple):
    """`env` is the folder below envs/."""

    env: str
    stack: str

    def __str__(self) -> str:
        return f"{self.env}/{self.stack}"


@dataclass(frozen=True)
class StackAt:
    """One stack at one time: its wave (None when this generator does not know it), what it takes from other
    stacks, and every file that its plan depends on."""

    wave: int | None
    inputs: tuple[StackInput, ...]
    files: Mapping[str, Leaf] = field(repr=False)


@dataclass(frozen=True)
class Snapshot:
    """`manifests` by environment, as plain data; `generator` and `policies` are digests by path."""

    tree: Tree
    manifests: Mapping[str, Data]
    stacks: Mapping[StackName, StackAt]
    generator: Mapping[str, str]
    policies: Mapping[str, str]
    generator_version: str
    terraform_version: str


def snapshot(tree: Tree, *, env: str | None = None) -> Snapshot:
    """Of every environment, or of one. Raises InputRefused for what cannot be followed."""
    environments = [each for each in environments_of(tree) if env in (None, each)]
    return Snapshot(
        tree=tree,
        manifests={env: manifests.parsed(tree.read(_manifest_path(env))) for env in environments},
        stacks={name: stack for env in environments for name, stack in _stacks(tree, env).items()},
        generator=_digests(tree, [path for path in tree.below(GENERATOR) if not path.endswith(".md")]),
        policies=_digests(tree, _policy_paths(tree)),
        generator_version=_found(_PROJECT_VERSION, tree, _PROJECT),
        terraform_version=_found(_PINNED, tree, _RELEASE) + _text(tree, _VERSION_FILE),
    )


def environments_of(tree: Tree) -> tuple[str, ...]:
    """Folders below envs/ that hold a manifest, sorted."""
    ends = "/manifest.yaml"
    found = (path for path in tree.below(ENVIRONMENTS) if path.endswith(ends))
    return tuple(sorted(path.removeprefix(f"{ENVIRONMENTS}/").removesuffix(ends) for path in found))


def root_of(name: StackName) -> str:
    return f"{ENVIRONMENTS}/{name.env}/{name.stack}"


def _manifest_path(env: str) -> str:
    return f"{ENVIRONMENTS}/{env}/manifest.yaml"


def _stacks(tree: Tree, env: str) -> dict[StackName, StackAt]:
    """The committed roots of an environment: folders with a main.tf."""
    known = {
        stack.name: stack for stack in manifests.stacks_of(manifests.parsed(tree.read(_manifest_path(env))))
    }
    folder = f"{ENVIRONMENTS}/{env}/"
    parts = [path.removeprefix(folder).split("/") for path in tree.below(folder.rstrip("/"))]
    names = sorted({each[0] for each in parts if len(each) == 2 and each[1] == "main.tf"})
    return {
        (name := StackName(env, stack)): StackAt(
            wave=known[stack].wave if stack in known else None,
            inputs=known[stack].inputs if stack in known else (),
            files=closure(tree, root_of(name)),
        )
        for stack in names
    }


def _policy_paths(tree: Tree) -> list[str]:
    inside = [path for folder in POLICY_FOLDERS for path in tree.below(folder) if not path.endswith(".md")]
    return [*inside, *(path for path in POLICY_FILES if tree.is_file(path))]


def _digests(tree: Tree, paths: list[str]) -> dict[str, str]:
    return {path: hashlib.sha256(tree.read(path)).hexdigest() for path in paths}


def _found(pattern: re.Pattern[bytes], tree: Tree, path: str) -> str:
    match = pattern.search(tree.read(path)) if tree.is_file(path) else None
    return match[1].decode() if match else ""


def _text(tree: Tree, path: str) -> str:
    return tree.read(path).decode(errors="replace").strip() if tree.is_file(path) else ""
