"""The operations of an environment's clients: reads and writes of each store, and objects by the CDN.

Found in the manifest's routes, by the access of the functions behind them. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from generator.manifest import Manifest, implied

Doing = Literal["read", "write"]
Kind = Literal["table", "bucket", "database", "static", "none"]

_READING = ("GET", "HEAD")
_KINDS: dict[str, Kind] = {"table": "table", "bucket": "bucket", "database": "database"}
_ACCESS: dict[Doing, tuple[str, ...]] = {"read": ("read", "read-write"), "write": ("write", "read-write")}


@dataclass(frozen=True)
class Operation:
    """One thing that clients do. `routes` are `GET /read` and the like; without a store `store` is empty."""

    doing: Doing
    store: str
    kind: Kind
    routes: tuple[str, ...]

    @property
    def name(self) -> str:
        """`read items`, `static site`, `read (no store)`."""
        if self.kind == "static":
            return f"static {self.store}"
        return f"{self.doing} {self.store or '(no store)'}"


def operations(manifest: Manifest) -> tuple[Operation, ...]:
    """Reads and writes of every store that a route leads to, served buckets, then routes without a store."""
    found = []
    for store, kind in manifest.data.stores().items():
        for doing in _ACCESS:
            if routes := _routes(manifest, store, doing):
                found.append(Operation(doing, store, _KINDS[kind], routes))
    for name, bucket in manifest.data.buckets.items():
        if bucket.serve:
            found.append(Operation("read", name, "static", (f"GET {bucket.serve}/*",)))
    for doing in _ACCESS:
        if routes := _storeless(manifest, doing):
            found.append(Operation(doing, "", "none", routes))
    return tuple(found)


def doing_of(route: str) -> Doing:
    """Whether a route reads or writes, by its method."""
    return "read" if route.split(" ")[0] in _READING else "write"


def _routes(manifest: Manifest, store: str, doing: Doing) -> tuple[str, ...]:
    found = []
    for key, route in implied.routes(manifest).items():
        function = manifest.compute.functions.get(route.function)
        if function and doing_of(key) == doing and function.access.get(store) in _ACCESS[doing]:
            found.append(key)
    return tuple(found)


def _storeless(manifest: Manifest, doing: Doing) -> tuple[str, ...]:
    """Routes of the manifest's own functions that only run code; the health check is no client's."""
    return tuple(
        key
        for key, route in implied.routes(manifest).items()
        if route.function in manifest.compute.functions
        and doing_of(key) == doing
        and not any(
            level in _ACCESS[doing] for level in manifest.compute.functions[route.function].access.values()
        )
    )
