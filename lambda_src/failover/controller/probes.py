"""How one voter sees the regions: a request to each one's own host, from outside, as a client would make it.

In the sandbox, where AWS_ENDPOINT_URL is set, the request goes there and names the region's host: the gateway
judges it as that region, with whatever faults lie on it.
"""

from __future__ import annotations

import http.client
import json
import os
import ssl
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import SplitResult, urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

# Route 53 gives up after two seconds for the status, too; a cold start has room in it.
PATIENCE_SECONDS = 2.0
PERIOD_SECONDS = 60.0
NAMESPACE = "Antipode/Failover"
# The health function's own words for a region that is well, but kept out of service on purpose.
KEPT_OUT = "not serving: "

_METRICS = Config(
    connect_timeout=0.5, read_timeout=1.0, retries={"mode": "standard", "total_max_attempts": 1}
)


class RegionalProbes:
    """The port Probes for the function of region `me`; `urls` are the regions' health checks."""

    def __init__(self, me: str, environment: str, urls: Mapping[str, str]) -> None:
        self.me, self.environment, self.urls = me, environment, urls
        self._threads = ThreadPoolExecutor(max_workers=max(1, len(urls)), thread_name_prefix="probe")
        self._metrics = boto3.client("cloudwatch", region_name=me, config=_METRICS)
        self._published: dict[str, bool] = {}
        self._published_at = float("-inf")

    def probe_all(self) -> dict[str, tuple[bool, str]]:
        return dict(zip(self.urls, self._threads.map(probe_region, self.urls.values()), strict=True))

    def publish(self, seen: Mapping[str, bool], *, now: float) -> None:
        """Once a minute, and at once when something changed: an alarm needs no more."""
        if not seen or (dict(seen) == self._published and now - self._published_at < PERIOD_SECONDS - 1):
            return
        data = [
            {
                "MetricName": "RegionReachable",
                "Dimensions": [
                    {"Name": "Environment", "Value": self.environment},
                    {"Name": "Region", "Value": region},
                ],
                "Value": float(well),
            }
            for region, well in seen.items()
        ]
        try:
            self._metrics.put_metric_data(Namespace=NAMESPACE, MetricData=data)
        except (ClientError, BotoCoreError):
            # an alarm that hears nothing goes off by itself
            return
        self._published, self._published_at = dict(seen), now


def probe_region(url: str) -> tuple[bool, str]:
    """Whether a region is well, and the cause if it is not."""
    parts = urlsplit(url)
    connection = _connection(parts)
    try:
        connection.request(
            "GET", parts.path or "/", headers={"Host": parts.netloc, "User-Agent": "antipode-failover"}
        )
        answer = connection.getresponse()
        return health_of_response(answer.status, answer.read(64 * 1024))
    except (OSError, http.client.HTTPException) as error:
        return False, type(error).__name__
    finally:
        connection.close()


def health_of_response(status: int, body: bytes) -> tuple[bool, str]:
    """What an answer of the health function says. A region that is only kept out of service is well."""
    if status < 400:
        return True, ""
    failing = _failing_checks(body)
    if failing and all(name == "admission" and cause.startswith(KEPT_OUT) for name, cause in failing.items()):
        return True, ""
    return False, "; ".join(f"{name}: {cause}" for name, cause in failing.items()) or f"status {status}"


def _failing_checks(body: bytes) -> dict[str, str]:
    try:
        checks: Any = json.loads(body)["checks"]
        return {name: str(check.get("cause")) for name, check in checks.items() if check["status"] != "pass"}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}


def _connection(parts: SplitResult) -> http.client.HTTPConnection:
    if sandbox := os.environ.get("AWS_ENDPOINT_URL"):
        address = urlsplit(sandbox)
        return http.client.HTTPConnection(str(address.hostname), address.port, timeout=PATIENCE_SECONDS)
    return http.client.HTTPSConnection(
        str(parts.hostname), parts.port, timeout=PATIENCE_SECONDS, context=ssl.create_default_context()
    )
