"""Whether `init` can be skipped: a digest of what it depends on, compared with that of its last success.

It depends on the `terraform` blocks (backend, required providers) and on every module's source and version,
through local modules downwards; on the lock file; on where providers come from; and on which Terraform runs.
Should the digest miss something, Terraform refuses the plan with one of `NEEDS_INIT` and the runner
initialises and plans again; so it may be simple: it reads formatted HCL by its indentation.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from harness.terraform.adapter import Root
from harness.terraform.diagnostics import Diagnostic

NEEDS_INIT = (
    "Backend initialization required",
    "Backend configuration changed",
    "Backend type changed",
    "Inconsistent dependency lock file",
    "Missing backend configuration",
    "Module not installed",
    "Module source has changed",
    "Module version requirements have changed",
    "Required plugins are not installed",
    "Unreadable module directory",
    "Could not load plugin",
    "Failed to load plugin schemas",
)

_BLOCK = re.compile(r"^(terraform|module \"[^\"]*\") \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
_SOURCE = re.compile(r"^  (?:source|version)\s*=.*$", re.MULTILINE)
_LOCAL = re.compile(r"^  source\s*=\s*\"(\.{1,2}/[^\"]*)\"", re.MULTILINE)


def digest(root: Root) -> str:
    """SHA-256, hexadecimal, of everything that `init` of this root depends on."""
    lock = root.path / ".terraform.lock.hcl"
    changed = root.binary.stat()
    parts = [
        f"{root.binary} {changed.st_size} {changed.st_mtime_ns}",
        Path(root.environment["TF_CLI_CONFIG_FILE"]).read_text(encoding="utf-8"),
        lock.read_text(encoding="utf-8") if lock.is_file() else "",
        str(root.path),
        *declarations(root.path),
    ]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def declarations(folder: Path, *, seen: set[Path] | None = None) -> Iterator[str]:
    """The `terraform` blocks and module sources of a folder and of the local modules below it, in order."""
    known = seen if seen is not None else set()
    here = folder.resolve()
    if here in known:
        return
    known.add(here)
    for file in sorted(here.glob("*.tf")):
        for header, body in _BLOCK.findall(file.read_text(encoding="utf-8")):
            if header == "terraform":
                yield body
                continue
            yield f"{header} {' '.join(_SOURCE.findall(body))}"
            if local := _LOCAL.search(body):
                yield from declarations(here / local[1], seen=known)


def is_current(root: Root) -> bool:
    """`init` has succeeded with the same digest, and what it installed is still there."""
    mark = root.directory.initialised
    return mark.is_file() and mark.read_text(encoding="utf-8") == digest(root)


def note(root: Root) -> None:
    root.directory.initialised.write_text(digest(root), encoding="utf-8")


def forget(root: Root) -> None:
    root.directory.initialised.unlink(missing_ok=True)


def is_needed(diagnostics: Sequence[Diagnostic]) -> bool:
    """Terraform itself asks for `init`."""
    return any(each.is_error and any(text in each.text for text in NEEDS_INIT) for each in diagnostics)
