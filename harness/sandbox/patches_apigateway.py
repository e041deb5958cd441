"""What the embedded API Gateway says of a request's time. The rest of its patches stand in patches.py."""

from __future__ import annotations

import datetime
import functools
from collections.abc import Callable
from typing import Any

from harness.sandbox.patches import mends, origin


@mends("ministack.services.apigateway_v1", "_build_lambda_event_v1", digest="c7ac97b91f6e")
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
