"""The data tier: stores, with a copy in every region that may have to serve."""

from __future__ import annotations

from collections.abc import Iterator

from generator import naming
from generator.manifest import Manifest
from generator.manifest.data import ADMIN, APP, ENGINE_VERSIONS, Bucket, Database, Table
from generator.naming import resource_label
from generator.terraform.calls import Declaration, ModuleCall
from generator.terraform.hcl import Reference, Value


def declarations(manifest: Manifest) -> Iterator[Declaration]:
    if manifest.data.tables or manifest.data.databases:
        yield from _keys(manifest)
    for name, table in manifest.data.tables.items():
        yield from _table(manifest, name, table)
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


def _table(manifest: Manifest, name: str, table: Table) -> Iterator[ModuleCall]:
    home, *others = manifest.lead_first
    billing = table.billing
    yield ModuleCall(
        stack="data",
        label=resource_label("table", name),
        module="data/global_table" if billing.mode == "on-demand" else "data/provisioned_table",
        region=home,
        arguments={
            "name": naming.table(manifest.name, name),
            "hash_key": table.hash_key,
            "hash_key_type": table.hash_key_type,
            "range_key": table.range_key,
            "range_key_type": table.range_key_type if table.range_key else None,
            **(
                {"replicas": {region: {"kms_key_arn": _data_key(region)} for region in others}}
                if billing.mode == "on-demand"
                else {
                    "read_capacity": billing.read.model_dump(),
                    "write_capacity": billing.write.model_dump(),
                }
            ),
            "kms_key_arn": _data_key(home),
            "point_in_time_recovery": table.point_in_time_recovery,
            "deletion_protection": manifest.operations.protect,
            "ttl_attribute": table.ttl_attribute,
        },
    )
    if billing.mode == "provisioned":
        for region in others:
            yield _table_replica(manifest, name, table, region)


def _table_replica(manifest: Manifest, name: str, table: Table, region: str) -> ModuleCall:
    """DynamoDB takes a replica of a provisioned table once the table's writes scale, hence the dependency."""
    home = manifest.lead_region
    return ModuleCall(
        stack="data",
        label=resource_label("table_replica", name, naming.provider_alias(region)),
        module="data/table_replica",
        region=region,
        arguments={
            "table_arn": naming.table_arn(manifest.account_id, naming.table(manifest.name, name), home),
            "kms_key_arn": _data_key(region),
            "point_in_time_recovery": table.point_in_time_recovery,
            "deletion_protection": manifest.operations.protect,
        },
        depends_on=(resource_label("table", name),),
    )


def _data_key(region: str) -> Reference:
    return Reference(f"module.{_key_label(region)}.arn")


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
