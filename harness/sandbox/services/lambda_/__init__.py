"""Lambda: workers lost with their region, calls that leave from it, aliases with weights, invocations."""

from harness.sandbox.services.lambda_.service import Lambda

__all__ = ["Lambda"]
