"""What a viewer wants of a distribution, and what it gets."""

from __future__ import annotations

from dataclasses import dataclass

from harness.sandbox.services.cloudfront.distributions import Behavior, Distribution
from harness.sandbox.services.cloudfront.forwarding import CacheKey, cache_key
from harness.sandbox.services.cloudfront.messages import Reply, Request
from harness.sandbox.services.cloudfront.policies import CachePolicy, OriginRequestPolicy

# Origin groups help these alone: "CloudFront does not fail over when the viewer sends a different HTTP
# method (for example POST, PUT, and so on)".
FAILOVER_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_CACHED_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

HIT = "Hit from cloudfront"
REFRESH_HIT = "RefreshHit from cloudfront"
MISS = "Miss from cloudfront"
ERROR = "Error from cloudfront"


@dataclass(slots=True)
class Statistics:
    """What the edges did; `failovers` counts requests that a second origin was asked for."""

    requests: int = 0
    hits: int = 0
    misses: int = 0
    errors: int = 0
    failovers: int = 0


@dataclass(frozen=True, slots=True)
class Wanted:
    """One object as one viewer wants it, and the settings that go for it."""

    request: Request
    distribution: Distribution
    behavior: Behavior
    policy: CachePolicy
    extra: OriginRequestPolicy

    @property
    def key(self) -> CacheKey:
        return cache_key(self.distribution.id, self.request, self.policy)

    @property
    def cached(self) -> bool:
        """Whether the cache may answer: always for GET and HEAD, for OPTIONS if so configured."""
        return self.request.method in _CACHED_METHODS & self.behavior.cached_methods

    @property
    def collapses(self) -> bool:
        """Whether simultaneous requests for it wait for one answer: not when nothing is cached, and not when
        cookies are forwarded."""
        forwards_cookies = self.policy.cookies.kind != "none" or self.extra.cookies.kind != "none"
        return self.request.method == "GET" and self.policy.caches and not forwards_cookies


@dataclass(frozen=True, slots=True)
class Answer:
    """What the viewer gets; `age` is the seconds since the origin sent it, None for what is not cached."""

    reply: Reply
    outcome: str
    age: float | None = None
