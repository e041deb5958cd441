"""Lengths of time as a manifest writes them: 45s, 2m, 1h30m."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")
PATTERN = r"^(?=\d)(?:\d+h)?(?:\d+m)?(?:\d+s)?$"


def seconds(text: object) -> int:
    """Seconds of a duration such as 45s, 2m or 1h30m. Raises ValueError for anything else."""
    match = _DURATION.fullmatch(text) if isinstance(text, str) else None
    if not match or not match.group(0):
        raise ValueError("must be a duration such as 45s, 2m or 1h30m")
    hours, minutes, rest = (int(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + rest


def text(duration: int) -> str:
    """A number of seconds as a manifest would write it."""
    hours, rest = divmod(duration, 3600)
    minutes, left = divmod(rest, 60)
    parts = [f"{number}{unit}" for number, unit in ((hours, "h"), (minutes, "m"), (left, "s")) if number]
    return "".join(parts) or "0s"


Duration = Annotated[
    int,
    BeforeValidator(seconds),
    PlainSerializer(text),
    WithJsonSchema({"type": "string", "pattern": PATTERN, "examples": ["45s", "2m", "1h30m"]}),
]
