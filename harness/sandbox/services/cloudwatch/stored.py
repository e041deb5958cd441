"""What the emulators hold of CloudWatch: alarms and metrics are moto's, metric filters MiniStack's."""

from __future__ import annotations

import datetime
import importlib
from collections.abc import Mapping
from typing import Any, Literal

from harness.sandbox.emulators.moto import Moto

AlarmState = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]


class Stored:
    """The alarms and metrics of one account."""

    def __init__(self, moto: Moto, account_id: str) -> None:
        self._moto = moto
        self._account = account_id

    def alarm(self, region: str, name: str) -> Any:
        """The alarm of that name as moto holds it, None when there is none."""
        return self._backend(region).alarms.get(name) if self._moto.loaded else None

    def alarm_state(self, region: str, name: str) -> AlarmState:
        """The state of an alarm, INSUFFICIENT_DATA when there is none of that name."""
        state = getattr(self.alarm(region, name), "state_value", None)
        return state if state in ("OK", "ALARM") else "INSUFFICIENT_DATA"

    def put_metric(
        self,
        namespace: str,
        region: str,
        name: str,
        dimensions: Mapping[str, str],
        value: float,
        moment: datetime.datetime,
    ) -> None:
        """Store one value of a metric that an emulated service publishes of itself. Blocks; any thread."""
        named = [{"Name": key, "Value": text} for key, text in dimensions.items()]
        # moto compares moments without a time zone
        stamp = moment.astimezone(datetime.UTC).replace(tzinfo=None)
        datum = {"MetricName": name, "Dimensions": named, "Value": value, "Timestamp": stamp}
        with self._moto.in_turn():
            self._backend(region).put_metric_data(namespace, [datum])

    def _backend(self, region: str) -> Any:
        from moto.cloudwatch.models import cloudwatch_backends

        return cloudwatch_backends[self._account][region]


def metric_filters(account: str, region: str) -> list[tuple[str, Mapping[str, Any]]]:
    """The metric filters of a region, each with the name of its log group."""
    logs = importlib.import_module("ministack.services.cloudwatch_logs")
    return [
        (group, filtered) for (group, _), filtered in list(logs._metric_filters.items_scoped(account, region))
    ]
