"""What the embedded Route 53 stores of health checks, and says of changes and of zones."""

from __future__ import annotations

import functools
import importlib
import re
from collections.abc import Callable
from typing import Any
from xml.etree.ElementTree import SubElement

from harness.sandbox.emulators.origin import origin
from harness.sandbox.emulators.patches import patch

_MODULE = "ministack.services.route53"
_DNSSEC = re.compile(r"^/2013-04-01/hostedzone/([^/]+)/dnssec$")


@patch(_MODULE, "_build_change_info_el", digest="88dd7baaf537")
def change_info(original: Callable[..., None]) -> Callable[..., None]:
    """Not a wrong answer but a slow one: Terraform's provider waits 10 to 30 s, then polls each 15 s, when a
    change comes back with ChangeInfo, and goes on at once when it does not. Other clients still get it."""

    @functools.wraps(original)
    def build(parent: Any, change: Any) -> None:
        if "Terraform" not in origin().headers.get("user-agent", ""):
            original(parent, change)

    return build


@patch(_MODULE, "_parse_health_check_config", digest="fffd8cf8c7a1")
def health_check_lists(original: Callable[[Any], dict[str, Any]]) -> Callable[[Any], dict[str, Any]]:
    """MiniStack stores ChildHealthChecks and Regions as lists of empty strings. AWS stores what was sent
    (Route 53 API reference, HealthCheckConfig)."""

    @functools.wraps(original)
    def parse(element: Any) -> dict[str, Any]:
        config = original(element)
        for key, item in (("ChildHealthChecks", "ChildHealthCheck"), ("Regions", "Region")):
            if key in config:
                config[key] = [
                    (leaf.text or "").strip()
                    for group in element
                    if _local(group) == key
                    for leaf in group
                    if _local(leaf) == item
                ]
        return config

    return parse


def _local(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


@patch(_MODULE, "handle_request", digest="c201ac22eafd")
def zones_are_not_signed(original: Callable[..., Any]) -> Callable[..., Any]:
    """MiniStack does not know GetDNSSEC, which the provider calls before it destroys a zone by force. AWS
    answers NOT_SIGNING for a zone without DNSSEC (Route 53 API reference, DNSSECStatus)."""

    @functools.wraps(original)
    async def handle(method: str, path: str, headers: Any, body: bytes, query: Any) -> Any:
        route53 = importlib.import_module(_MODULE)
        match = _DNSSEC.match(path) if method == "GET" else None
        if match is None or match[1] not in route53._zones:
            return await original(method, path, headers, body, query)

        def build(root: Any) -> None:
            SubElement(SubElement(root, "Status"), "ServeSignature").text = "NOT_SIGNING"
            SubElement(root, "KeySigningKeys")

        return route53._xml_response("GetDNSSECResponse", build)

    return handle
