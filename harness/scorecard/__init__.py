"""The scorecard: architecture by fault, from the reports of drills, beside the figures that others
publish."""

from __future__ import annotations

from harness.scorecard.card import ScorecardError
from harness.scorecard.files import scorecard

__all__ = ["ScorecardError", "scorecard"]
