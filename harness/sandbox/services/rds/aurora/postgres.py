"""One PostgreSQL server: a folder with its data, a process, a Unix socket.

It does the work of one Aurora cluster in one region, writer and readers alike: Aurora's instances of a region
share one storage volume, and so do the sessions of one server. Nothing listens on a network here.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
from dataclasses import dataclass
from pathlib import Path

from harness.sandbox.services.rds.aurora import programs, session
from harness.sandbox.services.rds.aurora.keeper import Keeper
from harness.sandbox.services.rds.aurora.programs import Identity
from harness.sandbox.services.rds.aurora.session import ADMINISTRATOR, Session, SqlError

START_SECONDS = 30.0
STOP_SECONDS = 10.0
SOCKET = ".s.PGSQL.5432"

# fsync is off because only a crash of the machine could tell; everything else is about replication and size.
_SETTINGS = """
listen_addresses = ''
port = 5432
unix_socket_permissions = 0777
max_connections = 200
shared_buffers = 16MB
dynamic_shared_memory_type = mmap
fsync = off
full_page_writes = off
wal_level = replica
max_wal_senders = 10
wal_keep_size = 512MB
max_wal_size = 2GB
checkpoint_timeout = 1h
hot_standby = on
wal_sender_timeout = 0
wal_receiver_timeout = 0
wal_receiver_status_interval = 1s
wal_retrieve_retry_interval = 100ms
max_standby_streaming_delay = 1s
password_encryption = scram-sha-256
timezone = 'UTC'
jit = off
"""
# The front refuses clients who say that they are the administrator, so trusting that name is safe.
_ACCESS = f"""
local all {ADMINISTRATOR} trust
local replication {ADMINISTRATOR} trust
local all all scram-sha-256
"""


class ServerError(RuntimeError):
    """The server could not be started; the message has the end of its log."""


@dataclass(frozen=True)
class Installation:
    """What every server of one sandbox shares: programs, user, folder, and who ends them."""

    programs: Path
    runs_as: Identity
    folder: Path
    keeper: Keeper


class Server:
    """A server at `folder`, which `create`, `clone` or `adopt` fills. It belongs to the sandbox's loop."""

    def __init__(self, installation: Installation, name: str) -> None:
        self._installation = installation
        self.folder = installation.folder / name
        self._process: asyncio.subprocess.Process | None = None
        self._admin: Session | None = None
        self._admin_turn = asyncio.Lock()

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def socket_file(self) -> Path:
        """Where sessions connect."""
        return self.folder / SOCKET

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None and self.running else None

    # Making the data

    async def create(self) -> None:
        """An empty database."""
        self._make_folder()
        await self._run(
            "initdb",
            f"--pgdata={self.data}",
            f"--username={ADMINISTRATOR}",
            "--auth=trust",
            "--encoding=UTF8",
            "--no-locale",
            "--no-sync",
        )
        self._configure()

    async def clone(self, source: Server, *, follows: Path) -> None:
        """A copy of `source` as it is now, which then follows whoever has its socket in folder `follows`."""
        self._make_folder()
        await self._run(
            "pg_basebackup",
            f"--pgdata={self.data}",
            f"--host={source.folder}",
            f"--username={ADMINISTRATOR}",
            "--checkpoint=fast",
            "--wal-method=stream",
            "--no-sync",
            "--no-manifest",
        )
        self._configure(follows)
        (self.data / "standby.signal").touch()
        self._installation.runs_as.owns(self.data / "standby.signal")

    async def adopt(self, data: Path, *, move: bool) -> None:
        """The data of a server that has stopped, moved here or copied; it will follow nobody."""
        self._make_folder()
        if move:
            os.rename(data, self.data)
        else:
            await asyncio.to_thread(_copy, data, self.data)
        for leftover in ("standby.signal", "postmaster.pid"):
            (self.data / leftover).unlink(missing_ok=True)
        self._configure()

    async def remove(self) -> None:
        """Stop and leave nothing behind."""
        await self.stop()
        await asyncio.to_thread(shutil.rmtree, self.folder, True)

    # The process

    async def start(self) -> None:
        """Return when sessions are accepted. Raises ServerError."""
        log = self.folder / "log"
        with log.open("ab") as output:
            self._process = await asyncio.create_subprocess_exec(
                str(self._installation.programs / "postgres"),
                "-D",
                str(self.data),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                **programs.process_options(self._installation.runs_as),
            )
        self._installation.keeper.started(self._process.pid)
        try:
            async with asyncio.timeout(START_SECONDS):
                await self._until_ready()
        except TimeoutError:
            await self.stop()
            raise ServerError(
                f"PostgreSQL did not start within {START_SECONDS:g} s: {self._end_of_log()}"
            ) from None

    async def stop(self, *, how: signal.Signals = signal.SIGQUIT) -> None:
        """End the process: SIGQUIT at once, as a crash would; SIGINT after a checkpoint."""
        self._drop_admin()
        process = self._process
        if process is None:
            return
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(how)
            try:
                async with asyncio.timeout(STOP_SECONDS):
                    await process.wait()
            except TimeoutError:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        self._installation.keeper.ended(process.pid)
        self._process = None

    async def sql(self, statement: str) -> list[tuple[str | None, ...]]:
        """The rows that the administrator gets. Raises SqlError, OSError."""
        async with self._admin_turn:
            if self._admin is None or not self._admin.usable:
                self._drop_admin()
                self._admin = await session.connect(self.socket_file)
        return await self._admin.query(statement)

    async def promote(self) -> None:
        """Let a standby take writes. What it had not received is lost to it."""
        await self.sql("SELECT pg_promote(true, 60)")
        (self.data / "postgresql.conf").write_text(self._settings(None))

    async def written(self) -> int:
        """The position up to which the write-ahead log of a writer is stored."""
        return await self._position("pg_current_wal_flush_lsn()")

    async def received(self) -> int:
        """The position up to which a standby has the writer's log, whether from its link or from its copy."""
        return await self._position("coalesce(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())")

    async def replayed(self) -> int:
        """The position up to which a standby's readers see the writer's changes."""
        return await self._position("pg_last_wal_replay_lsn()")

    async def end_sessions(self) -> None:
        """End every client's session on the server, and return when the last is gone."""
        others = "pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        while (await self.sql(f"SELECT count(pg_terminate_backend(pid)) FROM {others}"))[0][0] != "0":
            await asyncio.sleep(0.005)

    async def _position(self, expression: str) -> int:
        from harness.sandbox.services.rds.aurora.wire import position

        value = (await self.sql(f"SELECT {expression}"))[0][0]
        return position(value) if value else 0

    async def _until_ready(self) -> None:
        assert self._process is not None
        while True:
            if self._process.returncode is not None:
                raise ServerError(f"PostgreSQL ended while it started: {self._end_of_log()}")
            with contextlib.suppress(OSError, SqlError):
                await self.sql("SELECT 1")
                return
            await asyncio.sleep(0.01)

    def _drop_admin(self) -> None:
        if self._admin is not None:
            self._admin.close()
            self._admin = None

    def _make_folder(self) -> None:
        self.folder.mkdir(mode=0o755, exist_ok=True)
        self._installation.runs_as.owns(self.folder)

    async def _run(self, program: str, *arguments: str) -> None:
        await programs.run(
            self._installation.programs / program, *arguments, runs_as=self._installation.runs_as
        )

    def _configure(self, follows: Path | None = None) -> None:
        (self.data / "postgresql.conf").write_text(self._settings(follows))
        (self.data / "postgresql.auto.conf").write_text("")
        (self.data / "pg_hba.conf").write_text(_ACCESS)

    def _settings(self, follows: Path | None) -> str:
        own = f"unix_socket_directories = '{self.folder}'\n"
        if follows is not None:
            source = f"host={follows} user={ADMINISTRATOR} sslmode=disable gssencmode=disable"
            own += f"primary_conninfo = '{source}'\n"
        return _SETTINGS + own

    def _end_of_log(self) -> str:
        log = self.folder / "log"
        text = log.read_text(errors="replace") if log.exists() else ""
        return " / ".join(text.strip().splitlines()[-5:]) or "it said nothing"


def _copy(source: Path, destination: Path) -> None:
    shutil.copytree(source, destination, symlinks=True)
    for folder, _, files in os.walk(destination):
        for path in (folder, *(os.path.join(folder, name) for name in files)):
            original = os.lstat(source / os.path.relpath(path, destination))
            with contextlib.suppress(PermissionError):
                os.lchown(path, original.st_uid, original.st_gid)
