"""Whatever is changed at random: no stack is missed that reads a file that differs.

What a stack reads is found here in another way than in the program: from formatted HCL, line by line, the
sources of modules and the packages; that Terraform resolves the same modules has a test of its own.
"""

from __future__ import annotations

import functools
import posixpath
import re
from collections.abc import Callable, Mapping

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from generator import estate, package
from generator.manifest import Manifest
from harness.affected.comparison import compare
from harness.affected.git import Base
from harness.affected.snapshot import Snapshot, snapshot
from harness.affected.trees import tree_of, working_tree
from harness.environments import REPOSITORY

ENV = "envs/dev"
BASE = Base("base", "0" * 40, "a test's")
SOURCE = re.compile(rb'^  source\s*= "(\.\.?/[^"]+)"$', re.MULTILINE)
PACKAGE = re.compile(rb'^  package\s*= "([^"]+)"$', re.MULTILINE)
READ = (".tf", ".tf.json", ".tfvars", ".terraform.lock.hcl")
KEYS = (
    ("ttl: 30", "ttl: 60"),
    ("memory_mb: 128}\n    write", "memory_mb: 256}\n    write"),
    ("log_retention_days: 7", "log_retention_days: 30"),
    ("rate: 50", "rate: 60"),
    ("point_in_time_recovery: false", "point_in_time_recovery: true"),
    ("key_deletion_window_days: 7", "key_deletion_window_days: 10"),
    ("state_retention_days: 30", "state_retention_days: 60"),
    ("protect: false", "protect: true"),
    ("rto: 3m", "rto: 5m"),
    ("us-west-2:", "eu-central-1:"),
    ("hash_key: pk", "hash_key: id"),
)

Files = dict[str, bytes]

_WHOLE = working_tree(REPOSITORY)
BEFORE: Files = {
    path: _WHOLE.read(path)
    for path in _WHOLE.paths
    if path.startswith((f"{ENV}/", "modules/", "generator/")) and not path.endswith(".pyc")
}
MODULE_FILES = sorted(path for path in BEFORE if path.startswith("modules/"))
FOLDERS = sorted({posixpath.dirname(path) for path in BEFORE if not path.startswith("generator/")})


@functools.cache
def begun() -> Snapshot:
    return snapshot(tree_of(BEFORE))


def stacks(files: Mapping[str, bytes]) -> set[str]:
    found = (path.removeprefix(f"{ENV}/").split("/") for path in files if path.startswith(f"{ENV}/"))
    return {parts[0] for parts in found if parts[1:] == ["main.tf"]}


def read_by(files: Mapping[str, bytes], stack: str) -> Files:
    """What Terraform reads to plan the stack."""
    root = f"{ENV}/{stack}"
    waiting, folders = [root], {root}
    found: Files = {}
    while waiting:
        folder = waiting.pop()
        for path, content in files.items():
            if posixpath.dirname(path) == folder and path.endswith(READ):
                found[path] = content
                for source in SOURCE.findall(content):
                    target = posixpath.normpath(f"{folder}/{source.decode()}")
                    if target not in folders:
                        folders.add(target)
                        waiting.append(target)
    for name in PACKAGE.findall(found[f"{root}/main.tf"]):
        path = posixpath.normpath(f"{root}/{name.decode()}")
        found[path] = files.get(path, b"")
    return found


def touched(after: Files) -> set[str]:
    """The stacks that read something else than before, or take an output of one that does."""
    found = {
        stack
        for stack in stacks(after)
        if stack not in stacks(BEFORE) or read_by(after, stack) != read_by(BEFORE, stack)
    }
    takes = {stack for stack in stacks(after) if b'variable "zone_id"' in after[f"{ENV}/{stack}/main.tf"]}
    return found | (takes if "global" in found else set())


def append(files: Files, path: str) -> None:
    if path in files:
        files[path] += b"# changed\n"


def remove(files: Files, path: str) -> None:
    files.pop(path, None)


def add(files: Files, path: str) -> None:
    files[path] = b"locals {}\n"


def repackage(files: Files, source: str) -> None:
    files[f"{ENV}/functions/{source}.zip"] = package.archive({"handler.py": b"changed"})


def rewire(files: Files, path: str) -> None:
    """Another module calls the DNS module, below it and in no root."""
    files[path] += b'\nmodule "more" {\n  source = "../../edge/dns_routing"\n}\n'


def regenerate(files: Files, change: tuple[str, str]) -> None:
    """A manifest value, and the roots as the generator makes them of it."""
    text = files[f"{ENV}/manifest.yaml"].decode()
    changed = text.replace(*change)
    files[f"{ENV}/manifest.yaml"] = changed.encode()
    before = estate.bodies(Manifest.model_validate(yaml.safe_load(text)), environment="dev")
    bodies = estate.bodies(Manifest.model_validate(yaml.safe_load(changed)), environment="dev")
    for stack in {*before} - {*bodies}:
        del files[f"{ENV}/{stack}/main.tf"]
    for stack, body in bodies.items():
        if before.get(stack) != body:
            files[f"{ENV}/{stack}/main.tf"] = body.encode()


Change = tuple[Callable[..., None], object]
READ_FILES = sorted(path for path in BEFORE if path.endswith(READ))
ADDED = ("more.tf", "more.tf.json", "README.md", "tests/more.tftest.hcl")

changes: st.SearchStrategy[Change] = st.one_of(
    st.tuples(st.just(append), st.sampled_from(sorted(BEFORE))),
    st.tuples(st.just(append), st.sampled_from(READ_FILES)),
    st.tuples(st.just(remove), st.sampled_from(MODULE_FILES)),
    st.tuples(st.just(add), st.builds("{}/{}".format, st.sampled_from(FOLDERS), st.sampled_from(ADDED))),
    st.tuples(st.just(repackage), st.sampled_from(("read", "write", "health", "unused"))),
    st.tuples(st.just(rewire), st.sampled_from([p for p in MODULE_FILES if p.endswith("/main.tf")])),
    st.tuples(st.just(regenerate), st.sampled_from(KEYS)),
)


@settings(max_examples=30, deadline=None)
@given(made=st.lists(changes, min_size=1, max_size=3, unique_by=lambda each: (each[0], str(each[1]))))
def test_a_random_change_touches_precisely_the_stacks_that_read_it(made: list[Change]) -> None:
    # roots are generated from what is there before anything is appended to them
    after = dict(BEFORE)
    for change, argument in sorted(made, key=lambda each: each[0] is not regenerate):
        if change is not rewire or argument in after:
            change(after, argument)
    report = compare(BASE, begun(), snapshot(tree_of(after)))
    named = {each.name.stack for each in report.affected}
    expected = touched(after)
    assert expected - named == set(), "missed"
    assert named - expected == set(), "named in vain"
    assert {each.name.stack for each in report.removed} == stacks(BEFORE) - stacks(after)


def test_each_file_that_any_stack_reads_touches_precisely_its_readers() -> None:
    """One by one, because a random choice may never fall on a lock file or on a module below a module."""
    read = {stack: read_by(BEFORE, stack) for stack in stacks(BEFORE)}
    for path in sorted({path for found in read.values() for path in found}):
        report = compare(BASE, begun(), snapshot(tree_of({**BEFORE, path: BEFORE[path] + b"# changed\n"})))
        readers = {stack for stack in read if path in read[stack]}
        expected = readers | ({"edge"} if "global" in readers else set())
        assert {each.name.stack for each in report.affected} == expected, path


def test_the_stacks_that_the_whole_environment_reads_are_not_all_the_same() -> None:
    """So that the test above is worth something: each module is read by some stacks and not by others."""
    read = {stack: read_by(BEFORE, stack) for stack in stacks(BEFORE)}
    reading = {path: {stack for stack in read if path in read[stack]} for path in MODULE_FILES}
    assert all(len(found) < len(stacks(BEFORE)) for found in reading.values())
    assert {len(found) for found in reading.values()} >= {0, 1, 2}
