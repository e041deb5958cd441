"""The estate of an earlier drill, as it was just after its apply, kept in a file for the next drill.

It is taken up only when nothing that went into it has changed (`fingerprint`). Why it is a file, and not a
sandbox that stays up: docs/adr/0018-an-applied-estate-is-kept-in-a-file.md.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import platform
import stat
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped,unused-ignore]

from harness.environments import REPOSITORY, Environment
from harness.sandbox.service import CannotBeKept
from harness.terraform import installation
from harness.terraform.stack import StackDirectory, Target

FOLDER = installation.WORK / "kept"
"""Git-ignored; `make clean` removes it."""
LARGEST = 64 * 2**20
"""Bytes that one snapshot may have. The estates of this repository need 0.3 MB."""
OLDEST = 7 * 24 * 3600.0
"""Seconds after which an estate is applied anew: certificates and dates in it grow old."""

# What no estate is made of. Other dot folders, caches and prose are left out wherever they lie.
_NOT_OF_THE_ESTATE = ("docs", "tests", "harness/drill")
_NOT_READ = (".md", ".pyc")
# Settings of Terraform and of the emulators that a caller's environment may hold.
_SETTINGS = ("DYNAMODB_", "LAMBDA_", "MINISTACK_", "MOTO_", "S3_", "TERRAFORM_", "TF_")


@dataclass(frozen=True)
class Kept:
    """`applied`: seconds since the epoch at which the estate was applied."""

    snapshot: bytes
    applied: float


def fingerprint(
    environment: Environment,
    *,
    repository: Path = REPOSITORY,
    ambient: Mapping[str, str] = os.environ,
) -> str:
    """SHA-256, hexadecimal, of everything that an applied estate is made of.

    That is: every file of the working tree but documents, tests and the drill itself; the installed packages
    and the Python that runs them; Terraform, its provider and its configuration; settings in the environment.
    The seed of a drill is not part of it: an estate is applied before any seed counts.
    """
    total = hashlib.sha256()
    for text in (environment.name, *_versions(), *_terraform(ambient), *_settings(ambient)):
        total.update(f"{text}\0".encode())
    for folder in dict.fromkeys((repository, environment.folder)):
        for path in sorted(_files(folder, repository)):
            total.update(f"{os.path.relpath(path, repository)}\0".encode())
            total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def _files(folder: Path, repository: Path) -> Iterator[Path]:
    left_out = {repository / name for name in _NOT_OF_THE_ESTATE}
    for at, folders, names in os.walk(folder):
        here = Path(at)
        folders[:] = [
            name
            for name in folders
            if not name.startswith(".") and name != "__pycache__" and here / name not in left_out
        ]
        for name in names:
            own = not name.startswith(".") or name == ".terraform.lock.hcl"
            if own and not name.endswith(_NOT_READ) and (here / name).is_file():
                yield here / name


def _versions() -> Iterator[str]:
    yield f"{sys.version} {platform.platform()}"
    yield from sorted(f"{each.name} {each.version}" for each in importlib.metadata.distributions())


def _terraform(ambient: Mapping[str, str]) -> Iterator[str]:
    binary = installation.terraform_binary(ambient)
    changed = binary.stat()
    yield f"{binary} {changed.st_size} {changed.st_mtime_ns}"
    yield f"{installation.AWS_PROVIDER_VERSION} {installation.provider_mirror(ambient)}"
    yield installation.cli_configuration(installation.WORK, ambient).read_text(encoding="utf-8")


def _settings(ambient: Mapping[str, str]) -> Iterator[str]:
    yield from sorted(f"{name}={value}" for name, value in ambient.items() if name.startswith(_SETTINGS))


def modules_from_elsewhere(environment: Environment, target: Target, *, repository: Path = REPOSITORY) -> str:
    """The source of a module that an apply used from outside of the working tree; empty when there is none.

    No fingerprint sees its changes. Terraform writes down which modules it uses.
    """
    for stack in environment.stacks:
        directory = StackDirectory.of(installation.WORK, target, environment.name, stack.name)
        listed = json.loads((directory.path / "modules" / "modules.json").read_text(encoding="utf-8"))
        for module in listed["Modules"]:
            path = (environment.folder / stack.name / module["Dir"]).resolve()
            if not path.is_relative_to(repository.resolve()) or ".antipode" in path.parts:
                return str(module["Source"])
    return ""


def find(environment: Environment, wanted: str, *, folder: Path = FOLDER) -> Kept | None:
    """The estate kept with the fingerprint `wanted`. Any other of this environment is removed."""
    path = _path(environment, folder)
    try:
        head, _, snapshot = _own(path).partition(b"\n")
        told = json.loads(head)
        whole = told["sha256"] == hashlib.sha256(snapshot).hexdigest()
        age = time.time() - told["applied"]
        if told["fingerprint"] == wanted and whole and 0 <= age <= OLDEST:
            return Kept(snapshot, told["applied"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):
        pass
    discard(environment, folder=folder)
    return None


def keep(environment: Environment, fingerprint: str, snapshot: bytes, *, folder: Path = FOLDER) -> None:
    """Put an estate where `find` finds it, in place of an older one. Raises CannotBeKept for a large one."""
    if len(snapshot) > LARGEST:
        raise CannotBeKept(f"its {len(snapshot) / 2**20:.0f} MB are more than {LARGEST / 2**20:.0f}")
    path = _path(environment, folder)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    told = {
        "fingerprint": fingerprint,
        "sha256": hashlib.sha256(snapshot).hexdigest(),
        "applied": time.time(),
    }
    _remove_leftovers(path.parent)
    partial = path.with_suffix(f".{os.getpid()}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(json.dumps(told).encode() + b"\n" + snapshot)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def _remove_leftovers(folder: Path) -> None:
    """Remove what drills that were killed were writing, and estates that are too old to be taken up."""
    for file in folder.iterdir():
        writer = file.suffix.removeprefix(".")
        killed = writer.isdecimal() and not psutil.pid_exists(int(writer))
        if killed or time.time() - file.stat().st_mtime > OLDEST:
            file.unlink(missing_ok=True)


def discard(environment: Environment, *, folder: Path = FOLDER) -> None:
    """Remove what is kept of an environment, if anything is."""
    _path(environment, folder).unlink(missing_ok=True)


def _path(environment: Environment, folder: Path) -> Path:
    return folder / f"{environment.name.replace('/', '--')}.estate"


def _own(path: Path) -> bytes:
    """The contents of a file that nobody but us can have written; reading a snapshot runs what is in it.

    Raises OSError.
    """
    with path.open("rb") as file:
        about = os.fstat(file.fileno())
        if about.st_uid != os.geteuid() or stat.S_IMODE(about.st_mode) & 0o077:
            raise PermissionError(f"{path} is not ours alone")
        return file.read()
