"""Contradictions between functions, their stores and the API's routes."""

from __future__ import annotations

from collections.abc import Iterator

from generator.manifest.compute import RESERVED
from generator.manifest.environment import Manifest
from generator.manifest.problems import Contradiction


def contradictions(manifest: Manifest) -> Iterator[Contradiction]:
    declared = manifest.compute.functions
    for name, function in declared.items():
        for store in function.access:
            if store not in manifest.data.stores():
                known = ", ".join(manifest.data.stores()) or "none is declared"
                yield (
                    ("compute", "functions", name, "access", store),
                    f"is not a table, bucket or database of data ({known})",
                    store,
                )
        if (
            function.reserved_concurrency is not None
            and function.provisioned_concurrency > function.reserved_concurrency
        ):
            yield (
                ("compute", "functions", name, "provisioned_concurrency"),
                f"must not be above reserved_concurrency ({function.reserved_concurrency})",
                function.provisioned_concurrency,
            )
    api = manifest.compute.api
    if api is None:
        return
    for key in api.routes:
        target = api.route(key).function
        if target not in declared:
            known = ", ".join(declared) or "none is declared"
            yield (
                ("compute", "api", "routes", key),
                f"must name a function of compute.functions ({known})",
                target,
            )
    yield from _variables(tuple(api.routes))
    for name in RESERVED:
        if name in declared and name != "health":
            yield ("compute", "functions", name), "is the name of a function of ours: rename it", name
    if "health" in declared and "health" not in {api.route(key).function for key in api.routes}:
        yield (
            ("compute", "functions", "health"),
            "is the health check's own name: give it a route or rename it",
            "health",
        )


def _variables(routes: tuple[str, ...]) -> Iterator[Contradiction]:
    """API Gateway takes one path variable below each parent resource: CreateResource refuses `{name}` with
    "A sibling ({id}) of this resource already has a variable path part -- only one is allowed"."""
    variables: dict[tuple[str, ...], tuple[str, str]] = {}
    for route in routes:
        parts = route.partition(" ")[2].split("/")
        for depth, part in enumerate(parts):
            if not part.startswith("{"):
                continue
            first, other = variables.setdefault(tuple(parts[:depth]), (part, route))
            if part != first:
                yield (
                    ("compute", "api", "routes", route),
                    f"must call the variable {first}, as {other} does: API Gateway takes one at each place",
                    part,
                )
