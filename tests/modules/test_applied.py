"""The modules of one region applied together to the embedded AWS, as a region's stack applies them."""

from __future__ import annotations

import json
import shutil
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import tftest
from module_plan import LOCK_FILE, PACKAGE, REGION, Terraform, path_to, temporary_files_in, write_package

from harness.sandbox.server import Sandbox

pytestmark = [pytest.mark.terraform, pytest.mark.sandbox, pytest.mark.timeout(420)]

ACCOUNT = "123456789012"
CHANGES = 2
"""Exit status of `plan -detailed-exitcode` when there is something to do."""


def root(directory: Path, *, origins: list[str]) -> dict[str, Any]:
    route = {
        "function_name": "${module.function.function_name}",
        "invoke_arn": "${module.function.invoke_arn}",
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
                "services": [f"logs.{REGION}.amazonaws.com", "sns.amazonaws.com"],
            },
            "role": {
                "source": path_to("security/function_role", directory),
                "account_id": ACCOUNT,
                "dead_letter_queue_name": "prod-echo-use1-dead-letter",
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
                "dead_letter": {"enabled": True},
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
                "cors": {"origins": origins},
                "kms_key_arn": "${module.key.arn}",
                "name": "prod-use1",
                "routes": {
                    "GET /items/{id}": route,
                    "POST /items": route | {"required_headers": ["Idempotency-Key"], "body_schema": schema},
                },
            },
        },
        "output": {"invoke_url": {"value": "${module.api.invoke_url}"}, "id": {"value": "${module.api.id}"}},
    }


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(account_id=ACCOUNT, regions=[REGION]) as running:
        yield running


@pytest.fixture(scope="module")
def applied(
    sandbox: Sandbox, terraform: Terraform, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tftest.TerraformTest]:
    directory = tmp_path_factory.mktemp("region")
    shutil.copyfile(LOCK_FILE, directory / ".terraform.lock.hcl")
    write_package(directory)
    write(directory, origins=["https://example.com"])
    run = tftest.TerraformTest(
        str(directory), binary=terraform.binary, env={**terraform.environment, **sandbox.environment(REGION)}
    )
    with temporary_files_in(directory):
        run.setup(cleanup_on_exit=False)
        try:
            run.apply()
            yield run
        finally:
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


def test_a_second_plan_is_empty(applied: tftest.TerraformTest) -> None:
    assert changes(applied) == []


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


def test_a_browser_is_told_what_its_origin_may_do(applied: tftest.TerraformTest, sandbox: Sandbox) -> None:
    answer = ask(sandbox, applied, "OPTIONS /items", Origin="https://example.com")
    allowed = {
        name.lower(): value for name, value in answer.headers.items() if name.lower().startswith("access")
    }
    assert answer.status == 204
    assert allowed == {
        "access-control-allow-headers": "Content-Type,Idempotency-Key",
        "access-control-allow-methods": "OPTIONS,POST",
        "access-control-allow-origin": "https://example.com",
        "access-control-max-age": "600",
    }


def test_a_changed_origin_is_deployed_anew(applied: tftest.TerraformTest) -> None:
    directory = Path(applied.tfdir)
    write(directory, origins=["https://www.example.com"])
    try:
        planned = changes(applied)
    finally:
        write(directory, origins=["https://example.com"])
    replaced = [change.split(":")[0] for change in planned if change.startswith("create+delete")]
    assert replaced == ["create+delete module.api.aws_api_gateway_deployment.this"]
