from __future__ import annotations

from pathlib import Path

import pytest

from tests.provider import schema
from tests.provider.schema import DATA_SOURCES, EPHEMERAL_RESOURCES, RESOURCES

PROVIDER, FUNCTIONS = 1, 7


def field(number: int, value: bytes) -> bytes:
    """A length-delimited field as protobuf encodes it."""
    return varint(number << 3 | 2) + varint(len(value)) + value


def varint(number: int) -> bytes:
    low, rest = number & 0x7F, number >> 7
    return bytes([low | 0x80]) + varint(rest) if rest else bytes([low])


def entry(number: int, type_: str, described: bytes = b"described") -> bytes:
    return field(number, field(1, type_.encode()) + field(2, described))


def test_types_that_nobody_names_are_left_out_and_everything_else_stays_as_it_was() -> None:
    long = b"described" * 40
    kept = [
        field(PROVIDER, b"the provider's own schema"),
        entry(RESOURCES, "aws_s3_bucket", long),
        entry(DATA_SOURCES, "aws_region"),
        field(FUNCTIONS, b"a function"),
    ]
    left_out = [
        entry(RESOURCES, "aws_lambda_alias", long),
        entry(DATA_SOURCES, "aws_ami"),
        entry(EPHEMERAL_RESOURCES, "aws_kms_secrets"),
    ]
    response = b"".join([kept[0], left_out[0], kept[1], left_out[1], kept[2], left_out[2], kept[3]])
    assert schema.with_types(response, {"aws_region", "aws_s3_bucket"}) == b"".join(kept)


def test_the_types_of_each_map_are_told_apart() -> None:
    response = entry(RESOURCES, "aws_s3_bucket") + entry(DATA_SOURCES, "aws_s3_bucket")
    response += entry(RESOURCES, "aws_kms_key")
    assert schema.types_of(response, RESOURCES) == ["aws_s3_bucket", "aws_kms_key"]
    assert schema.types_of(response, DATA_SOURCES) == ["aws_s3_bucket"]
    assert schema.types_of(response, EPHEMERAL_RESOURCES) == []


def test_a_field_of_another_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="field 3 of the message is of wire type 5"):
        list(schema.fields(bytes([3 << 3 | 5, 0, 0, 0, 0])))


def test_a_number_is_a_field_too() -> None:
    number = varint(6 << 3) + varint(300)
    assert [field.encoded for field in schema.fields(number + field(1, b"x"))] == [number, field(1, b"x")]


def test_types_are_those_that_terraform_json_and_python_files_name(tmp_path: Path) -> None:
    (tmp_path / "module").mkdir()
    (tmp_path / "module" / "main.tf").write_text('resource "aws_s3_bucket" "this" {}\n')
    (tmp_path / "test.py").write_text('"data.aws_region.this"')
    (tmp_path / "README.md").write_text("aws_ami")
    assert schema.types_named_in([tmp_path]) == {"aws_s3_bucket", "aws_region"}
