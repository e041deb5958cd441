"""CloudWatch: alarms that go off by themselves, from what the sandbox's functions really did."""

from harness.sandbox.services.cloudwatch.service import CloudWatch

__all__ = ["CloudWatch"]
