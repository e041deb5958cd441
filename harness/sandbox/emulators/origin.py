"""Where the request that an emulator is serving came in, for patches."""

from __future__ import annotations

import contextvars
from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from harness.sandbox.requests.classify import Call


class Origin(NamedTuple):
    """Where the request being served came in: the region whose address was dialled (None: the control
    address), its headers by lower-case name, its query parameters, what waits for and judges the calls that
    one emulated service makes to another inside the process (true: the call may go ahead), and when it came
    in (Unix seconds of model time)."""

    dialled: str | None = None
    headers: Mapping[str, str] = MappingProxyType({})
    query: Mapping[str, str] = MappingProxyType({})
    admits: Callable[[Call], Awaitable[bool]] | None = None
    epoch: float | None = None


ORIGIN: contextvars.ContextVar[Origin] = contextvars.ContextVar("antipode_origin")


def origin() -> Origin:
    """Where the request being served came in; nothing is known of what the emulators do by themselves."""
    return ORIGIN.get(None) or Origin()
