"""The edge of every function: whatever happens inside, the caller gets an answer and the log one line."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable

from shared import logs
from shared.requests import Refusal, TryAgain, mapping
from shared.responses import Response, refuse, respond
from shared.table import RETRY_AFTER_SECONDS, Unavailable

Handler = Callable[[object, object], Response]


def answering(handler: Handler) -> Handler:
    """A handler that never raises: refusals become 4xx, outages 503, and anything else a logged 500."""

    @functools.wraps(handler)
    def answer(event: object, context: object) -> Response:
        started = time.monotonic()
        level, fields = "INFO", {}
        try:
            response = handler(event, context)
        except Refusal as refusal:
            fields = {"reason": refusal.reason, "field": refusal.field}
            response = refuse(event, refusal)
        except Unavailable as outage:
            level, fields = "WARNING", {"cause": str(outage)}
            response = _unavailable(event, "unavailable", "the table cannot be reached, try again")
        except TryAgain as outage:
            level, fields = "WARNING", {"cause": f"{outage.error}: {outage.reason}"}
            response = _unavailable(event, outage.error, outage.reason)
        except Exception as error:  # the edge: an exception that left it would be a 502 without CORS headers
            level, fields = "ERROR", {"cause": repr(error), "stack": logs.stack_of(error)}
            response = _internal_error(event)
        logs.log(
            level,
            "answered",
            context=context,
            status=response["statusCode"],
            milliseconds=round((time.monotonic() - started) * 1000, 1),
            api_request_id=mapping(event, "requestContext").get("requestId"),
            **fields,
        )
        return response

    return answer


def _unavailable(event: object, error: str, reason: str) -> Response:
    body = {"error": error, "reason": reason, "field": None}
    return respond(event, 503, body, headers={"Retry-After": str(RETRY_AFTER_SECONDS)})


def _internal_error(event: object) -> Response:
    body = {"error": "internal_error", "reason": "the function failed, its log says why", "field": None}
    return respond(event, 500, body)
