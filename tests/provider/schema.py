"""Shorten the AWS provider's schema to the types that somebody uses.

The provider answers GetProviderSchema with 1,500 resource types, 5 MB. Terraform decodes all of them in every
process: two seconds of processor time for a root that uses ten. The answer is a protobuf message
(`GetProviderSchema.Response` in tfplugin5.proto of hashicorp/terraform-plugin-go); each type is an entry of a
map, so an entry can be left out without reading what is in it. Terraform says of a type that is left out:
`The provider hashicorp/aws does not support resource type "aws_..."`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

RESOURCES, DATA_SOURCES, EPHEMERAL_RESOURCES = 2, 3, 8
"""The fields of `GetProviderSchema.Response` that are maps from type to schema."""

_MAPS = (RESOURCES, DATA_SOURCES, EPHEMERAL_RESOURCES)
_KEY = 1
_VARINT, _LENGTH_DELIMITED = 0, 2
_TYPE = re.compile(r"\baws_[a-z0-9_]+")
_SUFFIXES = (".hcl", ".json", ".py", ".tf")


class Field(NamedTuple):
    """A field of a protobuf message: its number, its value, and all its bytes with tag and length."""

    number: int
    value: bytes
    encoded: bytes


def with_types(response: bytes, types: Iterable[str]) -> bytes:
    """The response without the resource, data and ephemeral types that are not among `types`."""
    wanted = {type_.encode() for type_ in types}
    return b"".join(
        field.encoded for field in fields(response) if field.number not in _MAPS or _key(field) in wanted
    )


def types_of(response: bytes, number: int) -> list[str]:
    """The types in one of the response's maps, in its order."""
    return [_key(field).decode() for field in fields(response) if field.number == number]


def types_named_in(folders: Iterable[Path]) -> set[str]:
    """Every `aws_...` in the Terraform, JSON and Python files below the folders."""
    files = (file for folder in folders for file in folder.rglob("*") if file.suffix in _SUFFIXES)
    return {type_ for file in files if file.is_file() for type_ in _TYPE.findall(file.read_text("utf-8"))}


def fields(message: bytes) -> Iterator[Field]:
    """The fields of a message. Raises ValueError for a kind of field that the response does not have."""
    position = 0
    while position < len(message):
        start = position
        tag, position = _varint(message, position)
        kind = tag & 7
        length, position = _varint(message, position)
        if kind == _VARINT:
            length = 0
        elif kind != _LENGTH_DELIMITED:
            raise ValueError(f"field {tag >> 3} of the message is of wire type {kind}")
        end = position + length
        yield Field(tag >> 3, message[position:end], message[start:end])
        position = end


def _key(entry: Field) -> bytes:
    return next((field.value for field in fields(entry.value) if field.number == _KEY), b"")


def _varint(message: bytes, position: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = message[position]
        position += 1
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return number, position
