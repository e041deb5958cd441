"""One edge location: its cache, the origins behind it, and failover between them.

Sources: CloudFront Developer Guide, "Optimize high availability with CloudFront origin failover", "Request
and response behavior for origin groups", "Use Amazon CloudFront Origin Shield", "How CloudFront processes
and caches HTTP 4xx and 5xx status codes from your origin", and "Simultaneous requests for the same object
(request collapsing)".
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from typing import Any

from harness.sandbox.services.cloudfront import expiry, responses
from harness.sandbox.services.cloudfront.access import restricted, without_cors
from harness.sandbox.services.cloudfront.cache import Cache, Entry, entry_of
from harness.sandbox.services.cloudfront.distributions import Distribution, Origin
from harness.sandbox.services.cloudfront.forwarding import CacheKey, origin_headers, origin_query
from harness.sandbox.services.cloudfront.messages import Headers, Reply, Request, values
from harness.sandbox.services.cloudfront.origins import OriginRequest, Outlet
from harness.sandbox.services.cloudfront.stored import Applied
from harness.sandbox.services.cloudfront.wanted import (
    ERROR,
    FAILOVER_METHODS,
    HIT,
    MISS,
    REFRESH_HIT,
    Answer,
    Statistics,
    Wanted,
)


@dataclass(slots=True)
class _Fetch:
    """A question to the origin, and the numbers of the requests that wait for it."""

    answer: asyncio.Future[tuple[Answer, bool]]
    waiting: set[int] = field(default_factory=set)


@dataclass(slots=True)
class Shield:
    """An Origin Shield: a second cache, before one origin."""

    outlet: Outlet
    cache: Cache = field(default_factory=Cache)


class Edge:
    """One location. All methods belong to the clock's loop."""

    def __init__(
        self,
        outlet: Outlet,
        *,
        applied: Applied,
        account_id: str,
        shield: Callable[[str], Shield],
        statistics: Statistics,
    ) -> None:
        """shield: the Origin Shield of a region, as it stands now."""
        self._outlet = outlet
        self._clock = outlet.network.clock
        self._applied = applied
        self._account_id = account_id
        self._shield = shield
        self._statistics = statistics
        self._cache = Cache()
        self._fetches: dict[CacheKey, _Fetch] = {}

    def wanted(self, request: Request, distribution: Distribution) -> Wanted:
        """What a request is for; the root of a distribution stands for its default root object (Developer
        Guide, "Specify a default root object")."""
        if request.path == "/" and distribution.root_object:
            request = replace(request, path=f"/{distribution.root_object}")
        behavior = distribution.behavior(request.path)
        policy, extra = self._applied.cache_policy(behavior), self._applied.origin_request_policy(behavior)
        return Wanted(request, distribution, behavior, policy, extra)

    async def answer(self, wanted: Wanted, number: int | None) -> Answer:
        """The answer to a viewer whose request has that number on the clock, if it has one."""
        refused = responses.refusal(wanted.request, wanted.distribution, wanted.behavior)
        if refused is not None:
            return await self._refused(wanted, refused, number)
        key = wanted.key
        kept = self._kept(wanted, key)
        if kept is not None:
            return kept
        running = self._fetches.get(key) if wanted.collapses else None
        if running is not None:
            answer, shared = await self._wait(running, number)
            if shared:
                return replace(answer, outcome=answer.outcome if answer.outcome == ERROR else HIT)
        fetch = self._start(wanted, key)
        return (await self._wait(fetch, number))[0]

    # The cache

    def _kept(self, wanted: Wanted, key: CacheKey) -> Answer | None:
        """What the cache may answer by itself."""
        entry, now = self._entry(wanted, key), self._clock.now()
        if entry is None or now >= max(entry.fresh_until, entry.retry, entry.background_until):
            return None
        if now >= max(entry.fresh_until, entry.retry) and key not in self._fetches:
            self._start(wanted, key)  # stale-while-revalidate
        outcome = ERROR if entry.reply.status >= 400 else HIT
        return Answer(entry.reply, outcome, now - entry.stored)

    def _entry(self, wanted: Wanted, key: CacheKey) -> Entry | None:
        if not wanted.cached:
            return None
        return self._cache.find(key, self._applied.invalidations(wanted.distribution.id))

    # Fetching

    def _start(self, wanted: Wanted, key: CacheKey) -> _Fetch:
        fetch = self._spawn(self._fetch(wanted, key))
        if wanted.collapses:
            self._fetches[key] = fetch
            fetch.answer.add_done_callback(
                lambda _: self._fetches.pop(key, None) if self._fetches.get(key) is fetch else None
            )
        return fetch

    def _spawn(self, work: Coroutine[Any, Any, tuple[Answer, bool]]) -> _Fetch:
        """Asking is a participant of the clock, because a viewer's own participant cannot be told apart from
        another's who waits for the same answer; those who wait are parked meanwhile."""
        fetch = _Fetch(asyncio.get_running_loop().create_future())

        async def run() -> None:
            try:
                result = await work
            except BaseException as error:
                if not fetch.answer.done():
                    fetch.answer.set_exception(error)
                raise
            else:
                fetch.answer.set_result(result)
            finally:
                for number in fetch.waiting:
                    self._clock.unpark(number)

        self._clock.spawn(run(), name="edge")
        return fetch

    async def _wait(self, fetch: _Fetch, number: int | None) -> tuple[Answer, bool]:
        if number is not None and not fetch.answer.done():
            fetch.waiting.add(number)
            self._clock.park(number)
        return await asyncio.shield(fetch.answer)

    async def _fetch(self, wanted: Wanted, key: CacheKey) -> tuple[Answer, bool]:
        """What the origin says, kept as far as it may be; and whether others who wait may have it too."""
        entry = self._entry(wanted, key)
        entry = entry if entry is not None and entry.reply.status < 400 else None
        reply = await self._ask(wanted, key, entry.validators if entry is not None else ())
        if entry is not None and reply.status == 304 and entry.validators:
            return self._confirmed(wanted, key, entry, reply)
        if entry is not None and reply.status >= 500 and self._clock.now() < entry.stale_until:
            return self._stood_in(wanted, entry, reply)
        if reply.status >= 400:
            return await self._error(wanted, key, reply)
        self._statistics.misses += 1
        return self._stored(wanted, key, reply, MISS)

    def _stored(self, wanted: Wanted, key: CacheKey, reply: Reply, outcome: str) -> tuple[Answer, bool]:
        age, reply = expiry.aged(reply)
        seconds = expiry.lifetime(reply, wanted.policy, now=time.time())
        if seconds is None or not wanted.cached or wanted.request.method == "HEAD":
            if wanted.cached and wanted.request.method != "HEAD":
                self._cache.forget(key)
            return Answer(reply, outcome), False
        entry = entry_of(reply, wanted.policy, seconds=seconds, stored=self._clock.now() - age)
        entry.invalidations = len(self._applied.invalidations(wanted.distribution.id))
        self._cache.keep(key, entry)
        return Answer(reply, outcome, age if outcome != MISS or age else None), seconds > 0

    def _confirmed(self, wanted: Wanted, key: CacheKey, entry: Entry, reply: Reply) -> tuple[Answer, bool]:
        """The object kept is still the latest: it lives on with the headers that came with the news."""
        fresh = [name for name, _ in reply.headers if name in ("cache-control", "expires", "date", "age")]
        kept = [pair for pair in entry.reply.headers if pair[0] not in fresh]
        headers = (*kept, *(pair for pair in reply.headers if pair[0] in fresh))
        return self._stored(wanted, key, replace(entry.reply, headers=headers), REFRESH_HIT)

    def _stood_in(self, wanted: Wanted, entry: Entry, reply: Reply) -> tuple[Answer, bool]:
        """The object kept stands in for an origin that fails, which is asked again after the error caching
        minimum TTL. What X-Cache then says is not documented."""
        now = self._clock.now()
        entry.retry = min(entry.stale_until, now + wanted.distribution.error(reply.status).seconds)
        return Answer(entry.reply, REFRESH_HIT, now - entry.stored), True

    async def _error(self, wanted: Wanted, key: CacheKey, reply: Reply) -> tuple[Answer, bool]:
        self._statistics.errors += 1
        configured = wanted.distribution.error(reply.status)
        seconds = expiry.error_lifetime(reply, wanted.policy, configured, now=time.time())
        shown = await self._page(wanted, reply)
        kept = seconds > 0 and wanted.cached and wanted.request.method != "HEAD"
        if kept:
            now = self._clock.now()
            entry = Entry(shown, stored=now, fresh_until=now + seconds, stale_until=now)
            entry.invalidations = len(self._applied.invalidations(wanted.distribution.id))
            self._cache.keep(key, entry)
        return Answer(shown, ERROR), kept

    async def _refused(self, wanted: Wanted, refused: Reply, number: int | None) -> Answer:
        """A refusal of the edge's own; only one for the viewer's country may have a page configured."""
        country = wanted.distribution.serves(wanted.request.country)
        if country or wanted.distribution.error(refused.status).page is None:
            return Answer(refused, ERROR if refused.status >= 400 else "Redirect from cloudfront")

        async def page() -> tuple[Answer, bool]:
            return Answer(await self._page(wanted, refused), ERROR), False

        return (await self._wait(self._spawn(page()), number))[0]

    async def _page(self, wanted: Wanted, reply: Reply) -> Reply:
        """The custom error page for an error, fetched by the behavior that its path belongs to; the error
        itself when there is none, or when the page cannot be had ("Generate custom error responses")."""
        configured = wanted.distribution.error(reply.status)
        if configured.page is None:
            return reply
        request = replace(wanted.request, method="GET", path=configured.page, query="", body=b"")
        other = self.wanted(request, wanted.distribution)
        kept = self._kept(other, other.key)
        page = kept.reply if kept is not None else await self._ask(other, other.key, ())
        if page.status >= 400:
            return reply
        if kept is None:
            self._stored(other, other.key, page, MISS)
        return replace(page, status=configured.status or reply.status)

    # The origins

    async def _ask(self, wanted: Wanted, key: CacheKey, validators: Headers) -> Reply:
        """The primary origin's answer, or the secondary's if the primary failed by the group's criteria.

        Every request goes to the primary first, however the one before it fared.
        """
        origins, codes = wanted.distribution.members(wanted.behavior.target)
        *others, last = origins
        for origin in others:
            reply = await self._ask_one(wanted, origin, key, validators)
            failed = reply.failed is not None or reply.status in codes
            if not failed or wanted.request.method not in FAILOVER_METHODS:
                return reply
            self._statistics.failovers += 1
        return await self._ask_one(wanted, last, key, validators)

    async def _ask_one(self, wanted: Wanted, origin: Origin, key: CacheKey, validators: Headers) -> Reply:
        if origin.shield is None:
            return await self._send(self._outlet, wanted, origin, validators)
        shield = self._shield(origin.shield)
        if not (wanted.collapses and wanted.cached):
            return await self._send(shield.outlet, wanted, origin, validators)
        return await self._through(
            shield, wanted, origin, replace(key, distribution=f"{key.distribution}/{origin.id}"), validators
        )

    async def _through(
        self, shield: Shield, wanted: Wanted, origin: Origin, key: CacheKey, validators: Headers
    ) -> Reply:
        """The shield's copy while it is fresh, else the origin's, which it keeps if it is no error."""
        now = self._clock.now()
        entry = shield.cache.find(key, self._applied.invalidations(wanted.distribution.id))
        if entry is not None and now < entry.fresh_until:
            return replace(entry.reply, headers=(*entry.reply.headers, ("age", f"{now - entry.stored:.3f}")))
        asked = entry.validators if entry is not None else validators
        reply = await self._send(shield.outlet, wanted, origin, asked)
        if entry is not None and reply.status == 304 and asked:
            reply = replace(entry.reply, headers=entry.reply.headers)
        seconds = expiry.lifetime(reply, wanted.policy, now=time.time())
        if seconds is not None:
            kept = entry_of(reply, wanted.policy, seconds=seconds, stored=self._clock.now())
            kept.invalidations = len(self._applied.invalidations(wanted.distribution.id))
            shield.cache.keep(key, kept)
        return reply

    async def _send(self, outlet: Outlet, wanted: Wanted, origin: Origin, validators: Headers) -> Reply:
        request, policy, extra = wanted.request, wanted.policy, wanted.extra
        past_the_cache = not (wanted.cached and policy.caches)
        headers = origin_headers(request, origin, policy, extra, conditions=past_the_cache)
        sent = OriginRequest(
            method=request.method,
            path=origin.path + request.path,
            query=origin_query(request, policy, extra),
            headers=(*headers, *validators),
            body=request.body,
        )
        reply = await outlet.ask(origin, sent)
        reply = responses.stripped(reply, policy, extra)
        if origin.bucket is not None and not values(sent.headers, "origin"):
            reply = without_cors(reply)
        return restricted(
            reply,
            origin,
            method=request.method,
            key=sent.path.lstrip("/"),
            distribution=wanted.distribution.arn,
            account=self._account_id,
        )
