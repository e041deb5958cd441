"""The settings of a function: its environment variables, read by name in one place."""

from __future__ import annotations

import os

DEFAULT_KEY_ATTRIBUTE = "pk"


class Misconfigured(Exception):
    """An environment variable is missing or wrong; the message names it."""


def variable(name: str) -> str:
    """The value of a variable. Raises Misconfigured when it is missing or empty."""
    value = os.environ.get(name, "")
    if not value:
        raise Misconfigured(f"the environment variable {name} is not set")
    return value


def environment_name() -> str:
    """The name of the environment, for example prod."""
    return variable("ANTIPODE_ENVIRONMENT")


def region() -> str:
    """The region this function runs in; Lambda sets it."""
    return variable("AWS_REGION")


def table() -> str:
    """The name of the table `items`."""
    return variable("TABLE_ITEMS")


def key_attribute() -> str:
    """The hash key of the table `items`: TABLE_ITEMS_KEY, or pk."""
    return os.environ.get("TABLE_ITEMS_KEY") or DEFAULT_KEY_ATTRIBUTE


def allowed_origins() -> tuple[str, ...]:
    """The origins that browsers may call from: ALLOWED_ORIGINS, comma separated."""
    return tuple(
        filter(None, (origin.strip() for origin in os.environ.get("ALLOWED_ORIGINS", "").split(",")))
    )
