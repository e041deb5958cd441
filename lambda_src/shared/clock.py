"""What time it is, by the clock that is ahead: a function that is late must not believe it is early."""

from __future__ import annotations

import time

from shared.requests import mapping


class Clock:
    """Time during one request: this worker's clock, or that of API Gateway's frontend if it is ahead.

    requestTimeEpoch is when the request arrived, in milliseconds (Amazon API Gateway Developer Guide, "Lambda
    proxy integrations in API Gateway").
    """

    def __init__(self, event: object) -> None:
        received = mapping(event, "requestContext").get("requestTimeEpoch")
        known = isinstance(received, int | float) and not isinstance(received, bool)
        self._received = float(received or 0) / 1000 if known else 0.0
        self._started = time.monotonic()

    def now(self) -> float:
        """Seconds since the epoch of Unix."""
        return max(time.time(), self._received + time.monotonic() - self._started)
