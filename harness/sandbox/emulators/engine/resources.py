"""What a service keeps: a row for each resource type says which operations make, change, show and remove it.

Names of members are those of botocore's model. A member that the request and the description of the resource
share is kept and given back; `filled` adds what AWS fills in, `checked` refuses what the service refuses.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.sandbox.emulators.engine.call import Call, Record, Refused

Key = tuple[str, ...]


class Store:
    """The resources and tags of one service in one region of the account."""

    def __init__(self) -> None:
        self.records: dict[str, dict[Key, Record]] = defaultdict(dict)
        self.tags: dict[str, dict[str, str]] = defaultdict(dict)


def _nothing_filled(call: Call, record: Record) -> Record:
    return {}


def _nothing_checked(call: Call, store: Store, record: Record) -> None:
    return None


@dataclass(frozen=True, kw_only=True)
class Resource:
    """A resource type.

    shape: the model's structure that describes it.
    key: the members that name it, in requests and in `shape`.
    create: makes it; refused with `exists` when it is there. put: makes it or changes it.
    read, update: refused with `not_found` when it is not there. delete: likewise, unless `forgiving`.
    list_all: lists all, narrowed by `filters` (parameter of the list operation -> member; a parameter that is
    a list allows each of its values).
    arn: the member of `shape` that holds the ARN, which `filled` gives it; arn_path: for a shape without such
    a member, the part of the ARN after the account, with members in braces.
    filled: what AWS adds to a new or changed record (the record as it is so far). checked: raises Refused for
    what the service refuses.
    below: the resource types that go when this one goes: those whose key begins with this one's.
    missing: the message of `not_found`, with members in braces.
    effect: in a sentence, what the resource does in the sandbox; empty when it is kept and given back only.
    """

    shape: str
    key: Key
    not_found: str
    missing: str
    create: str | None = None
    put: str | None = None
    read: str | None = None
    update: str | None = None
    delete: str | None = None
    list_all: str | None = None
    exists: str = ""
    forgiving: bool = False
    filters: Mapping[str, str] = field(default_factory=dict)
    arn: str | None = None
    arn_path: str = ""
    filled: Callable[[Call, Record], Record] = _nothing_filled
    checked: Callable[[Call, Store, Record], None] = _nothing_checked
    below: tuple[str, ...] = ()
    effect: str = ""

    @property
    def operations(self) -> Mapping[str, Callable[[Resource, Call, Store, Mapping[str, Any]], Record | None]]:
        """The operations of this resource type, and what each does with the store."""
        actions = {
            self.create: Resource.created,
            self.put: Resource.stored,
            self.read: Resource.found,
            self.update: Resource.updated,
            self.delete: Resource.removed,
        }
        return {name: action for name, action in actions.items() if name is not None}

    def key_of(self, parameters: Mapping[str, Any]) -> Key:
        """The key that a request or a record names."""
        return tuple(str(parameters.get(member, "")) for member in self.key)

    def created(self, call: Call, store: Store, members: Mapping[str, Any]) -> Record:
        """A new record. Raises Refused when there is one of its key."""
        if self.key_of(call.parameters) in store.records[self.shape]:
            raise Refused(self.exists, f"{' '.join(self.key_of(call.parameters))} already exists")
        return self.stored(call, store, members)

    def stored(self, call: Call, store: Store, members: Mapping[str, Any]) -> Record:
        """The record, new or changed: members that the request leaves out stay as they are."""
        key = self.key_of(call.parameters)
        record = dict(store.records[self.shape].get(key, {}))
        record.update({name: call.parameters[name] for name in members if name in call.parameters})
        record = {**self.filled(call, record), **record}
        self.checked(call, store, record)
        store.records[self.shape][key] = record
        return record

    def found(self, call: Call, store: Store, members: Mapping[str, Any]) -> Record:
        """The record. Raises Refused when there is none."""
        record = store.records[self.shape].get(self.key_of(call.parameters))
        if record is None:
            raise Refused(self.not_found, self.missing.format(**_texts(call.parameters)))
        return record

    def updated(self, call: Call, store: Store, members: Mapping[str, Any]) -> Record:
        """The changed record. Raises Refused when there is none."""
        self.found(call, store, members)
        return self.stored(call, store, members)

    def removed(self, call: Call, store: Store, members: Mapping[str, Any]) -> Record | None:
        """The record that went, and those below it with it. Raises Refused when there is none, unless
        `forgiving`."""
        key = self.key_of(call.parameters)
        if self.forgiving and key not in store.records[self.shape]:
            return None
        record = self.found(call, store, members)
        del store.records[self.shape][key]
        store.tags.pop(self.arn_of(call, record), None)
        for shape in self.below:
            inside = store.records[shape]
            for other in [other for other in inside if other[: len(key)] == key]:
                del inside[other]
        return record

    def listed(self, call: Call, store: Store) -> list[Record]:
        """The records that the list operation's filters let through."""
        return [record for record in store.records[self.shape].values() if self._passes(call, record)]

    def arn_of(self, call: Call, record: Mapping[str, Any]) -> str:
        """The ARN of a record, by which its tags are kept."""
        if self.arn is not None:
            return str(record[self.arn])
        return call.arn(self.arn_path.format(**_texts(record)))

    def _passes(self, call: Call, record: Record) -> bool:
        for parameter, member in self.filters.items():
            wanted = call.parameters.get(parameter)
            if wanted in (None, []):
                continue
            if record.get(member) not in (wanted if isinstance(wanted, list) else [wanted]):
                return False
        return True


def _texts(parameters: Mapping[str, Any]) -> dict[str, str]:
    return defaultdict(str, {name: str(value) for name, value in parameters.items()})
