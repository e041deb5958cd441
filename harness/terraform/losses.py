"""Which resources hold data that Terraform cannot make again, and which changes lose some: the one list.

Losing one of these has to be confirmed by its address. The list is what the modules use and what an estate of
this kind grows into; what is left out on purpose is in `NOT_DATA`, with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

DATA = {
    "aws_backup_vault": "recovery points",
    "aws_cognito_user_pool": "users and their passwords",
    "aws_db_cluster_snapshot": "a snapshot of a database",
    "aws_db_instance": "a database",
    "aws_db_snapshot": "a snapshot of a database",
    "aws_docdb_cluster": "a database",
    "aws_docdb_global_cluster": "what ties a database's regions together",
    "aws_dynamodb_global_table": "a table in every region",
    "aws_dynamodb_table": "a table, in every region that it is replicated to",
    "aws_dynamodb_table_item": "an item of a table",
    "aws_dynamodb_table_replica": "a region's copy of a table",
    "aws_ebs_snapshot": "a snapshot of a volume",
    "aws_ebs_volume": "a volume",
    "aws_ecr_repository": "images that tasks and functions start from",
    "aws_efs_file_system": "files",
    "aws_elasticache_global_replication_group": "what ties a cache's regions together",
    "aws_elasticache_replication_group": "a cache that may be somebody's store",
    "aws_fsx_lustre_file_system": "files",
    "aws_fsx_ontap_file_system": "files",
    "aws_fsx_openzfs_file_system": "files",
    "aws_fsx_windows_file_system": "files",
    "aws_glacier_vault": "archives",
    "aws_kinesis_stream": "records that nobody has read yet",
    "aws_kms_external_key": "everything encrypted with it, once its waiting period is over",
    "aws_kms_key": "everything encrypted with it, once its waiting period is over",
    "aws_kms_replica_external_key": "what its region encrypted with it, once its waiting period is over",
    "aws_kms_replica_key": "what its region encrypted with it, once its waiting period is over",
    "aws_memorydb_cluster": "a database",
    "aws_msk_cluster": "records that nobody has read yet",
    "aws_neptune_cluster": "a database",
    "aws_neptune_global_cluster": "what ties a database's regions together",
    "aws_opensearch_domain": "indices",
    "aws_rds_cluster": "a database, or a region's copy of one",
    "aws_rds_cluster_instance": "the way into a database: nobody reaches a cluster without instances",
    "aws_rds_global_cluster": "what ties a database's regions together",
    "aws_redshift_cluster": "a warehouse",
    "aws_route53_zone": "its name servers: the parent's delegation points nowhere afterwards",
    "aws_s3_bucket": "objects; of the stack `state` the Terraform state of a region",
    "aws_s3_directory_bucket": "objects",
    "aws_s3_object": "an object",
    "aws_s3_object_copy": "an object",
    "aws_secretsmanager_secret": "a secret and all of its versions",
    "aws_secretsmanager_secret_version": "a secret's value",
    "aws_sqs_queue": "messages that nobody has handled yet",
    "aws_ssm_parameter": "a value that people may have written by hand",
}
"""Resource type -> what is lost with it."""

NOT_DATA = {
    "aws_cloudwatch_log_group": "its events end by its own retention; what is to be kept goes to a bucket",
    "aws_kms_alias": "a name; the key stays",
    "aws_lambda_function": "its code is in this repository",
    "aws_s3_bucket_policy": "who may read, not what is there",
    "aws_sns_topic": "hands messages on, keeps none",
}

# Copies that are taken away by an update in place: type -> the block that lists them, and what names one.
_COPIES = {
    "aws_docdb_global_cluster": ("global_cluster_members", "db_cluster_arn"),
    "aws_dynamodb_global_table": ("replica", "region_name"),
    "aws_dynamodb_table": ("replica", "region_name"),
    "aws_rds_global_cluster": ("global_cluster_members", "db_cluster_arn"),
    "aws_secretsmanager_secret": ("replica", "region"),
}
# What counts down to deletion: a lower number deletes at once what is older.
_KEPT_FOR = {
    "aws_db_instance": "backup_retention_period",
    "aws_rds_cluster": "backup_retention_period",
    "aws_kinesis_stream": "retention_period",
}
_INDEX = re.compile(r'\[(?:"(?:\\.|[^"\\])*"|[^\]]*)\]')


def type_of(address: str) -> str:
    """`module.a["x.y"].aws_s3_bucket.b[0]` -> `aws_s3_bucket`."""
    parts = without_indexes(address).split(".")
    return parts[-2] if len(parts) > 1 else ""


def without_indexes(address: str) -> str:
    """`module.a["x.y"].aws_s3_bucket.b[0]` -> `module.a.aws_s3_bucket.b`."""
    return _INDEX.sub("", address)


def lost(address: str, kind: str, copies: tuple[str, ...] = ()) -> str | None:
    """What is lost when this change is made, None when no data is. `kind` as in ResourceChange."""
    if kind in ("destroy", "replace"):
        return DATA.get(type_of(address))
    return ", ".join(copies) or None


def lost_copies(address: str, change: Mapping[str, Any]) -> tuple[str, ...]:
    """What an update in place takes away: regions that lose their copy, backups that become too old."""
    resource_type = type_of(address)
    before, after = change.get("before") or {}, change.get("after") or {}
    found: list[str] = []
    if resource_type in _COPIES and not (change.get("after_unknown") or {}).get(_COPIES[resource_type][0]):
        block, name = _COPIES[resource_type]
        gone = _names(before.get(block), name) - _names(after.get(block), name)
        found += [f"{block} {each}" for each in sorted(gone)]
    if attribute := _KEPT_FOR.get(resource_type):
        was, becomes = before.get(attribute), after.get(attribute)
        if isinstance(was, int) and isinstance(becomes, int) and becomes < was:
            found.append(f"what is older than {attribute} {becomes} (was {was})")
    return tuple(found)


def _names(blocks: object, name: str) -> set[str]:
    listed = blocks if isinstance(blocks, list) else []
    return {str(each[name]) for each in listed if isinstance(each, Mapping) and each.get(name)}
