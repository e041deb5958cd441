"""MiniStack's tables, and the one call by which it copies a write to the other replicas."""

from __future__ import annotations

import copy
import importlib
from collections.abc import Callable, Mapping
from typing import Any

Item = Mapping[str, Any]
Table = Any
Capture = Callable[[Table, str, Item | None, Item | None], None]

# The functions of ministack.services.dynamodb that this file stands on, with the digests of their code.
STANDS_ON: Mapping[str, str] = {
    "_emit_stream_event": "8568d0446f26",
    "_extract_key_val": "faaaf17a7c39",
    "_remove_item": "5cce50c99688",
    "_replica_group": "fb98a3bae782",
    "_replicate_write": "3dc2a4ec09c5",
    "_set_item": "4e78ad492132",
}


class Tables:
    """The tables of every account and region."""

    def __init__(self) -> None:
        self._original: Callable[..., None] | None = None

    def capture(self, capture: Capture) -> None:
        """Call `capture` (table, event, old item, new item) instead of copying a write. Until `release`."""
        if self._original is not None:
            raise RuntimeError("replication is already installed")
        self._original = _dynamodb()._replicate_write
        _dynamodb()._replicate_write = capture

    def release(self) -> None:
        """Let MiniStack copy writes by itself again."""
        if self._original is not None:
            _dynamodb()._replicate_write = self._original
            self._original = None

    def caller(self) -> tuple[str, str]:
        """The account and the region of the request that is being served."""
        responses = _responses()
        return str(responses.get_account_id()), str(responses.get_region())

    def find(self, account: str, region: str, name: str) -> Table | None:
        """The replica of a table in a region."""
        return _dynamodb()._tables.get_scoped(account, region, name)

    def regions_of(self, table: Table) -> list[str]:
        """The regions that have a replica of the table."""
        return list(_dynamodb()._replica_group(table))

    def key_of(self, table: Table, item: Item) -> tuple[str, str]:
        """The partition key and the sort key of an item."""
        value_of = _dynamodb()._extract_key_val
        # the emulator's own mark for a table without a sort key
        sort = value_of(item.get(table["sk_name"])) if table["sk_name"] else "__no_sort__"
        return value_of(item.get(table["pk_name"])), sort

    def put(
        self, account: str, region: str, table: Table, partition: str, sort: str, item: Item | None
    ) -> None:
        """Write an item (None: delete it), and let the table's stream tell of it."""
        dynamodb = _dynamodb()
        with _responses().request_scope(account, region):
            previous = table["items"].get(partition, {}).get(sort)
            if item is None:
                if previous is None:
                    return
                dynamodb._remove_item(table, partition, sort)
                event = "REMOVE"
            else:
                dynamodb._set_item(table, partition, sort, copy.deepcopy(item))
                event = "INSERT" if previous is None else "MODIFY"
            dynamodb._emit_stream_event(
                table["TableName"], event, previous, copy.deepcopy(item), replicate=False
            )


def identity_of(table: Table) -> str:
    """What tells a table from its successor of the same name."""
    return str(table.get("TableId") or table["TableArn"])


# not at module level: the sandbox sets the emulator's environment before it imports it
def _dynamodb() -> Any:
    return importlib.import_module("ministack.services.dynamodb")


def _responses() -> Any:
    return importlib.import_module("ministack.core.responses")
