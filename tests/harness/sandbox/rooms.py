"""What a room is given in tests that start it without a sandbox."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.sandbox.emulators.moto import Moto
from harness.sandbox.faults import Faults
from harness.sandbox.requests.addresses import Address, Addresses
from harness.sandbox.requests.classify import Call
from harness.sandbox.service import Context, Services, furnished
from harness.sandbox.services.cloudwatch import CloudWatch
from harness.sandbox.services.lambda_ import Lambda
from harness.sandbox.world.clock import Clock

ACCOUNT = "123456789012"


def a_context(
    *,
    clock: Clock | None = None,
    control: Address = ("127.0.0.1", 1),
    regions: Mapping[str, Address] | None = None,
    faults: Faults | None = None,
    delay: Callable[[str], float] = lambda name: 0.0,
) -> Context:
    """A context with Lambda and CloudWatch, and no emulator behind them.

    `regions` is kept, not copied: it may be filled later.
    """
    regions = {} if regions is None else regions
    context = Context(
        account_id=ACCOUNT,
        regions=tuple(regions),
        seed=0,
        scratch=Path("no-scratch-folder"),
        clock=clock or Clock(),
        epoch=lambda moment=None: 0.0 if moment is None else moment,
        delay=delay,
        faults=faults or Faults(),
        admits=_admits,
        addresses=Addresses(control=control, regions=regions, functions={}, edges={}),
        dns_port=0,
        serve=_never,
        ministack=_never,
        moto=Moto(),
        services=Services(),
    )
    return replace(context, services=furnished((Lambda, CloudWatch), context))


def _admits(call: Call) -> Awaitable[bool]:
    raise AssertionError(f"nothing calls {call.service} in these tests")


async def _never(scope: Any, receive: Any, send: Any) -> None:
    raise AssertionError(f"nothing requests {scope['path']} in these tests")
