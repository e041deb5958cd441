"""As much of PostgreSQL's frontend/backend protocol as a proxy needs. Pure.

Source: PostgreSQL documentation, "Frontend/Backend Protocol": "Message Formats" and "Streaming Replication
Protocol".
"""

from __future__ import annotations

import shlex
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

PROTOCOL = 196608
SSL_REQUEST = 80877103
GSS_REQUEST = 80877104
CANCEL_REQUEST = 80877102

_LENGTH = struct.Struct("!I")
_XLOG_DATA = struct.Struct("!QQq")


class ProtocolError(ValueError):
    """What a peer sent is not this protocol."""


@dataclass(frozen=True)
class Startup:
    """A session's first message: `code` is the protocol version, or one of the three requests above."""

    code: int
    parameters: Mapping[str, str]
    raw: bytes

    @property
    def settings(self) -> dict[str, str]:
        """The run-time settings that the session asks for, by name: parameters of their own, and `-c
        name=value`
        or `--name=value` inside `options`."""
        named = {key.lower(): value for key, value in self.parameters.items() if "." in key}
        return {**_options(self.parameters.get("options", "")), **named}


def startup(body: bytes) -> Startup:
    """The first message of a session, without its length. Raises ProtocolError.

    >>> startup(bytes.fromhex("00030000") + b"user\\0orders\\0\\0").parameters
    {'user': 'orders'}
    """
    if len(body) < 4:
        raise ProtocolError(f"a first message of {len(body)} bytes")
    code = int(_LENGTH.unpack_from(body)[0])
    fields = body[4:].split(b"\0") if code >> 16 == PROTOCOL >> 16 else []
    names = [text.decode("utf-8", "replace") for text in fields]
    pairs = dict(zip(names[::2], names[1::2], strict=False))
    pairs.pop("", None)
    return Startup(code, pairs, _LENGTH.pack(len(body) + 4) + body)


def with_setting(first: Startup, setting: str) -> bytes:
    """The session's first message with one more setting, `name=value`, which overrides the session's own."""
    options = " ".join(filter(None, (first.parameters.get("options", ""), f"-c {setting}")))
    return startup_message({**first.parameters, "options": options})


def startup_message(parameters: Mapping[str, str]) -> bytes:
    """A session's first message, as a client sends it."""
    pairs = b"".join(f"{key}\0{value}\0".encode() for key, value in parameters.items())
    body = _LENGTH.pack(PROTOCOL) + pairs + b"\0"
    return _LENGTH.pack(len(body) + 4) + body


def message(kind: bytes, body: bytes) -> bytes:
    """One typed message."""
    return kind + _LENGTH.pack(len(body) + 4) + body


def fatal(code: str, text: str) -> bytes:
    """The ErrorResponse after which a server closes a session. `code`: an SQLSTATE."""
    fields = (("S", "FATAL"), ("V", "FATAL"), ("C", code), ("M", text))
    return message(b"E", b"".join(f"{key}{value}\0".encode() for key, value in fields) + b"\0")


def error_fields(body: bytes) -> dict[str, str]:
    """The fields of an ErrorResponse by their one-letter keys (C: SQLSTATE, M: text)."""
    fields = [part.decode("utf-8", "replace") for part in body.split(b"\0") if part]
    return {part[0]: part[1:] for part in fields}


@dataclass
class Messages:
    """Cuts a stream of bytes into typed messages. Feed it whatever arrives, in order."""

    _rest: bytearray = field(default_factory=bytearray)

    def feed(self, data: bytes) -> Iterator[tuple[bytes, bytes]]:
        """(type, body) of every message that `data` completes."""
        rest = self._rest
        rest += data
        start = 0
        while len(rest) - start >= 5:
            length = _LENGTH.unpack_from(rest, start + 1)[0]
            end = start + 1 + length
            if len(rest) < end:
                break
            yield bytes(rest[start : start + 1]), bytes(rest[start + 5 : end])
            start = end
        del rest[:start]


def shipped_to(body: bytes) -> int | None:
    """The position in the write-ahead log that a CopyData message brings a standby to; None for others.

    Positions are the 64-bit numbers that PostgreSQL prints as `0/16B3748`.
    """
    if body[:1] != b"w" or len(body) < 25:
        return None
    start, _, _ = _XLOG_DATA.unpack_from(body, 1)
    return int(start) + len(body) - 25


def position(text: str) -> int:
    """A position in the write-ahead log as a number.

    >>> position("1/10")
    4294967312
    """
    high, _, low = text.partition("/")
    return (int(high, 16) << 32) + int(low, 16)


def _options(text: str) -> dict[str, str]:
    try:
        words = shlex.split(text)
    except ValueError:
        return {}
    found: dict[str, str] = {}
    pending = False
    for word in words:
        if pending or word.startswith(("-c", "--")):
            setting = word if pending else word[2:]
            pending = not setting
            name, _, value = setting.partition("=")
            found[name.replace("-", "_").lower()] = value
    found.pop("", None)
    return found
