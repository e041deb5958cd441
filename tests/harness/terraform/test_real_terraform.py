"""With the real Terraform, on roots that need no provider: what a fake cannot prove."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped,unused-ignore]
import pytest

from harness.terraform import installation, runner, running
from harness.terraform.adapter import ExitStatus
from harness.terraform.process import Interruption
from harness.terraform.session import Session
from harness.terraform.stack import StackRun, Target

pytestmark = pytest.mark.terraform

SLOW = """\
variable "seconds" {
  type    = number
  default = 20
}

resource "terraform_data" "quick" {
  input = "made first"
}

resource "terraform_data" "slow" {
  depends_on = [terraform_data.quick]

  provisioner "local-exec" {
    command = "sleep ${var.seconds}"
  }
}
"""


def _stack(tmp_path: Path, text: str, name: str = "data") -> StackRun:
    root = tmp_path / "envs/prod" / name
    root.mkdir(parents=True, exist_ok=True)
    (root / "main.tf").write_text(text)
    return StackRun(name=name, wave=1, root=root)


def _session(tmp_path: Path, **options: Any) -> Session:
    configuration = tmp_path / "terraform.rc"
    configuration.write_text("")
    return Session(
        environment="prod",
        target=Target(name="local"),
        binary=installation.terraform_binary(),
        cli_config=configuration,
        work=tmp_path / ".antipode",
        **options,
    )


def _state(stack: StackRun) -> dict[str, str]:
    """Resource id by name, of what is whole."""
    resources = json.loads((stack.root / "terraform.tfstate").read_text())["resources"]
    return {
        each["name"]: each["instances"][0]["attributes"]["id"]
        for each in resources
        if each["instances"][0].get("status") != "tainted"
    }


def _until(condition: Callable[[], Any], seconds: float = 20) -> Any:
    until = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.05)
    return found


def _terraforms(stack: StackRun) -> list[int]:
    found = []
    for process in psutil.process_iter(["name", "cwd"]):
        if process.info["name"] == "terraform" and process.info["cwd"] == str(stack.root):
            found.append(process.pid)
    return found


def _at_work(session: Session, stack: StackRun) -> Callable[[], bool]:
    log = session.directory(stack.name).log("apply")
    return lambda: log.exists() and "provision_start" in log.read_text()


def _logged_id(session: Session, stack: StackRun, address: str) -> str:
    """What Terraform said it made, whatever became of its state."""
    text = session.directory(stack.name).log("apply").read_text()
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    hooks = [each["hook"] for each in lines if each.get("type") == "apply_complete"]
    (found,) = [hook["id_value"] for hook in hooks if hook["resource"]["addr"] == address]
    return str(found)


def test_applied_then_the_second_plan_is_empty_then_a_replacement_says_why_then_all_is_destroyed(
    tmp_path: Path,
) -> None:
    text = (
        'resource "terraform_data" "a" {\n  triggers_replace = "ONE"\n}\n\noutput "a" {\n  value = "ONE"\n}\n'
    )
    session, stack = _session(tmp_path), _stack(tmp_path, text)
    assert runner.apply(session, [stack]).of("data").completed.create == ("terraform_data.a",)
    second = runner.plan(session, [stack]).of("data").plan
    assert second is not None
    assert second.is_empty
    stack = _stack(tmp_path, text.replace("ONE", "TWO"))
    changed = runner.plan(session, [stack]).of("data").plan
    assert changed is not None
    (change,) = changed.changes
    assert (change.address, change.kind, change.forced_by) == (
        "terraform_data.a",
        "replace",
        ("triggers_replace",),
    )
    assert changed.outputs == ("a",)
    assert runner.destroy(session, [stack]).of("data").completed.destroy == ("terraform_data.a",)


def test_an_error_in_hcl_names_file_and_line(tmp_path: Path) -> None:
    stack = _stack(tmp_path, 'resource "terraform_data" "a" {\n  wrong = 1\n}\n')
    (message,) = runner.plan(_session(tmp_path), [stack]).of("data").messages
    where = os.path.relpath(stack.root / "main.tf")
    assert message == (
        f'data: Unsupported argument\n  at {where}:2\n  An argument named "wrong" is not expected here.'
    )


def test_a_lock_held_by_another_terraform_names_its_owner_and_its_age(tmp_path: Path) -> None:
    session, stack = _session(tmp_path), _stack(tmp_path, SLOW)
    assert runner.plan(session, [stack]).succeeded
    environment = session.root(stack).environment
    command = [str(session.binary), "apply", "-auto-approve", "-var=seconds=20"]
    with subprocess.Popen(command, cwd=stack.root, env=environment, stdout=subprocess.DEVNULL) as other:
        _until((stack.root / ".terraform.tfstate.lock.info").exists)
        result = runner.plan(session, [stack]).of("data")
        other.send_signal(signal.SIGINT)
    assert result.status is ExitStatus.LOCKED
    assert result.messages[0].startswith("data: the state is locked by ")
    assert "(operation apply, lock " in result.messages[0]


def test_ctrl_c_lets_terraform_save_its_state_and_release_its_lock(tmp_path: Path) -> None:
    interruption = Interruption()
    session, stack = _session(tmp_path, interruption=interruption), _stack(tmp_path, SLOW)
    work = _at_work(session, stack)

    def interrupt() -> None:
        _until(work)
        interruption.request()

    threading.Thread(target=interrupt, daemon=True).start()
    started = time.monotonic()
    run = runner.apply(session, [stack])
    assert (run.exit_code, run.of("data").status) == (130, ExitStatus.INTERRUPTED)
    assert time.monotonic() - started < 15
    assert set(_state(stack)) == {"quick"}
    assert not (stack.root / ".terraform.tfstate.lock.info").exists()


@pytest.mark.parametrize(
    "torn", [False, True], ids=["whole-state", "state-caught-between-truncating-and-writing"]
)
def test_killed_terraform_loses_nothing_and_the_next_run_converges(tmp_path: Path, torn: bool) -> None:
    session, stack = _session(tmp_path), _stack(tmp_path, SLOW)
    work = _at_work(session, stack)

    def kill() -> None:
        _until(work)
        record = running._read(session.directory("data").running)
        assert record is not None
        os.kill(record.pid, signal.SIGKILL)

    threading.Thread(target=kill, daemon=True).start()
    assert runner.apply(session, [stack]).of("data").status is ExitStatus.KILLED
    quick = _logged_id(session, stack, "terraform_data.quick")
    if torn:  # Terraform truncates a local state before it writes it, so a kill may leave an empty one
        (stack.root / "terraform.tfstate").write_text("")
    stack = _stack(tmp_path, SLOW.replace("= 20", "= 0"))
    assert runner.apply(session, [stack]).succeeded
    assert _state(stack)["quick"] == quick
    assert set(_state(stack)) == {"quick", "slow"}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel tells the child only on Linux")
def test_killed_runner_does_not_leave_terraform_at_work(tmp_path: Path) -> None:
    session, stack = _session(tmp_path), _stack(tmp_path, SLOW)
    program = f"""
        from pathlib import Path
        from harness.terraform import runner
        from tests.harness.terraform.test_real_terraform import SLOW, _session, _stack
        runner.apply(_session(Path({str(tmp_path)!r})), [_stack(Path({str(tmp_path)!r}), SLOW)])
    """
    ours = subprocess.Popen([sys.executable, "-c", textwrap.dedent(program)], cwd=installation.REPOSITORY)
    _until(_at_work(session, stack))
    assert len(_terraforms(stack)) == 1
    ours.kill()
    ours.wait()
    _until(lambda: not _terraforms(stack), seconds=8)  # by itself it would take twenty
    assert not (stack.root / ".terraform.tfstate.lock.info").exists()
    quick = _state(stack)["quick"]
    stack = _stack(tmp_path, SLOW.replace("= 20", "= 0"))
    assert runner.apply(session, [stack]).succeeded
    assert _state(stack)["quick"] == quick
