"""What the embedded EC2 answers wrongly of a VPC: prefix lists in rules, endpoints, flow logs."""

from __future__ import annotations

import datetime
import functools
import hashlib
import importlib
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from xml.sax.saxutils import escape

from harness.sandbox.emulators.patches import patch
from harness.sandbox.requests.messages import Answer

Handler = Callable[[Mapping[str, Any]], Answer]
Record = dict[str, Any]

_MODULE = "ministack.services.ec2"
# EC2 API reference, CreateVpcEndpoint, PolicyDocument: without one an endpoint lets everything through.
_OPEN_POLICY = (
    '{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}'
)
# VPC User Guide, "Flow log records": the default format.
_FLOW_FORMAT = " ".join(
    f"${{{name}}}"
    for name in (
        "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end "
        "action log-status"
    ).split()
)


def _ec2() -> Any:
    return importlib.import_module(_MODULE)


@patch(_MODULE, "_parse_ip_permissions", digest="7c2dbe7668af")
def prefix_lists_of_a_rule(original: Callable[..., list[Record]]) -> Callable[..., list[Record]]:
    """MiniStack drops the prefix lists of a rule that is authorized, so two rules that differ in nothing else
    become one that allows nothing. AWS keeps them (EC2 API reference, IpPermission)."""

    @functools.wraps(original)
    def parse(parameters: Mapping[str, Any], prefix: str) -> list[Record]:
        rules = original(parameters, prefix)
        for number, rule in enumerate(rules, start=1):
            rule["PrefixListIds"] += _prefix_lists(parameters, f"{prefix}.{number}.PrefixListIds")
        return rules

    return parse


def _prefix_lists(parameters: Mapping[str, Any], path: str) -> Iterator[dict[str, str]]:
    ec2, number = _ec2(), 1
    while found := ec2._p(parameters, f"{path}.{number}.PrefixListId"):
        description = ec2._p(parameters, f"{path}.{number}.Description")
        yield {"PrefixListId": found, **({"Description": description} if description else {})}
        number += 1


@patch(_MODULE, "_sg_rule_xml", digest="1827f3e2af78")
def rules_that_name_a_prefix_list(original: Callable[..., str]) -> Callable[..., str]:
    """MiniStack describes a rule for a prefix list as one for nothing. AWS names the list (EC2 API reference,
    SecurityGroupRule, PrefixListId)."""

    @functools.wraps(original)
    def describe(group: str, rule: Record, is_egress: bool = False) -> str:
        lists = rule.get("PrefixListIds") or []
        if not lists:
            return original(group, rule, is_egress)
        items = original(group, rule, is_egress) if _has_other_ends(rule) else ""
        alone = {**rule, "IpRanges": [], "Ipv6Ranges": [], "UserIdGroupPairs": []}
        alone["SecurityGroupRuleId"] = _ec2()._sg_rule_id(group, is_egress, rule)
        item = original(group, alone, is_egress)
        for entry in lists:
            named = f"</toPort><prefixListId>{entry['PrefixListId']}</prefixListId>"
            items += item.replace("</toPort>", named, 1)
        return items

    return describe


def _has_other_ends(rule: Record) -> bool:
    return any(rule.get(key) for key in ("IpRanges", "Ipv6Ranges", "UserIdGroupPairs"))


@patch(_MODULE, "_ACTION_MAP.CreateVpcEndpoint", digest="d5a50e265189")
def endpoints_keep_what_they_are_given(original: Handler) -> Handler:
    """MiniStack keeps neither an endpoint's policy, nor its security groups, nor whether its names are
    private ones; the next plan wants to set them. AWS keeps them, and gives what was left out its default
    (EC2 API reference, CreateVpcEndpoint)."""

    @functools.wraps(original)
    def create(parameters: Mapping[str, Any]) -> Answer:
        answer, ec2 = original(parameters), _ec2()
        if answer[0] != 200:
            return answer
        made = re.search(r"<vpcEndpointId>([^<]+)<", answer[2].decode())
        assert made is not None
        endpoint = ec2._vpc_endpoints[made[1]]
        interface = endpoint["VpcEndpointType"] == "Interface"
        private = ec2._p(parameters, "PrivateDnsEnabled")
        endpoint.update(
            CreationTimestamp=datetime.datetime.now(datetime.UTC).isoformat(),
            PolicyDocument=ec2._p(parameters, "PolicyDocument") or _OPEN_POLICY,
            PrivateDnsEnabled=private == "true" if private else interface,
            SecurityGroupIds=ec2._parse_member_list(parameters, "SecurityGroupId"),
        )
        described = ec2._vpce_fields_xml(endpoint, tag="vpcEndpoint")
        whole: Answer = ec2._xml(200, "CreateVpcEndpointResponse", described)
        return whole

    return create


@patch(_MODULE, "_ACTION_MAP.ModifyVpcEndpoint", digest="f60c0a5a042f")
def endpoints_can_be_changed(original: Handler) -> Handler:
    """As for making one: MiniStack ignores security groups, private names and the return to the open policy
    (EC2 API reference, ModifyVpcEndpoint)."""

    @functools.wraps(original)
    def modify(parameters: Mapping[str, Any]) -> Answer:
        answer, ec2 = original(parameters), _ec2()
        if answer[0] != 200:
            return answer
        endpoint = ec2._vpc_endpoints[ec2._p(parameters, "VpcEndpointId")]
        removed = ec2._parse_member_list(parameters, "RemoveSecurityGroupId")
        kept = [group for group in endpoint.get("SecurityGroupIds", []) if group not in removed]
        endpoint["SecurityGroupIds"] = [*kept, *ec2._parse_member_list(parameters, "AddSecurityGroupId")]
        if private := ec2._p(parameters, "PrivateDnsEnabled"):
            endpoint["PrivateDnsEnabled"] = private == "true"
        if ec2._p(parameters, "ResetPolicy") == "true":
            endpoint["PolicyDocument"] = _OPEN_POLICY
        return answer

    return modify


@patch(_MODULE, "_vpce_fields_xml", digest="645fd486d622")
def endpoints_as_they_are(original: Callable[..., str]) -> Callable[..., str]:
    """MiniStack describes an endpoint by its type, service and places alone. AWS adds its policy, groups and
    names (EC2 API reference, VpcEndpoint)."""

    @functools.wraps(original)
    def describe(endpoint: Record, tag: str = "item") -> str:
        groups = "".join(
            f"<item><groupId>{group}</groupId><groupName>{_group_name(group)}</groupName></item>"
            for group in endpoint.get("SecurityGroupIds", [])
        )
        private = str(endpoint.get("PrivateDnsEnabled", False)).lower()
        more = (
            f"<policyDocument>{escape(endpoint.get('PolicyDocument', _OPEN_POLICY))}</policyDocument>"
            f"<privateDnsEnabled>{private}</privateDnsEnabled><requesterManaged>false</requesterManaged>"
            f"<groupSet>{groups}</groupSet><networkInterfaceIdSet/><ipAddressType>ipv4</ipAddressType>"
            f"<dnsEntrySet>{_names_of(endpoint)}</dnsEntrySet>"
            f"<creationTimestamp>{endpoint.get('CreationTimestamp', '')}</creationTimestamp>"
        )
        return original(endpoint, tag).rstrip().removesuffix(f"</{tag}>") + f"{more}</{tag}>"

    return describe


def _group_name(group: str) -> str:
    return escape(_ec2()._security_groups.get(group, {}).get("GroupName", group))


def _names_of(endpoint: Record) -> str:
    """An interface's own name, and the service's name when that is private to the VPC (AWS PrivateLink Guide,
    "Access an AWS service using an interface VPC endpoint", DNS hostnames)."""
    if endpoint["VpcEndpointType"] != "Interface":
        return ""
    service = endpoint["ServiceName"].split(".")
    region, name = service[2], ".".join(service[3:])
    label = hashlib.sha256(endpoint["VpcEndpointId"].encode()).hexdigest()[:8]
    names = [f"{endpoint['VpcEndpointId']}-{label}.{name}.{region}.vpce.amazonaws.com"]
    if endpoint.get("PrivateDnsEnabled"):
        names.append(f"{name}.{region}.amazonaws.com")
    return "".join(
        f"<item><dnsName>{dns}</dnsName><hostedZoneId>Z{label.upper()}</hostedZoneId></item>" for dns in names
    )


@patch(_MODULE, "_ACTION_MAP.CreateFlowLogs", digest="8882a038ef8e")
def flow_logs_keep_what_they_are_given(original: Handler) -> Handler:
    """MiniStack forgets a flow log's role, interval, format and tags (it looks for
    a resource type that AWS does not have); the next plan wants a new one. AWS keeps them, and gives what
    was left out its default (EC2 API reference, CreateFlowLogs; TagSpecification: vpc-flow-log)."""

    @functools.wraps(original)
    def create(parameters: Mapping[str, Any]) -> Answer:
        ec2 = _ec2()
        before = set(ec2._flow_logs.keys())
        answer = original(parameters)
        for name in set(ec2._flow_logs.keys()) - before:
            ec2._flow_logs[name].update(
                DeliverLogsPermissionArn=ec2._p(parameters, "DeliverLogsPermissionArn"),
                LogFormat=ec2._p(parameters, "LogFormat") or _FLOW_FORMAT,
                MaxAggregationInterval=ec2._p(parameters, "MaxAggregationInterval") or "600",
            )
            ec2._parse_tag_specs(parameters, "vpc-flow-log", name)
        return answer

    return create


@patch(_MODULE, "_ACTION_MAP.DescribeFlowLogs", digest="f05c0ab7a201")
def flow_logs_as_they_are(original: Handler) -> Handler:
    """As for making one: AWS describes a flow log with its role, interval and format (FlowLog)."""

    @functools.wraps(original)
    def describe(parameters: Mapping[str, Any]) -> Answer:
        status, headers, body = original(parameters)
        text = body.decode()
        for name, log in _ec2()._flow_logs.items():
            role, own = log.get("DeliverLogsPermissionArn"), f"<flowLogId>{name}</flowLogId>"
            more = f"<deliverLogsPermissionArn>{escape(role)}</deliverLogsPermissionArn>" if role else ""
            more += f"<logFormat>{escape(log.get('LogFormat', _FLOW_FORMAT))}</logFormat>"
            seconds = log.get("MaxAggregationInterval", "600")
            more += f"<maxAggregationInterval>{seconds}</maxAggregationInterval>"
            text = text.replace(own, own + more)
        return status, {**headers}, text.encode()

    return describe
