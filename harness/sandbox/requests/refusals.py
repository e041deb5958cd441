"""Answers that refuse a request, in a form that the clients of its service can read."""

from __future__ import annotations

import json
from collections.abc import Mapping

from harness.sandbox.aws_facts import facts_of
from harness.sandbox.requests.classify import Call
from harness.sandbox.requests.messages import Answer, Receive, Scope, Send, send_answer

_REFUSALS: Mapping[str, tuple[int, str, str]] = {
    "503": (503, "ServiceUnavailable", "Service Unavailable"),
    "500": (500, "InternalFailure", "Internal server error"),
    "403": (403, "Forbidden", "Forbidden"),
}


def refusal(mode: str, call: Call) -> Answer:
    """The answer of status `mode` ("503", "500" or "403") to a request for `call`."""
    status, code, message = _REFUSALS[mode]
    if call.decided_by != "signature":
        return status, {"content-type": "application/json"}, json.dumps({"message": message}).encode()
    if not facts_of(call.service).speaks_xml:
        body = json.dumps({"__type": code, "message": message}).encode()
        return status, {"content-type": "application/x-amz-json-1.0"}, body
    error = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    whole = error if call.service == "s3" else f"<ErrorResponse>{error}</ErrorResponse>"
    return status, {"content-type": "text/xml"}, whole.encode()


def not_implemented(call: Call, why: str) -> Answer:
    """The answer to an operation that nobody here knows.

    501, because an SDK tries a lost connection or a 500 again, up to 25 times.
    """
    message = f"the sandbox cannot do {call.operation or 'this'} of {call.service}: {why}"
    body = json.dumps({"__type": "NotImplemented", "message": message}).encode()
    return 501, {"x-amzn-errortype": "NotImplemented"}, body


async def forbidden(scope: Scope, receive: Receive, send: Send) -> None:
    """Serves what no endpoint of AWS would serve."""
    await send_answer(send, refusal("403", scope["antipode.call"]))
