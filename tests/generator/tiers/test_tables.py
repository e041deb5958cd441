"""Which modules a table becomes: on demand with its replicas inside, provisioned with replicas beside it."""

from __future__ import annotations

from generator.stacks import stacks
from generator.terraform.calls import ModuleCall
from tests.generator.short_manifest import Load

PROVISIONED = (
    "items: {hash_key: pk}",
    "items: {hash_key: pk, billing: {mode: provisioned, write: {max: 50}}}",
)


def tables(load: Load, *changes: tuple[str, str]) -> list[ModuleCall]:
    (data,) = [stack for stack in stacks(load(*changes)) if stack.name == "data"]
    return [call for call in data.calls if call.label.startswith("table")]


def test_a_table_on_demand_has_its_replicas_inside(load: Load) -> None:
    (table,) = tables(load)
    assert (table.module, list(table.arguments["replicas"])) == ("data/global_table", ["us-west-2"])  # type: ignore[call-overload]


def test_a_provisioned_table_has_its_replicas_beside_it_and_after_it(load: Load) -> None:
    table, replica = tables(load, PROVISIONED)
    assert (table.module, table.region) == ("data/provisioned_table", "us-east-1")
    assert table.arguments["write_capacity"] == {"min": 1, "max": 50, "target": 70}
    assert "replicas" not in table.arguments
    assert (replica.module, replica.region, replica.depends_on) == (
        "data/table_replica",
        "us-west-2",
        (table.label,),
    )
    assert replica.arguments["table_arn"] == "arn:aws:dynamodb:us-east-1:123456789012:table/prod-items"
    assert replica.arguments["deletion_protection"] == table.arguments["deletion_protection"]


def test_the_table_keeps_its_label_when_its_billing_mode_changes(load: Load) -> None:
    """Both modules call the table aws_dynamodb_table.this, so its address stays."""
    assert tables(load)[0].label == tables(load, PROVISIONED)[0].label
