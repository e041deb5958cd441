"""What a request needs wherever it arrives: the functions behind the routes, and their stores."""

from __future__ import annotations

from generator import naming
from generator.manifest import Manifest, implied


def needed_functions(manifest: Manifest) -> tuple[str, ...]:
    """The functions that answer a route, the implied one of the health check among them."""
    return tuple(dict.fromkeys(route.function for route in implied.routes(manifest).values()))


def needed_stores(manifest: Manifest) -> dict[str, str]:
    """Who needs each store: {"items": "GET /read"}. A bucket that the CDN serves is needed by its path."""
    functions = implied.functions(manifest)
    needs = {
        name: f"the CDN's {bucket.serve}/*" for name, bucket in manifest.data.buckets.items() if bucket.serve
    }
    for key, route in implied.routes(manifest).items():
        for store, access in functions[route.function].access.items():
            if access != "probe":
                needs.setdefault(store, key)
    return needs


def bucket(manifest: Manifest, name: str, region: str) -> str:
    return naming.bucket(manifest.name, name, manifest.account_id, region)
