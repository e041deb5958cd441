"""Health checks of the regions: one request to the public host of each region, as a client would make it.

In the sandbox AWS_ENDPOINT_URL is set. The request goes to the sandbox's gateway with the region's host in
the Host header, and the gateway applies the faults of that region.
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

# Route 53 waits two seconds for the HTTP status as well. A cold start fits into that.
PATIENCE_SECONDS = 2.0
PERIOD_SECONDS = 60.0
NAMESPACE = "Antipode/Failover"
# The cause by which the health function marks a region that is well but out of service on purpose.
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

    def publish(self, health: Mapping[str, bool], *, now: float) -> None:
        """Publish RegionReachable once a minute, and at once after a change: an alarm needs no more."""
        if not health or (dict(health) == self._published and now - self._published_at < PERIOD_SECONDS - 1):
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
            for region, well in health.items()
        ]
        try:
            self._metrics.put_metric_data(Namespace=NAMESPACE, MetricData=data)
        except (ClientError, BotoCoreError):
            # the alarm treats missing data as breaching
            return
        self._published, self._published_at = dict(health), now


def probe_region(url: str) -> tuple[bool, str]:
    """Whether the region behind a health URL is well, and the cause if it is not."""
    parts = urlsplit(url)
    connection = _connection(parts)
    try:
        connection.request(
            "GET", parts.path or "/", headers={"Host": parts.netloc, "User-Agent": "antipode-failover"}
        )
        response = connection.getresponse()
        return health_of_response(response.status, response.read(64 * 1024))
    except (OSError, http.client.HTTPException) as error:
        return False, type(error).__name__
    finally:
        connection.close()


def health_of_response(status: int, body: bytes) -> tuple[bool, str]:
    """Whether a response of the health function says well, and the cause if not.

    A region that is only kept out of service is well.
    """
    if status < 400:
        return True, ""
    failing = _failing_checks(body)
    if failing and all(name == "admission" and cause.startswith(KEPT_OUT) for name, cause in failing.items()):
        return True, ""
    return False, "; ".join(f"{name}: {cause}" for name, cause in failing.items()) or f"status {status}"


def _failing_checks(body: bytes) -> dict[str, str]:
    """The cause of each failing check; empty if the body is not the health function's JSON."""
    try:
        checks: Any = json.loads(body)["checks"]
        return {name: str(check.get("cause")) for name, check in checks.items() if check["status"] != "pass"}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}


def _connection(parts: SplitResult) -> http.client.HTTPConnection:
    """A connection to the region's host, or to the sandbox if there is one."""
    if sandbox := os.environ.get("AWS_ENDPOINT_URL"):
        address = urlsplit(sandbox)
        return http.client.HTTPConnection(str(address.hostname), address.port, timeout=PATIENCE_SECONDS)
    return http.client.HTTPSConnection(
        str(parts.hostname), parts.port, timeout=PATIENCE_SECONDS, context=ssl.create_default_context()
    )
