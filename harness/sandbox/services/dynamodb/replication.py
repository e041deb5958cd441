"""DynamoDB global tables with distance: asynchronous replication, last writer wins, links that can be cut.

MiniStack copies a write to every replica before it answers, so nothing could ever be lost. This module
replaces that copy (`dynamodb._replicate_write`, looked up at each call) by links, one per direction between
two regions, which deliver after a lag.

Rules, from the Amazon DynamoDB Developer Guide ("How DynamoDB global tables work" and "Best practices for
global tables", multi-Region eventual consistency): a write usually reaches the other regions within a second;
per item the last writer wins; the items of a transaction replicate one by one; conditions look at the local
copy; what an isolated region has not yet sent is delivered when it returns.
"""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from harness.sandbox.world.clock import Clock
from harness.sandbox.world.delays import Delays
from harness.sandbox.world.links import Links, LinkStatistics, later

__all__ = ["LinkStatistics", "Replication"]

Item = Mapping[str, Any]


class Version(NamedTuple):
    """When and where an item was written; the greater one wins. `sequence` orders writes of one moment."""

    moment: float
    region: str
    sequence: int


class ItemKey(NamedTuple):
    """One item in one region. The table's id tells a table from its successor of the same name."""

    region: str
    table_id: str
    partition: str
    sort: str


class Write(NamedTuple):
    """One change to one item on its way to other regions; `item` is None for a delete."""

    account: str
    table: str
    partition: str
    sort: str
    item: Item | None
    version: Version


class Replication(Links[Write]):
    """The replication of every global table of one sandbox; lag is delays.yaml's, seed 0, when not given."""

    def __init__(
        self,
        clock: Clock,
        *,
        lag: Callable[[str, str], float] | None = None,
        dark: Callable[[], frozenset[str]] = frozenset,
    ) -> None:
        super().__init__(clock, lag=lag or _modelled_lag(), dark=dark, ordered=True)
        self._versions: dict[ItemKey, Version] = {}
        self._dynamodb: Any = None
        self._responses: Any = None
        self._original: Callable[..., None] | None = None

    def install(self) -> None:
        """Take the place of the emulator's synchronous copy. Call it on the clock's loop."""
        if self._original is not None:
            raise RuntimeError("replication is already installed")
        # not at module level: the sandbox sets the emulator's environment before it imports it
        from ministack.core import responses
        from ministack.services import dynamodb

        self._loop = asyncio.get_running_loop()
        self._dynamodb, self._responses = dynamodb, responses
        self._original = dynamodb._replicate_write
        dynamodb._replicate_write = self._capture

    def uninstall(self) -> None:
        """Put the emulator's own copy back. Writes that are still queued are not delivered."""
        if self._original is None:
            return
        self._dynamodb._replicate_write = self._original
        self._original = None
        self._forget()
        with self._guard:
            self._versions.clear()

    def _capture(self, table: Any, _event: str, old_item: Item | None, new_item: Item | None) -> None:
        """Stands in for dynamodb._replicate_write: queue the write instead of copying it."""
        home, account = self._responses.get_region(), self._responses.get_account_id()
        destinations = [region for region in self._dynamodb._replica_group(table) if region != home]
        if not destinations:
            return
        partition, sort = self._key_of(table, new_item if new_item is not None else old_item)
        with self._guard:
            version = self._stamp(ItemKey(home, _identity(table), partition, sort))
            item = copy.deepcopy(new_item)
            write = Write(account, table["TableName"], partition, sort, item, version)
            self._send(write, source=home, destinations=destinations, moment=version.moment)

    def _stamp(self, key: ItemKey) -> Version:
        """The version of a write made now: always greater than the one that it overwrites."""
        known = self._versions.get(key)
        moment = later(self._clock.now(), known.moment if known else None)
        version = Version(moment, key.region, next(self._sequence))
        self._versions[key] = version
        return version

    def _apply(self, change: Write, *, source: str, destination: str) -> bool | None:
        """Whether the write won over what the region holds; None when the region holds no such replica."""
        dynamodb = self._dynamodb
        replica = dynamodb._tables.get_scoped(change.account, destination, change.table)
        if replica is None or source not in dynamodb._replica_group(replica):
            return None
        key = ItemKey(destination, _identity(replica), change.partition, change.sort)
        known = self._versions.get(key)
        if known is not None and known >= change.version:
            return False
        self._versions[key] = change.version
        with self._responses.request_scope(change.account, destination):
            self._store(replica, change)
        return True

    def _store(self, replica: Any, write: Write) -> None:
        dynamodb = self._dynamodb
        previous = replica["items"].get(write.partition, {}).get(write.sort)
        if write.item is None:
            if previous is None:
                return
            dynamodb._remove_item(replica, write.partition, write.sort)
            event = "REMOVE"
        else:
            dynamodb._set_item(replica, write.partition, write.sort, copy.deepcopy(write.item))
            event = "INSERT" if previous is None else "MODIFY"
        dynamodb._emit_stream_event(write.table, event, previous, copy.deepcopy(write.item), replicate=False)

    def _key_of(self, table: Any, item: Item | None) -> tuple[str, str]:
        assert item is not None
        value_of = self._dynamodb._extract_key_val
        # the emulator's own mark for a table without a sort key
        sort = value_of(item.get(table["sk_name"])) if table["sk_name"] else "__no_sort__"
        return value_of(item.get(table["pk_name"])), sort


def _modelled_lag() -> Callable[[str, str], float]:
    delays = Delays()
    return lambda _source, _destination: delays.draw("dynamodb_replication_lag")


def _identity(table: Any) -> str:
    return str(table.get("TableId") or table["TableArn"])
