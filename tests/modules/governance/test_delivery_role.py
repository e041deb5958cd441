from __future__ import annotations

import json
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

import hcl2
import pytest

from tests.modules.module_plan import Planner
from tests.modules.module_source import MODULES, modules

pytestmark = pytest.mark.terraform

MODULE = "governance/delivery_role"
SERVICES = [
    "acm",
    "apigateway",
    "autoscaling",
    "backup",
    "cloudfront",
    "cloudwatch",
    "codedeploy",
    "dynamodb",
    "ec2",
    "events",
    "iam",
    "kms",
    "lambda",
    "logs",
    "rds",
    "route53",
    "s3",
    "secretsmanager",
    "sns",
    "sqs",
    "wafv2",
]
# the longest name, three regions and every service: what makes policies long
EVERYTHING = {
    "account_id": "123456789012",
    "domain": "shop.example.com",
    "environment": "a-name-of-the-full-24-ch",
    "repository": "octo-org@1234/shop@5678",
    "services": SERVICES,
    "state_buckets": {
        region: {
            "name": f"a-name-of-the-full-24-ch-tfstate-123456789012-{region}",
            "kms_alias": f"a-name-of-the-full-24-ch-state-{region}",
        }
        for region in ("euw1", "use1", "use2")
    },
}
MANAGED_POLICY, INLINE_POLICIES, TRUST_POLICY, MANAGED_POLICIES = 6144, 10_240, 2048, 10
"""IAM User Guide, "IAM and AWS STS quotas": characters without white space; policies of one role."""

ENV = str(EVERYTHING["environment"])
ISSUER = "token.actions.githubusercontent.com"
STATE = [
    f"arn:aws:s3:::a-name-of-the-full-24-ch-tfstate-123456789012-{code}" for code in ("euw1", "use1", "use2")
]
Statement = dict[str, Any]


@pytest.fixture(scope="module")
def planned(plan_module: Planner) -> dict[str, dict[str, Any]]:
    """The values of every resource by address."""
    found = plan_module(MODULE, EVERYTHING).modules["module.this"].resources
    return {address: dict(resource["values"]) for address, resource in found.items()}


def listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def statements(text: str) -> list[Statement]:
    return list(json.loads(text)["Statement"])


def policies(planned: dict[str, dict[str, Any]], prefix: str) -> Iterator[Statement]:
    for address, values in planned.items():
        if address.startswith(prefix):
            yield from statements(values["policy"])


def length(text: str) -> int:
    return len(json.dumps(json.loads(text), separators=(",", ":")))


def test_each_role_is_taken_by_runs_of_the_repository_and_nobody_else(
    planned: dict[str, dict[str, Any]],
) -> None:
    trust = {
        name: statements(planned[f"aws_iam_role.{name}"]["assume_role_policy"]) for name in ("plan", "apply")
    }
    subjects = {
        name: sorted(listed(each[0]["Condition"]["StringEquals"].pop(f"{ISSUER}:sub")))
        for name, each in trust.items()
    }
    repository = "repo:octo-org@1234/shop@5678"
    assert subjects == {
        "plan": [f"{repository}:pull_request", f"{repository}:ref:refs/heads/main"],
        "apply": [f"{repository}:environment:{ENV}"],
    }
    alike = {
        "Sid": "WorkflowsTakeTheRole",
        "Effect": "Allow",
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Principal": {"Federated": f"arn:aws:iam::123456789012:oidc-provider/{ISSUER}"},
        "Condition": {"StringEquals": {f"{ISSUER}:aud": "sts.amazonaws.com"}},
    }
    assert trust == {"plan": [alike], "apply": [alike]}


def test_every_policy_fits_its_quota(planned: dict[str, dict[str, Any]]) -> None:
    managed = {
        address: length(values["policy"])
        for address, values in planned.items()
        if address.startswith("aws_iam_policy.")
    }
    assert {address: size for address, size in managed.items() if size > MANAGED_POLICY} == {}
    inline = [length(planned[f"aws_iam_role_policy.{name}"]["policy"]) for name in ("apply", "guard")]
    assert sum(inline) <= INLINE_POLICIES
    assert length(planned["aws_iam_role_policy.plan"]["policy"]) <= INLINE_POLICIES
    for role in ("plan", "apply"):
        assert length(planned[f"aws_iam_role.{role}"]["assume_role_policy"]) <= TRUST_POLICY
    attached = [address for address in planned if address.startswith("aws_iam_role_policy_attachment.apply")]
    assert len(attached) <= MANAGED_POLICIES


def test_planning_reads_and_writes_nothing_but_locks_and_new_plans(
    planned: dict[str, dict[str, Any]],
) -> None:
    actions = {
        action for each in policies(planned, "aws_iam_policy.read") for action in listed(each["Action"])
    }
    reading = re.compile(r"^[a-z0-9-]+:(Get|List|Describe|GET)")
    assert [action for action in sorted(actions) if not reading.match(action)] == []
    state = {each["Sid"]: each for each in statements(planned["aws_iam_role_policy.plan"]["policy"])}
    assert {sid: listed(each["Action"]) for sid, each in state.items()} == {
        "FindStates": ["s3:ListBucket", "s3:GetBucketLocation"],
        "ReadStates": ["s3:GetObject"],
        "LockStates": ["s3:PutObject", "s3:DeleteObject"],
        "KeepPlans": ["s3:PutObject"],
        "UseStateKeys": ["kms:GenerateDataKey", "kms:Decrypt"],
    }
    assert sorted(state["LockStates"]["Resource"]) == [f"{bucket}/*.tflock" for bucket in STATE]
    assert sorted(state["KeepPlans"]["Resource"]) == [f"{bucket}/plans/*" for bucket in STATE]
    assert state["KeepPlans"]["Condition"] == {"Null": {"s3:if-none-match": "false"}}


def test_applying_writes_states_and_cannot_change_a_kept_plan(planned: dict[str, dict[str, Any]]) -> None:
    state = {each["Sid"]: each for each in statements(planned["aws_iam_role_policy.apply"]["policy"])}
    assert sorted(state["WriteStates"]["Resource"]) == [f"{bucket}/*/terraform.tfstate" for bucket in STATE]
    assert "KeepPlans" not in state


def test_no_statement_allows_every_action_or_a_whole_service(planned: dict[str, dict[str, Any]]) -> None:
    allowed = [*policies(planned, "aws_iam_policy."), *policies(planned, "aws_iam_role_policy.")]
    wide = [
        action
        for each in allowed
        if each["Effect"] == "Allow"
        for action in listed(each["Action"])
        if action == "*" or action.endswith(":*")
    ]
    assert wide == []


def test_what_is_allowed_on_every_resource_is_named_action_by_action(
    planned: dict[str, dict[str, Any]],
) -> None:
    roles = [*policies(planned, "aws_iam_policy.read"), *policies(planned, "aws_iam_policy.write")]
    wild = [
        action
        for each in roles
        if "*" in listed(each["Resource"])
        for action in listed(each["Action"])
        if "*" in action
    ]
    assert wild == []


def test_changes_are_bound_to_the_environment_s_names_its_tag_or_its_domain(
    planned: dict[str, dict[str, Any]],
) -> None:
    """Those that AWS can tell by none of these, each with the reason that the module gives."""
    unbound = {
        action
        for each in policies(planned, "aws_iam_policy.write")
        if "Condition" not in each
        for action, resource in ((a, r) for a in listed(each["Action"]) for r in listed(each["Resource"]))
        if ENV not in resource
    }
    services = {action.split(":")[0] for action in unbound}
    assert services == {
        "apigateway",
        "application-autoscaling",
        "backup",
        "backup-storage",
        "cloudfront",
        "codedeploy",
        "logs",
        "route53",
        "sns",
        "wafv2",
    }
    assert {action for action in unbound if action.startswith("apigateway")} == {"apigateway:PATCH"}
    assert not {action for action in unbound if "Distribution" in action}
    assert {action for action in unbound if action.startswith("backup:")} == {"backup:UpdateRegionSettings"}


def denied(planned: dict[str, dict[str, Any]], action: str, resource: str) -> bool:
    """Whether a statement of the guard without a condition denies it."""
    return any(
        any(fnmatchcase(action, pattern) for pattern in listed(each["Action"]))
        and any(fnmatchcase(resource, pattern) for pattern in listed(each["Resource"]))
        for each in statements(planned["aws_iam_role_policy.guard"]["policy"])
        if "Condition" not in each
    )


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("iam:PutRolePolicy", f"role/{ENV}-delivery-apply"),
        ("iam:UpdateAssumeRolePolicy", f"role/{ENV}-delivery-plan"),
        ("iam:AttachRolePolicy", f"role/{ENV}-delivery-apply"),
        ("iam:CreatePolicyVersion", f"policy/{ENV}-delivery-write-data"),
        ("iam:CreatePolicyVersion", f"policy/{ENV}-delivery-boundary"),
        ("iam:SetDefaultPolicyVersion", f"policy/{ENV}-delivery-boundary"),
        ("iam:AddClientIDToOpenIDConnectProvider", "oidc-provider/token.actions.githubusercontent.com"),
        ("iam:DeleteRolePermissionsBoundary", f"role/{ENV}-read-use1"),
        ("iam:PassRole", f"role/{ENV}-delivery-apply"),
    ],
)
def test_the_apply_role_cannot_change_itself(
    planned: dict[str, dict[str, Any]], action: str, resource: str
) -> None:
    assert denied(planned, action, f"arn:aws:iam::123456789012:{resource}")


@pytest.mark.parametrize(
    "action",
    ["s3:DeleteBucket", "s3:PutBucketPolicy", "s3:PutBucketVersioning", "s3:PutLifecycleConfiguration"],
)
def test_the_apply_role_cannot_take_the_state_away(planned: dict[str, dict[str, Any]], action: str) -> None:
    assert [bucket for bucket in STATE if not denied(planned, action, bucket)] == []
    assert not denied(planned, action, f"arn:aws:s3:::{ENV}-files-123456789012-use1")


def test_the_state_s_objects_are_deleted_as_locks_only(planned: dict[str, dict[str, Any]]) -> None:
    allowed = [
        resource
        for prefix in ("aws_iam_policy.write", "aws_iam_role_policy.apply")
        for each in policies(planned, prefix)
        if each["Effect"] == "Allow" and "s3:DeleteObject" in listed(each["Action"])
        for resource in listed(each["Resource"])
    ]
    assert sorted(allowed) == [f"{bucket}/*.tflock" for bucket in STATE]
    assert [bucket for bucket in STATE if not denied(planned, "s3:DeleteObjectVersion", f"{bucket}/x")] == []


def test_the_state_s_keys_cannot_be_disabled_or_deleted(planned: dict[str, dict[str, Any]]) -> None:
    guard = {each["Sid"]: each for each in statements(planned["aws_iam_role_policy.guard"]["policy"])}
    keys = guard["StateKeysStay"]
    assert {"kms:DisableKey", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion"} <= set(keys["Action"])
    assert sorted(keys["Condition"]["ForAnyValue:StringEquals"]["kms:ResourceAliases"]) == [
        f"alias/{ENV}-state-{code}" for code in ("euw1", "use1", "use2")
    ]


def test_roles_are_made_with_the_environment_s_boundary_only(planned: dict[str, dict[str, Any]]) -> None:
    (making,) = [
        each
        for each in policies(planned, 'aws_iam_policy.write["identity"]')
        if "iam:CreateRole" in listed(each["Action"])
    ]
    boundary = f"arn:aws:iam::123456789012:policy/{ENV}-delivery-boundary"
    assert making["Condition"] == {"StringEquals": {"iam:PermissionsBoundary": boundary}}
    assert "iam:PutRolePolicy" in making["Action"]
    assert planned["aws_iam_policy.boundary[0]"]["name"] == boundary.partition("policy/")[2]


def test_records_are_changed_below_the_domain_only(planned: dict[str, dict[str, Any]]) -> None:
    (changing,) = [
        each
        for each in policies(planned, 'aws_iam_policy.write["edge"]')
        if "route53:ChangeResourceRecordSets" in listed(each["Action"])
    ]
    assert changing["Condition"] == {
        "ForAllValues:StringLike": {
            "route53:ChangeResourceRecordSetsNormalizedRecordNames": [
                "shop.example.com",
                "*.shop.example.com",
            ]
        }
    }


def test_the_boundary_leaves_every_role_what_its_own_policy_gives(planned: dict[str, dict[str, Any]]) -> None:
    bound = [
        action
        for each in statements(planned["aws_iam_policy.boundary[0]"]["policy"])
        if each["Effect"] == "Allow"
        for action in listed(each["Action"])
    ]
    assert [
        action
        for action in sorted(given_to_roles())
        if not any(fnmatchcase(action, pattern) for pattern in bound)
    ] == []


def given_to_roles() -> set[str]:
    """Every action in the HCL of the modules that make roles for others, conditions' keys left out."""
    making = [module for module in modules() if module.startswith("security/") and module.endswith("_role")]
    text = "\n".join(
        file.read_text(encoding="utf-8") for module in making for file in (MODULES / module).glob("*.tf")
    )
    named = re.findall(r'"((?!aws|sts)[a-z0-9-]+:[A-Z][A-Za-z]+)"', text)
    keys = set(re.findall(r'variable\s*=\s*"([a-z0-9-]+:[A-Za-z]+)"', text))
    found = set(named) - keys
    assert len(found) > 50
    return found


def test_services_that_may_be_named_are_those_that_are_described() -> None:
    described = [
        name
        for file in (MODULES / MODULE).glob("services_*.tf")
        for group, entries in hcl2.loads(file.read_text(encoding="utf-8"))["locals"][0].items()
        if group.endswith("_services")
        for name in entries
    ]
    assert sorted(described) == SERVICES
