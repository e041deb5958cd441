"""PostgreSQL's programs are found, run as somebody who may, and end with the sandbox."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from harness.sandbox.sandbox import Sandbox
from harness.sandbox.services.rds.aurora import programs
from harness.sandbox.services.rds.aurora.programs import Identity, NoPrograms, ProgramFailed
from tests.harness.sandbox.services.rds.aurora.global_database import ACCOUNT, EAST, client, until

ROOT = Path(__file__).resolve().parents[6]

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as another user")

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
    installation = sandbox.aurora.databases.installation()
    (cluster,) = sandbox.aurora.databases.clusters.values()
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


def test_a_program_that_fails_says_why(storage: Path) -> None:
    runs_as = programs.identity()
    folder = programs.reachable_programs(programs.find_programs(), runs_as, storage)
    with pytest.raises(ProgramFailed, match=r"^initdb ended with status 1: initdb: error: no data directory"):
        asyncio.run(programs.run(folder / "initdb", runs_as=runs_as))


def test_storage_has_a_path_short_enough_for_a_socket(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    deep.mkdir(parents=True)
    folder = programs.storage_below(deep, Identity())
    folder.rmdir()
    assert len(str(folder / "99" / ".s.PGSQL.5432")) < 104


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[Path]:
    """A folder that the server's user may enter."""
    folder = programs.storage_below(tmp_path, programs.identity())
    yield folder
    shutil.rmtree(folder)


def _close(top: Path) -> None:
    """As an installation by a root whose umask is 077 is."""
    for path in (top, *top.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & 0o700)


@as_root
def test_a_wheel_in_a_closed_folder_is_copied_with_all_that_its_programs_load(
    tmp_path: Path, storage: Path
) -> None:
    found, runs_as = programs.find_programs(), programs.identity()
    site_packages = tmp_path / "site-packages"
    for part in programs._parts(found):
        shutil.copytree(part, site_packages / part.relative_to(found.parents[2]), symlinks=True)
    closed = site_packages / found.relative_to(found.parents[2])
    _close(site_packages)
    reachable = programs.reachable_programs(closed, runs_as, storage)
    assert reachable == storage / "programs" / closed.relative_to(site_packages)
    data = storage / "data"
    data.mkdir()
    runs_as.owns(data)
    asyncio.run(programs.run(reachable / "initdb", "-D", str(data), "--no-sync", runs_as=runs_as))
    assert (data / "PG_VERSION").exists()
    assert programs.reachable_programs(closed, Identity(), storage) == closed


@as_root
def test_a_copy_that_does_not_run_says_why_and_what_to_do(tmp_path: Path, storage: Path) -> None:
    folder = tmp_path / "prefix" / "bin"
    folder.mkdir(parents=True)
    for name in programs.NEEDED:
        (folder / name).write_text("#!/bin/sh\necho no library >&2; exit 127\n")
        (folder / name).chmod(0o755)
    with pytest.raises(NoPrograms) as error:
        programs.reachable_programs(folder, programs.identity(), storage)
    assert str(error.value) == (
        "PostgreSQL's programs lie in a folder that is closed to the user who runs them, and a copy of "
        f"{folder} does not run: no library\n"
        "Install PostgreSQL for all users, for example with `apt-get install postgresql`, or use a checkout "
        "that all users may enter."
    )


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
