"""What ends PostgreSQL when the sandbox's process ends in any way, kill -9 included.

A small process waits at the end of a pipe that only the sandbox holds. When the pipe closes, it stops the
servers that it was told of, at once and without ceremony, and removes their folder.
"""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
from pathlib import Path

_PROGRAM = """
import os, shutil, signal, sys, time
servers = set()
for line in sys.stdin:
    word, number = line.split()
    (servers.add if word == "started" else servers.discard)(int(number))
def send(what):
    for server in list(servers):
        try:
            os.kill(server, what)
        except OSError:
            servers.discard(server)
send(signal.SIGQUIT)
end = time.monotonic() + 2
while servers and time.monotonic() < end:
    time.sleep(0.02)
    send(0)
send(signal.SIGKILL)
shutil.rmtree(sys.argv[1], ignore_errors=True)
"""


class Keeper:
    """Ends every server it was told of, and removes `folder`, when this process is gone or on `close`."""

    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _PROGRAM, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,
            text=True,
        )

    def started(self, pid: int) -> None:
        """A server runs as process `pid`."""
        self._tell(f"started {pid}")

    def ended(self, pid: int) -> None:
        """That server has ended: its number may be anyone's from now on."""
        self._tell(f"ended {pid}")

    async def close(self) -> None:
        """Let go, and return when the last server has ended and the folder is gone."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        await asyncio.to_thread(self._process.wait)

    def _tell(self, line: str) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
