"""A session of our own with a PostgreSQL server, to administer it: simple queries over its socket.

No driver, because drivers block and this runs on the sandbox's loop.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from harness.sandbox.services.rds.aurora import wire

ADMINISTRATOR = "rdsadmin"


class SqlError(RuntimeError):
    """The server refused a statement; the message is the server's, `code` its SQLSTATE."""

    def __init__(self, text: str, code: str) -> None:
        super().__init__(text)
        self.code = code


class Session:
    """One connection as the administrator. Statements go one after another, whoever sends them."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._turn = asyncio.Lock()
        self._broken = False

    @property
    def usable(self) -> bool:
        """False after the connection was lost, or left in the middle of an answer."""
        return not self._broken and not self._writer.is_closing()

    async def query(self, sql: str) -> list[tuple[str | None, ...]]:
        """The rows of the last statement, every value as text. Raises SqlError, OSError (connection lost)."""
        async with self._turn:
            self._broken = True
            self._writer.write(wire.message(b"Q", sql.encode() + b"\0"))
            rows = await self._until_ready()
            self._broken = False
            return rows

    def close(self) -> None:
        self._writer.close()

    async def _until_ready(self) -> list[tuple[str | None, ...]]:
        rows: list[tuple[str | None, ...]] = []
        failed: SqlError | None = None
        while True:
            kind, body = await self._next()
            if kind == b"D":
                rows.append(_values(body))
            elif kind == b"E":
                fields = wire.error_fields(body)
                failed = SqlError(fields.get("M", "no message"), fields.get("C", ""))
                if fields.get("V") == "FATAL":
                    raise failed
            elif kind == b"Z":
                self._broken = False
                if failed is not None:
                    raise failed
                return rows

    async def _next(self) -> tuple[bytes, bytes]:
        try:
            head = await self._reader.readexactly(5)
            return head[:1], await self._reader.readexactly(int.from_bytes(head[1:], "big") - 4)
        except asyncio.IncompleteReadError:
            raise ConnectionResetError("the server closed the connection") from None


async def connect(socket_file: Path, *, database: str = "postgres") -> Session:
    """A session with the server that listens at `socket_file`.

    Raises OSError when nobody listens, SqlError when the server does not take sessions (yet).
    """
    reader, writer = await asyncio.open_unix_connection(str(socket_file))
    session = Session(reader, writer)
    try:
        writer.write(wire.startup_message({"user": ADMINISTRATOR, "database": database}))
        await session._until_ready()
    except BaseException:
        writer.close()
        raise
    return session


def literal(text: str) -> str:
    """`text` as an SQL string."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """`name` as an SQL identifier, its case kept."""
    return '"' + name.replace('"', '""') + '"'


def _values(body: bytes) -> tuple[str | None, ...]:
    values: list[str | None] = []
    at = 2
    for _ in range(int.from_bytes(body[:2], "big")):
        length = int.from_bytes(body[at : at + 4], "big", signed=True)
        at += 4
        if length < 0:
            values.append(None)
        else:
            values.append(body[at : at + length].decode("utf-8", "replace"))
            at += length
    return tuple(values)
