from __future__ import annotations

import asyncio
import base64
import hashlib
import inspect
import json
import os
import time
from collections.abc import Iterator
from typing import Any

import pytest
from ministack.core import lambda_runtime, responses
from ministack.services import lambda_svc

from generator.package import archive
from harness.sandbox.services.lambda_.pools import LambdaPoolError, LambdaPools

EAST, WEST = "us-east-1", "us-west-2"
ACCOUNT = "123456789012"

HANDLER = b"""
import os
def handler(event, context):
    return {"pid": os.getpid()}
"""
# a process that does not end when it is asked to
STUBBORN = b"import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + HANDLER


@pytest.fixture
def pools() -> Iterator[LambdaPools]:
    lambda_svc.reset()
    pools = LambdaPools(account_id=ACCOUNT)
    yield pools
    pools.stop_all()
    lambda_svc.reset()


def request(region: str, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
    async def ask() -> tuple[int, Any, bytes]:
        answer: tuple[int, Any, bytes] = await lambda_svc.handle_request(
            method, path, {}, json.dumps(body).encode(), {}
        )
        return answer

    with responses.request_scope(ACCOUNT, region):
        status, _, content = asyncio.run(ask())
    decoded: dict[str, Any] = json.loads(content)
    assert status in (200, 201), decoded
    return decoded


def create(region: str, name: str, *, code: bytes = HANDLER, alias: bool = True) -> None:
    package = base64.b64encode(archive({"handler.py": code})).decode()
    function = {
        "FunctionName": name,
        "Runtime": "python3.12",
        "Handler": "handler.handler",
        "Role": f"arn:aws:iam::{ACCOUNT}:role/{name}",
        "Code": {"ZipFile": package},
        "Publish": alias,
    }
    version = request(region, "POST", "/2015-03-31/functions", function)["Version"]
    if alias:
        path = f"/2015-03-31/functions/{name}/aliases"
        request(region, "POST", path, {"Name": "live", "FunctionVersion": version})


def invoke(region: str, name: str) -> int:
    """The process that answers an invocation through the alias."""
    answer = request(region, "POST", f"/2015-03-31/functions/{name}:live/invocations", {})
    return int(answer["pid"])


def processes() -> set[int]:
    return {
        worker._proc.pid
        for pool in lambda_runtime._workers.values()
        for worker in pool
        if worker._proc is not None
    }


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_warmed_function_is_served_by_a_process_that_was_there_before(pools: LambdaPools) -> None:
    create(EAST, "read")
    assert asyncio.run(pools.warm(EAST, ["read"], concurrency=2)) == 2
    warmed = processes()
    assert (len(warmed), invoke(EAST, "read") in warmed, processes() == warmed) == (2, True, True)


def test_warming_again_starts_only_what_is_missing(pools: LambdaPools) -> None:
    create(EAST, "read")
    create(EAST, "write")
    assert asyncio.run(pools.warm(EAST, ["read"], concurrency=1)) == 1
    assert asyncio.run(pools.warm(EAST, ["read", "write"], concurrency=2)) == 3
    assert asyncio.run(pools.warm(EAST, ["read", "write"], concurrency=2)) == 0
    assert pools.running() == {EAST: 4}


def test_a_function_without_the_alias_is_warmed_at_latest(pools: LambdaPools) -> None:
    create(EAST, "read", alias=False)
    assert asyncio.run(pools.warm(EAST, ["read"])) == 1
    assert list(lambda_runtime._workers) == [f"{ACCOUNT}:{EAST}:read:$LATEST"]


def test_killing_a_region_leaves_the_workers_of_the_others(pools: LambdaPools) -> None:
    for region in (EAST, WEST):
        create(region, "read")
        asyncio.run(pools.warm(region, ["read"], concurrency=2))
    assert pools.kill(EAST) == 2
    assert pools.running() == {WEST: 2}
    assert pools.kill(EAST) == 0


def test_killed_processes_are_really_gone(pools: LambdaPools) -> None:
    create(EAST, "read")
    asyncio.run(pools.warm(EAST, ["read"], concurrency=2))
    pids = processes()
    pools.kill(EAST)
    pools.stop_all()
    assert {pid: is_alive(pid) for pid in pids} == dict.fromkeys(pids, False)


def test_killing_does_not_wait_for_a_process_that_will_not_end(pools: LambdaPools) -> None:
    create(EAST, "read", code=STUBBORN)
    asyncio.run(pools.warm(EAST, ["read"]))
    (pid,) = processes()
    started = time.monotonic()
    pools.kill(EAST)
    assert time.monotonic() - started < 0.5
    assert is_alive(pid)
    pools.stop_all()
    assert not is_alive(pid)


def test_a_region_that_was_killed_serves_again_with_new_processes(pools: LambdaPools) -> None:
    create(EAST, "read")
    asyncio.run(pools.warm(EAST, ["read"]))
    before = processes()
    pools.kill(EAST)
    assert invoke(EAST, "read") not in before


def test_the_loop_goes_on_while_workers_start(pools: LambdaPools) -> None:
    create(EAST, "read", code=b"import time\ntime.sleep(0.5)\n" + HANDLER)

    async def main() -> int:
        warming = asyncio.ensure_future(pools.warm(EAST, ["read"], concurrency=2))
        turns = 0
        while not warming.done():
            await asyncio.sleep(0.01)
            turns += 1
        await warming
        return turns

    assert asyncio.run(main()) > 10


def test_an_unknown_function_is_refused_with_those_that_the_region_has(pools: LambdaPools) -> None:
    create(EAST, "read")
    create(WEST, "write")
    with pytest.raises(LambdaPoolError) as raised:
        asyncio.run(pools.warm(EAST, ["raed"]))
    assert str(raised.value) == "us-east-1 has no function raed; it has read"


def test_a_function_whose_code_cannot_be_imported_is_named_and_leaves_nothing_behind(
    pools: LambdaPools,
) -> None:
    create(EAST, "read", code=b"import no_such_module\n")
    with pytest.raises(LambdaPoolError) as raised:
        asyncio.run(pools.warm(EAST, ["read"]))
    assert str(raised.value) == (
        "read in us-east-1 does not start: Worker init failed: No module named 'no_such_module'"
    )
    assert pools.running() == {}


def test_stopping_tells_how_many_there_were_and_twice_is_no_harm(pools: LambdaPools) -> None:
    create(EAST, "read")
    asyncio.run(pools.warm(EAST, ["read"], concurrency=2))
    assert (pools.stop_all(), pools.stop_all(), pools.running()) == (2, 0, {})


# An upgrade of the emulator that touches what lambda_pools.py relies on must be a decision: read the new
# source, adapt lambda_pools.py, then change the digest.
@pytest.mark.parametrize(
    ("function", "digest"),
    [
        (lambda_runtime._worker_key, "0537100beb43da29"),
        (lambda_runtime.acquire_worker, "5017d144adb5b983"),
        (lambda_runtime.ensure_spawned, "3ec033855435daab"),
        (lambda_runtime.kill_workers, "56a6df63f9bd4859"),
        (lambda_runtime.release_worker, "25d5dd7d42b6e30c"),
        (lambda_svc._effective_func_record_for_qualifier, "9347cb8fd2dc4d9c"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_the_emulators_functions_that_the_pools_stand_on_are_unchanged(function: Any, digest: str) -> None:
    assert hashlib.sha256(inspect.getsource(function).encode()).hexdigest()[:16] == digest
