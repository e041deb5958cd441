"""What a sandbox changes in its process, each for as long as a block: its environment and a loop."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import logging
import os
import tempfile
import threading
from collections.abc import Coroutine, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import boto3

T = TypeVar("T")

STOP_SECONDS = 60.0


def client_environment(endpoint: str, account_id: str, region: str) -> dict[str, str]:
    """The variables that point Terraform, the AWS CLI and SDKs at `endpoint`, and at nothing else."""
    return {
        "AWS_ACCESS_KEY_ID": account_id,  # both emulators take a 12-digit key for the account
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_DEFAULT_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_PAGER": "",
        "AWS_REGION": region,
        "AWS_SECRET_ACCESS_KEY": "sandbox",
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


def emulator_environment(endpoint: str, account_id: str, region: str, scratch: Path) -> dict[str, str]:
    """What MiniStack, moto and the functions they run find in their environment."""
    return {
        **client_environment(endpoint, account_id, region),
        "GATEWAY_PORT": endpoint.rpartition(":")[2],
        "IOT_MTLS_ENABLED": "0",
        "MINISTACK_ACCOUNT_ID": account_id,
        "MINISTACK_REGION": region,
        "MOTO_ACCOUNT_ID": account_id,
        "SFTP_ENABLED": "0",
        "TMPDIR": str(scratch),
    }


def without_callers_aws(environment: Mapping[str, str]) -> dict[str, str]:
    """`environment` without anything that could lead an AWS client elsewhere: credentials, profiles,
    endpoints per service, proxies."""
    proxies = {"http_proxy", "https_proxy", "all_proxy"}
    return {
        key: value
        for key, value in environment.items()
        if not key.startswith("AWS_") and key.lower() not in proxies
    }


@contextlib.contextmanager
def process_environment(settings: Mapping[str, str]) -> Iterator[None]:
    """os.environ scrubbed of the caller's AWS settings and filled with ours, until the block ends.

    boto3's default session keeps the credentials that it found first, so it is begun anew on both ends.
    """
    before = dict(os.environ)
    cached = tempfile.tempdir
    scrubbed = {**without_callers_aws(before), **settings}
    for key in before.keys() - scrubbed.keys():
        del os.environ[key]
    os.environ.update(scrubbed)
    tempfile.tempdir = None
    boto3.DEFAULT_SESSION = None
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        tempfile.tempdir = cached
        boto3.DEFAULT_SESSION = None


@contextlib.contextmanager
def loop_in_thread() -> Iterator[asyncio.AbstractEventLoop]:
    """A running event loop in a daemon thread; when the block ends, its tasks are cancelled and awaited."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="sandbox", daemon=True)
    thread.start()
    try:
        yield loop
    finally:
        with contextlib.suppress(TimeoutError, concurrent.futures.TimeoutError):
            asyncio.run_coroutine_threadsafe(_cancel_everything(), loop).result(STOP_SECONDS)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(STOP_SECONDS)
        if not thread.is_alive():
            loop.close()
        else:
            logging.getLogger(__name__).warning("the sandbox's thread did not end within %g s", STOP_SECONDS)


async def _cancel_everything() -> None:
    loop = asyncio.get_running_loop()
    tasks = [task for task in asyncio.all_tasks(loop) if task is not asyncio.current_task()]
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks, timeout=2.0) if tasks else None


def run_on(loop: asyncio.AbstractEventLoop, coroutine: Coroutine[Any, Any, T], timeout: float | None) -> T:
    """The result of `coroutine`, run on the loop of another thread. TimeoutError after `timeout` seconds."""
    future = asyncio.run_coroutine_threadsafe(coroutine, loop)
    try:
        return future.result(timeout)
    except BaseException as error:
        future.cancel()
        if isinstance(error, concurrent.futures.TimeoutError) and not isinstance(error, TimeoutError):
            raise TimeoutError(f"no result within {timeout} s") from None
        raise
