"""MiniStack's buckets with the versions of their objects, and the calls by which it replicates them."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

Rule = Mapping[str, Any]
Record = dict[str, Any]
Tags = Mapping[str, str]

_REPLACED = ("_maybe_replicate", "_maybe_replicate_delete_marker", "_record_object_version")
# The functions of ministack.services.s3 that this file stands on, with the digests of their code.
STANDS_ON: Mapping[str, str] = {
    "_maybe_replicate": "cb2dd6521e3d",
    "_maybe_replicate_delete_marker": "019420d946a9",
    "_object_record_from_version": "dcb5e05b6658",
    "_preserve_null_version": "3d07023e5876",
    "_record_object_version": "9af490c3d6ff",
    "_replication_rule_prefix": "32e1b11d59eb",
    "_replication_rule_tags": "890832919502",
    "bucket_region": "27516e1df8bb",
}


class Buckets:
    """The buckets of every account. Those of a call are the buckets of the account that it acts for."""

    def __init__(self) -> None:
        self._originals: dict[str, Any] = {}

    def capture(
        self,
        *,
        begun: Callable[[str, str, Record, Tags], Sequence[Rule]],
        recorded: Callable[[str, str, Sequence[Rule]], None],
        marked: Callable[[str, str], None],
    ) -> None:
        """Call these instead of copying objects, until `release`.

        begun: bucket, key, record and tags of an object that is being stored; gives the rules to replicate it
        by. recorded: bucket, key and these rules, once the object's version has an id. marked: bucket and key
        of a delete marker that is recorded.
        """
        if self._originals:
            raise RuntimeError("the replication of objects is already installed")
        s3 = _s3()
        self._originals = {name: getattr(s3, name) for name in _REPLACED}
        record_version = self._originals["_record_object_version"]

        def begin(bucket: str, key: str, record: Record, _data: Any, tags: Tags | None = None) -> None:
            record["_rules"] = begun(bucket, key, record, tags or {})

        def record_and_send(bucket: str, key: str, prior: Any, record: Record, data: Any) -> Any:
            # taken out first: the version is a copy of the record
            rules = record.pop("_rules", ())
            version = record_version(bucket, key, prior, record, data)
            recorded(bucket, key, rules)
            return version

        s3._maybe_replicate = begin
        s3._maybe_replicate_delete_marker = marked
        s3._record_object_version = record_and_send

    def release(self) -> None:
        """Let MiniStack copy objects by itself again."""
        for name, original in self._originals.items():
            setattr(_s3(), name, original)
        self._originals = {}

    def account(self) -> str:
        """The account of the request that is being served."""
        return str(_responses().get_account_id())

    def acting_in(self, account: str, region: str) -> AbstractContextManager[None]:
        """What is read and written inside the block is that account's and region's."""
        scope: AbstractContextManager[None] = _responses().request_scope(account, region)
        return scope

    def region_of(self, bucket: str) -> str:
        """The region of a bucket, "" for one that does not exist."""
        return str(_s3().bucket_region(bucket) or "")

    def is_versioned(self, bucket: str) -> bool:
        """Whether the bucket exists and keeps versions."""
        s3 = _s3()
        return s3._ensure_bucket(bucket) is not None and s3._bucket_versioning.get(bucket) == "Enabled"

    def replication_rules(self, bucket: str) -> Sequence[Rule]:
        """The rules of a bucket's replication; none for a bucket that keeps no versions."""
        s3, config = _s3(), _s3()._bucket_replication.get(bucket)
        if not config or s3._bucket_versioning.get(bucket) != "Enabled":
            return ()
        rules: Sequence[Rule] = config.get("Rules", [])
        return rules

    def prefix_of(self, rule: Rule) -> str:
        """The beginning of the keys that a rule is for."""
        return str(_s3()._replication_rule_prefix(rule))

    def tags_of(self, rule: Rule) -> Tags:
        """The tags of the objects that a rule is for."""
        tags: Tags = _s3()._replication_rule_tags(rule)
        return tags

    def versions(self, bucket: str, key: str) -> Sequence[Record]:
        """The versions of a key, oldest first."""
        return _s3()._object_versions.get((bucket, key)) or []

    def versions_to_add_to(self, bucket: str, key: str) -> list[Record]:
        """The same, as the list that MiniStack keeps, with the version from before versions were kept."""
        s3 = _s3()
        versions: list[Record] = s3._object_versions.setdefault((bucket, key), [])
        s3._preserve_null_version(bucket, key, versions, s3._ensure_bucket(bucket)["objects"].get(key))
        return versions

    def copy_tags(self, key: str, version: str, *, source: str, destination: str) -> None:
        """Give the version in one bucket the tags that it has in another."""
        tags = _s3()._object_tags.get((source, key, version))
        if tags is not None:
            _s3()._object_tags[destination, key, version] = dict(tags)

    def make_current(self, bucket: str, key: str, version: Record) -> None:
        """Let `version`, the newest one, be the key's current version."""
        s3 = _s3()
        for each in self.versions(bucket, key):
            each["is_latest"] = each is version
        objects = s3._ensure_bucket(bucket)["objects"]
        if version.get("is_delete_marker"):
            objects.pop(key, None)
        else:
            objects[key] = s3._object_record_from_version(version)

    def current(self, account: str, bucket: str, key: str) -> Record | None:
        """The current object of a key, None when there is none or a delete marker."""
        owner = _s3()._buckets.get_scoped(account, None, bucket) or {"objects": {}}
        found: Record | None = owner["objects"].get(key)
        return found

    def enabled_key(self, key: str) -> str | None:
        """The ARN of a KMS key, None when there is no such key or it is not enabled."""
        found = importlib.import_module("ministack.services.kms")._resolve_key(key)
        return str(found["Arn"]) if found is not None and found["KeyState"] == "Enabled" else None


# not at module level: the sandbox sets the emulator's environment before it imports it
def _s3() -> Any:
    return importlib.import_module("ministack.services.s3")


def _responses() -> Any:
    return importlib.import_module("ministack.core.responses")
