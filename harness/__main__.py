"""`python -m harness`: the front door. Ctrl-C ends it with one line, also while modules are imported."""

from __future__ import annotations

import sys

try:
    from harness.cli import main

    status = main()
except KeyboardInterrupt:
    print("interrupted", file=sys.stderr)
    status = 130
sys.exit(status)
