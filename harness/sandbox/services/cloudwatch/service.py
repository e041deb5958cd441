"""CloudWatch: alarms that go off by what functions did, over the alarms and metrics that moto keeps."""

from __future__ import annotations

import datetime
from collections.abc import Mapping

from harness.sandbox.service import Context, Service
from harness.sandbox.services.cloudwatch.metrics import Metrics
from harness.sandbox.services.cloudwatch.states import AlarmStates
from harness.sandbox.services.cloudwatch.stored import AlarmState, Stored
from harness.sandbox.services.lambda_ import Lambda


class CloudWatch(Service):
    """alarms: their states, evaluated when somebody asks. metrics: what functions did, by the minute."""

    name = "cloudwatch"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._stored = Stored(context.moto, context.account_id)
        self.metrics = Metrics(context.epoch, account_id=context.account_id)
        self.alarms = AlarmStates(
            self.metrics,
            alarm=self._stored.alarm,
            delay=lambda: context.delay("cloudwatch_alarm_evaluation"),
        )
        context.services[Lambda].observers.append(self.metrics.count)

    def alarm_state(self, region: str, name: str) -> AlarmState:
        """The state of an alarm as it was last set, INSUFFICIENT_DATA when there is none of that name."""
        return self._stored.alarm_state(region, name)

    def put_metric(
        self,
        namespace: str,
        region: str,
        name: str,
        dimensions: Mapping[str, str],
        value: float,
        moment: datetime.datetime,
    ) -> None:
        """Store one value of a metric that a service publishes of itself. Blocks; any thread."""
        self._stored.put_metric(namespace, region, name, dimensions, value, moment)
