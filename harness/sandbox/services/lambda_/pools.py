"""The workers that run Lambda functions: started before a drill, lost with their region.

MiniStack runs each concurrent invocation in a process of its own and starts it on demand, 0.2 s each on a
quiet machine. A dozen at once take seconds on two cores, which a health check cannot tell from an outage.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

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
        self._lost: list[Any] = []

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

            async def start(worker: Any) -> bool:
                async with turn:
                    return await asyncio.to_thread(_start, worker)

            outcomes = await asyncio.gather(*map(start, workers), return_exceptions=True)
            failed = {
                worker: outcome
                for worker, outcome in zip(workers, outcomes, strict=True)
                if isinstance(outcome, BaseException)
            }
            await asyncio.to_thread(self._discard, list(failed))
        for worker, error in failed.items():
            raise LambdaPoolError(f"{worker.func_name} in {region} does not start: {error}") from error
        return sum(outcome is True for outcome in outcomes)

    def kill(self, region: str) -> int:
        """Lose every worker of a region, whatever it is doing, and return at once; returns how many.

        No invocation finds them from now on. Ending the processes takes up to a few seconds, in a thread.
        """
        workers = self._take(region)
        if workers:
            thread = threading.Thread(target=_runtime().kill_workers, args=(workers,), name=f"kill-{region}")
            thread.start()
            self._killers.append(thread)
            self._lost += workers
        return len(workers)

    def stop_all(self) -> int:
        """End every worker of every region and wait until they are gone; returns how many there were."""
        workers = self._take(None)
        for thread in self._killers:
            thread.join()
        self._killers.clear()
        _runtime().kill_workers(workers + self._lost)
        self._lost.clear()
        return len(workers)

    def running(self) -> dict[str, int]:
        """How many workers with a live process each region has."""
        runtime = _runtime()
        count: Counter[str] = Counter()
        with runtime._lock:
            for key, workers in runtime._workers.items():
                count[_region_of(key)] += sum(
                    worker._proc is not None and worker._proc.poll() is None for worker in workers
                )
        return {region: number for region, number in sorted(count.items()) if number}

    def _record(self, region: str, name: str, alias: str) -> Any:
        from ministack.services import lambda_svc

        function = lambda_svc._functions.get_scoped(self._account, region, name)
        if function is None:
            known = sorted(key for key, _ in lambda_svc._functions.items_scoped(self._account, region))
            raise LambdaPoolError(f"{region} has no function {name}; it has {', '.join(known) or 'none'}")
        qualifier = alias if alias in function.get("aliases", {}) else None
        record, _ = lambda_svc._effective_func_record_for_qualifier(function, qualifier)
        return record

    @contextlib.contextmanager
    def _leased(self, records: Iterable[Any], concurrency: int) -> Iterator[list[Any]]:
        # all at once, or the pool would hand out the same worker again and again
        runtime = _runtime()
        workers = [_lease(runtime, record) for record in records for _ in range(concurrency)]
        try:
            yield workers
        finally:
            for worker in workers:
                runtime.release_worker(worker)

    def _take(self, region: str | None) -> list[Any]:
        runtime = _runtime()
        with runtime._lock:
            keys = [key for key in runtime._workers if region is None or _region_of(key) == region]
            return [worker for key in keys for worker in runtime._workers.pop(key)]

    def _discard(self, workers: list[Any]) -> None:
        runtime = _runtime()
        with runtime._lock:
            for pool in runtime._workers.values():
                pool[:] = [worker for worker in pool if worker not in workers]
        runtime.kill_workers(workers)


def _lease(runtime: Any, record: Any) -> Any:
    config = record["config"]
    # the same name and version that an invocation through the alias looks for
    worker, _ = runtime.acquire_worker(
        config["FunctionName"], config, record["code_zip"], qualifier=config.get("Version", "$LATEST")
    )
    return worker


def _start(worker: Any) -> bool:
    """Whether the worker had to be started."""
    started = worker._proc is None or worker._proc.poll() is not None
    _runtime().ensure_spawned(worker)
    return started


def _region_of(key: str) -> str:
    """The region in MiniStack's pool key, account:region:function:version."""
    return key.split(":")[1]


def _runtime() -> Any:
    from ministack.core import lambda_runtime

    return lambda_runtime
