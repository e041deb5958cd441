"""The RDS Data API on Aurora PostgreSQL clusters: SQL over HTTP, on the writer alone.

Rules, from the Amazon Aurora User Guide, "Limitations for the Amazon RDS Data API" (queries, reads included,
fail on a secondary cluster until it is promoted, because it has no writer instance) and "Using RDS Data API";
errors from the RDS Data Service API reference. Not emulated: the limits on the size of answers, and on the
time that statements and transactions may take.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from harness.sandbox.requests.messages import Answer
from harness.sandbox.services.rds.aurora import stored
from harness.sandbox.services.rds.aurora.cluster import Cluster
from harness.sandbox.services.rds.aurora.data_types import (
    field_of,
    json_of,
    metadata_of,
    prepare_results,
    value_and_type,
)
from harness.sandbox.services.rds.aurora.databases import Databases

Json = Mapping[str, Any]
T = TypeVar("T")

# The Data API ends a call after 45 s.
CALL_SECONDS = 45


class Failure(Exception):
    """An error of the API: its code, its message, its HTTP status."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


@dataclass
class _Transaction:
    cluster: Cluster
    connection: Any
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


class DataApi:
    """All methods belong to the sandbox's loop; the driver works in threads."""

    def __init__(self, databases: Databases) -> None:
        self._databases = databases
        self._transactions: dict[str, _Transaction] = {}
        self._operations = {
            "/Execute": self._execute,
            "/BatchExecute": self._batch,
            "/BeginTransaction": self._begin,
            "/CommitTransaction": self._commit,
            "/RollbackTransaction": self._roll_back,
        }

    async def close(self) -> None:
        for transaction in self._transactions.values():
            await asyncio.to_thread(_close, transaction.connection)
        self._transactions.clear()

    async def handle(self, path: str, body: bytes) -> Answer | None:
        """The answer to a request for one of our clusters; None when it is for anything else."""
        try:
            request = json.loads(body or b"{}")
        except ValueError:
            return None
        key = stored.key_of_arn(str(request.get("resourceArn", "")))
        operation = self._operations.get(path)
        if key is None or operation is None or key not in self._databases.clusters:
            return None
        try:
            return _answer(200, await operation(self._databases.clusters[key], request))
        except Failure as failure:
            body_of_error = {"message": str(failure), "__type": failure.code}
            status, headers, content = _answer(failure.status, body_of_error)
            return status, {**headers, "x-amzn-errortype": failure.code}, content

    async def _execute(self, cluster: Cluster, request: Json) -> Json:
        sql = _needed(request, "sql")
        parameters = request.get("parameters") or []
        shape = "JSON" if request.get("formatRecordsAs") == "JSON" else "NONE"
        with_metadata = bool(request.get("includeResultMetadata")) and shape == "NONE"

        def run(connection: Any) -> Json:
            return _statement(connection, sql, parameters, shape=shape, with_metadata=with_metadata)

        return await self._on_connection(cluster, request, run)

    async def _batch(self, cluster: Cluster, request: Json) -> Json:
        sql = _needed(request, "sql")
        sets = request.get("parameterSets") or [[]]

        def run(connection: Any) -> Json:
            for parameters in sets:
                _statement(connection, sql, parameters)
            return {"updateResults": [{"generatedFields": []} for _ in sets]}

        return await self._on_connection(cluster, request, run, atomic=True)

    async def _begin(self, cluster: Cluster, request: Json) -> Json:
        connection = await self._connect(cluster, request)
        await self._work(lambda: connection.run("START TRANSACTION"))
        identifier = uuid.uuid4().hex
        self._transactions[identifier] = _Transaction(cluster, connection)
        return {"transactionId": identifier}

    async def _commit(self, cluster: Cluster, request: Json) -> Json:
        await self._end(cluster, request, "COMMIT")
        await cluster.settled()
        return {"transactionStatus": "Transaction Committed"}

    async def _roll_back(self, cluster: Cluster, request: Json) -> Json:
        await self._end(cluster, request, "ROLLBACK")
        return {"transactionStatus": "Rollback Complete"}

    async def _end(self, cluster: Cluster, request: Json, statement: str) -> None:
        transaction = self._transaction(cluster, _needed(request, "transactionId"))
        del self._transactions[request["transactionId"]]
        try:
            async with transaction.turn:
                self._check_writer(cluster)
                await self._work(lambda: transaction.connection.run(statement))
        finally:
            await asyncio.to_thread(_close, transaction.connection)

    async def _on_connection(
        self, cluster: Cluster, request: Json, run: Callable[[Any], Json], *, atomic: bool = False
    ) -> Json:
        """What `run` gives on the transaction's connection, or on one of its own, committed after it."""
        if identifier := request.get("transactionId"):
            transaction = self._transaction(cluster, identifier)
            async with transaction.turn:
                self._check_writer(cluster)
                return await self._work(lambda: run(transaction.connection))
        connection = await self._connect(cluster, request)
        try:
            if not atomic:
                result = await self._work(lambda: run(connection))
            else:
                await self._work(lambda: connection.run("START TRANSACTION"))
                result = await self._work(lambda: run(connection))
                await self._work(lambda: connection.run("COMMIT"))
        finally:
            await asyncio.to_thread(_close, connection)
        await cluster.settled()
        return result

    def _transaction(self, cluster: Cluster, identifier: str) -> _Transaction:
        found = self._transactions.get(identifier)
        if found is None or found.cluster is not cluster:
            raise Failure("TransactionNotFoundException", f"Transaction {identifier} is not found", 404)
        return found

    def _check_writer(self, cluster: Cluster) -> None:
        """Raises Failure when the cluster has no writer instance that could be reached."""
        if not cluster.record.get("HttpEndpointEnabled"):
            raise Failure("HttpEndpointNotEnabledException", "HttpEndpoint is not enabled for cluster.")
        if not stored.instances(cluster.key):
            raise Failure("DatabaseNotFoundException", "The DB cluster doesn't have a DB instance.", 404)
        verdict = cluster.judge(cluster.region)
        if (
            not cluster.available
            or not cluster.is_writer
            or (verdict is not None and verdict.mode is not None)
        ):
            raise Failure(
                "DatabaseUnavailableException", "The writer instance in the DB cluster isn't available.", 504
            )

    async def _connect(self, cluster: Cluster, request: Json) -> Any:
        self._check_writer(cluster)
        user, password = _credentials(_needed(request, "secretArn"))
        database = request.get("database") or cluster.record.get("DatabaseName") or "postgres"
        assert cluster.server is not None
        path = str(cluster.server.socket_file)

        def connect() -> Any:
            connection = importlib.import_module("pg8000.native").Connection(
                user or str(cluster.record["MasterUsername"]),
                password=password,
                database=database,
                unix_sock=path,
                timeout=CALL_SECONDS,
            )
            prepare_results(connection)
            return connection

        return await self._work(connect)

    async def _work(self, function: Callable[[], T]) -> T:
        """The result of `function`, called in a thread; what the driver raises becomes the API's error."""
        errors = importlib.import_module("pg8000.exceptions")
        try:
            return await asyncio.to_thread(function)
        except errors.DatabaseError as error:
            raise _database_failure(error) from error
        except (errors.Error, OSError) as error:
            raise Failure("DatabaseUnavailableException", f"The connection was lost: {error}", 504) from error
        except (KeyError, TypeError, ValueError) as error:
            raise Failure("BadRequestException", f"The parameters cannot be used: {error}") from error


def _statement(
    connection: Any,
    sql: str,
    parameters: Sequence[Json],
    *,
    shape: str = "NONE",
    with_metadata: bool = False,
) -> dict[str, Any]:
    values, types = {}, {}
    for parameter in parameters:
        name = str(parameter["name"])
        values[name], types[name] = value_and_type(parameter)
    rows = connection.run(sql, types=types, **values) if parameters else connection.run(sql)
    columns = connection.columns
    answer: dict[str, Any] = {"generatedFields": [], "numberOfRecordsUpdated": _updated(sql, connection)}
    if columns is not None and shape == "JSON":
        named = [{c["name"]: json_of(value) for c, value in zip(columns, row, strict=True)} for row in rows]
        answer["formattedRecords"] = json.dumps(named)
    elif columns is not None:
        answer["records"] = [[field_of(value) for value in row] for row in rows or []]
        if with_metadata:
            answer["columnMetadata"] = [metadata_of(column) for column in columns]
    return answer


def _updated(sql: str, connection: Any) -> int:
    """How many rows a statement changed; the driver counts those that a query gives, too."""
    word = sql.split(maxsplit=1)[0].upper() if sql.split() else ""
    count = connection.row_count
    return max(0, int(count)) if word in ("INSERT", "UPDATE", "DELETE", "MERGE") and count is not None else 0


def _database_failure(error: Exception) -> Failure:
    detail = error.args[0] if error.args and isinstance(error.args[0], dict) else {}
    code, text = detail.get("C", ""), detail.get("M", str(error))
    if code == "57014":
        return Failure("StatementTimeoutException", text)
    where = f"; Position: {detail['P']}" if "P" in detail else ""
    return Failure("DatabaseErrorException", f"ERROR: {text}{where}; SQLState: {code}")


def _credentials(secret_arn: str) -> tuple[str | None, str]:
    """User and password in a secret, by MiniStack's Secrets Manager. Raises Failure."""
    user, password, problem = stored.secret_credentials(secret_arn)
    if problem is not None:
        raise Failure("SecretsErrorException", json.loads(problem).get("message", "no such secret"))
    return user, password


def _needed(request: Json, name: str) -> str:
    value = request.get(name)
    if not value:
        raise Failure("BadRequestException", f"{name} is required")
    return str(value)


def _answer(status: int, content: Json) -> Answer:
    return status, {"Content-Type": "application/json"}, json.dumps(content).encode()


def _close(connection: Any) -> None:
    with contextlib.suppress(Exception):
        connection.close()
