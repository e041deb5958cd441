"""PostgreSQL through pg8000: sessions of this region's cluster, to read here and write where the writer is.

In an Aurora global database only the primary cluster has a writer endpoint. A secondary's reader endpoint
takes writes too, in a session that asks for write forwarding, and sends them to the primary (Amazon Aurora
User Guide, "Using write forwarding in an Aurora PostgreSQL global database"). There a statement may not use
SAVEPOINT, LOCK, sequences or functions of one's own.
"""

from __future__ import annotations

import contextlib
import functools
import ipaddress
import os
import ssl
from collections.abc import Callable
from typing import Any, Literal, NamedTuple, TypeVar

import pg8000.native
from pg8000.exceptions import DatabaseError, InterfaceError

from shared import environment, secret
from shared.requests import TryAgain

# Less than the functions' own limit of 5 s, and than API Gateway's.
CONNECT_SECONDS = 2.0
STATEMENT_MILLISECONDS = 2000
NOT_WRITABLE = "not_writable"

# PostgreSQL Documentation, Appendix A, "PostgreSQL Error Codes".
INVALID_PASSWORD, INVALID_AUTHORIZATION = "28P01", "28000"
READ_ONLY = "25006"
# admin_shutdown, crash_shutdown, cannot_connect_now, too_many_connections, query_canceled,
# lock_not_available, serialization_failure, deadlock_detected; 08 is the class of connection errors
_PASSING = ("57P01", "57P02", "57P03", "53300", "57014", "55P03", "40001", "40P01")
# what the trigger of the fence raises (migrations/0001_fence.sql)
STALE_EPOCH = "AP001"

T = TypeVar("T")


class Database(NamedTuple):
    """A database as the environment variables DATABASE_<NAME>_... tell it."""

    endpoint: str
    reader_endpoint: str
    port: int
    name: str
    secret: str


def database(name: str, *, admin: bool = False) -> Database:
    """The settings of the database `name`, with the application's secret or the administrator's."""
    prefix = f"DATABASE_{name.upper().replace('-', '_')}"
    endpoint = environment.variable(f"{prefix}_ENDPOINT")
    return Database(
        endpoint=endpoint,
        reader_endpoint=os.environ.get(f"{prefix}_READER_ENDPOINT") or endpoint,
        port=int(os.environ.get(f"{prefix}_PORT") or 5432),
        name=environment.variable(f"{prefix}_NAME"),
        secret=environment.variable(f"{prefix}_ADMIN_SECRET" if admin else f"{prefix}_SECRET"),
    )


class Session(NamedTuple):
    """Where a connection leads, and how: connections are kept by this."""

    host: str
    forwards: bool


_connections: dict[tuple[Database, Session], pg8000.native.Connection] = {}


def reading(target: Database, work: Callable[[pg8000.native.Connection], T]) -> T:
    """What `work` returns with a session of this region's reader. Raises TryAgain for outages."""
    return _run(target, Session(target.reader_endpoint, forwards=False), work)


def writing(target: Database, writer: str, work: Callable[[pg8000.native.Connection], T]) -> T:
    """What `work` returns with a session that can write while `writer` is the region that has the writer.

    Raises TryAgain for outages and for databases that do not take writes now. `work` may be done twice, if
    the first time it met a connection that had died: it must be safe to repeat.
    """
    if writer == environment.region():
        return _run(target, Session(target.endpoint, forwards=False), work)
    return _run(target, Session(target.reader_endpoint, forwards=True), work)


def answers(target: Database, *, seconds: float) -> str | None:
    """None when this region's cluster answers a new session within about `seconds` a step, else the cause.

    A new session each time: one that was kept would say nothing about those that clients will need.
    """
    try:
        with contextlib.closing(
            _opened(target, Session(target.reader_endpoint, forwards=False), seconds)
        ) as session:
            session.run("SELECT 1")
    except DatabaseError as error:
        return code(error) or "DatabaseError"
    except (InterfaceError, OSError) as error:
        return type(error).__name__
    except TryAgain as error:
        return error.reason
    return None


def code(error: DatabaseError) -> str:
    """The SQLSTATE of an error, or nothing."""
    told = error.args[0] if error.args else {}
    return str(told.get("C", "")) if isinstance(told, dict) else ""


def forget() -> None:
    """Close what is kept, as a new worker would start."""
    for connection in _connections.values():
        _closed(connection)
    _connections.clear()


def connect(
    target: Database, session: Session, credentials: dict[str, Any], *, seconds: float = CONNECT_SECONDS
) -> pg8000.native.Connection:
    """A new connection. Raises InterfaceError, DatabaseError or OSError."""
    options = f"-c statement_timeout={STATEMENT_MILLISECONDS}"
    if session.forwards:
        # reads in this session see its own writes
        options += " -c apg_write_forward.consistency_mode=session"
    return pg8000.native.Connection(
        user=credentials["username"],
        password=credentials["password"],
        host=session.host,
        port=target.port,
        database=target.name,
        timeout=seconds,
        ssl_context=_encryption(session.host),
        application_name=os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "antipode"),
        startup_params={"options": options},
    )


def _run(target: Database, session: Session, work: Callable[[pg8000.native.Connection], T]) -> T:
    kept = _connections.get((target, session))
    if kept is not None:
        try:
            return _done(target, session, kept, work)
        except (InterfaceError, OSError):
            # it died while the worker slept, or with a promotion: a new one tells which
            pass
    try:
        return _done(target, session, _opened(target, session), work)
    except (InterfaceError, OSError) as error:
        raise TryAgain(NOT_WRITABLE, f"the database does not answer: {type(error).__name__}") from error


def _done(
    target: Database,
    session: Session,
    connection: pg8000.native.Connection,
    work: Callable[[pg8000.native.Connection], T],
) -> T:
    """Do the work, and keep the connection only if it can be used again."""
    try:
        result = work(connection)
    except DatabaseError as error:
        _dropped(target, session, connection)
        if code(error) == READ_ONLY or code(error) in _PASSING or code(error).startswith("08"):
            raise TryAgain(NOT_WRITABLE, f"the database does not take this now: {code(error)}") from error
        raise
    except BaseException:
        _dropped(target, session, connection)
        raise
    _connections[target, session] = connection
    return result


def _opened(target: Database, session: Session, seconds: float = CONNECT_SECONDS) -> pg8000.native.Connection:
    """A connection with the known credentials, or once more with fresh ones: they may have been rotated."""
    try:
        return connect(target, session, secret.credentials(target.secret), seconds=seconds)
    except DatabaseError as error:
        if code(error) in (INVALID_PASSWORD, INVALID_AUTHORIZATION):
            return connect(target, session, secret.credentials(target.secret, fresh=True), seconds=seconds)
        raise TryAgain(NOT_WRITABLE, f"the database refuses connections: {code(error)}") from error


def _dropped(target: Database, session: Session, connection: pg8000.native.Connection) -> None:
    _connections.pop((target, session), None)
    _closed(connection)


def _closed(connection: pg8000.native.Connection) -> None:
    try:
        connection.close()
    except (InterfaceError, OSError):
        return


@functools.cache
def _encryption(host: str) -> ssl.SSLContext | Literal[False]:
    """TLS, but for a loopback address. With the file DATABASE_CA_BUNDLE the server is verified.

    pg8000 takes None for "a context of your own", and reads the system's store for every connection.
    """
    if _is_loopback(host):
        return False
    bundle = os.environ.get("DATABASE_CA_BUNDLE")
    context = ssl.create_default_context(cafile=bundle or None)
    if not bundle:
        # Amazon's authorities for RDS are in no system's store; the network is private
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
