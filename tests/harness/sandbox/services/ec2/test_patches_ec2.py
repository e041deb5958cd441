"""The patched answers of the embedded EC2: rules with prefix lists, endpoints, flow logs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from harness.sandbox.sandbox import Sandbox

pytestmark = pytest.mark.sandbox

POLICY = {"Version": "2012-10-17", "Statement": []}
TAGS: list[Any] = [{"ResourceType": "vpc-flow-log", "Tags": [{"Key": "Name", "Value": "prod"}]}]
ROLE = "arn:aws:iam::123456789012:role/flow"
GROUP = "arn:aws:logs:us-west-2:123456789012:log-group:/aws/vpc/flow"


@pytest.fixture
def ec2(sandbox: Sandbox) -> Any:
    return boto3.client("ec2", region_name="us-west-2", endpoint_url=sandbox.endpoint)


@pytest.fixture
def vpc(ec2: Any) -> Iterator[str]:
    made = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    yield made
    ec2.delete_vpc(VpcId=made)


@pytest.fixture
def group(ec2: Any, vpc: str) -> Iterator[str]:
    made = ec2.create_security_group(GroupName="functions", Description="any", VpcId=vpc)["GroupId"]
    yield made
    ec2.delete_security_group(GroupId=made)


def prefix_list(ec2: Any, service: str) -> str:
    name = f"com.amazonaws.us-west-2.{service}"
    found = ec2.describe_prefix_lists(Filters=[{"Name": "prefix-list-name", "Values": [name]}])
    return str(found["PrefixLists"][0]["PrefixListId"])


def https(**ends: Any) -> dict[str, Any]:
    return {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, **ends}


def rules_of(ec2: Any, group: str) -> dict[str, dict[str, Any]]:
    found = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])
    return {rule["SecurityGroupRuleId"]: rule for rule in found["SecurityGroupRules"]}


def test_rules_that_differ_in_their_prefix_list_alone_are_two_rules(ec2: Any, group: str) -> None:
    lists = [prefix_list(ec2, service) for service in ("s3", "dynamodb")]
    made = [
        ec2.authorize_security_group_egress(
            GroupId=group, IpPermissions=[https(PrefixListIds=[{"PrefixListId": one}])]
        )["SecurityGroupRules"][0]
        for one in lists
    ]
    assert [rule["PrefixListId"] for rule in made] == lists
    found = rules_of(ec2, group)
    assert [found[rule["SecurityGroupRuleId"]]["PrefixListId"] for rule in made] == lists
    ec2.revoke_security_group_egress(GroupId=group, SecurityGroupRuleIds=[made[0]["SecurityGroupRuleId"]])
    assert [rule.get("PrefixListId") for rule in rules_of(ec2, group).values()] == [None, lists[1]]


def test_a_rule_for_addresses_and_a_prefix_list_names_both(ec2: Any, group: str) -> None:
    one = prefix_list(ec2, "s3")
    permission = https(PrefixListIds=[{"PrefixListId": one}], IpRanges=[{"CidrIp": "10.0.0.0/8"}])
    rules = ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[permission])
    ends = [(rule.get("CidrIpv4"), rule.get("PrefixListId")) for rule in rules["SecurityGroupRules"]]
    assert ends == [("10.0.0.0/8", None), (None, one)]


def test_an_interface_endpoint_keeps_its_policy_groups_and_private_names(
    ec2: Any, vpc: str, group: str
) -> None:
    made = ec2.create_vpc_endpoint(
        VpcEndpointType="Interface",
        VpcId=vpc,
        ServiceName="com.amazonaws.us-west-2.secretsmanager",
        SecurityGroupIds=[group],
        PolicyDocument=json.dumps(POLICY),
        PrivateDnsEnabled=True,
    )["VpcEndpoint"]
    found = ec2.describe_vpc_endpoints(VpcEndpointIds=[made["VpcEndpointId"]])["VpcEndpoints"][0]
    ec2.delete_vpc_endpoints(VpcEndpointIds=[made["VpcEndpointId"]])
    for told in (made, found):
        assert json.loads(told["PolicyDocument"]) == POLICY
        assert (told["PrivateDnsEnabled"], told["Groups"]) == (
            True,
            [{"GroupId": group, "GroupName": "functions"}],
        )
        names = [entry["DnsName"] for entry in told["DnsEntries"]]
        assert names[0].startswith(made["VpcEndpointId"])
        assert names[1:] == ["secretsmanager.us-west-2.amazonaws.com"]


def test_an_endpoint_that_says_nothing_is_open_and_can_be_changed(ec2: Any, vpc: str, group: str) -> None:
    made = ec2.create_vpc_endpoint(VpcId=vpc, ServiceName="com.amazonaws.us-west-2.s3")["VpcEndpoint"]
    assert json.loads(made["PolicyDocument"])["Statement"][0]["Principal"] == "*"
    assert (made["PrivateDnsEnabled"], made["DnsEntries"]) == (False, [])
    at = {"VpcEndpointId": made["VpcEndpointId"]}
    ec2.modify_vpc_endpoint(**at, PolicyDocument=json.dumps(POLICY), AddSecurityGroupIds=[group])

    def now() -> dict[str, Any]:
        found = ec2.describe_vpc_endpoints(VpcEndpointIds=[made["VpcEndpointId"]])
        one: dict[str, Any] = found["VpcEndpoints"][0]
        return one

    changed = now()
    ec2.modify_vpc_endpoint(**at, ResetPolicy=True, RemoveSecurityGroupIds=[group])
    again = now()
    ec2.delete_vpc_endpoints(VpcEndpointIds=[made["VpcEndpointId"]])
    assert (json.loads(changed["PolicyDocument"]), changed["Groups"][0]["GroupId"]) == (POLICY, group)
    assert (again["PolicyDocument"], again["Groups"]) == (made["PolicyDocument"], [])


def test_a_flow_log_keeps_its_role_interval_format_and_tags(ec2: Any, vpc: str) -> None:
    logs = [
        ec2.create_flow_logs(
            ResourceIds=[vpc],
            ResourceType="VPC",
            TrafficType="ALL",
            LogDestination=GROUP,
            DeliverLogsPermissionArn=ROLE,
            **more,
        )["FlowLogIds"][0]
        for more in ({"MaxAggregationInterval": 60, "LogFormat": "${srcaddr}", "TagSpecifications": TAGS}, {})
    ]
    found = {log["FlowLogId"]: log for log in ec2.describe_flow_logs(FlowLogIds=logs)["FlowLogs"]}
    ec2.delete_flow_logs(FlowLogIds=logs)
    told = [
        (one["DeliverLogsPermissionArn"], one["MaxAggregationInterval"], one["LogFormat"][:10], one["Tags"])
        for one in (found[name] for name in logs)
    ]
    assert told == [
        (ROLE, 60, "${srcaddr}", TAGS[0]["Tags"]),
        (ROLE, 600, "${version}", []),
    ]
