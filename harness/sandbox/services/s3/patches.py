"""What the embedded S3 answers or does wrongly."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from xml.etree.ElementTree import Element, ParseError, SubElement, fromstring, register_namespace, tostring

from harness.sandbox.emulators.patches import patch
from harness.sandbox.requests.messages import Answer

_MODULE = "ministack.services.s3"
_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"


class _Kind(NamedTuple):
    """The element of one configuration, and of a list of them (Amazon S3 API reference)."""

    element: str
    listed: str


# By the bucket's subresource.
_KINDS: Mapping[str, _Kind] = {
    "analytics": _Kind("AnalyticsConfiguration", "ListBucketAnalyticsConfigurationResult"),
    "intelligent-tiering": _Kind(
        "IntelligentTieringConfiguration", "ListBucketIntelligentTieringConfigurationsOutput"
    ),
    "inventory": _Kind("InventoryConfiguration", "ListInventoryConfigurationsResult"),
    "metrics": _Kind("MetricsConfiguration", "ListMetricsConfigurationsResult"),
}


@patch(_MODULE, "_dispatch", digest="52562ee7c18b")
def configurations_by_id(original: Callable[..., Answer]) -> Callable[..., Answer]:
    """MiniStack does not know the configurations that a bucket has several of, each by its id: tiers of
    Intelligent-Tiering, metrics, inventories, analytics. It answers their reading with nothing, and takes the
    deletion of one for the deletion of the bucket. AWS keeps what was put, and says NoSuchConfiguration to
    what was not (Amazon S3 API reference, PutBucketIntelligentTieringConfiguration and its siblings)."""

    @functools.wraps(original)
    def dispatch(
        method: str, bucket: str, key: str, headers: Any, body: bytes, query: Mapping[str, Any]
    ) -> Answer:
        kind = next((name for name in _KINDS if name in query), None)
        if kind is None or key or not bucket or method not in ("GET", "PUT", "DELETE"):
            return original(method, bucket, key, headers, body, query)
        s3 = importlib.import_module(_MODULE)
        record = s3._ensure_bucket(bucket)
        if record is None:
            missing: Answer = s3._no_such_bucket(bucket)
            return missing
        held: dict[str, bytes] = record.setdefault("_configurations", {}).setdefault(kind, {})
        return _configured(s3, method, _KINDS[kind], held, s3._qp(query, "id", ""), body)

    return dispatch


def _configured(
    s3: Any, method: str, kind: _Kind, held: dict[str, bytes], wanted: str, body: bytes
) -> Answer:
    if method == "PUT":
        if not _is(kind, body):
            malformed: Answer = s3._error("MalformedXML", s3._MALFORMED_XML, 400)
            return malformed
        held[wanted] = body
        return 200, {}, b""
    if method == "GET" and not wanted:
        return 200, {"Content-Type": "application/xml"}, _listed(kind, held)
    if wanted not in held:
        unknown: Answer = s3._error("NoSuchConfiguration", "The specified configuration does not exist.", 404)
        return unknown
    if method == "DELETE":
        del held[wanted]
        return 204, {}, b""
    return 200, {"Content-Type": "application/xml"}, held[wanted]


def _is(kind: _Kind, body: bytes) -> bool:
    try:
        return str(fromstring(body).tag).rpartition("}")[2] == kind.element
    except ParseError:
        return False


def _listed(kind: _Kind, held: Mapping[str, bytes]) -> bytes:
    register_namespace("", _NAMESPACE)
    root = Element(f"{{{_NAMESPACE}}}{kind.listed}")
    SubElement(root, f"{{{_NAMESPACE}}}IsTruncated").text = "false"
    for _, body in sorted(held.items()):
        root.append(fromstring(body))
    text: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return text
