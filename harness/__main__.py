"""`python -m harness`: the front door. Ctrl-C ends it with one line, also while modules are imported.

SIGTERM, and SIGHUP when the terminal is closed, end it as Ctrl-C does: it stops and removes what it started.
"""

from __future__ import annotations

import contextlib
import signal
import sys

ENDING = (signal.SIGTERM, signal.SIGHUP)


def _interrupt(*_: object) -> None:
    for number in ENDING:  # a second one would cut the cleaning up short
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


for number in ENDING:
    if signal.getsignal(number) is signal.SIG_DFL:  # nohup ignores SIGHUP, and so do we then
        signal.signal(number, _interrupt)
try:
    from harness.cli import main

    status = main()
except KeyboardInterrupt:
    with contextlib.suppress(OSError):  # the terminal may be closed
        print("interrupted", file=sys.stderr)
    status = 130
# A KeyboardInterrupt that passed an exec of text, as dataclasses do it, makes Python end by SIGINT later on,
# even when it was caught. An exec that ends well makes Python forget it (pythonrun.c, run_eval_code_obj).
exec("")
sys.exit(status)
