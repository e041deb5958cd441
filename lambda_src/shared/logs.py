"""Structured logs: one JSON object per line, with the request's id and its X-Ray trace."""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from typing import Any

_LEVELS = {"DEBUG": 10, "INFO": 20, "WARNING": 30, "ERROR": 40}
_DEFAULT_LEVEL = _LEVELS["INFO"]


def log(level: str, message: str, *, context: object = None, **fields: Any) -> None:
    """Write one line if LOG_LEVEL (default INFO) allows it. `fields` must be JSON, or printable."""
    if _LEVELS[level] < _LEVELS.get(os.environ.get("LOG_LEVEL", "INFO").upper(), _DEFAULT_LEVEL):
        return
    line = {
        "timestamp": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())
        + f".{time.time_ns() // 1_000_000 % 1000:03d}Z",
        "level": level,
        "message": message,
        "environment": os.environ.get("ANTIPODE_ENVIRONMENT"),
        "region": os.environ.get("AWS_REGION"),
        "function": os.environ.get("AWS_LAMBDA_FUNCTION_NAME"),
        # by level and version a release counts what the new version answered with 500
        "version": os.environ.get("AWS_LAMBDA_FUNCTION_VERSION"),
        "request_id": getattr(context, "aws_request_id", None),
        "trace_id": trace_id(os.environ.get("_X_AMZN_TRACE_ID")),
        **fields,
    }
    # looked up at each call: Lambda and the sandbox put their own stream there
    print(json.dumps(line, default=str, separators=(",", ":")), file=sys.stdout, flush=True)


def trace_id(header: str | None) -> str | None:
    """The trace of an X-Ray header such as Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1."""
    for part in (header or "").split(";"):
        name, _, value = part.strip().partition("=")
        if name == "Root" and value:
            return value
    return None


def stack_of(error: BaseException) -> str:
    """The traceback as text, for the log of an error that nobody expected."""
    return "".join(traceback.format_exception(error))
