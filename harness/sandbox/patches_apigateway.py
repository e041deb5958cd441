"""What the embedded API Gateway says of a request's time. The rest of its patches stand in patches.py."""

from __future__ import annotations

import datetime
import functools
import importlib
from collections.abc import Callable
from typing import Any

from harness.sandbox.patches import mends, origin

_MODULE = "ministack.services.apigateway_v1"


@mends(_MODULE, "_build_lambda_event_v1", digest="c7ac97b91f6e")
def request_time(original: Callable[..., Any]) -> Callable[..., Any]:
    """MiniStack puts the machine's time into an event. On AWS requestTime and requestTimeEpoch (milliseconds)
    are when the request came in (API Gateway guide, "Input format of a Lambda function for proxy
    integration"); here that is a moment of model time, and the only one that a function can learn of."""

    @functools.wraps(original)
    def build(*arguments: Any, **options: Any) -> Any:
        event, epoch = original(*arguments, **options), origin().epoch
        if epoch is not None:
            moment = datetime.datetime.fromtimestamp(epoch, tz=datetime.UTC)
            event["requestContext"]["requestTime"] = moment.strftime("%d/%b/%Y:%H:%M:%S +0000")
            event["requestContext"]["requestTimeEpoch"] = int(epoch * 1000)
        return event

    return build


@mends(_MODULE, "_take_token", digest="b0a4a8defcfd")
def tokens_of_model_time(original: Callable[..., bool]) -> Callable[..., bool]:
    """MiniStack fills the token bucket of a method up again by the machine's time. On AWS a request takes a
    token and `rateLimit` of them come back every second, up to `burstLimit` (API Gateway guide, "Throttle
    requests to your REST APIs for better throughput"); here those are seconds of model time, of which a drill
    passes a hundred in one of the machine's."""

    @functools.wraps(original)
    def take(slot: tuple[str, ...], limits: dict[str, Any]) -> bool:
        epoch = origin().epoch
        rate, burst = (float(limits.get(name) or 0) for name in ("rateLimit", "burstLimit"))
        if epoch is None or max(rate, burst) <= 0:
            return original(slot, limits)
        buckets = importlib.import_module(_MODULE)._throttle_state
        left, since = buckets.get((*slot, "model"), (burst, epoch))
        left = min(burst, left + max(0.0, epoch - since) * rate)
        taken: bool = left >= 1
        buckets[(*slot, "model")] = (left - taken, max(epoch, since))
        return taken

    return take
