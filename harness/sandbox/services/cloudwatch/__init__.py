"""CloudWatch alarms that go off by themselves, from what the sandbox's functions really did.

The emulator keeps alarms and never evaluates them. `Metrics` counts invocations in minutes of model time,
`AlarmStates` evaluates an alarm when somebody asks for its state.
"""

from harness.sandbox.services.cloudwatch.metrics import Metrics
from harness.sandbox.services.cloudwatch.states import AlarmStates

__all__ = ["AlarmStates", "Metrics"]
