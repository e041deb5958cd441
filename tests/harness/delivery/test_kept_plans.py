from __future__ import annotations

import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from generator.manifest.problems import InputRefused
from generator.stacks import Stack
from harness.delivery import kept_plans
from harness.terraform.errors import TerraformError
from tests.harness.delivery import estate_of_forty
from tests.harness.delivery.memory_buckets import MemoryBuckets

TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"


@pytest.fixture
def stacks(tmp_path: Path) -> dict[str, Stack]:
    return {stack.name: stack for stack in estate_of_forty.environment(tmp_path).stacks}


@pytest.fixture
def plans(tmp_path: Path) -> Callable[..., Path]:
    def make(**files: str) -> Path:
        folder = tmp_path / f"plans-{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        for name, text in files.items():
            (folder / name.replace("__", "-").replace("_", ".")).write_text(text)
        return folder

    return make


def test_plans_come_back_as_they_were_kept_readable_by_nobody_else(
    stacks: dict[str, Stack], plans: Callable[..., Path], tmp_path: Path
) -> None:
    buckets = MemoryBuckets()
    for name in ("edge", "us-west-2"):
        folder = plans(reviewed_json=f"record of {name}", plan_tfplan=f"secrets of {name}")
        kept_plans.deposit([stacks[name]], folder, buckets=buckets, tree=TREE, run="7-1")
    found = kept_plans.collect(list(stacks.values()), tmp_path / "back", buckets=buckets, tree=TREE)
    assert found == {"edge": "7-1", "us-west-2": "7-1"}
    back = {file.relative_to(tmp_path / "back"): file for file in (tmp_path / "back").rglob("*.*")}
    assert {str(path): file.read_text() for path, file in back.items()} == {
        "edge/plan.tfplan": "secrets of edge",
        "edge/reviewed.json": "record of edge",
        "us-west-2/plan.tfplan": "secrets of us-west-2",
        "us-west-2/reviewed.json": "record of us-west-2",
    }
    assert {stat.S_IMODE(file.stat().st_mode) for file in back.values()} == {0o600}


def test_the_record_is_written_last_so_that_what_has_one_is_whole(
    stacks: dict[str, Stack], plans: Callable[..., Path]
) -> None:
    folder = plans(reviewed_json="r", summary_json="s", zone_tfplan="p")
    written = kept_plans.deposit([stacks["edge"]], folder, buckets=MemoryBuckets(), tree=TREE, run="7-1")
    assert written == tuple(
        f"plans/{TREE}/7-1/edge/{name}" for name in ("summary.json", "zone.tfplan", "reviewed.json")
    )


def test_a_later_run_counts_and_one_that_was_cut_off_does_not(
    stacks: dict[str, Stack], plans: Callable[..., Path], tmp_path: Path
) -> None:
    buckets, edge = MemoryBuckets(), stacks["edge"]
    for run in ("7-1", "8-1"):
        kept_plans.deposit([edge], plans(reviewed_json=run), buckets=buckets, tree=TREE, run=run)
    buckets.put(edge, f"plans/{TREE}/9-1/edge/edge.tfplan", b"cut off")
    assert kept_plans.collect([edge], tmp_path / "back", buckets=buckets, tree=TREE) == {"edge": "8-1"}
    assert (tmp_path / "back" / "edge" / "reviewed.json").read_text() == "8-1"


def test_a_kept_plan_is_never_replaced(stacks: dict[str, Stack], plans: Callable[..., Path]) -> None:
    buckets, folder = MemoryBuckets(), plans(reviewed_json="first")
    kept_plans.deposit([stacks["edge"]], folder, buckets=buckets, tree=TREE, run="7-1")
    with pytest.raises(TerraformError, match="PreconditionFailed"):
        kept_plans.deposit([stacks["edge"]], folder, buckets=buckets, tree=TREE, run="7-1")


def test_files_that_nobody_planned_as_they_are_now_have_no_plans(
    stacks: dict[str, Stack], plans: Callable[..., Path], tmp_path: Path
) -> None:
    buckets = MemoryBuckets()
    kept_plans.deposit([stacks["edge"]], plans(reviewed_json="r"), buckets=buckets, tree=TREE, run="7-1")
    with pytest.raises(InputRefused, match="no plan is kept for the files of this commit"):
        kept_plans.collect(list(stacks.values()), tmp_path / "back", buckets=buckets, tree="0" * 40)
    assert not (tmp_path / "back").exists()


def test_a_folder_without_a_record_is_refused(stacks: dict[str, Stack], plans: Callable[..., Path]) -> None:
    with pytest.raises(InputRefused, match=r"holds no reviewed\.json"):
        kept_plans.deposit(
            [stacks["edge"]], plans(edge_tfplan="p"), buckets=MemoryBuckets(), tree=TREE, run="7-1"
        )


def test_a_merge_has_the_tree_of_the_pull_request_that_was_planned_unless_something_came_between(
    tmp_path: Path,
) -> None:
    def git(*arguments: str) -> None:
        who = ("-c", "user.name=a", "-c", "user.email=a@example.com")
        subprocess.run(["git", *who, *arguments], cwd=tmp_path, check=True, capture_output=True)

    def commit(name: str) -> None:
        (tmp_path / name).write_text(name)
        git("add", ".")
        git("commit", "-m", name)

    git("init", "-b", "main")
    commit("first")
    git("checkout", "-b", "change")
    commit("second")
    planned = kept_plans.tree(tmp_path)
    git("checkout", "main")
    git("merge", "--no-ff", "change")
    assert kept_plans.tree(tmp_path) == planned
    commit("third")
    assert kept_plans.tree(tmp_path) != planned
    (tmp_path / "first").write_text("changed")
    with pytest.raises(InputRefused, match="the checkout differs from its commit"):
        kept_plans.tree(tmp_path)


def test_a_run_is_told_apart_from_its_second_attempt() -> None:
    assert kept_plans.run_id({"GITHUB_RUN_ID": "7", "GITHUB_RUN_ATTEMPT": "2"}) == "7-2"
