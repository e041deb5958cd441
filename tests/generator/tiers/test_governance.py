from __future__ import annotations

import re

import pytest

from generator.manifest import Manifest
from generator.manifest.problems import InputRefused
from generator.stacks import stacks
from generator.tiers.governance import SERVICES
from tests.generator.short_manifest import REPOSITORY, Load

DELIVERY = ("topology:", "delivery: {repository: octo-org/shop}\ntopology:")
# the beginnings of resource types, longest first, by the service that their API belongs to
OF = {
    "acm_": "acm",
    "api_gateway_": "apigateway",
    "appautoscaling_": "autoscaling",
    "backup_": "backup",
    "cloudfront_": "cloudfront",
    "cloudwatch_event_": "events",
    "cloudwatch_log_": "logs",
    "cloudwatch_": "cloudwatch",
    "codedeploy_": "codedeploy",
    "db_": "rds",
    "default_security_group": "ec2",
    "dynamodb_": "dynamodb",
    "flow_log": "ec2",
    "iam_": "iam",
    "kms_": "kms",
    "lambda_": "lambda",
    "rds_": "rds",
    "route53_": "route53",
    "route_table": "ec2",
    "s3_": "s3",
    "secretsmanager_": "secretsmanager",
    "security_group": "ec2",
    "sns_": "sns",
    "sqs_": "sqs",
    "subnet": "ec2",
    "vpc": "ec2",
    "wafv2_": "wafv2",
}
CALLABLE = sorted(
    str(folder.parent.relative_to(REPOSITORY / "modules"))
    for folder in (REPOSITORY / "modules").glob("*/*/versions.tf")
    if "governance" not in folder.parts
)


def delivery_role(manifest: Manifest) -> dict[str, object]:
    (call,) = [each for stack in stacks(manifest) for each in stack.calls if each.label == "delivery"]
    assert (call.stack, call.module) == ("state", "governance/delivery_role")
    return dict(call.arguments)


@pytest.mark.parametrize("module", CALLABLE)
def test_the_services_of_a_module_are_those_of_its_resources(module: str) -> None:
    text = "\n".join(file.read_text() for file in (REPOSITORY / "modules" / module).glob("*.tf"))
    types = set(re.findall(r'^resource "aws_([a-z0-9_]+)"', text, re.M))
    found = {next(service for begin, service in OF.items() if each.startswith(begin)) for each in types}
    # a module that calls another has what that one has
    for called in re.findall(r'source\s*=\s*"(?:\.\./)+([a-z_]+/[a-z_]+|[a-z_]+)"', text):
        name = called if "/" in called else f"{module.split('/')[0]}/{called}"
        found |= set(SERVICES[name])
    assert set(SERVICES[module]) == found


def test_an_environment_without_delivery_has_no_delivery_role(load: Load) -> None:
    assert [each for stack in stacks(load()) for each in stack.calls if each.label == "delivery"] == []
    assert load().role_boundary is None


def test_the_roles_know_the_services_of_their_environment_and_no_others(load: Load) -> None:
    found = delivery_role(load(DELIVERY))
    assert found["services"] == [
        *("acm", "apigateway", "cloudwatch", "codedeploy", "dynamodb", "iam", "kms"),
        *("lambda", "logs", "route53", "s3", "sns", "sqs"),
    ]
    assert (found["repository"], found["environment"], found["domain"]) == (
        "octo-org/shop",
        "prod",
        "example.com",
    )
    assert found["state_buckets"] == {
        code: {"name": f"prod-tfstate-123456789012-{code}", "kms_alias": f"prod-state-{code}"}
        for code in ("use1", "usw2")
    }


def test_with_delivery_every_role_is_bounded(load: Load) -> None:
    boundary = "arn:aws:iam::123456789012:policy/prod-delivery-boundary"
    roles = [
        each
        for stack in stacks(load(DELIVERY))
        for each in stack.calls
        if each.module.startswith("security/") and each.module.endswith("_role")
    ]
    assert len(roles) >= 7
    assert {each.arguments["permissions_boundary"] for each in roles} == {boundary}


def test_a_boundary_of_the_account_s_own_is_kept(load: Load) -> None:
    own = "arn:aws:iam::123456789012:policy/platform"
    manifest = load((DELIVERY[0], f"security: {{permissions_boundary: {own}}}\n{DELIVERY[1]}"))
    assert (manifest.role_boundary, delivery_role(manifest)["role_boundary"]) == (own, own)


def test_saved_plans_expire_where_plans_are_kept(load: Load) -> None:
    def kept(manifest: Manifest) -> set[object]:
        state = next(stack for stack in stacks(manifest) if stack.name == "state")
        return {
            each.arguments["plans_retention_days"]
            for each in state.calls
            if each.module == "operations/state_backend"
        }

    assert (kept(load()), kept(load(DELIVERY))) == ({None}, {30})


@pytest.mark.parametrize(
    "repository", ["octo-org", "octo-org/*", "octo-org@1/shop", "https://host/octo-org/shop"]
)
def test_a_repository_that_is_no_owner_and_name_is_refused_with_its_line(load: Load, repository: str) -> None:
    with pytest.raises(InputRefused, match=r"delivery\.repository"):
        load((DELIVERY[0], f'delivery: {{repository: "{repository}"}}\n{DELIVERY[0]}'))
