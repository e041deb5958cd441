"""Control planes that no emulator has: botocore's model says how a request is read, what values it may have,
and how the answer is written; a row for each resource type says the rest."""

from harness.sandbox.emulators.engine.call import Call, Record, Refused
from harness.sandbox.emulators.engine.engine import Engine
from harness.sandbox.emulators.engine.resources import Resource, Store

__all__ = ["Call", "Engine", "Record", "Refused", "Resource", "Store"]
