"""EventBridge: rate() rules that start functions in model time."""

from harness.sandbox.services.events.service import EventBridge

__all__ = ["EventBridge"]
