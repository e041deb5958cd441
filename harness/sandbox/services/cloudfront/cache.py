"""The cache of one location: what is kept, until when, and what an invalidation takes out of it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from harness.sandbox.services.cloudfront import expiry
from harness.sandbox.services.cloudfront.forwarding import CacheKey
from harness.sandbox.services.cloudfront.messages import Headers, Reply
from harness.sandbox.services.cloudfront.policies import CachePolicy

# AWS publishes no size; this bounds the memory of a long drill. What was used least recently goes first.
LARGEST = 10_000


@dataclass(slots=True)
class Entry:
    """One object or error. Times are model seconds.

    stored: when the origin sent or last confirmed it. fresh_until: up to then it is served without a
    question. stale_until: up to then it stands in for an origin that fails; `retry` is when a failing origin
    is next asked.
    """

    reply: Reply
    stored: float
    fresh_until: float
    stale_until: float
    background_until: float = 0.0
    retry: float = 0.0
    invalidations: int = 0

    @property
    def validators(self) -> Headers:
        """The conditions to ask the origin with whether this is still the latest (Developer Guide, "Request
        and response behavior for custom origins", Conditional requests)."""
        pairs = (("if-none-match", "etag"), ("if-modified-since", "last-modified"))
        found = [(condition, self.reply.header(name)) for condition, name in pairs]
        return tuple((condition, value) for condition, value in found if value)


def entry_of(reply: Reply, policy: CachePolicy, *, seconds: float, stored: float) -> Entry:
    """What is kept of a reply that is no error. With a minimum TTL of 0, an object that must not be cached
    does not stand in for a failing origin either ("Manage how long content stays in the cache")."""
    private = policy.minimum == 0 and "no-cache" in expiry.directives(reply)
    fresh_until = stored + seconds
    return Entry(
        reply,
        stored=stored,
        fresh_until=fresh_until,
        stale_until=stored if private else fresh_until + expiry.stale_if_error(reply),
        background_until=fresh_until + expiry.stale_while_revalidate(reply),
    )


class Cache:
    """Objects by key, least recently used first."""

    def __init__(self) -> None:
        self._entries: OrderedDict[CacheKey, Entry] = OrderedDict()

    def find(self, key: CacheKey, invalidations: Sequence[Sequence[str]]) -> Entry | None:
        """What is kept under the key, fresh or not; None when nothing is, or when it was invalidated.

        invalidations: the paths of every invalidation of the distribution, oldest first.
        """
        entry = self._entries.get(key)
        if entry is None:
            return None
        since = invalidations[entry.invalidations :]
        if any(invalidates(pattern, key.path) for paths in since for pattern in paths):
            del self._entries[key]
            return None
        self._entries.move_to_end(key)
        return entry

    def keep(self, key: CacheKey, entry: Entry) -> None:
        self._entries[key] = entry
        self._entries.move_to_end(key)
        while len(self._entries) > LARGEST:
            self._entries.popitem(last=False)

    def forget(self, key: CacheKey) -> None:
        self._entries.pop(key, None)

    def __len__(self) -> int:
        return len(self._entries)


def invalidates(pattern: str, path: str) -> bool:
    """Whether an invalidation's path takes out `path`: the same text, or a `*` at its end for anything more.

    Source: CloudFront Developer Guide, "Invalidate files to remove content", What you need to know when
    invalidating files.
    """
    rooted = pattern if pattern.startswith(("/", "*")) else "/" + pattern
    if rooted.endswith("*"):
        return path.startswith(rooted[:-1])
    return path == rooted
