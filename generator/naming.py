"""The names that cross stacks: computed from the manifest, never looked up (invariant I2).

Every function is pure and total over a valid environment name, so a whole new environment can be planned
before anything of it exists.
"""

from __future__ import annotations

from generator.regions import dns_suffix, partition, short

FUNCTION_ALIAS = "live"
STAGE = "live"


def regional(environment: str, part: str, region: str) -> str:
    """A name that is unique over regions, for what lives in a global namespace: function, role, ..."""
    return f"{environment}-{part}-{short(region)}"


def function(environment: str, name: str, region: str) -> str:
    return regional(environment, name, region)


def invoke_arn(account_id: str, environment: str, name: str, region: str) -> str:
    """The integration URI with which an API of the region invokes the function through its alias.

    AWS Lambda Developer Guide, "Granting permissions to API Gateway": the path of the invoke API.
    """
    arn = (
        f"arn:{partition(region)}:lambda:{region}:{account_id}:function:{function(environment, name, region)}"
    )
    service = f"arn:{partition(region)}:apigateway:{region}:lambda:path/2015-03-31/functions"
    return f"{service}/{arn}:{FUNCTION_ALIAS}/invocations"


def role_arn(account_id: str, role: str, region: str) -> str:
    return f"arn:{partition(region)}:iam::{account_id}:role/{role}"


def table(environment: str, name: str) -> str:
    return f"{environment}-{name}"


def table_arn(account_id: str, table_name: str, region: str) -> str:
    return f"arn:{partition(region)}:dynamodb:{region}:{account_id}:table/{table_name}"


def bucket(environment: str, name: str, account_id: str, region: str) -> str:
    """Bucket names are unique over all accounts, so the account's number is part of them."""
    return f"{environment}-{name}-{account_id}-{short(region)}"


def bucket_arn(bucket_name: str, region: str) -> str:
    return f"arn:{partition(region)}:s3:::{bucket_name}"


def bucket_host(bucket_name: str, region: str) -> str:
    """The regional domain name of a bucket, which an origin must bear to be signed for its region.

    Amazon CloudFront Developer Guide, "Restrict access to an Amazon S3 origin".
    """
    return f"{bucket_name}.s3.{region}.{dns_suffix(region)}"


def replication_role(environment: str, name: str, region: str) -> str:
    return regional(environment, f"{name}-replication", region)


def backup_role(environment: str, region: str) -> str:
    """The role of AWS Backup; no function can have it, since a function's name ends in the region's code."""
    return f"{api(environment, region)}-backup"


def backup_plan(environment: str) -> str:
    return f"{environment}-backups"


def backup_vault(environment: str, region: str) -> str:
    return regional(environment, "backups", region)


def backup_vault_arn(account_id: str, vault: str, region: str) -> str:
    return f"arn:{partition(region)}:backup:{region}:{account_id}:backup-vault:{vault}"


def release_role(environment: str, region: str) -> str:
    return regional(environment, "release", region)


def delivery_role(environment: str, verb: str) -> str:
    """The role that GitHub Actions takes on to "plan" or to "apply" (modules/governance/delivery_role)."""
    return f"{environment}-delivery-{verb}"


def delivery_boundary_arn(account_id: str, environment: str, region: str) -> str:
    """The policy that bounds every role of an environment that is delivered by GitHub Actions."""
    return f"arn:{partition(region)}:iam::{account_id}:policy/{environment}-delivery-boundary"


def alarm_topic(environment: str, region: str) -> str:
    return f"{api(environment, region)}-alarms"


def global_cluster(environment: str, database: str) -> str:
    return f"{environment}-{database}"


def database_cluster(environment: str, database: str, region: str) -> str:
    return regional(environment, database, region)


def cluster_arn(account_id: str, cluster: str, region: str) -> str:
    return f"arn:{partition(region)}:rds:{region}:{account_id}:cluster:{cluster}"


def database_secret(environment: str, database: str, user: str) -> str:
    """A secret's name, the same in every region that it is replicated to."""
    return f"{environment}/{database}/{user}"


def control_table(environment: str) -> str:
    """The failover controller's table: one per voting region, the same name in each, not replicated."""
    return f"{environment}-control"


def function_arn(account_id: str, environment: str, name: str, region: str) -> str:
    return (
        f"arn:{partition(region)}:lambda:{region}:{account_id}:function:{function(environment, name, region)}"
    )


def api(environment: str, region: str) -> str:
    return f"{environment}-{short(region)}"


def regional_key_alias(environment: str, region: str) -> str:
    """Alias, without its `alias/`, of the key that the stack of one region encrypts with."""
    return f"{environment}-{short(region)}"


def data_key_alias(environment: str, region: str) -> str:
    """Alias, without its `alias/`, of the key of one region's replicas: tables and secrets."""
    return f"{environment}-data-{short(region)}"


def state_bucket(environment: str, account_id: str, region: str) -> str:
    return f"{environment}-tfstate-{account_id}-{short(region)}"


def state_key_alias(environment: str, region: str) -> str:
    """Alias, without its `alias/`, of the key of one region's state bucket."""
    return regional(environment, "state", region)


def key_alias_arn(account_id: str, alias: str, region: str) -> str:
    return f"arn:{partition(region)}:kms:{region}:{account_id}:alias/{alias}"


def entry_host(record: str, domain: str) -> str:
    """The name that clients use: the same custom domain in every region."""
    return f"{record}.{domain}" if record else domain


def regional_host(record: str, domain: str, region: str) -> str:
    """The host name of one region's API: health checks probe it, and people test with it."""
    return f"{record or 'api'}.{short(region)}.{domain}"


def front_host(domain: str, region: str) -> str:
    """The record that is an alias of one region's API endpoint; failover records point at it."""
    return f"front.{short(region)}.{domain}"


def alternate_front_host(domain: str, region: str) -> str:
    """Like the front host, for the origin that the CDN tries when the first one fails."""
    return f"alternate.{short(region)}.{domain}"


def origin_host(entry: str) -> str:
    """The CDN's first origin: a name that DNS moves from a lost region to a healthy one."""
    return f"origin.{entry}"


def standby_host(entry: str) -> str:
    """The CDN's second origin: the region next to the first one, seen from the edge location."""
    return f"standby.{entry}"


def cdn_key_alias(environment: str) -> str:
    """Alias, without its `alias/`, of the key of the CDN's logs."""
    return f"{environment}-cdn"


def cdn_log_bucket(environment: str, account_id: str) -> str:
    return f"{environment}-cdn-logs-{account_id}"


def health_marker(environment: str, region: str) -> str:
    """The text that the health check looks for; only this region's passing health function answers it."""
    return f'"health":"pass:{environment}/{region}"'


def provider_alias(region: str) -> str:
    return short(region)


def resource_label(*parts: str) -> str:
    """A Terraform label made of names: letters, digits and underscores."""
    return "_".join(parts).replace("-", "_").replace(".", "_")
