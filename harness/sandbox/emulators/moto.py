"""moto, which serves what MiniStack lacks or answers wrongly."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from typing import Any

from harness.sandbox.aws_facts import facts_of
from harness.sandbox.emulators import patches
from harness.sandbox.requests.messages import Answer, Receive, Scope, Send, body_of, send_answer
from harness.sandbox.requests.refusals import not_implemented


class Moto:
    """moto behind ASGI, imported when it is first needed (about 1 s).

    moto is used as its in-process mock is: a prepared request for the service's own endpoint goes in, a
    status, headers and a body come out. Its server (and Flask with it) is not needed. One request at a time,
    because moto's stores are not made for threads.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.loaded = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await body_of(receive)
        await send_answer(send, await asyncio.to_thread(self._process, scope, body))

    @contextlib.contextmanager
    def in_turn(self) -> Iterator[None]:
        """moto loaded, and to the caller alone. Blocks; any thread."""
        with self._lock:
            if not self.loaded:
                self._load()
            yield

    def _process(self, scope: Scope, body: bytes) -> Answer:
        with self.in_turn():
            request = _prepared_request(scope, body)
            try:
                response = self._stubber.process_request(request)
            except NotImplementedError as error:
                return not_implemented(scope["antipode.call"], f"{error} in moto")
        status, headers, content = response if response is not None else (404, {}, "Not yet implemented")
        encoded = content.encode() if isinstance(content, str) else bytes(content or b"")
        return int(status), {str(name): str(value) for name, value in headers.items()}, encoded

    def _load(self) -> None:
        from moto.core.botocore_stubber import BotocoreStubber

        patches.apply("moto")
        self._stubber = BotocoreStubber()
        self.loaded = True

    def reset(self) -> None:
        """Forget every resource, as far as moto was ever loaded."""
        if not self.loaded:
            return
        from moto.core.base_backend import BackendDict
        from moto.core.model_instances import reset_model_data

        BackendDict.reset()
        reset_model_data()


def _prepared_request(scope: Scope, body: bytes) -> Any:
    """The request as botocore would have sent it to AWS: moto picks the service by host name."""
    from botocore.awsrequest import AWSPreparedRequest
    from botocore.compat import HTTPHeaders

    call = scope["antipode.call"]
    host = f"{facts_of(call.service).endpoint_prefix}.{call.region}.amazonaws.com"
    headers = HTTPHeaders()
    for name, value in scope["headers"]:
        if name.lower() != b"host":
            headers[name.decode("latin-1")] = value.decode("latin-1")
    headers["Host"] = host
    query = scope.get("query_string", b"").decode("latin-1")
    path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
    url = f"https://{host}{path}" + (f"?{query}" if query else "")
    return AWSPreparedRequest(scope["method"], url, headers, body, stream_output=False)
