"""CloudWatch Logs: the key of a log group that exists already, which MiniStack cannot change."""

from harness.sandbox.services.logs.service import CloudWatchLogs

__all__ = ["CloudWatchLogs"]
