"""A snapshot: everything that was made in a sandbox, as bytes that another sandbox takes up.

It holds the stores of both emulators and what rooms keep of their own. Not in it: what is of the moment, such
as caches, metrics of functions, probes, and model time. So it is the estate as it was applied, some time ago.
"""

from __future__ import annotations

import contextlib
import pickle
import zlib
from collections.abc import Iterable
from typing import Any

from harness.sandbox.emulators import stores
from harness.sandbox.emulators.moto import Moto
from harness.sandbox.service import CannotBeKept, Service


def taken(rooms: Iterable[Service], moto: Moto, *, foreign: Iterable[str]) -> bytes:
    """What the emulators and the rooms hold. On the sandbox's loop, while nobody changes anything.

    foreign: texts that must not be in it, because they name this sandbox alone: its port, its folder. Raises
    CannotBeKept.
    """
    held: dict[str, Any] = {"rooms": {room.name: room.kept() for room in rooms}}
    held["ministack"] = stores.of_ministack()
    with moto.in_turn() if moto.loaded else contextlib.nullcontext():
        held["moto"] = stores.of_moto() if moto.loaded else {}
        plain = _pickled(held)
    for text in foreign:
        if text.encode() in plain:
            raise CannotBeKept(f"a resource names {text}, which only this sandbox has")
    return zlib.compress(plain, level=1)


def _pickled(held: dict[str, Any]) -> bytes:
    try:
        return pickle.dumps(held, protocol=pickle.HIGHEST_PROTOCOL)
    # RuntimeError: a background thread of an emulator changed a store meanwhile
    except (pickle.PicklingError, TypeError, AttributeError, RuntimeError) as error:
        raise CannotBeKept(f"an emulator or a room holds what no file can: {error}") from error


def taken_up(snapshot: bytes, rooms: Iterable[Service], moto: Moto) -> None:
    """Fill emulators and rooms that hold nothing. On the sandbox's loop.

    `snapshot` must come from `taken` of the same code: reading it runs what is in it. Raises CannotBeKept,
    with nothing filled, when it is not whole.
    """
    try:
        held = pickle.loads(zlib.decompress(snapshot))
    except Exception as error:  # pickle raises whatever the classes in it raise
        raise CannotBeKept(f"it cannot be read: {type(error).__name__}: {error}") from error
    stores.into_ministack(held["ministack"])
    if held["moto"]:
        with moto.in_turn():
            stores.into_moto(held["moto"])
    for room in rooms:
        room.take_up(held["rooms"][room.name])
