"""S3 replication with distance: asynchronous copies of object versions, over links that can be cut.

MiniStack copies a new object to the other bucket before it answers. This module replaces that copy by links
that deliver after a lag.

Rules, from the Amazon S3 User Guide, "Replicating objects within and across Regions":
- What is replicated: new versions, and delete markers where the rule says so and filters by no tag; never the
  deletion of a version, never a replica ("What does Amazon S3 replicate?").
- A replica has the version id, the metadata, the tags and the creation time of its source ("What is
  replication for?", "Replication status information"): PENDING, then COMPLETED or FAILED; a replica says
  REPLICA.
- Of the rules that match, each destination's rule of the highest priority counts ("Replication configuration
  file elements", Priority).
- Objects under SSE-KMS replicate only where the rule selects them, and the replica is encrypted with the key
  that the rule names ("Replicating encrypted objects").
- Each object travels by itself: nothing is published that would keep their order. A version that arrives
  after a younger one does not become the current one; that follows from the creation time which it keeps, and
  is assumed, because the guide does not say it.

Not done: changes of tags, access lists and locks after the upload (replica modification sync), metrics and
events of replication, Batch Replication.
"""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from harness.sandbox.services.s3.stored import Buckets, Record, Rule, Tags
from harness.sandbox.world.clock import Clock
from harness.sandbox.world.links import Links, later

_KEY_HEADER = "x-amz-server-side-encryption-aws-kms-key-id"


class Copy(NamedTuple):
    """One version on its way to one bucket. `moment` is its creation in model seconds."""

    account: str
    bucket: str
    key: str
    version: str
    rule: Rule
    moment: float


class ObjectReplication(Links[Copy]):
    """The replication of every bucket of one sandbox. `lag(source, destination)`: regions, model seconds."""

    def __init__(
        self,
        clock: Clock,
        *,
        lag: Callable[[str, str], float],
        dark: Callable[[], frozenset[str]] = frozenset,
    ) -> None:
        super().__init__(clock, lag=lag, dark=dark, ordered=False)
        self._created: dict[tuple[str, str, str], float] = {}
        self._buckets = Buckets()

    def install(self) -> None:
        """Take the place of the emulator's synchronous copy. Call it on the clock's loop."""
        self._buckets.capture(begun=self._mark, recorded=self._set_off, marked=self._send_delete_marker)
        self._loop = asyncio.get_running_loop()

    def uninstall(self) -> None:
        """Put the emulator's own copy back. Versions that are still queued are not delivered."""
        self._buckets.release()
        self._forget()
        with self._guard:
            self._created.clear()

    # Capturing

    def _mark(self, bucket: str, key: str, record: Record, tags: Tags) -> Sequence[Rule]:
        """The rules for an object that is being stored; with any rule, its status is PENDING from now on."""
        rules = [rule for rule in self._rules(bucket, key, tags) if _selects(rule, record)]
        if rules:
            record["replication_status"] = "PENDING"
        return rules

    def _send_delete_marker(self, bucket: str, key: str) -> None:
        """Send a delete marker where the rules take it."""
        self._set_off(bucket, key, self._rules(bucket, key, {}, markers=True))

    def _set_off(self, bucket: str, key: str, rules: Sequence[Rule]) -> None:
        """Stamp the newest version of the key, and send it where the rules say."""
        versions = self._buckets.versions(bucket, key)
        if not versions:
            return
        version, account = versions[-1]["version_id"], self._buckets.account()
        with self._guard:
            known = [self._created.get((bucket, key, one["version_id"]), -1.0) for one in versions[:-1]]
            moment = later(self._clock.now(), max(known, default=None))
            self._created[bucket, key, version] = moment
            source = self._buckets.region_of(bucket)
            for rule in rules:
                destination = self._buckets.region_of(_destination(rule)) or source
                change = Copy(account, bucket, key, version, rule, moment)
                self._send(change, source=source, destinations=[destination], moment=moment)

    def _rules(self, bucket: str, key: str, tags: Tags, *, markers: bool = False) -> list[Rule]:
        """The rule that counts for the key, of each bucket that it goes to."""
        matching = [
            rule
            for rule in self._buckets.replication_rules(bucket)
            if rule.get("Status") == "Enabled"
            and key.startswith(self._buckets.prefix_of(rule))
            and (_takes_markers(rule, self._buckets.tags_of(rule)) if markers else True)
            and self._buckets.tags_of(rule).items() <= tags.items()
        ]
        ranked = sorted(matching, key=lambda rule: rule.get("Priority", 0))
        return list({_destination(rule): rule for rule in ranked}.values())

    # Delivering

    def _apply(self, change: Copy, *, source: str, destination: str) -> bool | None:
        """Whether the version became the current one; None when it cannot be, or need not be, replicated."""
        with self._buckets.acting_in(change.account, source):
            versions = self._buckets.versions(change.bucket, change.key)
        version = next((each for each in versions if each["version_id"] == change.version), None)
        if version is None:
            return None
        with self._buckets.acting_in(change.account, destination):
            arrived = self._arrive(change, version)
        if not version.get("is_delete_marker"):
            self._report(change, version, "FAILED" if arrived is None else "COMPLETED")
        return arrived

    def _arrive(self, change: Copy, version: Record) -> bool | None:
        name, key = _destination(change.rule), change.key
        if not self._buckets.is_versioned(name):
            return None
        replica = self._replica(change, version)
        if replica is None:
            return None
        versions = self._buckets.versions_to_add_to(name, key)
        if any(each["version_id"] == change.version for each in versions):
            return False
        position = self._position(name, key, versions, change.moment)
        self._created[name, key, change.version] = change.moment
        versions.insert(position, replica)
        self._buckets.copy_tags(key, change.version, source=change.bucket, destination=name)
        if position < len(versions) - 1:
            return False
        self._buckets.make_current(name, key, replica)
        return True

    def _position(self, bucket: str, key: str, versions: Sequence[Record], moment: float) -> int:
        """Where a version created at `moment` stands among those of the key, oldest first."""
        created = (self._created.get((bucket, key, one["version_id"]), -1.0) for one in versions)
        return sum(one <= moment for one in created)

    def _replica(self, change: Copy, version: Record) -> Record | None:
        """The version as it stands in the destination, or None when its key there cannot be used."""
        replica: Record = {**copy.copy(version), "is_latest": False}
        if version.get("is_delete_marker"):
            return replica
        target = change.rule.get("Destination") or {}
        headers = dict(version.get("preserved_headers") or {})
        if _is_under_kms(version):
            named = (target.get("EncryptionConfiguration") or {}).get("ReplicaKmsKeyID", "")
            arn = self._buckets.enabled_key(named)
            if arn is None:
                return None
            headers[_KEY_HEADER] = arn
        storage = target.get("StorageClass") or version.get("storage_class")
        return {
            **replica,
            "preserved_headers": headers,
            "replication_status": "REPLICA",
            "storage_class": storage,
        }

    def _report(self, change: Copy, version: Record, status: str) -> None:
        """The source's own status, on the version and on the object where it is the current one."""
        # with several destinations the whole is COMPLETED only when every part is, and FAILED stays
        waiting = any(
            (one.change.bucket, one.change.key, one.change.version)
            == (change.bucket, change.key, change.version)
            for link in self._links.values()
            for one in link.queue
        )
        if version.get("replication_status") == "FAILED" or (waiting and status == "COMPLETED"):
            return
        version["replication_status"] = status
        current = self._buckets.current(change.account, change.bucket, change.key)
        if current is not None and current.get("version_id") == change.version:
            current["replication_status"] = status


def _destination(rule: Rule) -> str:
    """The name of the bucket that the rule replicates to."""
    return str((rule.get("Destination") or {}).get("Bucket") or "").rpartition(":::")[2]


def _takes_markers(rule: Rule, tags: Mapping[str, str]) -> bool:
    """A rule without Filter is of the first version of the configuration, which always takes them."""
    if "Filter" not in rule:
        return True
    return not tags and (rule.get("DeleteMarkerReplication") or {}).get("Status") == "Enabled"


def _selects(rule: Rule, record: Record) -> bool:
    """Whether the rule takes the object for the way it is encrypted."""
    if not _is_under_kms(record):
        return True
    criteria = (rule.get("SourceSelectionCriteria") or {}).get("SseKmsEncryptedObjects") or {}
    return criteria.get("Status") == "Enabled"


def _is_under_kms(record: Record) -> bool:
    headers = record.get("preserved_headers") or {}
    return str(headers.get("x-amz-server-side-encryption", "")).startswith("aws:kms")
