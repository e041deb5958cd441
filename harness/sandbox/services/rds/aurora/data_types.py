"""Values of the RDS Data API and of PostgreSQL, each told in terms of the other. Pure.

Source: RDS Data Service API reference, Field, SqlParameter (typeHint) and ColumnMetadata; Amazon Aurora User
Guide, "Amazon RDS Data API operations reference".
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, NamedTuple


class _Type(NamedTuple):
    oid: int
    name: str
    jdbc: int


_TYPES = (
    _Type(16, "bool", -7),
    _Type(17, "bytea", -2),
    _Type(20, "int8", -5),
    _Type(21, "int2", 5),
    _Type(23, "int4", 4),
    _Type(25, "text", 12),
    _Type(114, "json", 1111),
    _Type(700, "float4", 7),
    _Type(701, "float8", 8),
    _Type(1042, "bpchar", 1),
    _Type(1043, "varchar", 12),
    _Type(1082, "date", 91),
    _Type(1083, "time", 92),
    _Type(1114, "timestamp", 93),
    _Type(1184, "timestamptz", 93),
    _Type(1700, "numeric", 2),
    _Type(2950, "uuid", 1111),
    _Type(3802, "jsonb", 1111),
)
_BY_OID = {each.oid: each for each in _TYPES}
_VARCHAR = 1043
_INFERRED = -1
# A string stays a varchar, as on AWS, where `WHERE id = :id` on a uuid column needs a cast or a hint.
_HINTS = {"DATE": 1082, "DECIMAL": 1700, "JSON": 3802, "TIME": 1083, "TIMESTAMP": 1114, "UUID": 2950}
# What the API gives as text that a driver would turn into objects.
_AS_TEXT = (114, 1082, 1083, 1114, 1184, 1186, 1700, 2950, 3802)


def prepare_results(connection: Any) -> None:
    """Let the driver leave dates, numbers of any precision, JSON and UUIDs as PostgreSQL's own text."""
    for oid in _AS_TEXT:
        connection.register_in_adapter(oid, str)


def value_and_type(parameter: Mapping[str, Any]) -> tuple[Any, int]:
    """What a SqlParameter stands for, and the type (a PostgreSQL oid) to send it as, -1 to have it inferred.

    >>> value_and_type({"name": "n", "value": {"longValue": 3}})
    (3, 20)
    >>> value_and_type({"name": "id", "value": {"stringValue": "a"}})
    ('a', 1043)
    """
    value = parameter.get("value") or {}
    hint = _HINTS.get(str(parameter.get("typeHint", "")), _INFERRED)
    if "stringValue" in value:
        return str(value["stringValue"]), _VARCHAR if hint == _INFERRED else hint
    if "blobValue" in value:
        return base64.b64decode(value["blobValue"]), 17
    for kind, oid in (("longValue", 20), ("doubleValue", 701), ("booleanValue", 16)):
        if kind in value:
            return value[kind], oid
    if "arrayValue" in value:
        return next(iter(value["arrayValue"].values()), []), _INFERRED
    return None, hint


def field_of(value: Any) -> dict[str, Any]:
    """One value of a row as a Field.

    >>> field_of(7), field_of(None)
    ({'longValue': 7}, {'isNull': True})
    """
    if value is None:
        return {"isNull": True}
    if isinstance(value, bool):
        return {"booleanValue": value}
    if isinstance(value, int):
        return {"longValue": value}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, bytes):
        return {"blobValue": base64.b64encode(value).decode()}
    if isinstance(value, list):
        return {"arrayValue": _array(value)}
    return {"stringValue": str(value)}


def json_of(value: Any) -> Any:
    """One value of a row in formattedRecords: a JSON value where there is one, else text.

    >>> json_of(7), json_of(b"a")
    (7, 'YQ==')
    """
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def metadata_of(column: Mapping[str, Any]) -> dict[str, Any]:
    """A column of a result as ColumnMetadata."""
    found = _BY_OID.get(int(column["type_oid"]), _Type(0, "text", 12))
    return {
        "arrayBaseColumnType": 0,
        "isAutoIncrement": False,
        "isCaseSensitive": found.name in ("text", "varchar", "bpchar"),
        "isCurrency": False,
        "isSigned": found.name in ("int2", "int4", "int8", "float4", "float8", "numeric"),
        "label": column["name"],
        "name": column["name"],
        "nullable": 1,
        "precision": 0,
        "scale": 0,
        "schemaName": "",
        "tableName": "",
        "type": found.jdbc,
        "typeName": found.name,
    }


def _array(values: list[Any]) -> dict[str, Any]:
    kinds = {bool: "booleanValues", int: "longValues", float: "doubleValues"}
    kind = kinds.get(type(values[0]), "stringValues") if values else "stringValues"
    return {kind: values if kind != "stringValues" else [str(value) for value in values]}
