"""The data tier: what must be present in every region that may have to serve."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from generator import naming
from generator.durations import Duration
from generator.fields import Form, KeyAttribute, Name, Part
from generator.naming import resource_label
from generator.terraform.calls import Declaration, ModuleCall
from generator.terraform.hcl import Reference, Value
from generator.tiers.backups import Backups

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


def declarations(manifest: Manifest) -> Iterator[Declaration]:
    if manifest.data.tables or manifest.data.databases:
        yield from _keys(manifest)
    for name, table in manifest.data.tables.items():
        yield _table(manifest, name, table)
    for name, bucket in manifest.data.buckets.items():
        yield from _bucket(manifest, name, bucket)
    for name, database in manifest.data.databases.items():
        yield from _database(manifest, name, database)


def _keys(manifest: Manifest) -> Iterator[ModuleCall]:
    for region in manifest.regions:
        yield ModuleCall(
            stack="data",
            label=_key_label(region),
            module="security/key",
            region=region,
            arguments={
                "alias": naming.data_key_alias(manifest.name, region),
                "description": f"Tables and secrets of {manifest.name} in {region}",
                "account_id": manifest.account_id,
                "deletion_window_days": manifest.security.key_deletion_window_days,
            },
        )


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


def _bucket(manifest: Manifest, name: str, bucket: Bucket) -> Iterator[ModuleCall]:
    for region in manifest.regions:
        yield ModuleCall(
            stack=region,
            label=resource_label("bucket", name),
            module="data/bucket",
            region=region,
            arguments={
                "name": naming.bucket(manifest.name, name, manifest.account_id, region),
                "account_id": manifest.account_id,
                "kms_key_arn": Reference("module.key.arn"),
                "cloudfront": True if bucket.serve else None,
                "noncurrent_days": bucket.noncurrent_days,
                "intelligent_tiering": bucket.intelligent_tiering,
                "force_destroy": not manifest.operations.protect,
            },
        )
    for region in manifest.regions:
        yield _replication_role(manifest, name, region)
        yield _replication(manifest, name, region)


def _others(manifest: Manifest, region: str) -> list[str]:
    return [other for other in manifest.regions if other != region]


def _key_arn(manifest: Manifest, region: str) -> str:
    """The regional key by its alias: S3 takes an alias ARN for replicas (S3 API, EncryptionConfiguration)."""
    alias = naming.regional_key_alias(manifest.name, region)
    return naming.key_alias_arn(manifest.account_id, alias, region)


def _replication_role(manifest: Manifest, name: str, region: str) -> ModuleCall:
    def side(each: str) -> Value:
        return {
            "bucket": naming.bucket(manifest.name, name, manifest.account_id, each),
            "key_alias": naming.regional_key_alias(manifest.name, each),
            "region": each,
        }

    first, *further = _others(manifest, region)
    return ModuleCall(
        stack="global",
        label=resource_label("replication_role", name, naming.provider_alias(region)),
        module="security/replication_role",
        region=manifest.recovery_region,
        arguments={
            "name": naming.replication_role(manifest.name, name, region),
            "account_id": manifest.account_id,
            "source_bucket": side(region),
            "destination": side(first),
            "further_destinations": {other: side(other) for other in further} or None,
            "permissions_boundary": manifest.role_boundary,
        },
    )


def _replication(manifest: Manifest, name: str, region: str) -> ModuleCall:
    def destination(other: str) -> Value:
        bucket = naming.bucket(manifest.name, name, manifest.account_id, other)
        return {
            "bucket_arn": naming.bucket_arn(bucket, other),
            "kms_key_alias_arn": _key_arn(manifest, other),
        }

    role = naming.replication_role(manifest.name, name, region)
    first, *further = _others(manifest, region)
    return ModuleCall(
        stack="interconnect",
        label=resource_label("replication", name, naming.provider_alias(region)),
        module="data/bucket_replication",
        region=region,
        arguments={
            "source_bucket": naming.bucket(manifest.name, name, manifest.account_id, region),
            "role_arn": naming.role_arn(manifest.account_id, role, region),
            "destination": destination(first),
            "further_destinations": {other: destination(other) for other in further} or None,
        },
    )


def _database(manifest: Manifest, name: str, database: Database) -> Iterator[ModuleCall]:
    version = database.engine_version or ENGINE_VERSIONS[database.engine]
    lead = manifest.lead_region
    yield ModuleCall(
        stack="data",
        label=resource_label("global_cluster", name),
        module="data/global_cluster",
        region=lead,
        arguments={
            "identifier": naming.global_cluster(manifest.name, name),
            "engine": database.engine,
            "engine_version": version,
            "database_name": database.database_name,
            "deletion_protection": manifest.operations.protect,
        },
    )
    for user in (ADMIN, APP):
        yield _secret(manifest, name, database, user)
    for region in manifest.regions:
        yield _cluster(manifest, name, database, region, version)


def _secret(manifest: Manifest, name: str, database: Database, user: str) -> ModuleCall:
    def key(region: str) -> str:
        alias = naming.data_key_alias(manifest.name, region)
        return naming.key_alias_arn(manifest.account_id, alias, region)

    lead = manifest.lead_region
    return ModuleCall(
        stack=lead,
        label=secret_label(name, user),
        module="security/database_secret",
        region=lead,
        arguments={
            "name": naming.database_secret(manifest.name, name, user),
            "description": f"The {user} user of {name} of {manifest.name}",
            "username": f"{resource_label(name)}_{user}",
            "engine": "postgres" if database.engine == "aurora-postgresql" else "mysql",
            "port": PORTS[database.engine],
            "database_name": database.database_name,
            "kms_key_arn": key(lead),
            "replicas": {other: key(other) for other in _others(manifest, lead)},
            "rotation": {
                "function_arn": Reference("module.function_rotation.arn"),
                "days": database.rotation_days,
            },
            "recovery_window_days": 30 if manifest.operations.protect else 0,
        },
    )


def secret_label(database: str, user: str) -> str:
    return resource_label("secret", database, user)


def cluster_label(database: str) -> str:
    return resource_label("database", database)


PORTS: dict[str, int] = {"aurora-postgresql": 5432, "aurora-mysql": 3306}


def _cluster(manifest: Manifest, name: str, database: Database, region: str, version: str) -> ModuleCall:
    leads = region == manifest.lead_region
    capacity = database.serverless
    credentials: dict[str, Value] = {
        "master_username": f"{resource_label(name)}_{ADMIN}",
        "admin_secret_id": Reference(f"module.{secret_label(name, ADMIN)}.arn"),
    }
    return ModuleCall(
        stack=region,
        label=cluster_label(name),
        module="data/database_cluster",
        region=region,
        arguments={
            "identifier": naming.database_cluster(manifest.name, name, region),
            "global_cluster_identifier": naming.global_cluster(manifest.name, name),
            "engine": database.engine,
            "engine_version": version,
            "role": "primary" if leads else "secondary",
            "database_name": database.database_name if leads else None,
            **(credentials if leads else {}),
            "vpc_id": Reference("module.network.vpc_id"),
            "subnet_ids": Reference("module.network.subnet_ids"),
            "allowed_security_group_ids": {
                "functions": Reference("module.network.function_security_group_id")
            },
            "kms_key_arn": Reference("module.key.arn"),
            "log_kms_key_arn": Reference("module.key.arn"),
            "log_retention_days": manifest.observability.log_retention_days,
            "instances": database.instances,
            "instance_class": "db.serverless" if capacity else database.instance_class,
            "serverless": {"min": capacity.min, "max": capacity.max} if capacity else None,
            "backup_retention_days": database.backup_days,
            "write_forwarding": database.write_forwarding,
            "global_rpo_seconds": int(database.rpo_guard) if database.rpo_guard else None,
            "deletion_protection": manifest.operations.protect,
            "skip_final_snapshot": not manifest.operations.protect,
        },
    )
