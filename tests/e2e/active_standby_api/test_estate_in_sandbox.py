"""The reference environment as its operators meet it: plans, dark regions, locks, the AWS CLI and dig."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.request import Request, urlopen

import pytest

from e2e.estates import Estate, hold_to_inventory
from harness.sandbox.faults import RegionDark
from harness.terraform import runner
from harness.terraform.adapter import ExitStatus
from harness.terraform.session import Session

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.sandbox,
    pytest.mark.terraform,
    pytest.mark.timeout(900),
]


@pytest.mark.exercises("reference/active-standby-api", "apply")
def test_what_is_applied_is_what_the_inventory_says(estate: Estate, holds: Callable[..., None]) -> None:
    hold_to_inventory(estate.environment, estate.client, holds)


@pytest.mark.exercises("reference/active-standby-api", "second plan")
def test_the_second_plan_of_every_stack_is_empty(estate: Estate, terraform: Session) -> None:
    result = runner.plan(terraform, estate.stacks)
    assert {each.stack: str(each.planned) for each in result.results} == {
        stack.name: "no changes" for stack in estate.stacks
    }


@pytest.mark.parametrize("mode", ["refuse", "503", "hang"])
def test_i1_the_standby_is_planned_and_applied_while_us_east_1_is_dark(
    estate: Estate, terraform: Session, mode: str
) -> None:
    number = estate.sandbox.faults.inject(RegionDark("us-east-1", mode))  # type: ignore[arg-type]
    try:
        result = runner.apply(terraform, [estate.stack("us-west-2")])
    finally:
        estate.sandbox.faults.heal(number)
    assert result.of("us-west-2").status is ExitStatus.SUCCEEDED, result.of("us-west-2").messages


def test_i1_the_primary_is_planned_and_applied_while_us_west_2_is_dark(
    estate: Estate, terraform: Session
) -> None:
    estate.sandbox.faults.inject(RegionDark("us-west-2", "refuse"))
    result = runner.apply(terraform, [estate.stack("us-east-1")])
    assert result.of("us-east-1").status is ExitStatus.SUCCEEDED, result.of("us-east-1").messages


def test_a_lock_that_somebody_holds_is_shown_with_its_owner_and_age(
    estate: Estate, terraform: Session
) -> None:
    bucket = "active-standby-api-tfstate-123456789012-usw2"
    s3 = estate.client("s3", "us-west-2")
    created = datetime.now(UTC) - timedelta(minutes=7)
    lock = {
        "ID": "8d1b5a0e-0000-4000-8000-000000000001",
        "Operation": "OperationTypeApply",
        "Info": "",
        "Who": "rosa@build-7",
        "Version": "1.11.4",
        "Created": created.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "Path": f"{bucket}/edge/terraform.tfstate",
    }
    s3.put_object(Bucket=bucket, Key="edge/terraform.tfstate.tflock", Body=json.dumps(lock))
    try:
        result = runner.plan(terraform, [estate.stack("edge")], known=estate.stacks).of("edge")
    finally:
        s3.delete_object(Bucket=bucket, Key="edge/terraform.tfstate.tflock")
    assert result.status is ExitStatus.LOCKED
    (message,) = result.messages
    assert "rosa@build-7" in message
    assert "7 min" in message
    assert "force-unlock 8d1b5a0e-0000-4000-8000-000000000001" in message


def test_state_lies_encrypted_and_versioned_in_a_bucket_of_its_region(estate: Estate) -> None:
    for region, short in (("us-east-1", "use1"), ("us-west-2", "usw2")):
        s3 = estate.client("s3", region)
        bucket = f"active-standby-api-tfstate-123456789012-{short}"
        assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
        (rule,) = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
        assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    keys = {
        found["Key"]
        for short, region in (("use1", "us-east-1"), ("usw2", "us-west-2"))
        for found in estate.client("s3", region).list_objects_v2(
            Bucket=f"active-standby-api-tfstate-123456789012-{short}"
        )["Contents"]
    }
    assert keys == {f"{stack.name}/terraform.tfstate" for stack in estate.stacks}


def test_a_write_in_one_region_is_read_in_the_other(estate: Estate) -> None:
    def call(region: str, path: str, body: bytes | None = None) -> dict[str, object]:
        ip, port = estate.sandbox.addresses[region]
        headers = {"Host": "api.example.com", "Content-Type": "application/json", "Idempotency-Key": "e2e-1"}
        with urlopen(Request(f"http://{ip}:{port}{path}", data=body, headers=headers), timeout=10) as answer:
            return dict(json.load(answer))

    written = call("us-east-1", "/write", b'{"id": "e2e-item", "value": {"n": 1}}')
    assert written["served_by"] == "us-east-1"
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            read = call("us-west-2", "/read?id=e2e-item")
        except OSError:
            time.sleep(0.2)
            continue
        assert (read["value"], read["written_in"], read["served_by"]) == ({"n": 1}, "us-east-1", "us-west-2")
        return
    pytest.fail("the write had not reached us-west-2 after 10 s")


def test_the_aws_cli_works_against_it(estate: Estate) -> None:
    aws = shutil.which("aws")
    if aws is None:
        pytest.skip("the AWS CLI is not installed (Debian: awscli)")
    environment = {
        **estate.sandbox.environment("us-west-2"),
        "PATH": os.environ["PATH"],
        "HOME": os.environ["HOME"],
    }
    done = subprocess.run(
        [aws, "dynamodb", "describe-table", "--table-name", "active-standby-api-items", "--output", "json"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    replicas = json.loads(done.stdout)["Table"]["Replicas"]
    assert {replica["RegionName"] for replica in replicas} >= {"us-east-1"} or {
        replica["RegionName"] for replica in replicas
    } >= {"us-west-2"}


def test_dig_finds_the_primary_through_the_whole_chain(estate: Estate) -> None:
    dig = shutil.which("dig")
    if dig is None:
        pytest.skip("dig is not installed (Debian: dnsutils)")
    ip, port = estate.sandbox.dns_address
    done = subprocess.run(
        [dig, f"@{ip}", "-p", str(port), "api.example.com", "+short"],
        capture_output=True,
        text=True,
        timeout=20,
    )
    lines = done.stdout.split()
    assert lines[0] == "front.use1.example.com."
    assert lines[-1] == estate.sandbox.addresses["us-east-1"][0]
