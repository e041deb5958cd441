"""S3 replication with distance: asynchronous copies of object versions, over links that can be cut.

MiniStack copies a new object to the other bucket before it answers. This module replaces that copy
(`s3._maybe_replicate` and its sibling for delete markers) by links that deliver after a lag.

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
from typing import Any, NamedTuple

from harness.sandbox.world.clock import Clock
from harness.sandbox.world.links import Links, later

Rule = Mapping[str, Any]
Record = dict[str, Any]

_KEY_HEADER = "x-amz-server-side-encryption-aws-kms-key-id"
_SEAMS = ("_maybe_replicate", "_maybe_replicate_delete_marker", "_record_object_version")


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
        self._s3: Any = None
        self._kms: Any = None
        self._responses: Any = None
        self._originals: dict[str, Any] = {}

    def install(self) -> None:
        """Take the place of the emulator's synchronous copy. Call it on the clock's loop."""
        if self._originals:
            raise RuntimeError("the replication of objects is already installed")
        # not at module level: the sandbox sets the emulator's environment before it imports it
        from ministack.core import responses
        from ministack.services import kms, s3

        self._loop = asyncio.get_running_loop()
        self._s3, self._kms, self._responses = s3, kms, responses
        self._originals = {name: getattr(s3, name) for name in _SEAMS}
        s3._maybe_replicate = self._mark
        s3._maybe_replicate_delete_marker = self._capture_delete_marker
        s3._record_object_version = self._record

    def uninstall(self) -> None:
        """Put the emulator's own copy back. Versions that are still queued are not delivered."""
        for name, original in self._originals.items():
            setattr(self._s3, name, original)
        self._originals = {}
        self._forget()
        with self._guard:
            self._created.clear()

    # Capturing

    def _mark(self, bucket: str, key: str, record: Record, _data: Any, tags: Any = None) -> None:
        """Stands in for s3._maybe_replicate, which is called before the object's version is recorded."""
        rules = [rule for rule in self._rules(bucket, key, tags) if _selects(rule, record)]
        if rules:
            record["replication_status"] = "PENDING"
            record["_rules"] = rules

    def _record(self, bucket: str, key: str, prior: Any, record: Record, data: Any) -> Any:
        """Stands in for s3._record_object_version: the version has its id now, and sets off."""
        rules = record.pop("_rules", [])
        version = self._originals["_record_object_version"](bucket, key, prior, record, data)
        self._set_off(bucket, key, rules)
        return version

    def _capture_delete_marker(self, bucket: str, key: str) -> None:
        """Stands in for s3._maybe_replicate_delete_marker, which is called when the marker is recorded."""
        rules = self._rules(bucket, key, None, markers=True)
        self._set_off(bucket, key, rules)

    def _set_off(self, bucket: str, key: str, rules: Sequence[Rule]) -> None:
        """Stamp the newest version of the key, and send it where the rules say."""
        versions = self._s3._object_versions.get((bucket, key))
        if not versions:
            return
        version, account = versions[-1]["version_id"], self._responses.get_account_id()
        with self._guard:
            known = [self._created.get((bucket, key, one["version_id"]), -1.0) for one in versions[:-1]]
            moment = later(self._clock.now(), max(known, default=None))
            self._created[bucket, key, version] = moment
            source = self._region_of(bucket)
            for rule in rules:
                destination = self._region_of(_destination(rule)) or source
                change = Copy(account, bucket, key, version, rule, moment)
                self._send(change, source=source, destinations=[destination], moment=moment)

    def _rules(self, bucket: str, key: str, tags: Any, *, markers: bool = False) -> list[Rule]:
        """The rule that counts for the key, of each bucket that it goes to."""
        s3, config = self._s3, self._s3._bucket_replication.get(bucket)
        if not config or s3._bucket_versioning.get(bucket) != "Enabled":
            return []
        matching = [
            rule
            for rule in config.get("Rules", [])
            if rule.get("Status") == "Enabled"
            and key.startswith(s3._replication_rule_prefix(rule))
            and (_takes_markers(rule, s3._replication_rule_tags(rule)) if markers else True)
            and s3._replication_rule_tags(rule).items() <= (tags or {}).items()
        ]
        ranked = sorted(matching, key=lambda rule: rule.get("Priority", 0))
        return list({_destination(rule): rule for rule in ranked}.values())

    def _region_of(self, bucket: str) -> str:
        return str(self._s3.bucket_region(bucket) or "")

    # Delivering

    def _apply(self, change: Copy, *, source: str, destination: str) -> bool | None:
        """Whether the version became the current one; None when it cannot be, or need not be, replicated."""
        with self._responses.request_scope(change.account, source):
            versions = self._s3._object_versions.get((change.bucket, change.key)) or []
        found = next((one for one in versions if one["version_id"] == change.version), None)
        if found is None:
            return None
        with self._responses.request_scope(change.account, destination):
            arrived = self._arrive(change, found)
        if not found.get("is_delete_marker"):
            self._report(change, found, "FAILED" if arrived is None else "COMPLETED")
        return arrived

    def _arrive(self, change: Copy, version: Record) -> bool | None:
        s3, name, key = self._s3, _destination(change.rule), change.key
        bucket = s3._ensure_bucket(name)
        if bucket is None or s3._bucket_versioning.get(name) != "Enabled":
            return None
        replica = self._replica(change, version)
        if replica is None:
            return None
        versions = s3._object_versions.setdefault((name, key), [])
        if any(one["version_id"] == change.version for one in versions):
            return False
        s3._preserve_null_version(name, key, versions, bucket["objects"].get(key))
        position = self._position(name, key, versions, change.moment)
        self._created[name, key, change.version] = change.moment
        versions.insert(position, replica)
        tags = s3._object_tags.get((change.bucket, key, change.version))
        if tags is not None:
            s3._object_tags[name, key, change.version] = dict(tags)
        if position < len(versions) - 1:
            return False
        for one in versions:
            one["is_latest"] = one is replica
        if replica.get("is_delete_marker"):
            bucket["objects"].pop(key, None)
        else:
            bucket["objects"][key] = s3._object_record_from_version(replica)
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
            key = self._kms._resolve_key(named)
            if key is None or key["KeyState"] != "Enabled":
                return None
            headers[_KEY_HEADER] = key["Arn"]
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
        owner = self._s3._buckets.get_scoped(change.account, None, change.bucket) or {"objects": {}}
        current = owner["objects"].get(change.key)
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
