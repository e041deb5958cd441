"""Aurora PostgreSQL global databases: real PostgreSQL behind MiniStack's RDS control plane."""

from harness.sandbox.services.rds.aurora.service import Aurora
from harness.sandbox.services.rds.aurora.transitions import Step

__all__ = ["Aurora", "Step"]
