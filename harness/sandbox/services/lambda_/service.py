"""Lambda: the processes that run functions, the addresses from which they call AWS, and who hears of them."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any

from harness.sandbox.faults import Fault, RegionDark
from harness.sandbox.service import Context, Service
from harness.sandbox.services.lambda_.invoke import Invocation, invoke_function
from harness.sandbox.services.lambda_.pools import LambdaPools


class Lambda(Service):
    """observers: called after every invocation, in the thread that it ran in. chance: chooses between the two
    versions of an alias. endpoints: by region, what AWS_ENDPOINT_URL is for its functions."""

    name = "lambda"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.pools = LambdaPools(account_id=context.account_id)
        self.observers: list[Callable[[Invocation], None]] = []
        self.chance = random.Random(context.seed)
        self.endpoints = {
            region: f"http://{ip}:{port}" for region, (ip, port) in context.addresses.functions.items()
        }

    def close(self) -> None:
        self.pools.stop_all()

    async def reseed(self, seed: int) -> None:
        self.chance.seed(seed)

    def fault_injected(self, number: int, fault: Fault) -> None:
        if isinstance(fault, RegionDark):
            self.pools.kill(fault.region)

    async def invoke(self, region: str, function: str, event: Mapping[str, Any]) -> str | None:
        """Start a function by its ARN and wait for it; what went wrong in one line, None when nothing did."""
        return await invoke_function(self.context.account_id, region, function, event)
