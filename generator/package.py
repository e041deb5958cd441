"""A function's deployment package, the same bytes on every machine.

Terraform publishes a new version when the package changes, so it must change only when its content does:
names in order, one fixed time, one fixed mode, and no compression, as builds of zlib differ in their output.
"""

from __future__ import annotations

import importlib.metadata
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

HANDLER = "handler.py"
SHARED = "shared"
REQUIREMENTS = "requirements.txt"

# The earliest time that a zip can hold.
_TIME = (1980, 1, 1, 0, 0, 0)
# A regular file, rw-r--r--: Lambda's own user has to be able to read it.
_MODE = 0o100644
_UNIX = 3


class PackageError(ValueError):
    """A function cannot be packaged; the message names the path and what is missing or in the way."""


def package(source: Path, shared: Path, *, requirements: bool = True) -> bytes:
    """The zip of the function in `source`, with the package `shared` beside its handler.py.

    Hidden files, byte code, caches and README.md, which changes nothing that runs, are left out; everything
    else goes in as it is, line ends included.
    With `requirements`, the distributions that requirements.txt names, one a line, go in as they are
    installed here, which requirements/runtime.txt pins; only those written in Python alone can be named.
    Raises PackageError when handler.py, the shared package or a distribution is missing, or when `source`
    has a `shared` of its own.
    """
    if not (source / HANDLER).is_file():
        raise PackageError(
            f"{source / HANDLER} does not exist: a function needs a {HANDLER} with handler(event, context)"
        )
    if not (shared / "__init__.py").is_file():
        raise PackageError(
            f"{shared / '__init__.py'} does not exist: the shared code must be a Python package"
        )
    if (source / SHARED).exists() or (source / f"{SHARED}.py").exists():
        raise PackageError(
            f"{source} has a {SHARED} of its own, which would hide the shared package: rename it"
        )
    files = dict(_files(source))
    files |= {f"{SHARED}/{name}": path for name, path in _files(shared)}
    for distribution in _required(source / REQUIREMENTS) if requirements else ():
        files |= dict(_installed(distribution, source))
    return archive({name: path.read_bytes() for name, path in files.items()})


def archive(files: dict[str, bytes]) -> bytes:
    """A zip of the given files, which depends on their names and content alone."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as target:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, date_time=_TIME)
            # ZipInfo would note the system it runs on
            entry.create_system = _UNIX
            entry.external_attr = _MODE << 16
            target.writestr(entry, files[name])
    return buffer.getvalue()


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in folder.rglob("*"):
        relative = path.relative_to(folder)
        if path.is_file() and not any(_is_left_out(part) for part in relative.parts):
            yield relative.as_posix(), path


def _required(file: Path) -> list[str]:
    """The names in a function's requirements.txt; what each needs in turn is named there too."""
    if not file.is_file():
        return []
    lines = (line.partition("#")[0].strip() for line in file.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line]


def _installed(distribution: str, source: Path) -> Iterator[tuple[str, Path]]:
    try:
        found = importlib.metadata.distribution(distribution)
    except importlib.metadata.PackageNotFoundError:
        raise PackageError(
            f"{source / REQUIREMENTS} names {distribution}, which is not installed: add it to "
            "requirements/runtime.in, run `make requirements` and `make setup`"
        ) from None
    for file in found.files or []:
        relative = PurePosixPath(file)
        described = relative.parts[0].endswith((".dist-info", ".data", ".."))
        if relative.suffix in {".so", ".pyd", ".dll", ".dylib"}:
            raise PackageError(
                f"{source / REQUIREMENTS} names {distribution}, which is not Python alone ({relative})"
            )
        # of what describes the distribution only its licence goes along
        if any(_is_left_out(part) for part in relative.parts) or (
            described and "LICENSE" not in relative.name.upper()
        ):
            continue
        yield relative.as_posix(), Path(str(file.locate()))


def _is_left_out(name: str) -> bool:
    return name.startswith(".") or name in ("__pycache__", "README.md") or name.endswith((".pyc", ".pyo"))
