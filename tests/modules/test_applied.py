"""The modules of one region applied together to the embedded AWS, as a region's stack applies them.

The function has no dead-letter queue here: the provider waits half a minute for each queue that it makes, and
again for each that it deletes. Its plan is tested in compute/test_function.py.
"""

from __future__ import annotations

import json
import shutil
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
import tftest

from harness.sandbox.sandbox import Sandbox
from tests import inventory
from tests.modules.module_plan import (
    LOCK_FILE,
    PACKAGE,
    REGION,
    Terraform,
    path_to,
    temporary_files_in,
    write_package,
)
from tests.modules.module_source import NATIVE_TESTS
from tests.modules.moves import assert_only_moves

pytestmark = [pytest.mark.terraform, pytest.mark.sandbox, pytest.mark.timeout(420)]

ACCOUNT = "123456789012"
STANDBY = "us-west-2"
STANDBY_KEY = f"arn:aws:kms:{STANDBY}:{ACCOUNT}:key/22222222-2222-4222-8222-222222222222"
STANDBY_VAULT = f"arn:aws:backup:{STANDBY}:{ACCOUNT}:backup-vault:prod-backups-usw2"
FUNCTION = "prod-echo-use1"
ORIGINS = ["https://example.com", "https://www.example.com"]


def root(directory: Path, *, origins: list[str]) -> dict[str, Any]:
    route = {
        "function_name": FUNCTION,
        "invoke_arn": f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/"
        f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{FUNCTION}:live/invocations",
    }
    schema = '{"type":"object","required":["id"]}'
    return {
        "terraform": {"required_providers": {"aws": {"source": "hashicorp/aws", "version": "~> 5.100"}}},
        "provider": {"aws": {"region": REGION, "default_tags": {"tags": {"environment": "prod"}}}},
        "module": {
            "key": {
                "source": path_to("security/key", directory),
                "account_id": ACCOUNT,
                "alias": "prod-use1",
                "description": "Everything of prod in us-east-1.",
                "services": [
                    f"logs.{REGION}.amazonaws.com",
                    "cloudwatch.amazonaws.com",
                    "sns.amazonaws.com",
                ],
            },
            "table": {
                "source": path_to("data/global_table", directory),
                "deletion_protection": False,
                "hash_key": "pk",
                "kms_key_arn": "${module.key.arn}",
                "name": "prod-items",
                "replicas": {STANDBY: {"kms_key_arn": STANDBY_KEY}},
                "ttl_attribute": "expires_at",
            },
            "provisioned_table": {
                "source": path_to("data/provisioned_table", directory),
                "deletion_protection": False,
                "hash_key": "pk",
                "kms_key_arn": "${module.key.arn}",
                "name": "prod-counters",
                "read_capacity": {"min": 1, "max": 10},
                "write_capacity": {"min": 1, "max": 10},
            },
            "backup_role": {
                "source": path_to("security/backup_role", directory),
                "account_id": ACCOUNT,
                "copy_vaults": {STANDBY: {"name": "prod-backups-usw2", "key_alias": "prod-usw2"}},
                "name": "prod-use1-backup",
                "region": REGION,
                "table_key_alias": "prod-use1",
                "tables": ["prod-items"],
                "vault": {"name": "prod-backups-use1", "key_alias": "prod-use1"},
            },
            "backup_settings": {"source": path_to("data/backup_settings", directory)},
            "backup_vault": {
                "source": path_to("data/backup_vault", directory),
                "break_glass_role_arns": [f"arn:aws:iam::{ACCOUNT}:role/break-glass"],
                "kms_key_arn": "${module.key.arn}",
                "lock": {"min_retention_days": 35},
                "name": "prod-backups-use1",
            },
            "backup_plan": {
                "source": path_to("data/backup_plan", directory),
                "copies": {
                    STANDBY: {
                        "vault_arn": STANDBY_VAULT,
                        "delete_after_days": 365,
                        "cold_storage_after_days": 30,
                    }
                },
                "delete_after_days": 35,
                "name": "prod-backups",
                "resource_arns": ["${module.table.arn}"],
                "role_arn": "${module.backup_role.arn}",
                "vault_name": "${module.backup_vault.name}",
            },
            "logging": {
                "source": path_to("security/api_logging_role", directory),
                "account_id": ACCOUNT,
                "name": "prod-api-logs",
            },
            "delivery": {
                "source": path_to("governance/delivery_role", directory),
                "account_id": ACCOUNT,
                "domain": "example.com",
                "environment": "prod",
                "repository": "octo-org/shop",
                "services": ["apigateway", "dynamodb", "iam", "kms", "lambda", "logs", "route53", "s3"],
                "state_buckets": {
                    "use1": {"name": f"prod-tfstate-{ACCOUNT}-use1", "kms_alias": "prod-state-use1"}
                },
            },
            "alarms": {
                "source": path_to("observability/alarms", directory),
                "api_name": "prod-use1",
                "function_timeouts_seconds": {FUNCTION: 5},
                "functions": [FUNCTION],
                "kms_key_arn": "${module.key.arn}",
                "name": "prod-use1",
                "notify": ["oncall@example.com"],
                "tables": {"prod-items": [STANDBY]},
            },
            "dashboard": {
                "source": path_to("observability/dashboard", directory),
                "name": "prod-use1",
                "regions": [
                    {
                        "region": REGION,
                        "role": "primary",
                        "api_name": "prod-use1",
                        "functions": [FUNCTION],
                        "tables": ["prod-items"],
                    }
                ],
            },
            "role": {
                "source": path_to("security/function_role", directory),
                "account_id": ACCOUNT,
                "function_name": "prod-echo-use1",
                "kms_alias": "prod-use1",
                "name": "prod-echo-use1",
                "region": REGION,
                "table_access": {
                    "items": {"table_name": "prod-items", "access": "read", "key_alias": "prod-data-use1"}
                },
            },
            "function": {
                "source": path_to("compute/function", directory),
                "description": "echo of prod in us-east-1",
                "environment": {"TABLE_ITEMS": "prod-items"},
                "kms_key_arn": "${module.key.arn}",
                "name": "prod-echo-use1",
                "package": PACKAGE,
                "provisioned_concurrency": 1,
                "reserved_concurrency": 5,
                "role_arn": "${module.role.arn}",
            },
            "api": {
                "source": path_to("compute/rest_api", directory),
                "aliases": {FUNCTION: "${module.function.alias_name}"},
                "cloudwatch_role_arn": f"arn:aws:iam::{ACCOUNT}:role/prod-api-logs",
                "cors": {"origins": origins},
                "kms_key_arn": "${module.key.arn}",
                "name": "prod-use1",
                "routes": {
                    "GET /": route,
                    "GET /items/{id}": route,
                    "GET /items/{id}/parts/{part}": route | {"authorization": "AWS_IAM"},
                    "POST /items": route | {"required_headers": ["Idempotency-Key"], "body_schema": schema},
                },
            },
        },
        "output": {"invoke_url": {"value": "${module.api.invoke_url}"}, "id": {"value": "${module.api.id}"}},
    }


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(account_id=ACCOUNT, regions=[REGION, STANDBY]) as running:
        yield running


@pytest.fixture(scope="module")
def applied(
    sandbox: Sandbox, terraform: Terraform, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tftest.TerraformTest]:
    directory = tmp_path_factory.mktemp("region")
    shutil.copyfile(LOCK_FILE, directory / ".terraform.lock.hcl")
    write_package(directory)
    write(directory, origins=ORIGINS)
    run = tftest.TerraformTest(
        str(directory), binary=terraform.binary, env={**terraform.environment, **sandbox.environment(REGION)}
    )
    with temporary_files_in(directory):
        run.setup(cleanup_on_exit=False)
        try:
            run.apply()
            yield run
        finally:
            if inventory.applied_in(directory):
                run.destroy()


def write(directory: Path, *, origins: list[str]) -> None:
    (directory / "main.tf.json").write_text(json.dumps(root(directory, origins=origins), indent=2))


def changes(run: tftest.TerraformTest) -> list[str]:
    """What a plan would do now, as `<actions> <address>`."""
    plan = run.plan(output=True)
    return [
        f"{'+'.join(change['change']['actions'])} {address}: {differing(change['change'])}"
        for address, change in plan.resource_changes.items()
        if change["change"]["actions"] not in (["no-op"], ["read"])
    ]


def differing(change: dict[str, Any]) -> str:
    before, after = change["before"] or {}, change["after"] or {}
    return ", ".join(
        f"{name}: {before.get(name)!r} -> {after.get(name)!r}"
        for name in after
        if before.get(name) != after.get(name)
    )


@pytest.mark.exercises("region", "apply")
def test_what_is_applied_is_what_the_inventory_says(
    applied: tftest.TerraformTest, holds: Callable[..., None]
) -> None:
    holds(NATIVE_TESTS / "applied" / "region.yaml", inventory.of_directory(Path(applied.tfdir)))


@pytest.mark.exercises("region", "second plan")
def test_a_second_plan_is_empty(applied: tftest.TerraformTest) -> None:
    assert changes(applied) == []


def test_a_region_applied_before_the_moves_only_moves(applied: tftest.TerraformTest) -> None:
    assert_only_moves(applied)


def backup_client(sandbox: Sandbox) -> Any:
    return boto3.client("backup", region_name=REGION, endpoint_url=sandbox.endpoint)


@pytest.mark.usefixtures("applied")
def test_backups_are_copied_to_a_vault_that_this_region_never_asked_for(sandbox: Sandbox) -> None:
    backup = backup_client(sandbox)
    (listed,) = backup.list_backup_plans()["BackupPlansList"]
    plan = backup.get_backup_plan(BackupPlanId=listed["BackupPlanId"])["BackupPlan"]
    copies = [
        (copy["DestinationBackupVaultArn"], copy["Lifecycle"])
        for rule in plan["Rules"]
        for copy in rule["CopyActions"]
    ]
    assert copies == [(STANDBY_VAULT, {"DeleteAfterDays": 365, "MoveToColdStorageAfterDays": 30})]
    vault = backup.describe_backup_vault(BackupVaultName="prod-backups-use1")
    assert (vault["Locked"], vault["MinRetentionDays"]) == (True, 35)


@pytest.mark.usefixtures("applied")
def test_the_region_s_settings_change_for_our_types_alone(sandbox: Sandbox) -> None:
    settings = backup_client(sandbox).describe_region_settings()
    assert settings["ResourceTypeManagementPreference"] == {
        "CloudFormation": True,
        "DynamoDB": True,
        "EFS": False,
    }
    assert {"Aurora", "DynamoDB", "EBS", "EFS"} <= set(settings["ResourceTypeOptInPreference"])


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: str


def ask(
    sandbox: Sandbox, run: tftest.TerraformTest, route: str, *, body: str | None = None, **headers: str
) -> Answer:
    method, path = route.split(" ")
    request = urllib.request.Request(
        f"{sandbox.endpoint}/_aws/execute-api/{run.output()['id']}/live{path}",
        data=body.encode() if body else None,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
        method=method,
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return Answer(answer.status, dict(answer.headers), answer.read().decode())
    except urllib.error.HTTPError as refused:
        return Answer(refused.code, dict(refused.headers), refused.read().decode())


def test_a_request_travels_through_the_api_to_the_function(
    applied: tftest.TerraformTest, sandbox: Sandbox
) -> None:
    answer = ask(sandbox, applied, "GET /items/7")
    assert (answer.status, answer.body) == (200, '{"id": "7"}')


@pytest.mark.parametrize(
    ("asking", "allowed"),
    [("https://www.example.com", "https://www.example.com"), ("https://elsewhere.example", None)],
)
def test_a_browser_is_told_what_its_origin_may_do(
    applied: tftest.TerraformTest, sandbox: Sandbox, asking: str, allowed: str | None
) -> None:
    answer = ask(sandbox, applied, "OPTIONS /items", Origin=asking)
    told = {name.lower(): value for name, value in answer.headers.items()}
    assert answer.status == 204
    assert told.get("access-control-allow-origin") == allowed
    assert told["access-control-allow-methods"] == "OPTIONS,POST"
    assert told["access-control-allow-headers"] == "Content-Type,Idempotency-Key"
    assert told["vary"] == "Origin"


@pytest.mark.parametrize(
    ("headers", "body", "error"),
    [
        ({}, '{"id": "7"}', "BAD_REQUEST_PARAMETERS"),
        ({"Idempotency_Key": "k", "Content_Type": "application/json"}, '{"x": 1}', "BAD_REQUEST_BODY"),
        ({"Idempotency_Key": "k", "Content_Type": "text/plain"}, '{"x": 1}', "BAD_REQUEST_BODY"),
    ],
)
def test_a_request_without_what_its_route_requires_never_reaches_the_function(
    applied: tftest.TerraformTest, sandbox: Sandbox, headers: dict[str, str], body: str, error: str
) -> None:
    answer = ask(sandbox, applied, "POST /items", body=body, **headers)
    told = json.loads(answer.body)
    assert (answer.status, told["error"], sorted(told)) == (400, error, ["error", "reason", "request_id"])


def test_a_route_that_asks_for_a_signature_refuses_a_request_without_one(
    applied: tftest.TerraformTest, sandbox: Sandbox
) -> None:
    assert ask(sandbox, applied, "GET /items/7/parts/8").status == 403


def test_a_changed_origin_is_deployed_anew(applied: tftest.TerraformTest) -> None:
    directory = Path(applied.tfdir)
    write(directory, origins=["https://www.example.com"])
    try:
        planned = changes(applied)
    finally:
        write(directory, origins=ORIGINS)
    replaced = [change.split(":")[0] for change in planned if change.startswith("create+delete")]
    assert replaced == ["create+delete module.api.aws_api_gateway_deployment.this"]


@pytest.mark.exercises("region", "destroy")
def test_destroy_leaves_nothing_of_the_region(applied: tftest.TerraformTest) -> None:
    applied.destroy()
    assert inventory.applied_in(Path(applied.tfdir)) == {}
