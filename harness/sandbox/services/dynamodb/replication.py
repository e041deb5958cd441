"""DynamoDB global tables with distance: asynchronous replication, last writer wins, links that can be cut.

MiniStack copies a write to every replica before it answers, so nothing could ever be lost. This module
replaces that copy by links, one per direction between
two regions, which deliver after a lag.

Rules, from the Amazon DynamoDB Developer Guide ("How DynamoDB global tables work" and "Best practices for
global tables", multi-Region eventual consistency): a write usually reaches the other regions within a second;
per item the last writer wins; the items of a transaction replicate one by one; conditions look at the local
copy; what an isolated region has not yet sent is delivered when it returns.
"""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable
from typing import NamedTuple

from harness.sandbox.services.dynamodb.stored import Item, Table, Tables, identity_of
from harness.sandbox.world.clock import Clock
from harness.sandbox.world.delays import Delays
from harness.sandbox.world.links import Links, LinkStatistics, later

__all__ = ["LinkStatistics", "Replication"]


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
        self._tables = Tables()

    def install(self) -> None:
        """Take the place of the emulator's synchronous copy. Call it on the clock's loop."""
        self._tables.capture(self._capture)
        self._loop = asyncio.get_running_loop()

    def uninstall(self) -> None:
        """Put the emulator's own copy back. Writes that are still queued are not delivered."""
        self._tables.release()
        self._forget()
        with self._guard:
            self._versions.clear()

    def _capture(self, table: Table, _event: str, old_item: Item | None, new_item: Item | None) -> None:
        """Queue a write where the emulator would copy it."""
        account, home = self._tables.caller()
        destinations = [region for region in self._tables.regions_of(table) if region != home]
        if not destinations:
            return
        written = new_item if new_item is not None else old_item
        assert written is not None
        partition, sort = self._tables.key_of(table, written)
        with self._guard:
            version = self._stamp(ItemKey(home, identity_of(table), partition, sort))
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
        replica = self._tables.find(change.account, destination, change.table)
        if replica is None or source not in self._tables.regions_of(replica):
            return None
        key = ItemKey(destination, identity_of(replica), change.partition, change.sort)
        known = self._versions.get(key)
        if known is not None and known >= change.version:
            return False
        self._versions[key] = change.version
        partition, sort = change.partition, change.sort
        self._tables.put(change.account, destination, replica, partition, sort, change.item)
        return True


def _modelled_lag() -> Callable[[str, str], float]:
    delays = Delays()
    return lambda _source, _destination: delays.draw("dynamodb_replication_lag")
