"""What MiniStack holds of Lambda: functions, aliases, and the workers that run them."""

from __future__ import annotations

import importlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

# A worker, a function's record: MiniStack's own objects.
Worker = Any
Record = Any


def function(account: str, region: str, name: str) -> Record | None:
    """The function of that name with its aliases and versions."""
    return _functions().get_scoped(account, region, name)


def function_names(account: str, region: str) -> list[str]:
    """The names of a region's functions, in order."""
    return sorted(name for name, _ in _functions().items_scoped(account, region))


def version_behind(found: Record, alias: str) -> Record:
    """The record of the version behind an alias; of $LATEST for a function without that alias."""
    qualifier = alias if alias in found.get("aliases", {}) else None
    record, _ = _lambda()._effective_func_record_for_qualifier(found, qualifier)
    return record


def update_alias(account: str, region: str, name: str, alias: str, change: Mapping[str, Any]) -> None:
    """What UpdateAlias does. Raises LookupError with AWS's message when it is refused."""
    responses = importlib.import_module("ministack.core.responses")
    with responses.request_scope(account, region):
        status, _, body = _lambda()._update_alias(name, alias, dict(change))
    if status >= 400:
        raise LookupError(json.loads(body).get("message") or f"UpdateAlias answered {status}")


async def execute(account: str, region: str, reference: str, event: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a function answers to an event. Raises LookupError: the region has no such function.

    reference: the function's ARN or name, with or without alias or version.
    """
    concurrency = importlib.import_module("ministack.core.concurrency")
    record, config, name = _lambda()._get_func_record_for_ref_in_scope(
        reference, account_id=account, region=region
    )
    if record is None or config is None:
        raise LookupError(f"there is no function {name} in {region}")
    whole = _lambda()._execution_record_for_config(record, config)
    result: Mapping[str, Any] = await concurrency.run_reentrant(
        _lambda()._execute_function_with_config_scope, whole, dict(event), thread_name="schedule"
    )
    return result


# Workers, by MiniStack's pool key: account:region:function:version


def lease(record: Record) -> Worker:
    """A worker for the function's version, to the caller alone until it is released."""
    config = record["config"]
    # the same name and version that an invocation through the alias looks for
    worker, _ = _runtime().acquire_worker(
        config["FunctionName"], config, record["code_zip"], qualifier=config.get("Version", "$LATEST")
    )
    return worker


def release(worker: Worker) -> None:
    """Let invocations have the worker."""
    _runtime().release_worker(worker)


def start(worker: Worker) -> bool:
    """Start the worker's process; whether it had to be started. Blocks."""
    idle = not _is_alive(worker)
    _runtime().ensure_spawned(worker)
    return idle


def take(region: str | None) -> list[Worker]:
    """The workers of a region (None: of every region), which no invocation finds from now on."""
    runtime = _runtime()
    with runtime._lock:
        keys = [key for key in runtime._workers if region is None or _region_of(key) == region]
        return [worker for key in keys for worker in runtime._workers.pop(key)]


def discard(workers: Iterable[Worker]) -> None:
    """End these workers, so that no invocation finds them. Blocks."""
    runtime, discarded = _runtime(), list(workers)
    with runtime._lock:
        for pool in runtime._workers.values():
            pool[:] = [worker for worker in pool if worker not in discarded]
    runtime.kill_workers(discarded)


def kill(workers: Iterable[Worker]) -> None:
    """End the processes of workers. Blocks for up to a few seconds."""
    _runtime().kill_workers(list(workers))


def alive() -> dict[str, int]:
    """How many workers with a live process each region has."""
    runtime = _runtime()
    count: Counter[str] = Counter()
    with runtime._lock:
        for key, workers in runtime._workers.items():
            count[_region_of(key)] += sum(_is_alive(worker) for worker in workers)
    return {region: number for region, number in sorted(count.items()) if number}


def _is_alive(worker: Worker) -> bool:
    return worker._proc is not None and worker._proc.poll() is None


def _region_of(key: str) -> str:
    return key.split(":")[1]


def _functions() -> Any:
    return _lambda()._functions


# not at module level: the sandbox sets the emulator's environment before it imports it
def _lambda() -> Any:
    return importlib.import_module("ministack.services.lambda_svc")


def _runtime() -> Any:
    return importlib.import_module("ministack.core.lambda_runtime")
