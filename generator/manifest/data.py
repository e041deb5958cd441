"""What a manifest says of stores: tables, buckets and databases."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from generator.manifest.backups import Backups
from generator.manifest.durations import Duration
from generator.manifest.fields import Form, KeyAttribute, Name, Part

KeyType = Literal["S", "N", "B"]


class Capacity(Part):
    """Bounds between which provisioned capacity follows the load."""

    min: Annotated[int, Field(ge=1, le=40_000)] = Field(1, description="Capacity units at the least.")
    max: Annotated[int, Field(ge=1, le=40_000)] = Field(10, description="Capacity units at the most.")
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


class Bucket(Part):
    """An S3 bucket in every region, each replicated to every other."""

    serve: (
        Annotated[str, Form(r"^/[a-z0-9][a-z0-9/-]*[a-z0-9]$", "a path in lower case, such as /static")]
        | None
    ) = Field(
        None,
        description="Path below which the CDN serves the objects, for example /static; none if left out.",
    )
    cache_seconds: Annotated[int, Field(ge=0, le=31_536_000)] = Field(
        86_400, description="How long edges keep a served object that says nothing of its own."
    )
    noncurrent_days: Annotated[int, Field(ge=1)] = Field(
        90, description="Days that earlier versions and deleted objects are kept."
    )
    intelligent_tiering: bool = Field(True, description="Move objects between tiers by their use.")


class Serverless(Part):
    """Bounds between which Aurora's capacity follows the load, in Aurora capacity units."""

    min: Annotated[float, Field(ge=0.5, le=256, multiple_of=0.5)] = Field(
        0.5, description="Units at the least."
    )
    max: Annotated[float, Field(ge=1, le=256, multiple_of=0.5)] = Field(8, description="Units at the most.")

    @model_validator(mode="after")
    def _bounds_in_order(self) -> Serverless:
        if self.min > self.max:
            raise ValueError(f"min ({self.min:g}) must not be above max ({self.max:g})")
        return self


class Database(Part):
    """An Aurora global database: the lead region writes, every other region has a readable copy."""

    engine: Literal["aurora-postgresql", "aurora-mysql"] = Field("aurora-postgresql", description="Engine.")
    engine_version: (
        Annotated[str, Form(r"^\d+\.[A-Za-z0-9._]+$", 'a version of the engine, such as "16.10"')] | None
    ) = Field(None, description="Version; the default is one that every region has.")
    database_name: Annotated[
        str,
        Form(
            r"^[a-z][a-z0-9_]{0,62}$",
            "lower-case letters, digits and underscores, a letter first, at most 63",
        ),
    ] = Field("app", description="Name of the first database.")
    instances: Annotated[int, Field(ge=1, le=16)] = Field(
        1, description="Instances of each region's cluster."
    )
    instance_class: Annotated[
        str, Form(r"^db\.[a-z0-9]+\.[a-z0-9]+$", "a class of instances, such as db.r6g.large")
    ] = Field("db.r6g.large", description="Class of the instances, unless serverless is given.")
    serverless: Serverless | None = Field(None, description="Capacity bounds of Aurora Serverless v2.")
    backup_days: Annotated[int, Field(ge=1, le=35)] = Field(14, description="Days that backups are kept.")
    write_forwarding: bool = Field(
        True,
        description="Other regions' clusters pass writes on to the writer, so functions talk to their own.",
    )
    rotation_days: Annotated[int, Field(ge=1, le=365)] = Field(30, description="Days between new passwords.")
    rpo_guard: Duration | None = Field(
        None,
        description="Stop commits when every copy lags more than this (rds.global_db_rpo), 20s or more.",
    )


ENGINE_VERSIONS: dict[str, str] = {"aurora-postgresql": "16.8", "aurora-mysql": "8.0.mysql_aurora.3.08.0"}
ADMIN, APP = "admin", "app"


class Data(Part):
    """Stores."""

    tables: dict[Name, Table] = Field(default_factory=dict, description="DynamoDB global tables by name.")
    buckets: dict[Name, Bucket] = Field(default_factory=dict, description="Replicated S3 buckets by name.")
    databases: dict[Name, Database] = Field(
        default_factory=dict, description="Aurora global databases by name."
    )
    backups: Backups | None = Field(
        None, description="Backups with copies in other regions; none if left out."
    )

    def stores(self) -> dict[str, str]:
        """Kind of every store by name: table, bucket or database."""
        return (
            dict.fromkeys(self.tables, "table")
            | dict.fromkeys(self.buckets, "bucket")
            | dict.fromkeys(self.databases, "database")
        )
