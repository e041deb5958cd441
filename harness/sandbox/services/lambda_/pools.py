"""The workers that run Lambda functions: started before a drill, lost with their region.

MiniStack runs each concurrent invocation in a process of its own and starts it on demand, 0.2 s each on a
quiet machine. A dozen at once take seconds on two cores, which a health check cannot tell from an outage.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from collections.abc import Iterable, Iterator

from harness.sandbox.services.lambda_ import stored

DEFAULT_ALIAS = "live"


class LambdaPoolError(RuntimeError):
    """A function cannot be warmed; the message names function, region and cause."""


class LambdaPools:
    """The workers of one account. The emulator must have been imported, with its settings, before use."""

    def __init__(self, *, account_id: str, starts_at_once: int | None = None) -> None:
        self._account = account_id
        self._starts_at_once = starts_at_once or max(2, os.cpu_count() or 1)
        self._killers: list[threading.Thread] = []
        # a worker that is lost in the middle of its start has no process yet: stop_all looks again
        self._lost: list[stored.Worker] = []

    async def warm(
        self, region: str, functions: Iterable[str], *, concurrency: int = 1, alias: str = DEFAULT_ALIAS
    ) -> int:
        """Let every function have `concurrency` workers with its code imported; returns how many started.

        A function without the alias is warmed at $LATEST. Raises LambdaPoolError for a function that the
        region does not have, or whose code cannot be imported.
        """
        records = {name: self._record(region, name, alias) for name in functions}
        with self._leased(records.values(), concurrency) as workers:
            turn = asyncio.Semaphore(self._starts_at_once)

            async def start(worker: stored.Worker) -> bool:
                async with turn:
                    return await asyncio.to_thread(stored.start, worker)

            outcomes = await asyncio.gather(*map(start, workers), return_exceptions=True)
            failed = {
                worker: outcome
                for worker, outcome in zip(workers, outcomes, strict=True)
                if isinstance(outcome, BaseException)
            }
            await asyncio.to_thread(stored.discard, list(failed))
        for worker, error in failed.items():
            raise LambdaPoolError(f"{worker.func_name} in {region} does not start: {error}") from error
        return sum(outcome is True for outcome in outcomes)

    def kill(self, region: str) -> int:
        """Lose every worker of a region, whatever it is doing, and return at once; returns how many.

        No invocation finds them from now on. Ending the processes takes up to a few seconds, in a thread.
        """
        workers = stored.take(region)
        if workers:
            thread = threading.Thread(target=stored.kill, args=(workers,), name=f"kill-{region}")
            thread.start()
            self._killers.append(thread)
            self._lost += workers
        return len(workers)

    def stop_all(self) -> int:
        """End every worker of every region and wait until they are gone; returns how many there were."""
        workers = stored.take(None)
        for thread in self._killers:
            thread.join()
        self._killers.clear()
        stored.kill(workers + self._lost)
        self._lost.clear()
        return len(workers)

    def running(self) -> dict[str, int]:
        """How many workers with a live process each region has."""
        return stored.alive()

    def _record(self, region: str, name: str, alias: str) -> stored.Record:
        function = stored.function(self._account, region, name)
        if function is None:
            known = stored.function_names(self._account, region)
            raise LambdaPoolError(f"{region} has no function {name}; it has {', '.join(known) or 'none'}")
        return stored.version_behind(function, alias)

    @contextlib.contextmanager
    def _leased(self, records: Iterable[stored.Record], concurrency: int) -> Iterator[list[stored.Worker]]:
        # all at once, or the pool would hand out the same worker again and again
        workers = [stored.lease(record) for record in records for _ in range(concurrency)]
        try:
            yield workers
        finally:
            for worker in workers:
                stored.release(worker)
