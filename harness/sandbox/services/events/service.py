"""EventBridge: rate() rules fired in model time, as far as the faults let EventBridge start a function."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.sandbox.requests.classify import Call
from harness.sandbox.service import Context, Service
from harness.sandbox.services.events.schedules import Schedules
from harness.sandbox.services.lambda_ import Lambda


class EventBridge(Service):
    """schedules: they stand still until somebody starts them."""

    name = "events"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.schedules = Schedules(context.clock, invoke=self._invoke, epoch=context.epoch, seed=context.seed)

    async def stop(self) -> None:
        self.schedules.stop()

    async def _invoke(self, region: str, function: str, event: Mapping[str, Any]) -> str | None:
        for service, operation in ((self.name, None), ("lambda", "Invoke")):
            call = Call(region, service, operation, "data", "signature")
            if not await self.context.admits(call):
                return f"{service} is down in {region}"
        return await self.context.services[Lambda].invoke(region, function, event)
