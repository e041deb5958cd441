from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from harness.targets import announced
from harness.targets.announced import RunningSandbox

ACCOUNT = "123456789012"


@pytest.fixture
def running() -> Iterator[RunningSandbox]:
    """A record of this process, with a port that somebody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        endpoint = f"http://127.0.0.1:{server.getsockname()[1]}"
        yield RunningSandbox(
            os.getpid(), endpoint, ACCOUNT, ("us-east-1", "us-west-2"), {"AWS_ENDPOINT_URL": endpoint}
        )


def test_a_sandbox_is_found_for_as_long_as_it_is_announced(running: RunningSandbox, tmp_path: Path) -> None:
    record = tmp_path / "work" / "sandbox.json"
    with announced.announced(running, record=record):
        assert announced.find(account_id=ACCOUNT, regions=("us-west-2",), record=record) == running
    assert announced.find(account_id=ACCOUNT, regions=("us-west-2",), record=record) is None


@pytest.mark.parametrize(
    ("account_id", "regions"), [("210987654321", ("us-east-1",)), (ACCOUNT, ("us-east-1", "eu-west-1"))]
)
def test_a_sandbox_of_another_account_or_without_a_region_is_left_alone(
    running: RunningSandbox, tmp_path: Path, account_id: str, regions: tuple[str, ...]
) -> None:
    record = tmp_path / "sandbox.json"
    with announced.announced(running, record=record):
        assert announced.find(account_id=account_id, regions=regions, record=record) is None
        assert record.exists()


def test_the_record_of_a_sandbox_that_was_killed_is_removed(running: RunningSandbox, tmp_path: Path) -> None:
    record = tmp_path / "sandbox.json"
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with announced.announced(replace(running, endpoint=f"http://127.0.0.1:{port}"), record=record):
        assert announced.find(account_id=ACCOUNT, regions=("us-east-1",), record=record) is None
        assert not record.exists()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"pid": 1}'])
def test_a_record_that_cannot_be_read_is_no_sandbox(tmp_path: Path, text: str) -> None:
    record = tmp_path / "sandbox.json"
    record.write_text(text)
    assert announced.find(account_id=ACCOUNT, regions=("us-east-1",), record=record) is None
