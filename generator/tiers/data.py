"""The data tier: what must be present in every region that may have to serve."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from generator import naming
from generator.calls import Declaration, ModuleCall
from generator.fields import KeyAttribute, Name, Part
from generator.hcl import Reference, Value
from generator.naming import resource_label

if TYPE_CHECKING:
    from generator.manifest import Manifest

KeyType = Literal["S", "N", "B"]


class Capacity(Part):
    """Bounds between which provisioned capacity follows the load."""

    min: Annotated[int, Field(ge=1)] = Field(1, description="Capacity units at the least.")
    max: Annotated[int, Field(ge=1)] = Field(10, description="Capacity units at the most.")
    target: Annotated[int, Field(ge=20, le=90)] = Field(70, description="Utilisation in percent to keep to.")

    @model_validator(mode="after")
    def _bounds_in_order(self) -> Capacity:
        if self.min > self.max:
            raise ValueError(f"min ({self.min}) must not be above max ({self.max})")
        return self


class Billing(Part):
    """How the table is paid for."""

    mode: Literal["on-demand", "provisioned"] = Field("on-demand", description="Billing mode.")
    read: Capacity = Field(default_factory=lambda: Capacity(), description="Read capacity if provisioned.")
    write: Capacity = Field(default_factory=lambda: Capacity(), description="Write capacity if provisioned.")


class Table(Part):
    """A DynamoDB global table with a replica in every region."""

    hash_key: KeyAttribute = Field(description="Partition key.")
    hash_key_type: KeyType = Field("S", description="S, N or B.")
    range_key: KeyAttribute | None = Field(None, description="Sort key, if it has one.")
    range_key_type: KeyType = Field("S", description="S, N or B.")
    billing: Billing = Field(default_factory=lambda: Billing(), description="How it is paid for.")
    point_in_time_recovery: bool = Field(True, description="Continuous backups of the last 35 days.")
    ttl_attribute: KeyAttribute | None = Field(
        "expires_at", description="Attribute with the epoch second after which an item is deleted."
    )


class Data(Part):
    """Stores."""

    tables: dict[Name, Table] = Field(default_factory=dict, description="DynamoDB global tables by name.")


def declarations(manifest: Manifest) -> Iterator[Declaration]:
    if not manifest.data.tables:
        return
    for region in manifest.regions:
        yield ModuleCall(
            stack="data",
            label=_key_label(region),
            module="security/key",
            region=region,
            arguments={
                "alias": naming.table_key_alias(manifest.name, region),
                "description": f"Tables of {manifest.name} in {region}",
                "account_id": manifest.account_id,
                "deletion_window_days": manifest.security.key_deletion_window_days,
            },
        )
    for name, table in manifest.data.tables.items():
        yield _table(manifest, name, table)


def _key_label(region: str) -> str:
    return resource_label("key", naming.provider_alias(region))


def _table(manifest: Manifest, name: str, table: Table) -> ModuleCall:
    home, *others = [manifest.lead_region, *(r for r in manifest.regions if r != manifest.lead_region)]
    replicas: dict[str, Value] = {
        r: {"kms_key_arn": Reference(f"module.{_key_label(r)}.arn")} for r in others
    }
    billing: dict[str, Value] = {"mode": table.billing.mode}
    if table.billing.mode == "provisioned":
        billing |= {"read": table.billing.read.model_dump(), "write": table.billing.write.model_dump()}
    return ModuleCall(
        stack="data",
        label=resource_label("table", name),
        module="data/global_table",
        region=home,
        arguments={
            "name": naming.table(manifest.name, name),
            "hash_key": table.hash_key,
            "hash_key_type": table.hash_key_type,
            "range_key": table.range_key,
            "range_key_type": table.range_key_type if table.range_key else None,
            "billing": billing,
            "replicas": replicas,
            "kms_key_arn": Reference(f"module.{_key_label(home)}.arn"),
            "point_in_time_recovery": table.point_in_time_recovery,
            "deletion_protection": manifest.operations.protect,
            "ttl_attribute": table.ttl_attribute,
        },
    )
