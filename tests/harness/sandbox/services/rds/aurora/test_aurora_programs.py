"""PostgreSQL's programs are found, run as somebody who may, and end with the sandbox."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from harness.sandbox.sandbox import Sandbox
from harness.sandbox.services.rds.aurora import programs
from harness.sandbox.services.rds.aurora.programs import Identity, NoPrograms, ProgramFailed
from tests.harness.sandbox.services.rds.aurora.global_database import ACCOUNT, EAST, client, until

ROOT = Path(__file__).resolve().parents[6]

CHILD = f"""
import os, sys, time
import boto3
from harness.sandbox.sandbox import Sandbox
with Sandbox(account_id="{ACCOUNT}", regions=["{EAST}"]) as sandbox:
    rds = boto3.client("rds", region_name="{EAST}", endpoint_url=sandbox.endpoint)
    rds.create_db_cluster(
        DBClusterIdentifier="one", Engine="aurora-postgresql", MasterUsername="a1", MasterUserPassword="b" * 9
    )
    sandbox.run(sandbox.aurora.settle(), timeout=60)
    installation = sandbox.aurora.estate.installation()
    (cluster,) = sandbox.aurora.estate.clusters.values()
    print(cluster.server.pid, installation.folder, flush=True)
    time.sleep(60)
"""


def test_the_programs_that_come_with_the_requirements_are_found() -> None:
    folder = programs.find_programs()
    assert all((folder / name).exists() for name in programs.NEEDED)


def test_without_programs_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "_candidates", lambda: iter([Path("/nowhere")]))
    with pytest.raises(NoPrograms) as error:
        programs.find_programs()
    assert str(error.value) == (
        "no PostgreSQL server programs (initdb, pg_basebackup, postgres) are found; install what the sandbox "
        "needs with `make setup`, or PostgreSQL itself, for example with `apt-get install postgresql`"
    )


def test_the_server_never_runs_as_root() -> None:
    runs_as = programs.identity()
    assert (runs_as.uid is None) == (os.geteuid() != 0)
    assert runs_as.uid != 0


def test_a_program_that_fails_says_why() -> None:
    with pytest.raises(ProgramFailed, match=r"^initdb ended with status 1: initdb: error: no data directory"):
        asyncio.run(programs.run(programs.find_programs() / "initdb", runs_as=programs.identity()))


def test_storage_has_a_path_short_enough_for_a_socket(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    deep.mkdir(parents=True)
    folder = programs.storage_below(deep, Identity())
    folder.rmdir()
    assert len(str(folder / "99" / ".s.PGSQL.5432")) < 104


def test_programs_in_a_closed_folder_are_copied_to_where_their_user_gets(tmp_path: Path) -> None:
    inside = tmp_path / "closed" / "bin"
    inside.mkdir(parents=True)
    (inside / "postgres").write_text("program")
    (tmp_path / "closed").chmod(0o700)
    copied = programs.reachable_programs(inside, Identity(65534, 65534), tmp_path)
    assert copied == tmp_path / "programs" / "bin"
    assert (copied / "postgres").read_text() == "program"
    assert programs.reachable_programs(inside, Identity(), tmp_path) == inside


@pytest.mark.sandbox
def test_a_missing_program_is_an_error_of_the_call_and_leaves_no_cluster(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    rds = client(sandbox, "rds", EAST)
    monkeypatch.setattr(programs, "_candidates", lambda: iter(()))
    with pytest.raises(rds.exceptions.ClientError, match="apt-get install postgresql"):
        rds.create_db_cluster(
            DBClusterIdentifier="none",
            Engine="aurora-postgresql",
            MasterUsername="a1",
            MasterUserPassword="b" * 9,
        )
    assert rds.describe_db_clusters()["DBClusters"] == []


@pytest.mark.sandbox
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT], ids=lambda how: how.name)
def test_no_server_and_no_data_outlive_the_sandbox(how: signal.Signals, tmp_path: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # the processes of pytest-xdist ignore SIGINT, and what they start would too
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    try:
        assert child.stdout is not None
        pid, folder = child.stdout.readline().split()
        assert _is_postgres(int(pid))
        child.send_signal(how)
        child.wait(30)
        until(lambda: not _is_postgres(int(pid)) and not Path(folder).exists(), seconds=20)
    finally:
        child.kill()
        child.communicate()


def _is_postgres(pid: int) -> bool:
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        return process.name() == "postgres" and process.status() != psutil.STATUS_ZOMBIE
    return False
