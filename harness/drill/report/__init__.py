"""Reports on drills: a table in the terminal, a JSON document, and one self-contained page."""

from __future__ import annotations

from harness.drill.report.files import Written, write_report
from harness.drill.report.terminal import show

__all__ = ["Written", "show", "write_report"]
