"""What the embedded CloudFront control plane answers wrongly. Its data plane is not used: see cloudfront/."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from harness.sandbox.patches import mends


@mends("ministack.services.cloudfront", "_build_rhp_config_xml", digest="923919cb7f7e")
def no_empty_header_lists(original: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
    """MiniStack answers a response headers policy that was sent without CustomHeadersConfig or
    RemoveHeadersConfig with empty ones; a second plan then wants to remove them. AWS leaves out of its answer
    what was not sent (CloudFront API Reference, ResponseHeadersPolicyConfig: neither is required)."""

    @functools.wraps(original)
    def build(parent: Any, config: Any) -> None:
        original(parent, config)
        for element in list(parent):
            name = str(element.tag).rpartition("}")[2]
            if name in ("CustomHeadersConfig", "RemoveHeadersConfig") and element.findtext("Quantity") == "0":
                parent.remove(element)

    return build
