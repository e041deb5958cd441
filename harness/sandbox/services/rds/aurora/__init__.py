"""Aurora PostgreSQL global databases: real PostgreSQL behind MiniStack's RDS control plane."""

from harness.sandbox.aurora.service import Aurora
from harness.sandbox.aurora.transitions import Step

__all__ = ["Aurora", "Step"]
