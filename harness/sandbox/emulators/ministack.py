"""Which emulator serves which service, and how the two are brought up inside this process.

MiniStack serves everything by default, because it has data planes; moto serves what MiniStack lacks or
answers wrongly. The map is measured, service by service (facts of 2026-11-20, MiniStack 1.5.33, moto 5.2.5).
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import importlib
import json
import logging
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from types import ModuleType
from typing import Any, Literal

AlarmState = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]
ASGI = Callable[[Any, Any, Any], Awaitable[None]]

# Services whose resources stay clean on a second plan only with moto. What must live together (rds with ec2,
# elbv2 with acm, ec2 with iam) is all on MiniStack and must be moved together or not at all.
SERVED_BY_MOTO = frozenset(
    "cloudwatch config dax fis guardduty inspector2 macie2 memorydb network-firewall "
    "resiliencehub shield ssm wafv2".split()
)

# Host names that differ from the service's own name (botocore: endpointPrefix).
ENDPOINT_PREFIXES = {"cloudwatch": "monitoring", "memorydb": "memory-db"}


def served_by_moto(service: str | None) -> bool:
    """Whether requests signed for `service` (its own name, as Target has it) go to moto."""
    return service in SERVED_BY_MOTO


@contextlib.contextmanager
def acting_for(account_id: str) -> Iterator[None]:
    """What MiniStack does of its own accord, without a request, it does for this account: its default is that
    of the first sandbox of the process."""
    account = importlib.import_module("ministack.core.responses")._request_account_id
    before = account.get()
    account.set(account_id)
    try:
        yield
    finally:
        account.set(before)


def load_ministack() -> ModuleType:
    """MiniStack's application module. Its settings must be in os.environ before the first call.

    MiniStack configures the root logger when imported; a library must not, so a handler is lent to the root
    logger for that moment, which makes `logging.basicConfig` do nothing.
    """
    root = logging.getLogger()
    lent = logging.NullHandler()
    root.addHandler(lent)
    try:
        app = importlib.import_module("ministack.app")
    finally:
        root.removeHandler(lent)
    for noisy in ("ministack", "apigateway", "lambda"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    return app


class Moto:
    """moto behind ASGI, imported when the first request for it arrives (about 1 s).

    moto is used as its in-process mock is: a prepared request for the service's own endpoint goes in, a
    status, headers and a body come out. Its server (and Flask with it) is not needed. One request at a time,
    because moto's stores are not made for threads.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loaded = False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = await _body(receive)
        status, headers, content = await asyncio.to_thread(self._process, scope, body)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content, "more_body": False})

    def _process(self, scope: Any, body: bytes) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        with self._lock:
            if not self._loaded:
                self._load()
            request = _prepared_request(scope, body)
            try:
                answer = self._stubber.process_request(request)
            except NotImplementedError as error:
                # 501, because an SDK tries a lost connection or a 500 again, up to 25 times
                answer = (501, {"x-amzn-errortype": "NotImplemented"}, _not_implemented(scope, str(error)))
        status, headers, content = answer if answer is not None else (404, {}, "Not yet implemented")
        encoded = content.encode() if isinstance(content, str) else bytes(content or b"")
        kept = {k: v for k, v in headers.items() if k.lower() != "content-length"}
        lines = [(str(k).encode("latin-1"), str(v).encode("latin-1", "replace")) for k, v in kept.items()]
        return int(status), [*lines, (b"content-length", str(len(encoded)).encode())], encoded

    def _load(self) -> None:
        from moto.core.botocore_stubber import BotocoreStubber

        from harness.sandbox.emulators import patches

        patches.apply("moto")
        self._stubber = BotocoreStubber()
        self._loaded = True

    def alarm_state(self, account_id: str, region: str, name: str) -> AlarmState:
        """The state of a CloudWatch alarm, INSUFFICIENT_DATA when there is none of that name."""
        state = getattr(self.alarm(account_id, region, name), "state_value", None)
        return state if state in ("OK", "ALARM") else "INSUFFICIENT_DATA"

    def alarm(self, account_id: str, region: str, name: str) -> Any:
        """The CloudWatch alarm of that name as moto holds it, None when there is none."""
        if not self._loaded:
            return None
        from moto.cloudwatch.models import cloudwatch_backends

        return cloudwatch_backends[account_id][region].alarms.get(name)

    def put_metric(
        self,
        account_id: str,
        region: str,
        name: str,
        dimensions: Mapping[str, str],
        value: float,
        moment: datetime.datetime,
        *,
        namespace: str,
    ) -> None:
        """Store one value of a metric that an emulated service publishes about itself. Blocks; any thread."""
        with self._lock:
            if not self._loaded:
                self._load()
            from moto.cloudwatch.models import cloudwatch_backends

            named = [{"Name": key, "Value": text} for key, text in dimensions.items()]
            # moto compares moments without a time zone
            stamp = moment.astimezone(datetime.UTC).replace(tzinfo=None)
            datum = {"MetricName": name, "Dimensions": named, "Value": value, "Timestamp": stamp}
            cloudwatch_backends[account_id][region].put_metric_data(namespace, [datum])

    def reset(self) -> None:
        """Forget every resource, as far as moto was ever loaded."""
        if not self._loaded:
            return
        from moto.core.base_backend import BackendDict
        from moto.core.model_instances import reset_model_data

        BackendDict.reset()
        reset_model_data()


def _not_implemented(scope: Any, message: str) -> str:
    target = scope["antipode.target"]
    told = f"the sandbox cannot do {target.operation or 'this'} of {target.service}: {message} in moto"
    return json.dumps({"__type": "NotImplemented", "message": told})


def _prepared_request(scope: Any, body: bytes) -> Any:
    """The request as botocore would have sent it to AWS: moto picks the service by host name."""
    from botocore.awsrequest import AWSPreparedRequest
    from botocore.compat import HTTPHeaders

    target = scope["antipode.target"]
    host = f"{ENDPOINT_PREFIXES.get(target.service, target.service)}.{target.region}.amazonaws.com"
    headers = HTTPHeaders()
    for name, value in scope["headers"]:
        if name.lower() != b"host":
            headers[name.decode("latin-1")] = value.decode("latin-1")
    headers["Host"] = host
    query = scope.get("query_string", b"").decode("latin-1")
    path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
    url = f"https://{host}{path}" + (f"?{query}" if query else "")
    return AWSPreparedRequest(scope["method"], url, headers, body, stream_output=False)


async def _body(receive: Any) -> bytes:
    chunks: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return b"".join(chunks)
        chunks.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(chunks)
