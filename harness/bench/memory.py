"""The memory that Terraform and its providers take while something runs."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import psutil  # type: ignore[import-untyped,unused-ignore]

_EVERY_SECONDS = 0.2
_NAMES = ("terraform", "tofu")


@dataclass
class Peak:
    """Bytes (resident set sizes added up, so shared pages count more than once) and processes at the peak."""

    resident: int = field(default=0)
    processes: int = field(default=0)

    @property
    def megabytes(self) -> float:
        return self.resident / 2**20


@contextlib.contextmanager
def peak_memory() -> Iterator[Peak]:
    """Watch this process's Terraform descendants every 0.2 s; the peak is whole when the block has ended."""
    peak, over = Peak(), threading.Event()

    def watch() -> None:
        while not over.wait(_EVERY_SECONDS):
            sizes = _sizes()
            if sum(sizes) > peak.resident:
                peak.resident, peak.processes = sum(sizes), len(sizes)

    watcher = threading.Thread(target=watch, name="peak-memory", daemon=True)
    watcher.start()
    try:
        yield peak
    finally:
        over.set()
        watcher.join()


def _sizes() -> list[int]:
    sizes = []
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if child.name().startswith(_NAMES):
                sizes.append(child.memory_info().rss)
    return sizes
