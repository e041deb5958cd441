"""The scorecard: architecture by fault, from the reports of drills, beside the figures that others
publish."""
