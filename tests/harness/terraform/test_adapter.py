from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from python_terraform import IsFlagged

from harness.terraform import adapter
from harness.terraform.adapter import CommandFailed, ExitStatus
from harness.terraform.stack import Target
from tests.harness.terraform.conftest import MakeSession, MakeStack
from tests.harness.terraform.fake_terraform import FakeTerraform


@pytest.fixture
def root(make_session: MakeSession, make_stack: MakeStack) -> adapter.Root:
    return make_session().root(make_stack("data"))


def test_a_command_line_holds_no_variable_file_and_nothing_that_was_left_out() -> None:
    line = adapter.command_line(
        Path("/bin/terraform"),
        "state push",
        "a state",
        json=IsFlagged,
        input=False,
        lock_timeout="5s",
        destroy=None,
    )
    assert line == ("/bin/terraform", "state", "push", "-json", "-input=false", "-lock-timeout=5s", "a state")


def test_a_broken_state_file_beside_us_does_not_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "terraform.tfstate").write_text("{ broken")
    monkeypatch.chdir(tmp_path)
    assert adapter.command_line(Path("/bin/terraform"), "plan") == ("/bin/terraform", "plan")


def test_validation_gives_its_diagnostics(fake: FakeTerraform, root: adapter.Root) -> None:
    found = {"severity": "error", "summary": "Unsupported argument", "range": {"filename": "main.tf"}}
    fake.answer(validate={"exit": 1, "lines": [json.dumps({"valid": False, "diagnostics": [found]})]})
    result = adapter.validate(root)
    assert result.status is ExitStatus.FAILED
    assert [(each.summary, each.file) for each in result.errors] == [("Unsupported argument", "main.tf")]


def test_the_state_is_listed_and_none_is_an_empty_list(fake: FakeTerraform, root: adapter.Root) -> None:
    fake.answer(state_list=[{"lines": ["a.b", "c.d"]}, {"exit": 1, "stderr": "No state file was found!\n"}])
    assert adapter.state_list(root) == ("a.b", "c.d")
    assert adapter.state_list(root) == ()


def test_a_command_without_which_nothing_goes_on_says_what_went_wrong(
    fake: FakeTerraform, root: adapter.Root
) -> None:
    fake.answer(output={"exit": 1, "stderr": "Error: Backend initialization required\n\nRun init.\n"})
    with pytest.raises(CommandFailed) as failed:
        adapter.output(root)
    log = root.directory.log("output")
    assert str(failed.value) == (
        "terraform output ended with 1: Backend initialization required Run init. "
        f"Log: {os.path.relpath(log)}"
    )


def test_no_key_and_no_variable_is_in_the_text_of_a_root_or_a_session(
    make_session: MakeSession, make_stack: MakeStack
) -> None:
    target = Target(name="aws", variables={"AWS_SECRET_ACCESS_KEY": "hunter2"})
    session = make_session(target=target, ambient={"HTTPS_PROXY": "http://user:hunter2@proxy"})
    root = session.root(make_stack("data"), variables={"password": "hunter2"})
    assert root.environment["TF_VAR_password"] == "hunter2"
    assert "hunter2" not in repr(session) + repr(root) + repr(target)


def test_the_log_of_the_time_before_is_kept_once(fake: FakeTerraform, root: adapter.Root) -> None:
    fake.answer(init=[{"lines": ["one"]}, {"lines": ["two"]}, {"lines": ["three"]}])
    for _ in range(3):
        adapter.init(root)
    log = root.directory.log("init")
    assert log.read_text().splitlines()[1:] == ["three"]
    assert log.with_suffix(".previous.log").read_text().splitlines()[1:] == ["two"]
    assert sorted(path.name for path in root.directory.path.glob("*.log")) == [
        "init.log",
        "init.previous.log",
    ]
