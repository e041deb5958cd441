"""The ports of a sandbox that is kept up."""

from __future__ import annotations

import socket

from harness.rehearsal import drill


def test_a_usual_port_that_is_taken_gives_way_to_a_free_one_and_is_named() -> None:
    said: list[str] = []
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as taken:
            taken.bind(("127.0.0.1", 0))
            if kind == socket.SOCK_STREAM:
                taken.listen()
            port = taken.getsockname()[1]
            assert drill._usual(port, said.append) == 0
        assert said.pop() == (
            f"port {port} on 127.0.0.1 is taken: the sandbox takes a free one instead, named below"
        )


def test_a_usual_port_that_is_free_is_taken_without_a_word() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    said: list[str] = []
    assert (drill._usual(port, said.append), said) == (port, [])
