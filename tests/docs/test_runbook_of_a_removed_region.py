"""Sections 4 and 5 of dev's runbook, run command by command in the sandbox: a region comes, drains, goes."""

from __future__ import annotations

import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from generator.pages.runbooks import spare_region
from harness import environments
from tests.docs.documented_commands import lines, repository_copy, verbs

pytestmark = [
    pytest.mark.e2e, pytest.mark.sandbox, pytest.mark.terraform, pytest.mark.long, pytest.mark.timeout(3600),
]  # fmt: skip


def run(copy: Path, line: str) -> str:
    """What a make command of the runbook says, in the sandbox and without asking."""
    verb = line.split()[1]
    added = [f"{name}=1" for name in ("SANDBOX", "YES") if name in verbs()[verb]]
    done = subprocess.run(
        ["bash", "-c", " ".join([line, *added])], cwd=copy, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, (line, done.stdout[-3000:], done.stderr[-3000:])
    return done.stdout


@contextmanager
def sandbox(copy: Path) -> Iterator[None]:
    """`make sandbox` with dev applied, as another terminal would keep it up."""
    command = [
        ".venv/bin/python",
        "-m",
        "harness",
        "sandbox",
        "--env",
        "dev",
        "--port",
        "0",
        "--dns-port",
        "0",
    ]
    process = subprocess.Popen(command, cwd=copy, stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert process.stdout is not None
    try:
        assert any("the sandbox is up" in line for line in process.stdout)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def test_a_region_is_added_drained_and_removed_by_the_commands_of_the_runbook(tmp_path: Path) -> None:
    copy = repository_copy(tmp_path / "copy")
    text = (copy / "envs/dev/RUNBOOK.md").read_text()
    manifest = copy / "envs/dev/manifest.yaml"
    before = manifest.read_text()
    region = spare_region(environments.load("dev").manifest)
    (added,) = re.findall(r"^```yaml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    draining, removed = (
        [line for line in lines(part) if line.startswith("make ")]
        for part in re.split(r"^### (?:Draining|Removed)$", text, flags=re.MULTILINE)[1:]
    )
    removed = removed[: removed.index("make assess ENV=dev") + 1]
    manifest.write_text(before.replace("edge:\n", f"{added}edge:\n", 1))
    run(copy, "make generate ENV=dev")
    with sandbox(copy):
        manifest.write_text(manifest.read_text().replace(f"{region}: {{", f"{region}: {{draining: true, "))
        for line in draining:
            run(copy, line)
        destroy, *rest = removed
        assert destroy == f"make destroy ENV=dev STACK={region}"
        run(copy, destroy)
        left, after = rest[: (over := rest.index("make generate ENV=dev"))], rest[over:]
        manifest.write_text(f"{before}removed: [{region}]\n")
        for line in left:
            run(copy, line)
        manifest.write_text(before)
        said = [run(copy, line) for line in after]
    (plan,) = (text for line, text in zip(after, said, strict=True) if line.startswith("make plan"))
    empty = {line.split()[0] for line in plan.splitlines() if line.rstrip().endswith("no changes")}
    assert empty == {stack.name for stack in environments.load("dev").stacks}
    assert not (copy / "envs/dev" / str(region)).exists()
