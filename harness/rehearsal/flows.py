"""What a drill's clients can do with an environment: found in its routes, by the functions behind them.

A drill judges answers by their content, so it only talks to functions whose answers it knows: those made
from lambda_src/read, write, orders and files, and objects that the CDN serves.
"""

from __future__ import annotations

from collections.abc import Iterator

from generator import naming
from generator.manifest import Manifest, implied
from harness.drill.subject import DrillError, Flow, Store

READ_METHODS = ("GET",)
WRITE_METHODS = ("POST", "PUT")
# The sources of the functions that read and that write a store of each kind.
SPEAKERS: tuple[tuple[str, Store, str, str], ...] = (
    ("table", "table", "read", "write"),
    ("database", "database", "orders", "orders"),
    ("bucket", "objects", "files", "files"),
)


def flows(manifest: Manifest) -> tuple[Flow, ...]:
    """Tables first, then databases, buckets and served objects. Raises DrillError when there is none."""
    found = (*_routed(manifest), *_served(manifest))
    if not found:
        raise DrillError(
            f"{manifest.name} has no route that a drill can judge: it speaks to functions whose source is "
            "read and write, orders, or files, and to buckets that the CDN serves"
        )
    return found


def _routed(manifest: Manifest) -> Iterator[Flow]:
    kinds = manifest.data.stores()
    for kind, store, reader, writer in SPEAKERS:
        for name in (name for name, each in kinds.items() if each == kind):
            read = _path(manifest, name, reader, READ_METHODS)
            if read is not None:
                write = _path(manifest, name, writer, WRITE_METHODS)
                own = manifest.objectives.of(name)
                yield Flow(name, read, write, store, rto=own.rto, rpo=own.rpo)


def _path(manifest: Manifest, store: str, source: str, methods: tuple[str, ...]) -> str | None:
    """The path of the first route whose function is made from `source` and has access to the store."""
    for key, route in implied.routes(manifest).items():
        method, path = key.split(" ")
        function = manifest.compute.functions.get(route.function)
        if function and function.source == source and store in function.access and method in methods:
            return path
    return None


def _served(manifest: Manifest) -> Iterator[Flow]:
    for name, bucket in manifest.data.buckets.items():
        if bucket.serve:
            buckets = tuple(
                (region, naming.bucket(manifest.name, name, manifest.account_id, region))
                for region in manifest.lead_first
            )
            own = manifest.objectives.of(name)
            yield Flow(name, bucket.serve, None, "static", rto=own.rto, rpo=own.rpo, buckets=buckets)
