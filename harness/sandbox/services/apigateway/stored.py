"""MiniStack's REST and HTTP APIs, and the custom domains that lead to them."""

from __future__ import annotations

import importlib
from typing import Any


def region_of_domain(domain: str, path: str) -> str | None:
    """The region whose API is mapped onto `path` of a custom domain, as far as the dialled address leads."""
    scope = _v1().find_domain_scope(domain)
    if scope is None or _v1().resolve_base_path_mapping(domain, path) is None:
        return None
    return str(scope[1])


def has_endpoint(account: str, region: str, api: str) -> bool:
    """Whether the region has a REST or HTTP API of that id whose own endpoint is enabled."""
    found = _v1()._rest_apis.get_scoped(account, region, api)
    if found is None:
        found = _v2()._apis.get_scoped(account, region, api)
    return found is not None and not found.get("disableExecuteApiEndpoint", False)


def _v1() -> Any:
    return importlib.import_module("ministack.services.apigateway_v1")


def _v2() -> Any:
    return importlib.import_module("ministack.services.apigateway")
