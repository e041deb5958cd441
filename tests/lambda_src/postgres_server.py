"""A real PostgreSQL server for the tests, on a loopback port, gone when they end."""

from __future__ import annotations

import contextlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pg8000.native

from harness.sandbox.services.rds.aurora import programs

# who owns the server, for the fixtures; and what Aurora calls the master user, who is no superuser
OWNER, OWNER_PASSWORD = "owner", "owner-password"
ADMINISTRATOR, PASSWORD = "administrator", "first-admin-password"
START_SECONDS = 30


class Server(NamedTuple):
    """Where the server listens."""

    port: int

    def connect(
        self, database: str = "postgres", user: str = OWNER, password: str = OWNER_PASSWORD
    ) -> pg8000.native.Connection:
        return pg8000.native.Connection(
            user, host="127.0.0.1", port=self.port, database=database, password=password, timeout=10
        )

    def run(self, *statements: str, database: str = "postgres") -> list[list[object]]:
        """The rows of the last statement, run by the server's owner."""
        with contextlib.closing(self.connect(database)) as connection:
            rows: list[list[object]] = []
            for statement in statements:
                rows = connection.run(statement)
            return rows


@contextlib.contextmanager
def running() -> Iterator[Server]:
    """A new server. Raises programs.NoPrograms, which says what to install."""
    runs_as = programs.identity()
    folder = Path(tempfile.mkdtemp(prefix="antipode-pg-", dir="/tmp"))
    folder.chmod(0o711)
    found = programs.reachable_programs(programs.find_programs(), runs_as, folder)
    options = programs.process_options(runs_as)
    data, secret = folder / "data", folder / "password"
    data.mkdir(mode=0o700)
    secret.write_text(OWNER_PASSWORD)
    secret.chmod(0o644)
    runs_as.owns(data)
    try:
        subprocess.run(
            [
                *(str(found / "initdb"), "-D", str(data), "-U", OWNER, "-A", "scram-sha-256"),
                *(f"--pwfile={secret}", "--no-sync", "-E", "UTF8", "--locale=C"),
            ],
            check=True,
            capture_output=True,
            timeout=60,
            **options,
        )
        port = _free_port()
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(port),
            "unix_socket_directories": "",
            "fsync": "off",
            "shared_buffers": "16MB",
            "dynamic_shared_memory_type": "mmap",
        }
        arguments = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        process = subprocess.Popen(
            [str(found / "postgres"), "-D", str(data), *arguments],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **options,
        )
        try:
            yield _ready(Server(port), process)
        finally:
            process.send_signal(signal.SIGQUIT)
            process.wait(timeout=20)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _ready(server: Server, process: subprocess.Popen[bytes]) -> Server:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            server.run(f"CREATE ROLE {ADMINISTRATOR} LOGIN CREATEROLE CREATEDB PASSWORD '{PASSWORD}'")
            return server
        except (pg8000.native.InterfaceError, pg8000.native.DatabaseError, OSError):
            if process.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.05)


__all__ = ["ADMINISTRATOR", "PASSWORD", "Server", "running"]
