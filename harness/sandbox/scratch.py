"""The sandbox's folder in the temporary directory. It goes with the sandbox or, after kill -9, with the next.

Its owner holds a lock on a file inside for as long as it lives. So a folder whose lock is free has no owner.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

PREFIX = "antipode-sandbox-"
_OWNER = ".owner"


@contextlib.contextmanager
def scratch_folder() -> Iterator[Path]:
    """A folder that is removed when the block ends, with all that it holds. Its name has our process id."""
    remove_ownerless()
    # another process sees the folder under its name only once the lock is held
    unseen = Path(tempfile.mkdtemp(prefix=f".{PREFIX}{os.getpid()}-"))
    with (unseen / _OWNER).open("w") as owner:
        fcntl.flock(owner, fcntl.LOCK_EX)
        folder = unseen.rename(unseen.with_name(unseen.name.removeprefix(".")))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def remove_ownerless() -> None:
    """Remove the folders whose owner was killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError), (folder / _OWNER).open("r+") as owner:
            if _is_free(owner):
                shutil.rmtree(folder, ignore_errors=True)


def _is_free(owner: IO[str]) -> bool:
    try:
        fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
