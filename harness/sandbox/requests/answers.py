"""Answers that were given and never arrived, for callers that ask again.

On a busy machine a client of the AWS SDK for Go now and then loses the answer to a request that was carried
out, and sends it again at once (seen with CreateAlias, which then says that the alias exists). The SDK says
which attempt of which call a request is (headers `amz-sdk-invocation-id` and `amz-sdk-request`; AWS SDKs and
Tools Reference Guide, Retry behavior), so the answer that was lost can be given again. An answer that a fault
took away is not kept: the caller of a region that went dark is told what AWS would tell it.
"""

from __future__ import annotations

import logging
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

Message = dict[str, Any]
Send = Callable[[Message], Awaitable[None]]

MOST_ANSWERS = 256
MOST_BYTES = 64 * 1024
_ATTEMPT = re.compile(r"\battempt=(\d+)\b")
_LOG = logging.getLogger(__name__)


class Heard:
    """An ASGI `send` that passes on what it hears."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.messages: list[Message] = []

    async def __call__(self, message: Message) -> None:
        self.messages.append(message)
        await self._send(message)

    @property
    def status(self) -> int:
        """The HTTP status; 500 when nothing was answered."""
        return int(self.messages[0].get("status", 500)) if self.messages else 500

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.messages)


class Answers:
    """The last answers of control planes by the call that they answered. Bounded in number and size."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[Message, ...]] = OrderedDict()

    def given(self, headers: Mapping[str, str]) -> tuple[Message, ...] | None:
        """What was answered to an earlier attempt of the same call; None when this is the first, or the
        earlier one failed. `headers` by lower-case name."""
        attempt = _ATTEMPT.search(headers.get("amz-sdk-request", ""))
        if attempt is None or int(attempt[1]) < 2:
            return None
        found = self._kept.get(headers.get("amz-sdk-invocation-id", ""))
        told = "answered as before" if found else "no earlier answer"
        _LOG.info("attempt %s of %s: %s", attempt[1], headers.get("x-amz-target", "a call"), told)
        return found

    def keep(self, headers: Mapping[str, str], answer: Heard) -> None:
        """Remember what was answered to this attempt, unless it was a failure or is large."""
        call = headers.get("amz-sdk-invocation-id")
        if call is None or answer.status >= 500 or len(answer.body) > MOST_BYTES:
            return
        self._kept[call] = tuple(answer.messages)
        while len(self._kept) > MOST_ANSWERS:
            self._kept.popitem(last=False)
