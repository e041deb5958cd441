"""PostgreSQL's protocol, as far as a proxy has to understand it."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.sandbox.services.rds.aurora import wire
from harness.sandbox.services.rds.aurora.session import identifier, literal


def test_a_first_message_is_understood_as_it_was_written() -> None:
    written = wire.startup_message({"user": "app", "database": "orders"})
    read = wire.startup(written[4:])
    assert (read.code, dict(read.parameters), read.raw) == (
        wire.PROTOCOL,
        {"user": "app", "database": "orders"},
        written,
    )


@pytest.mark.parametrize("code", [wire.SSL_REQUEST, wire.GSS_REQUEST, wire.CANCEL_REQUEST])
def test_a_request_before_a_session_has_no_parameters(code: int) -> None:
    read = wire.startup(struct.pack("!I", code) + b"12345678")
    assert (read.code, dict(read.parameters)) == (code, {})


def test_a_first_message_that_is_too_short_is_refused() -> None:
    with pytest.raises(wire.ProtocolError, match="a first message of 3 bytes"):
        wire.startup(b"abc")


@pytest.mark.parametrize(
    ("parameters", "settings"),
    [
        ({"options": "-c a.b=session -c antipode.epoch=4"}, {"a.b": "session", "antipode.epoch": "4"}),
        ({"options": "-ca.b=off"}, {"a.b": "off"}),
        ({"options": "--a.b-c=x"}, {"a.b_c": "x"}),
        ({"options": "-c 'a.b=two words'"}, {"a.b": "two words"}),
        ({"A.B": "direct", "user": "app"}, {"a.b": "direct"}),
        ({"options": "-c"}, {}),
        ({"options": "unclosed '"}, {}),
        ({}, {}),
    ],
)
def test_the_settings_of_a_session_are_found_wherever_it_names_them(
    parameters: dict[str, str], settings: dict[str, str]
) -> None:
    assert wire.Startup(wire.PROTOCOL, parameters, b"").settings == settings


@given(
    messages=st.lists(st.tuples(st.sampled_from([b"C", b"D", b"Z"]), st.binary(max_size=50)), max_size=20),
    cuts=st.lists(st.integers(min_value=1, max_value=40), min_size=1),
)
def test_messages_are_found_however_the_stream_is_cut(
    messages: list[tuple[bytes, bytes]], cuts: list[int]
) -> None:
    stream = b"".join(wire.message(kind, body) for kind, body in messages)
    reader, found, at, turn = wire.Messages(), [], 0, 0
    while at < len(stream):
        size = cuts[turn % len(cuts)]
        found += reader.feed(stream[at : at + size])
        at, turn = at + size, turn + 1
    assert found == messages


def test_a_piece_of_the_log_brings_a_standby_to_its_end() -> None:
    piece = b"w" + struct.pack("!QQq", wire.position("1/10"), 0, 0) + b"x" * 16
    assert wire.shipped_to(piece) == wire.position("1/20")
    assert wire.shipped_to(b"k" + bytes(17)) is None


def test_an_error_is_written_as_it_is_read() -> None:
    text = wire.fatal("28000", "no access")
    assert wire.error_fields(text[5:]) == {"S": "FATAL", "V": "FATAL", "C": "28000", "M": "no access"}


@given(st.text(alphabet=st.characters(exclude_characters="\0")))
def test_quoting_doubles_what_would_end_the_text(text: str) -> None:
    assert literal(text)[1:-1].replace("''", "'") == text
    assert identifier(text)[1:-1].replace('""', '"') == text
    assert literal(text).count("'") == 2 + 2 * text.count("'")
