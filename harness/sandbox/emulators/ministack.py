"""MiniStack, which serves everything by default, because it has data planes."""

from __future__ import annotations

import contextlib
import importlib
import logging
from collections.abc import Iterator
from types import ModuleType


def set_account(account_id: str) -> None:
    """Serve the present request for this account, even when it is not signed."""
    importlib.import_module("ministack.core.responses").set_request_account_id(account_id)


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
