"""Everything that the emulators hold, taken out whole, and put into emulators that hold nothing.

MiniStack 1.5.33 keeps resources in dictionaries of two classes of its own at the top of its modules; moto
5.2.5 in one object for each service, account and region. MiniStack's own `get_state` is not used: it leaves
out what it does not save to disk, among it the bodies of S3 objects.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Mapping
from typing import Any

# By module and name of the variable: scoped key -> record.
MiniStackStores = dict[tuple[str, str], Any]
# By service, account and region.
MotoStores = dict[str, dict[str, dict[str, Any]]]

_SERVICES = "ministack.services."
# What is in no scoped dictionary, and counts: the accounts and regions that have their default VPC already.
PLAIN = (("ministack.services.ec2", "_default_initialized_scopes"),)


def of_ministack() -> MiniStackStores:
    """The contents of each store that holds something, not copied."""
    stores: MiniStackStores = {}
    seen: set[int] = set()
    for module, name, store in _scoped_stores():
        if store._data and id(store) not in seen:
            seen.add(id(store))
            stores[module, name] = store._data
    for module, name in PLAIN:
        if module in sys.modules and (found := getattr(sys.modules[module], name)):
            stores[module, name] = found
    return stores


def into_ministack(stores: Mapping[tuple[str, str], Any]) -> None:
    """Fill the stores with these contents. What imported a store keeps it: it is filled, not replaced."""
    for (module, name), contents in stores.items():
        store = getattr(importlib.import_module(module), name)
        held = store if (module, name) in PLAIN else store._data
        held.clear()
        held.update(contents)


def _scoped_stores() -> Iterator[tuple[str, str, Any]]:
    responses = importlib.import_module("ministack.core.responses")
    scoped = (responses.AccountScopedDict, responses.AccountRegionScopedDict)
    for module in sorted(name for name in sys.modules if name.startswith(_SERVICES)):
        for name, value in sorted(vars(sys.modules[module]).items()):
            if isinstance(value, scoped):
                yield module, name, value


def of_moto() -> MotoStores:
    """moto must be loaded, and to the caller alone."""
    from moto.core.base_backend import BackendDict

    return {
        backends.service_name: {account: dict(regions) for account, regions in backends.items()}
        for backends in BackendDict._instances
    }


def into_moto(stores: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> None:
    """moto must be loaded, and to the caller alone."""
    from moto.backends import get_backend

    for service, accounts in stores.items():
        backends: Any = get_backend(service)  # type: ignore[call-overload,unused-ignore]
        for account, regions in accounts.items():
            for region, backend in regions.items():
                backends[account][region] = backend
