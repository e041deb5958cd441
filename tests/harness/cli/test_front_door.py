"""The front door: exit statuses and messages, without Terraform."""

from __future__ import annotations

import errno
import json
import shutil
import socket
from pathlib import Path

import pytest

from harness import cli, environments
from harness.terraform.errors import TerraformUnavailable


@pytest.fixture
def envs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of envs/ that a test may spoil."""
    folder = tmp_path / "envs"
    shutil.copytree(
        environments.ENVIRONMENTS, folder, ignore=shutil.ignore_patterns(".bench", ".bootstrap-*")
    )
    monkeypatch.setattr(environments, "ENVIRONMENTS", folder)
    monkeypatch.setattr(environments, "SCHEMA", folder / "manifest.schema.json")
    return folder


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def test_check_is_good_when_nothing_is_stale(envs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check"]) == 0
    assert capsys.readouterr().err == f"up to date: {', '.join(environments.names())}\n"


def test_check_names_each_stale_file_and_the_command(envs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(envs / "dev/manifest.yaml", "ttl: 30", "ttl: 20")
    (envs / "prod/edge/main.tf").unlink()
    assert cli.main(["check"]) == 1
    assert capsys.readouterr().err.splitlines() == [
        "envs/dev/.generated.json: is stale; run `make generate ENV=dev`",
        "envs/dev/README.md: is stale; run `make generate ENV=dev`",
        "envs/dev/RUNBOOK.md: is stale; run `make generate ENV=dev`",
        "envs/dev/edge/main.tf: is stale; run `make generate ENV=dev`",
        "envs/prod/edge/main.tf: is missing; run `make generate ENV=prod`",
    ]


@pytest.mark.parametrize("name", ["my env", "a;touch y", "-x"])
def test_an_environment_whose_folder_would_mean_something_to_a_shell_is_refused(
    envs: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    (envs / "dev").rename(envs / name)
    assert cli.main(["check"]) == 2
    assert capsys.readouterr().err == (
        f"refused: envs/{name}: rename it: letters, digits, dots, hyphens and underscores alone are allowed\n"
    )


def test_generate_brings_it_up_to_date(envs: Path) -> None:
    change(envs / "dev/manifest.yaml", "ttl: 30", "ttl: 20")
    assert cli.main(["generate", "--env", "dev"]) == 0
    assert cli.main(["check"]) == 0


def test_an_edit_by_hand_is_refused_and_kept(envs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(envs / "dev/edge/main.tf", "ttl     = 30", "ttl     = 31")
    assert cli.main(["generate", "--env", "dev"]) == 2
    assert "was edited by hand since it was generated" in capsys.readouterr().err
    assert "ttl     = 31" in (envs / "dev/edge/main.tf").read_text()


def test_a_region_that_leaves_is_shown_and_kept_until_confirmed(
    envs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change(envs / "dev/manifest.yaml", "us-west-2:", "eu-west-1:")
    assert cli.main(["generate", "--env", "dev"]) == 2
    told = capsys.readouterr().err
    assert "would remove envs/dev/us-west-2/main.tf" in told
    assert "run `make destroy ENV=dev STACK=us-west-2` with the old manifest" in told
    assert (envs / "dev/us-west-2/main.tf").exists()
    assert not (envs / "dev/eu-west-1").exists()
    assert cli.main(["generate", "--env", "dev", "--yes"]) == 0
    assert not (envs / "dev/us-west-2").exists()
    assert (envs / "dev/eu-west-1/main.tf").exists()


def test_a_function_without_a_source_is_refused_with_the_sources_that_there_are(
    envs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change(envs / "dev/manifest.yaml", "source: read", "source: reed")
    assert cli.main(["generate", "--env", "dev"]) == 2
    line = (envs / "dev/manifest.yaml").read_text().partition("source: reed")[0].count("\n") + 1
    assert capsys.readouterr().err == (
        f"refused: {envs}/dev/manifest.yaml:{line}: compute.functions.read.source: must be a folder under "
        "lambda_src/ that holds a handler.py (files, orders, read, write) (found 'reed')\n"
    )


def test_a_function_of_ours_without_a_source_is_refused_too(
    envs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    left = tmp_path / "lambda_src"
    shutil.copytree(environments.FUNCTIONS, left, ignore=shutil.ignore_patterns("health"))
    monkeypatch.setattr(environments, "FUNCTIONS", left)
    assert cli.main(["generate", "--env", "dev"]) == 2
    assert capsys.readouterr().err == (
        f"refused: {envs}/dev/manifest.yaml: compute.functions: there is no lambda_src/health/handler.py\n"
    )


def test_an_objective_below_the_floor_is_refused_before_anything_is_built(
    envs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = envs / "reference/active-standby-api/manifest.yaml"
    change(manifest, "rto: 50s", "rto: 20s")
    change(manifest, "ttl: 10", "ttl: 60")
    change(manifest, "threshold: 2", "threshold: 3")
    before = {file: file.read_bytes() for file in envs.rglob("*") if file.is_file()}
    for verb in ("plan", "apply", "drill", "assess"):
        assert cli.main([verb, "--env", "reference/active-standby-api"]) == 2
        told = capsys.readouterr().err
        assert "manifest.yaml:6: objectives.rto: 20s is below this design's worst case of 112 s" in told
        assert "set objectives.rto to 1m55s or more" in told
    assert {file: file.read_bytes() for file in envs.rglob("*") if file.is_file()} == before


def test_assess_as_json_is_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["assess", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {fault: found["seconds"] for fault, found in told["budgets"]["requests"].items()} == {
        "refuse": 37,
        "hang": 48,
    }
    assert told["refusals"] == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["plan", "--env", "pord"],
            "refused: ENV=pord: envs/pord/manifest.yaml does not exist; did you mean prod?",
        ),
        (
            ["plan", "--env", "../../etc"],
            "refused: ENV=../../etc: envs/../../etc/manifest.yaml does not exist",
        ),
        (
            ["plan", "--stack", "nowhere"],
            "refused: STACK=nowhere: is not a stack of reference/active-standby-api",
        ),
        (["drill", "--scenario", "no-such"], "refused: "),
        (["drill", "--seeds", "0"], "refused: Invalid value for '--seeds'"),
        (["fly"], "refused: No such command 'fly'."),
        (["bench", "--part", "nothing"], "refused: PART=nothing: is not a measurement"),
        (["apply", "--env", "prod"], "refused: nothing was done; answer yes at a terminal"),
    ],
)
def test_bad_input_is_refused_with_one_message_and_exit_2(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(words) == 2
    assert message in capsys.readouterr().err


def test_a_port_that_is_taken_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert cli.main(["sandbox", "--empty", "--port", str(port)]) == 2
    assert (
        capsys.readouterr().err
        == f"refused: port {port} on 127.0.0.1 is taken; choose another port or leave it out\n"
    )


def test_a_defect_of_ours_leaves_a_log_and_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken() -> tuple[str, ...]:
        raise ZeroDivisionError("test")

    monkeypatch.setattr(environments, "names", broken)
    assert cli.main(["check"]) == 1
    told = capsys.readouterr().err
    assert told.startswith("failed: ZeroDivisionError: test\n")
    log = environments.REPOSITORY / told.split("details for an issue are in ")[1].strip()
    assert "Traceback" in log.read_text()
    log.unlink()


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            OSError(errno.ENOSPC, "No space left on device", "x.log"),
            "failed: The disk is full.\n"
            "  Fix: Free some space where the checkout and the temporary directory lie, then run the same "
            "again.\n",
        ),
        (
            OSError(errno.EROFS, "Read-only file system", "x.log"),
            "failed: x.log cannot be written: Read-only file system\n"
            "  Fix: Use a checkout that you may write to; working files go to its folder .antipode.\n",
        ),
    ],
    ids=["full", "read-only"],
)
def test_a_disk_that_takes_nothing_has_one_message(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: OSError, message: str
) -> None:
    def refused() -> tuple[str, ...]:
        raise error

    monkeypatch.setattr(environments, "names", refused)
    assert cli.main(["check"]) == 1
    assert capsys.readouterr().err == message


def test_a_defect_on_a_disk_that_takes_no_log_still_has_one_message(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def broken() -> tuple[str, ...]:
        raise ZeroDivisionError("test")

    (tmp_path / ".antipode").touch()  # no folder can be made here
    monkeypatch.setattr(cli, "REPOSITORY", tmp_path)
    monkeypatch.setattr(environments, "names", broken)
    assert cli.main(["check"]) == 1
    assert capsys.readouterr().err == (
        "failed: ZeroDivisionError: test\n"
        "        this is a defect of Antipode; run it with --debug for the details\n"
    )


def test_validate_says_that_there_is_no_provider_instead_of_calling_roots_invalid(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    terraform = tmp_path / "terraform"
    events = '{"@level":"error","type":"diagnostic","diagnostic":{"severity":"error","summary":"' + (
        'Failed to query available provider packages","detail":"no available releases"}}'
    )
    terraform.write_text(
        "#!/bin/sh\n"
        'case $1 in version) echo \'{"terraform_version": "1.11.4"}\';; '
        f"*) echo '{events}'; exit 1;; esac\n"
    )
    terraform.chmod(0o755)
    monkeypatch.setenv("TERRAFORM_BIN", str(terraform))
    assert cli.main(["validate", "--env", "dev"]) == 1
    assert capsys.readouterr().err == (
        "failed: Terraform cannot get the AWS provider.\n"
        "  Fix: Give access to the provider registry, or name a mirror of the provider in "
        "TF_PROVIDER_MIRROR.\n"
    )


def test_a_key_with_a_terminals_escapes_and_a_newline_is_shown_escaped(
    envs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = envs / "dev/manifest.yaml"
    manifest.write_text(manifest.read_text() + '"\\e[31mx\\nrefused: y": 1\n')
    assert cli.main(["check", "--env", "dev"]) == 2
    told = capsys.readouterr().err
    assert "\\x1b[31mx\\nrefused: y" in told
    assert "\x1b" not in told
    assert [line for line in told.splitlines() if line.startswith("refused: y")] == []


def test_ctrl_c_is_130_and_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted() -> tuple[str, ...]:
        raise KeyboardInterrupt

    monkeypatch.setattr(environments, "names", interrupted)
    assert cli.main(["check"]) == 130
    assert capsys.readouterr().err == "interrupted\n"


def test_a_scorecard_of_no_report_is_refused_with_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["scorecard", "--reports", str(tmp_path), "--out", str(tmp_path)]) == 2
    assert capsys.readouterr().err == (
        f"refused: {tmp_path}: there is no report (drill.json) in it; run `make drill` first\n"
    )


def test_a_failure_of_terraform_is_one_line_and_exit_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def unavailable() -> tuple[str, ...]:
        raise TerraformUnavailable("no Terraform on PATH")

    monkeypatch.setattr(environments, "names", unavailable)
    assert cli.main(["check"]) == 1
    assert capsys.readouterr().err == "failed: no Terraform on PATH\n"


def test_a_scenario_that_does_not_fit_is_refused_before_anything_is_started(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.main(["drill", "--scenario", "region-refuse", "--scenario", "switchover"]) == 2
    assert capsys.readouterr().err == (
        "refused: the scenario switchover does not fit: active-standby-api has no controller\n"
    )
