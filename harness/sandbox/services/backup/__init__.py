"""AWS Backup: policies and locks of vaults, and settings of regions, kept and given back."""

from harness.sandbox.services.backup.service import Backup

__all__ = ["Backup"]
