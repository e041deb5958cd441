"""The modules of a serverless estate applied together to the embedded AWS: applied, planned anew, destroyed.

One root for all of them, because what takes time is starting Terraform and waiting for S3 and ACM. The
database (data/global_cluster, data/database_cluster) is not among them: it has PostgreSQL behind it.
"""

from __future__ import annotations

import json
import shutil
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import tftest

from harness.sandbox.sandbox import Sandbox
from harness.sandbox.services.events.schedules import applied_schedules
from harness.terraform import plans
from tests import inventory
from tests.modules.module_plan import LOCK_FILE, PACKAGE, Terraform, path_to, temporary_files_in
from tests.modules.module_source import NATIVE_TESTS
from tests.modules.moves import assert_only_moves

pytestmark = [pytest.mark.terraform, pytest.mark.sandbox, pytest.mark.long, pytest.mark.timeout(600)]

ACCOUNT = "123456789012"
EAST, WEST = "us-east-1", "eu-west-1"
CODES = {EAST: "use1", WEST: "euw1"}
FUNCTION = "prod-echo-use1"
SECRET = "prod/orders/app"


def bucket(name: str, region: str) -> str:
    return f"prod-{name}-{ACCOUNT}-{CODES[region]}"


def data_key(region: str) -> str:
    return f"arn:aws:kms:{region}:{ACCOUNT}:alias/prod-data-{CODES[region]}"


class Root:
    """A root of module calls, each in one of the two regions; `zone` is the id of the zone of example.com."""

    def __init__(self, directory: Path, *, zone: str) -> None:
        self._directory = directory
        self.zone = zone
        self.calls: dict[str, Any] = {}
        self.resources: dict[str, Any] = {}

    def call(self, label: str, module: str, *, at: str = EAST, **variables: Any) -> None:
        providers = {} if at == EAST else {"providers": {"aws": "aws.west"}}
        self.calls[label] = {"source": path_to(module, self._directory), **providers, **variables}

    def blocks(self) -> dict[str, Any]:
        tags = {"default_tags": {"tags": {"environment": "prod"}}}
        return {
            "terraform": {"required_providers": {"aws": {"source": "hashicorp/aws", "version": "~> 5.100"}}},
            "provider": {"aws": [{"region": EAST, **tags}, {"region": WEST, "alias": "west", **tags}]},
            "module": self.calls,
            "resource": self.resources,
        }


def keys_and_network(root: Root) -> None:
    for region, code in CODES.items():
        root.call(
            f"data_key_{code}",
            "security/key",
            at=region,
            account_id=ACCOUNT,
            alias=f"prod-data-{code}",
            cloudfront=True,
            description=f"The data of prod in {region}.",
        )
        root.call(
            f"key_{code}",
            "security/key",
            at=region,
            account_id=ACCOUNT,
            alias=f"prod-{code}",
            description=f"Everything else of prod in {region}.",
            services=[f"logs.{region}.amazonaws.com", "cloudwatch.amazonaws.com", "sns.amazonaws.com"],
        )
    root.resources["aws_iam_role"] = {
        "flow": {
            "name": "prod-flow",
            "assume_role_policy": json.dumps({"Version": "2012-10-17", "Statement": []}),
        }
    }
    root.call(
        "network",
        "network/vpc",
        availability_zones=[f"{EAST}a", f"{EAST}b", f"{EAST}c"],
        cidr="10.0.0.0/16",
        flow_logs={"role_arn": "${aws_iam_role.flow.arn}"},
        interface_endpoints=["secretsmanager", "sts"],
        kms_key_arn="${module.key_use1.arn}",
        name="prod-use1",
        region=EAST,
    )


def functions(root: Root) -> None:
    root.call(
        "role",
        "security/function_role",
        account_id=ACCOUNT,
        bucket_access={
            "files": {
                "bucket_name": bucket("files", EAST),
                "access": "read-write",
                "key_alias": "prod-data-use1",
            }
        },
        control_table={"name": "prod-control", "key_alias": "prod-use1"},
        function_name=FUNCTION,
        kms_alias="prod-use1",
        name=FUNCTION,
        region=EAST,
        secrets={"orders": {"name": SECRET, "key_alias": "prod-data-use1"}},
        vpc=True,
    )
    root.call(
        "release_role",
        "security/release_role",
        account_id=ACCOUNT,
        function_names=[FUNCTION],
        name="prod-release-use1",
        region=EAST,
    )
    root.call(
        "function",
        "compute/function",
        canary={
            "role_arn": "${module.release_role.arn}",
            "shift": {"kind": "linear", "percent": 20, "minutes": 2},
            "alarms": {"error_percent": 2, "p99_milliseconds": 800},
        },
        # as operations/failover has it: a function has one such setting
        dead_letter={"enabled": True, "max_event_age_seconds": 60, "max_retries": 0},
        description="echo of prod in us-east-1",
        kms_key_arn="${module.key_use1.arn}",
        name=FUNCTION,
        package=PACKAGE,
        role_arn="${module.role.arn}",
        vpc={
            "subnet_ids": "${module.network.subnet_ids}",
            "security_group_ids": ["${module.network.function_security_group_id}"],
        },
    )
    root.call(
        "migration",
        "compute/migration",
        code_sha256="${module.function.code_sha256}",
        function_name=FUNCTION,
        payload={"database": "orders"},
    )


def failover(root: Root) -> None:
    databases = {
        "orders": {
            "global_cluster": "prod-orders",
            "clusters": {region: f"prod-orders-{code}" for region, code in CODES.items()},
            "secrets": ["prod/orders/admin", SECRET],
            "admin_secret": "prod/orders/admin",
        }
    }
    root.call(
        "failover_role",
        "security/failover_role",
        account_id=ACCOUNT,
        control_table="prod-control",
        databases=databases,
        function_name=FUNCTION,
        kms_alias="prod-use1",
        name="prod-failover-use1",
        region=EAST,
        secret_key_aliases={region: f"prod-data-{code}" for region, code in CODES.items()},
        voters={**{region: f"prod-{code}" for region, code in CODES.items()}, "us-east-2": "prod-use2"},
    )
    root.call(
        "failover",
        "operations/failover",
        control_table={
            "name": "prod-control",
            "kms_key_arn": "${module.key_use1.arn}",
            "deletion_protection": False,
        },
        environment="prod",
        function={"name": FUNCTION, "alias_arn": "${module.function.alias_arn}"},
        kms_key_arn="${module.key_use1.arn}",
        name="prod-failover-use1",
        notify=["oncall@example.com"],
        observed_regions=[WEST],
    )
    root.call(
        "secret",
        "security/database_secret",
        database_name="orders",
        description="The app user of orders of prod",
        kms_key_arn=data_key(EAST),
        name=SECRET,
        recovery_window_days=0,
        replicas={WEST: data_key(WEST)},
        rotation={"function_arn": "${module.function.alias_arn}", "days": 30},
        username="orders_app",
    )


def buckets(root: Root) -> None:
    options: dict[str, Any] = {
        "access_logs": {"enabled": True},
        "archive": {"access_days": 90, "deep_access_days": 180},
        "cors": {"origins": ["https://example.com"]},
    }
    for region, code in CODES.items():
        root.call(
            f"files_{code}",
            "data/bucket",
            at=region,
            account_id=ACCOUNT,
            force_destroy=True,
            kms_key_alias=f"prod-data-{code}",
            kms_key_arn=f"${{module.data_key_{code}.arn}}",
            name=bucket("files", region),
            cloudfront=True,
            **(options if region == EAST else {}),
        )
    root.call(
        "locked",
        "data/bucket",
        account_id=ACCOUNT,
        kms_key_arn="${module.data_key_use1.arn}",
        name=bucket("locked", EAST),
        object_lock={"days": 1},
    )
    for source, destination in ((EAST, WEST), (WEST, EAST)):
        here, there = CODES[source], CODES[destination]
        root.call(
            f"replication_role_{here}",
            "security/replication_role",
            account_id=ACCOUNT,
            destination={
                "bucket": bucket("files", destination),
                "key_alias": f"prod-data-{there}",
                "region": destination,
            },
            name=f"prod-files-replication-{here}",
            source_bucket={
                "bucket": bucket("files", source),
                "key_alias": f"prod-data-{here}",
                "region": source,
            },
        )
        root.call(
            f"replication_{here}",
            "data/bucket_replication",
            at=source,
            destination={
                "bucket_arn": f"${{module.files_{there}.arn}}",
                "kms_key_alias_arn": data_key(destination),
            },
            role_arn=f"${{module.replication_role_{here}.arn}}",
            source_bucket=f"${{module.files_{here}.name}}",
        )


def edge(root: Root) -> None:
    root.call("certificate", "edge/viewer_certificate", names=["app.example.com"], zone_id=root.zone)
    for scope in ("CLOUDFRONT", "REGIONAL"):
        root.call(
            f"acl_{scope.lower()}",
            "security/web_acl",
            allowed_addresses=["192.0.2.0/24", "2001:db8::/32"],
            denied_addresses=["198.51.100.0/24"],
            kms_key_arn="${module.key_use1.arn}",
            name=f"prod-{scope.lower()}",
            scope=scope,
        )
    root.call(
        "distribution",
        "edge/distribution",
        aliases=["app.example.com"],
        api={
            "origin_host": "origin.app.example.com",
            "standby_host": "standby.app.example.com",
            "routes": {"/read": ["GET", "HEAD"], "/write": ["POST"]},
        },
        buckets={
            "/static/*": {
                "origins": [f"{bucket('files', region)}.s3.{region}.amazonaws.com" for region in CODES]
            }
        },
        certificate_arn="${module.certificate.certificate_arn}",
        geo={"mode": "deny", "countries": ["KP"]},
        logs={
            "account_id": ACCOUNT,
            "bucket_name": bucket("cdn-logs", EAST),
            "kms_key_arn": "${module.data_key_use1.arn}",
            "force_destroy": True,
        },
        name="prod",
        response_headers={"cors": {"origins": ["https://example.com"]}},
        shield_region=EAST,
        web_acl_arn="${module.acl_cloudfront.arn}",
        zone_id=root.zone,
    )


def names_and_states(root: Root) -> None:
    root.call(
        "api_domain",
        "edge/api_domain",
        names={
            "entry": {"host": "api.example.com", "record": "front.use1.example.com"},
            "regional": {"host": "api.use1.example.com", "record": "api.use1.example.com"},
        },
        validation_record_owner={"entry": True},
        zone_id=root.zone,
    )
    root.call(
        "cdn_alarms",
        "observability/cdn_alarms",
        distribution_id="${module.distribution.id}",
        kms_key_arn="${module.key_use1.arn}",
        name="prod-cdn",
        notify=["oncall@example.com"],
    )
    root.call(
        "state",
        "operations/state_backend",
        access_logs={"enabled": True},
        account_id=ACCOUNT,
        bucket_name=bucket("tfstate", EAST),
        force_destroy=True,
        kms_alias="prod-state-use1",
    )


def provisioned_table(root: Root) -> None:
    """In one apply, although DynamoDB takes no replica before the table's writes scale."""
    root.call(
        "table",
        "data/provisioned_table",
        deletion_protection=False,
        hash_key="pk",
        kms_key_arn="${module.data_key_use1.arn}",
        name="prod-counters",
        read_capacity={"min": 1, "max": 10},
        write_capacity={"min": 1, "max": 10},
    )
    root.call(
        "table_replica",
        "data/table_replica",
        at=WEST,
        deletion_protection=False,
        kms_key_arn="${module.data_key_euw1.arn}",
        table_arn="${module.table.arn}",
    )


def write(directory: Path, *, zone: str) -> None:
    root = Root(directory, zone=zone)
    for part in (keys_and_network, functions, failover, buckets, edge, names_and_states, provisioned_table):
        part(root)
    (directory / "main.tf.json").write_text(json.dumps(root.blocks(), indent=2))
    (directory / PACKAGE).parent.mkdir()
    with zipfile.ZipFile(directory / PACKAGE, "w") as package:
        package.writestr(zipfile.ZipInfo("handler.py"), "def handler(event, context):\n    return event\n")


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    tmp_path_factory.getbasetemp()
    with Sandbox(account_id=ACCOUNT, regions=[EAST, WEST]) as running:
        yield running


@pytest.fixture(scope="module")
def applied(
    sandbox: Sandbox, terraform: Terraform, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tftest.TerraformTest]:
    directory = tmp_path_factory.mktemp("estate")
    shutil.copyfile(LOCK_FILE, directory / ".terraform.lock.hcl")
    # as in an estate, where the zone is another stack's: how many records there are depends on its id
    zones = client(sandbox, "route53")
    zone = zones.create_hosted_zone(Name="example.com", CallerReference="estate")["HostedZone"]["Id"]
    write(directory, zone=zone.rpartition("/")[2])
    run = tftest.TerraformTest(
        str(directory), binary=terraform.binary, env={**terraform.environment, **sandbox.environment(EAST)}
    )
    with temporary_files_in(directory):
        run.setup(cleanup_on_exit=False)
        try:
            run.apply()
            yield run
        finally:
            if inventory.applied_in(directory):
                run.destroy()


def client(sandbox: Sandbox, service: str, region: str = EAST) -> Any:
    return boto3.client(service, region_name=region, endpoint_url=sandbox.endpoint)


@pytest.mark.exercises("estate", "apply")
def test_what_is_applied_of_the_estate_is_what_the_inventory_says(
    applied: tftest.TerraformTest, holds: Callable[..., None]
) -> None:
    holds(NATIVE_TESTS / "applied" / "estate.yaml", inventory.of_directory(Path(applied.tfdir)))


@pytest.mark.exercises("estate", "second plan")
def test_a_second_plan_of_the_estate_is_empty(applied: tftest.TerraformTest) -> None:
    plan = applied.plan(output=True)
    changes = {
        address: plans.changed_attributes(change["change"])
        for address, change in plan.resource_changes.items()
        if change["change"]["actions"] not in (["no-op"], ["read"])
    }
    assert changes == {}


def test_an_estate_applied_before_the_moves_only_moves(applied: tftest.TerraformTest) -> None:
    assert_only_moves(applied)


def test_the_password_can_be_read_in_both_regions_and_stands_in_no_state(
    applied: tftest.TerraformTest, sandbox: Sandbox
) -> None:
    told = [
        json.loads(
            client(sandbox, "secretsmanager", region).get_secret_value(SecretId=SECRET)["SecretString"]
        )
        for region in CODES
    ]
    assert told[0] == told[1]
    assert (told[0]["username"], len(told[0]["password"])) == ("orders_app", 40)
    assert told[0]["password"] not in (Path(applied.tfdir) / "terraform.tfstate").read_text()


def test_an_object_reaches_the_other_regions_bucket_under_a_key_of_that_region(
    applied: tftest.TerraformTest, sandbox: Sandbox
) -> None:
    sandbox.objects.lag = lambda source, destination: 0.1
    client(sandbox, "s3").put_object(Bucket=bucket("files", EAST), Key="a", Body=b"1")
    deadline = time.monotonic() + 10
    while sandbox.objects.pending() and time.monotonic() < deadline:
        time.sleep(0.05)
    found = client(sandbox, "s3", WEST).get_object(Bucket=bucket("files", WEST), Key="a")
    key = client(sandbox, "kms", WEST).describe_key(KeyId="alias/prod-data-euw1")["KeyMetadata"]["Arn"]
    assert (found["Body"].read(), found["ReplicationStatus"], found["SSEKMSKeyId"]) == (b"1", "REPLICA", key)


def test_the_controller_is_started_for_every_tick(applied: tftest.TerraformTest, sandbox: Sandbox) -> None:
    told = [(one.region, one.function, one.interval, one.input) for one in applied_schedules()]
    function = f"arn:aws:lambda:{EAST}:{ACCOUNT}:function:{FUNCTION}:live"
    assert told == [(EAST, function, 5.0, {"tick_seconds": 5, "ticks": 12})]


@pytest.mark.refuses("security/database_secret", "check.replicas")
def test_a_replica_that_is_gone_is_told_by_a_check_and_not_made_anew(
    applied: tftest.TerraformTest, sandbox: Sandbox
) -> None:
    secrets = client(sandbox, "secretsmanager")
    secrets.remove_regions_from_replication(SecretId=SECRET, RemoveReplicaRegions=[WEST])
    try:
        plan = applied.plan(output=True)
    finally:
        secrets.replicate_secret_to_regions(
            SecretId=SECRET, AddReplicaRegions=[{"Region": WEST, "KmsKeyId": data_key(WEST)}]
        )
    told = {check["address"]["to_display"]: check["status"] for check in plan.checks}
    assert told["module.secret.check.replicas"] == "fail"
    assert plan.resource_changes["module.secret.aws_secretsmanager_secret.this"]["change"]["actions"] == [
        "no-op"
    ]


@pytest.mark.exercises("estate", "destroy")
def test_destroy_leaves_nothing_of_the_estate(applied: tftest.TerraformTest) -> None:
    applied.destroy()
    assert inventory.applied_in(Path(applied.tfdir)) == {}
