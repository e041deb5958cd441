"""How long CloudFront keeps a response. Pure; all times in seconds.

Sources: CloudFront Developer Guide, "Manage how long content stays in the cache (expiration)", "How
CloudFront processes and caches HTTP 4xx and 5xx status codes from your origin", "Control how long CloudFront
caches errors".
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import replace
from email.utils import parsedate_to_datetime

from harness.sandbox.services.cloudfront.distributions import CustomError
from harness.sandbox.services.cloudfront.messages import Reply, without
from harness.sandbox.services.cloudfront.policies import CachePolicy

# Errors that are always cached, and those that are only when the origin says for how long.
ALWAYS_CACHED = frozenset({404, 410, 414, 500, 501, 502, 503, 504})
CACHED_WITH_MAX_AGE = frozenset({400, 403, 405, 412, 415})
# Of the former, those for which no-store, no-cache and private are respected; else they are ignored.
_RESPECTING_NO_STORE = frozenset({404, 410, 414, 501})
_UNCACHEABLE = frozenset({206, 304})
_DIRECTIVE = re.compile(r"([a-z-]+)(?:\s*=\s*(?:\"([^\"]*)\"|([^,\s]*)))?", re.IGNORECASE)
_PRIVATE = frozenset({"no-cache", "no-store", "private"})


def directives(reply: Reply) -> Mapping[str, str]:
    """The directives of Cache-Control, lower case, with their arguments."""
    found = _DIRECTIVE.findall(reply.header("cache-control"))
    return {name.lower(): quoted or bare for name, quoted, bare in found}


def stated_lifetime(reply: Reply, *, now: float) -> float | None:
    """How long the origin says: s-maxage before max-age before Expires; None when it says nothing.

    now: unix time, from which Expires counts when the origin sent no Date.
    """
    given = directives(reply)
    for name in ("s-maxage", "max-age"):
        if given.get(name, "").isdigit():
            return float(given[name])
    expires = reply.header("expires")
    if not expires:
        return None
    until = _moment(expires)
    since = _moment(reply.header("date"))
    return max(0.0, until - (now if since is None else since)) if until is not None else 0.0


def lifetime(reply: Reply, policy: CachePolicy, *, now: float) -> float | None:
    """How long a response that is no error may be served from the cache; None when it is not kept.

    0 means that it is kept, but the origin is asked each time whether it is still the latest. The origin's
    word counts between the minimum and the maximum TTL; without one it is the greater of default and minimum;
    no-cache, no-store and private count only when the minimum is 0.
    """
    if not policy.caches or reply.status in _UNCACHEABLE or not 200 <= reply.status < 400:
        return None
    given = directives(reply)
    if not _PRIVATE.isdisjoint(given):
        if policy.minimum > 0:
            return policy.minimum
        return 0.0 if "no-cache" in given and _PRIVATE.isdisjoint(given.keys() - {"no-cache"}) else None
    stated = stated_lifetime(reply, now=now)
    if stated is None:
        return max(policy.default, policy.minimum)
    return min(max(stated, policy.minimum), policy.maximum)


def error_lifetime(reply: Reply, policy: CachePolicy, configured: CustomError, *, now: float) -> float:
    """How long an error is kept: the greater of the error caching minimum TTL and what the origin says.

    0 when the status is not cached at all. The guide names no exception for behaviors that cache nothing
    else, so errors are kept there too, as long as the error caching minimum TTL is not set to 0; what the
    origin says cannot exceed the maximum TTL.
    """
    given = directives(reply)
    stated = stated_lifetime(reply, now=now)
    if reply.status in CACHED_WITH_MAX_AGE:
        if not {"max-age", "s-maxage"}.intersection(given):
            return 0.0
    elif reply.status not in ALWAYS_CACHED:
        return 0.0
    if reply.status in _RESPECTING_NO_STORE and not _PRIVATE.isdisjoint(given):
        return 0.0
    return max(configured.seconds, min(stated or 0.0, policy.maximum))


def stale_if_error(reply: Reply) -> float:
    """How long past its time an object stands in for an origin that fails: as stale-if-error says, else until
    it is evicted, for which no time is published."""
    text = directives(reply).get("stale-if-error", "")
    return float(text) if text.isdigit() else math.inf


def stale_while_revalidate(reply: Reply) -> float:
    """How long past its time an object is served at once while the origin is asked behind it."""
    text = directives(reply).get("stale-while-revalidate", "")
    return float(text) if text.isdigit() else 0.0


def aged(reply: Reply) -> tuple[float, Reply]:
    """How old the reply is already, as a cache on the way said, and the reply without that word."""
    text = reply.header("age")
    try:
        age = max(0.0, float(text)) if text else 0.0
    except ValueError:
        age = 0.0
    return age, replace(reply, headers=without(reply.headers, "age"))


def _moment(text: str) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, IndexError):
        return None
