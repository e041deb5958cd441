"""What data.backups of a manifest becomes, and what of it cannot work."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from generator.manifest import Manifest, implied
from generator.manifest.problems import InputRefused
from generator.pages import environment as document
from generator.pages import runbooks
from generator.stacks import stacks
from generator.terraform.calls import ModuleCall
from tests.generator.short_manifest import Load

TABLES = "data:\n  tables:\n    items: {hash_key: pk}\n"
THIRD = (
    "  us-west-2: {role: standby, cidr: 10.1.0.0/16}\n",
    "  us-west-2: {role: standby, cidr: 10.1.0.0/16}\n  eu-west-1: {role: standby, cidr: 10.2.0.0/16}\n",
)
DATABASE = ("data:\n", "failover: {witness: us-east-2}\ndata:\n  databases: {orders: {}}\n")


def asking(settings: str) -> tuple[str, str]:
    return TABLES, f"{TABLES}  backups: {settings}\n"


def calls(manifest: Manifest) -> dict[tuple[str, str], ModuleCall]:
    """By stack and label, those of backups."""
    return {
        (stack.name, call.label): call
        for stack in stacks(manifest)
        for call in stack.calls
        if "backup" in call.label
    }


def test_without_the_key_nothing_is_backed_up_beyond_the_stores_own(load: Load) -> None:
    manifest = load()
    assert calls(manifest) == {}
    assert implied.copy_regions(manifest) == ()


def test_every_region_has_a_vault_and_the_lead_alone_a_plan(load: Load) -> None:
    found = calls(load(asking("{}")))
    assert {where: call.module for where, call in found.items()} == {
        ("global", "backup_role"): "security/backup_role",
        ("us-east-1", "backup_settings"): "data/backup_settings",
        ("us-east-1", "backup_vault"): "data/backup_vault",
        ("us-east-1", "backup_plan"): "data/backup_plan",
        ("us-west-2", "backup_settings"): "data/backup_settings",
        ("us-west-2", "backup_vault"): "data/backup_vault",
    }
    assert {call.region for (stack, _), call in found.items() if stack == "us-west-2"} == {"us-west-2"}


def test_the_plan_names_stores_role_and_the_other_regions_vaults_by_convention(load: Load) -> None:
    manifest = load(asking("{keep_days: 30, copies: {keep_days: 200, cold_after_days: 20}}"), DATABASE)
    plan = calls(manifest)["us-east-1", "backup_plan"].arguments
    assert {name: value for name, value in plan.items() if name != "vault_name"} == {
        "name": "prod-backups",
        "role_arn": "arn:aws:iam::123456789012:role/prod-use1-backup",
        "schedule": "cron(0 5 ? * * *)",
        "delete_after_days": 30,
        "copies": {
            "us-west-2": {
                "vault_arn": "arn:aws:backup:us-west-2:123456789012:backup-vault:prod-backups-usw2",
                "delete_after_days": 200,
                "cold_storage_after_days": 20,
            }
        },
        "resource_arns": [
            "arn:aws:dynamodb:us-east-1:123456789012:table/prod-items",
            "arn:aws:rds:us-east-1:123456789012:cluster:prod-orders-use1",
        ],
    }


def test_the_role_is_of_these_stores_vaults_and_keys(load: Load) -> None:
    role = calls(load(asking("{}"), DATABASE))["global", "backup_role"].arguments
    assert {name: value for name, value in role.items() if value is not None} == {
        "name": "prod-use1-backup",
        "account_id": "123456789012",
        "region": "us-east-1",
        "vault": {"name": "prod-backups-use1", "key_alias": "prod-use1"},
        "copy_vaults": {"us-west-2": {"name": "prod-backups-usw2", "key_alias": "prod-usw2"}},
        "tables": ["prod-items"],
        "table_key_alias": "prod-data-use1",
        "clusters": ["prod-orders-use1"],
        "cluster_key_alias": "prod-use1",
    }


@pytest.mark.parametrize(
    ("schedule", "expression"),
    [("daily", "cron(0 23 ? * * *)"), ("weekly", "cron(0 23 ? * SUN *)"), ("monthly", "cron(0 23 1 * ? *)")],
)
def test_a_schedule_is_written_as_aws_backup_reads_it(load: Load, schedule: str, expression: str) -> None:
    manifest = load(asking(f"{{schedule: {schedule}, hour: 23}}"))
    assert calls(manifest)["us-east-1", "backup_plan"].arguments["schedule"] == expression


def test_regions_are_told_of_the_types_that_the_environment_has(load: Load) -> None:
    def types(manifest: Manifest) -> object:
        return calls(manifest)["us-west-2", "backup_settings"].arguments["resource_types"]

    assert types(load(asking("{}"))) == ["DynamoDB"]
    assert types(load(asking("{}"), DATABASE)) == ["Aurora", "DynamoDB"]


def test_a_lock_is_the_same_in_every_vault_and_refuses_neither_backups_nor_copies(load: Load) -> None:
    found = calls(load(asking("{keep_days: 60, copies: {keep_days: 14}, lock: true}")))
    locks = {stack: call.arguments["lock"] for (stack, label), call in found.items() if "vault" in label}
    assert locks == {"us-east-1": {"min_retention_days": 14}, "us-west-2": {"min_retention_days": 14}}


def test_what_may_be_destroyed_has_vaults_that_may(load: Load) -> None:
    def vault(*changes: tuple[str, str]) -> tuple[object, object]:
        arguments = calls(load(asking("{}"), *changes))["us-west-2", "backup_vault"].arguments
        return arguments["deny_deletion"], arguments["force_destroy"]

    assert vault() == (True, False)
    assert vault(("topology:", "operations: {protect: false}\ntopology:")) == (False, True)


def test_copies_go_to_every_other_region_or_to_those_that_are_named(load: Load) -> None:
    assert implied.copy_regions(load(asking("{}"), THIRD)) == ("us-west-2", "eu-west-1")
    named = load(asking("{copies: {regions: [eu-west-1]}}"), THIRD)
    assert implied.copy_regions(named) == ("eu-west-1",)
    copies = calls(named)["us-east-1", "backup_plan"].arguments["copies"]
    assert isinstance(copies, Mapping)
    assert list(copies) == ["eu-west-1"]


def test_a_region_that_is_draining_gets_no_more_copies_by_the_plan_alone(load: Load) -> None:
    leaving = (THIRD[0], THIRD[1].replace("10.2.0.0/16}", "10.2.0.0/16, draining: true}"))
    whole, drained = load(asking("{}"), THIRD), load(asking("{}"), leaving)
    assert implied.copy_regions(drained) == ("us-west-2",)
    before, after = calls(whole), calls(drained)
    assert [where for where in before if before[where] != after[where]] == [("us-east-1", "backup_plan")]
    text = runbooks.runbooks(drained, environment="x")
    assert 'make apply ENV=x STACK="us-east-1 edge"' in text


def test_the_readme_says_when_where_and_for_how_long(load: Load) -> None:
    text = document.document(
        load(asking("{schedule: weekly, copies: {keep_days: 90}, lock: true}")), environment="x"
    )
    assert (
        "Every table and database is backed up weekly at 05:00 UTC in us-east-1, for 35 days, and copied to "
        "us-west-2, for 90 days; vaults are locked."
    ) in text
    assert "| backup vault | `prod-backups-use1` | `prod-backups-usw2` |" in text
    assert "## Backups" not in document.document(load(), environment="x")


COPIES = "data.backups.copies"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            "{copies: {regions: [us-east-1]}}",
            f"{COPIES}.regions: must not name the lead region, which has the backups themselves "
            "(found 'us-east-1')",
        ),
        ("{copies: {regions: [eu-west-1]}}", f"{COPIES}.regions: must be of us-west-2 (found 'eu-west-1')"),
        (
            "{copies: {regions: [us-west-2, us-west-2]}}",
            f"{COPIES}.regions: must name each region once (found 'us-west-2')",
        ),
        (
            "{copies: {regions: []}}",
            f"{COPIES}.regions: list should have at least 1 item after validation, not 0 (found [])",
        ),
        (
            "{schedule: weekly, keep_days: 6}",
            "data.backups.keep_days: must be 7 or more with schedule: weekly, or some days have no backup "
            "(found 6)",
        ),
        (
            "{schedule: monthly, copies: {keep_days: 30}}",
            f"{COPIES}.keep_days: must be 31 or more with schedule: monthly, or some days have no backup "
            "(found 30)",
        ),
        (
            "{copies: {keep_days: 119, cold_after_days: 30}}",
            f"{COPIES}.cold_after_days: must be 90 or more below keep_days (119): cold storage keeps a copy "
            "for 90 days (found 30)",
        ),
        (
            "{schedule: hourly}",
            "data.backups.schedule: must be 'daily', 'weekly' or 'monthly' (found 'hourly')",
        ),
        ("{hour: 24}", "data.backups.hour: should be less than or equal to 23 (found 24)"),
        ("{keep_days: 0}", "data.backups.keep_days: should be greater than or equal to 1 (found 0)"),
        ("{keep: 3}", "data.backups.keep: is not a known key; did you mean keep_days?"),
        (
            "{break_glass_roles: [admin]}",
            "data.backups.break_glass_roles[0]: must be the ARN of a role, such as "
            "arn:aws:iam::123456789012:role/name (found 'admin')",
        ),
    ],
)
def test_what_cannot_work_is_refused_with_what_is_allowed(load: Load, settings: str, message: str) -> None:
    with pytest.raises(InputRefused) as caught:
        load(asking(settings))
    assert [str(problem).split("manifest.yaml:18: ", 1)[-1] for problem in caught.value.problems] == [message]


def refused(load: Load, *changes: tuple[str, str]) -> list[str]:
    with pytest.raises(InputRefused) as caught:
        load(*changes)
    return [str(problem).split("manifest.yaml:", 1)[1].split(": ", 1)[1] for problem in caught.value.problems]


def test_a_copy_in_a_region_that_is_draining_is_refused(load: Load) -> None:
    leaving = (THIRD[0], THIRD[1].replace("10.2.0.0/16}", "10.2.0.0/16, draining: true}"))
    assert refused(load, asking("{copies: {regions: [eu-west-1]}}"), leaving) == [
        f"{COPIES}.regions: must not name a region that is draining: its vault goes with it "
        "(found 'eu-west-1')"
    ]


def test_a_lock_in_an_environment_that_may_be_destroyed_is_refused(load: Load) -> None:
    trial = ("topology:", "operations: {protect: false}\ntopology:")
    assert refused(load, asking("{lock: true}"), trial) == [
        "data.backups.lock: must be false with operations.protect: false: what may be destroyed cannot keep "
        "its backups (found True)"
    ]


def test_backups_of_nothing_are_refused(load: Load) -> None:
    nothing = (
        TABLES,
        "data:\n  buckets: {files: {}}\n  backups: {copies: {keep_days: 300, cold_after_days: 9}}\n",
    )
    reads = (", access: {items: read}", "")
    writes = (", access: {items: write}", "")
    assert refused(load, nothing, reads, writes) == [
        "data.backups: has nothing to back up: data has no tables and no databases (a bucket keeps its own "
        "earlier versions)",
        f"{COPIES}.cold_after_days: needs data.tables: copies of databases never move to cold storage "
        "(found 9)",
    ]
