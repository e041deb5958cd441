"""Brings a database's schema up to date: the numbered files of sql/, each once, and the application's role.

Event: {"database": name}, by default `orders`. Runs as the administrator, on the writer. Asking twice, or
twice at once, changes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pg8000.native
from shared import environment, logs, postgres, scram, secret

FOLDER = Path(__file__).parent / "sql"
# Building an index takes longer than a request may.
STATEMENT_LIMIT = "SET statement_timeout = '25s'"
# held while a migration runs, so that two at once do not meet
LOCK = 4702111234474983746

LEDGER = """
    CREATE TABLE IF NOT EXISTS public.schema_migrations (
        name text PRIMARY KEY,
        sha256 text NOT NULL,
        applied_at timestamptz NOT NULL DEFAULT now()
    )
"""
# What the application may do; what it may not, raise the fence above all, is not granted.
GRANTS = (
    "GRANT USAGE ON SCHEMA orders TO %I",
    "GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA orders TO %I",
)


class Changed(Exception):
    """A migration that was applied has been edited since; the message names it."""


class Migration(NamedTuple):
    """One file of sql/."""

    name: str
    statements: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.statements.encode()).hexdigest()


def handler(event: object, _context: object) -> dict[str, Any]:
    """Apply what is missing; the names of what was applied now and of what is in force. Raises on failure."""
    asked = event if isinstance(event, Mapping) else {}
    name = str(asked.get("database") or "orders")
    administrator = postgres.database(name, admin=True)
    application = secret.credentials(postgres.database(name).secret, fresh=True)

    def migrate(connection: pg8000.native.Connection) -> dict[str, Any]:
        connection.run(STATEMENT_LIMIT)
        applied = apply(connection, migrations())
        grant(connection, application["username"], application["password"])
        return {"database": name, "applied": applied, "in_force": [one.name for one in migrations()]}

    result = postgres.writing(administrator, environment.region(), migrate)
    logs.log("INFO", "migrated", **result)
    return result


def migrations(folder: Path = FOLDER) -> list[Migration]:
    """The files of a folder, by number."""
    return [Migration(path.stem, path.read_text()) for path in sorted(folder.glob("[0-9]*.sql"))]


def apply(connection: pg8000.native.Connection, wanted: list[Migration]) -> list[str]:
    """Apply what the ledger lacks, all in one transaction; the names of what was applied. Raises Changed."""
    connection.run("START TRANSACTION")
    connection.run(f"SELECT pg_advisory_xact_lock({LOCK})")
    connection.run(LEDGER)
    known = dict(connection.run("SELECT name, sha256 FROM public.schema_migrations"))
    applied = []
    for migration in wanted:
        if known.get(migration.name) == migration.sha256:
            continue
        if migration.name in known:
            raise Changed(f"{migration.name} has been applied and edited since: add a new migration instead")
        # without parameters: the simple query protocol, which takes several statements
        connection.execute_simple(migration.statements)
        connection.run(
            "INSERT INTO public.schema_migrations (name, sha256) VALUES (:name, :sha256)",
            name=migration.name,
            sha256=migration.sha256,
        )
        applied.append(migration.name)
    connection.run("COMMIT")
    return applied


def grant(connection: pg8000.native.Connection, role: str, password: str) -> None:
    """The application's role, made if it is missing and given its rights; its password only when it is made.

    After that the password is rotation's. What goes over the wire, and into the server's log, is a verifier.
    """
    connection.run("START TRANSACTION")
    connection.run(f"SELECT pg_advisory_xact_lock({LOCK})")
    if not connection.run("SELECT FROM pg_roles WHERE rolname = :role", role=role):
        verifier = scram.verifier(password)
        ((statement,),) = connection.run(
            "SELECT format('CREATE ROLE %I LOGIN PASSWORD %L', CAST(:role AS text), CAST(:verifier AS text))",
            role=role,
            verifier=verifier,
        )
        connection.run(statement)
    for template in GRANTS:
        ((statement,),) = connection.run(
            "SELECT format(:template, CAST(:role AS text))", template=template, role=role
        )
        connection.run(statement)
    connection.run("COMMIT")
