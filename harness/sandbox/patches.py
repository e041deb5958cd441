"""Every change this package makes to an emulator's own code, each for one wrong answer.

A patch names what it replaces and the digest of the code it was written against; a test fails when either
the emulator's code changes or the mend stops working, so that an upgrade is a decision. `apply` is called
once per emulator and process; the functions that were replaced stay in `ORIGINALS`. Patches that need a
file of their own stand beside this one in `patches_<service>.py`, and are found by that name.
"""

from __future__ import annotations

import contextvars
import functools
import hashlib
import importlib
import inspect
import os
import pkgutil
import re
from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType, SimpleNamespace
from typing import Any, NamedTuple
from xml.etree.ElementTree import SubElement

from harness.sandbox import mapping_templates
from harness.sandbox.classify import Target


class Origin(NamedTuple):
    """Where the request being served came in: the region whose address was dialled (None: the control
    address), its headers by lower-case name, its query parameters, what waits for and judges the calls that
    one emulated service makes to another inside the process (true: the call may go ahead), and when it came
    in (Unix seconds of model time)."""

    dialled: str | None = None
    headers: Mapping[str, str] = MappingProxyType({})
    query: Mapping[str, str] = MappingProxyType({})
    admits: Callable[[Target], Awaitable[bool]] | None = None
    epoch: float | None = None


ORIGIN: contextvars.ContextVar[Origin] = contextvars.ContextVar("antipode_origin")


def origin() -> Origin:
    """Where the request being served came in; nothing is known of what the emulators do by themselves."""
    return ORIGIN.get(None) or Origin()


class Patch(NamedTuple):
    """One replaced attribute: `module`:`attribute`, what replaces it, and the digest of the code that it was
    written against: what it replaces, or else `watches`, the attribute of that module that uses it. The last
    part of a path may be the key of a mapping, such as a table of handlers."""

    module: str
    attribute: str
    digest: str
    mend: Callable[[Any], Any]
    watches: str | None = None

    @property
    def name(self) -> str:
        return f"{self.module}:{self.attribute}"


PATCHES: list[Patch] = []
ORIGINALS: dict[str, Any] = {}


def digest_of(thing: Any) -> str:
    """Twelve hex digits that change when the source of a function, or the value of a constant, does."""
    text = inspect.getsource(thing) if callable(thing) else repr(thing)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def watched(patch: Patch) -> Any:
    """What the digest of `patch` is of, as the emulator wrote it, whether or not patches are applied."""
    if patch.watches is None and patch.name in ORIGINALS:
        return ORIGINALS[patch.name]
    return found_at(patch.module, patch.watches or patch.attribute)


def registered() -> tuple[Patch, ...]:
    """Every patch there is: those of this file and those of the files `patches_*.py` beside it."""
    package, _, here = __name__.rpartition(".")
    for module in pkgutil.iter_modules(importlib.import_module(package).__path__):
        if module.name.startswith(f"{here}_"):
            importlib.import_module(f"{package}.{module.name}")
    return tuple(PATCHES)


def apply(emulator: str) -> None:
    """Apply every patch on `emulator` ("ministack" or "moto"); those already applied are left alone."""
    for patch in registered():
        if patch.module.partition(".")[0] == emulator and patch.name not in ORIGINALS:
            original = found_at(patch.module, patch.attribute)
            ORIGINALS[patch.name] = original
            owner, attribute = _owner_of(patch.module, patch.attribute)
            if isinstance(owner, dict):
                owner[attribute] = patch.mend(original)
            else:
                setattr(owner, attribute, patch.mend(original))


def found_at(module: str, path: str) -> Any:
    """What stands at `path` of the module now. Raises AttributeError or KeyError when nothing does."""
    owner, attribute = _owner_of(module, path)
    return owner[attribute] if isinstance(owner, dict) else getattr(owner, attribute)


def _owner_of(module: str, path: str) -> tuple[Any, str]:
    """The module, class or mapping that holds the attribute at `path`, and the attribute's own name."""
    owner: Any = importlib.import_module(module)
    *outer, attribute = path.split(".")
    for name in outer:
        owner = getattr(owner, name)
    return owner, attribute


def mends(
    module: str, attribute: str, *, digest: str, watches: str | None = None
) -> Callable[[Callable[[Any], Any]], Callable[[Any], Any]]:
    """Register the decorated function as what makes the replacement out of the original.

    Raises ValueError for a second patch of one attribute, because only one of the two would be applied.
    """

    def register(mend: Callable[[Any], Any]) -> Callable[[Any], Any]:
        patch = Patch(module, attribute, digest, mend, watches)
        for other in PATCHES:
            if other.name == patch.name:
                raise ValueError(
                    f"{patch.name} is replaced by {other.mend.__module__}.{other.mend.__name__} already, "
                    f"so {mend.__module__}.{mend.__name__} would do nothing; make one patch of the two"
                )
        PATCHES.append(patch)
        return mend

    return register


# Of the sandbox's own environment, what a function's process cannot do without.
_NEEDED_TO_START = frozenset({"LANG", "LD_LIBRARY_PATH", "PATH", "SYSTEMROOT", "TMPDIR", "TZ", "VIRTUAL_ENV"})


@mends("ministack.app", "_HEALTH_PATHS", digest="d8afe8c0274a")
def health_paths(original: tuple[str, ...]) -> tuple[str, ...]:
    """MiniStack answers GET /health with 200 on every host. AWS leaves the path to the API behind the host;
    a health check on it would be green whatever happens."""
    return tuple(path for path in original if path.startswith("/_"))


@mends("ministack.core.lambda_runtime", "subprocess", watches="Worker._spawn", digest="c55febf95656")
def clean_environment(original: Any) -> Any:
    """MiniStack starts functions with everything that its own process has in its environment, which here is
    the user's shell. On AWS a function finds Lambda's variables and its own (Lambda Developer Guide, "Defined
    runtime environment variables"), so only those, and what an interpreter needs to start, go through."""
    names = [name for name in dir(original) if not name.startswith("__")]
    clone = SimpleNamespace(**{name: getattr(original, name) for name in names})

    def start(*arguments: Any, env: Mapping[str, str] | None = None, **options: Any) -> Any:
        kept = None if env is None else {key: value for key, value in env.items() if _may_pass(key, value)}
        return original.Popen(*arguments, env=kept, **options)

    clone.Popen = start
    return clone


def _may_pass(key: str, value: str) -> bool:
    inherited = os.environ.get(key) == value
    return not inherited or key in _NEEDED_TO_START or key.startswith(("AWS_", "LC_"))


@mends("ministack.core.lambda_runtime", "Worker._drain_stderr_bounded", digest="3fd7cc742872")
def no_wait_for_logs(original: Callable[..., str]) -> Callable[..., str]:
    """MiniStack polls 50 ms for log lines after every invocation that wrote none. AWS answers as soon as the
    function returns; lines that come later are read with the next invocation."""

    @functools.wraps(original)
    def drain(
        self: Any, first_line_wait: float = 0.0, idle_confirm: float = 0.0, hard_cap: float = 0.25
    ) -> str:
        return original(self, 0.0, 0.0, hard_cap)

    return drain


@mends("ministack.services.route53", "_build_change_info_el", digest="88dd7baaf537")
def change_info(original: Callable[..., None]) -> Callable[..., None]:
    """Not a wrong answer but a slow one: Terraform's provider waits 10 to 30 s, then polls each 15 s, when a
    change comes back with ChangeInfo, and goes on at once when it does not. Other clients still get it."""

    @functools.wraps(original)
    def build(parent: Any, change: Any) -> None:
        if "Terraform" not in origin().headers.get("user-agent", ""):
            original(parent, change)

    return build


@mends("ministack.services.route53", "_parse_health_check_config", digest="fffd8cf8c7a1")
def health_check_lists(original: Callable[[Any], dict[str, Any]]) -> Callable[[Any], dict[str, Any]]:
    """MiniStack stores ChildHealthChecks and Regions as lists of empty strings. AWS stores what was sent
    (Route 53 API reference, HealthCheckConfig)."""

    @functools.wraps(original)
    def parse(element: Any) -> dict[str, Any]:
        config = original(element)
        for key, item in (("ChildHealthChecks", "ChildHealthCheck"), ("Regions", "Region")):
            if key in config:
                config[key] = [
                    (leaf.text or "").strip()
                    for group in element
                    if _local(group) == key
                    for leaf in group
                    if _local(leaf) == item
                ]
        return config

    return parse


def _local(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


_DNSSEC = re.compile(r"^/2013-04-01/hostedzone/([^/]+)/dnssec$")


@mends("ministack.services.route53", "handle_request", digest="c201ac22eafd")
def zones_are_not_signed(original: Callable[..., Any]) -> Callable[..., Any]:
    """MiniStack does not know GetDNSSEC, which the provider calls before it destroys a zone by force. AWS
    answers NOT_SIGNING for a zone without DNSSEC (Route 53 API reference, DNSSECStatus)."""

    @functools.wraps(original)
    async def handle(method: str, path: str, headers: Any, body: bytes, query: Any) -> Any:
        route53 = importlib.import_module("ministack.services.route53")
        match = _DNSSEC.match(path) if method == "GET" else None
        if match is None or match[1] not in route53._zones:
            return await original(method, path, headers, body, query)

        def build(root: Any) -> None:
            SubElement(SubElement(root, "Status"), "ServeSignature").text = "NOT_SIGNING"
            SubElement(root, "KeySigningKeys")

        return route53._xml_response("GetDNSSECResponse", build)

    return handle


@mends("ministack.services.apigateway_v1", "find_domain_scope", digest="6918811f1c01")
def domain_of_addressed_region(original: Callable[[str], Any]) -> Callable[[str], Any]:
    """MiniStack serves a custom domain from the first region that has it. On AWS each region's endpoint knows
    only its own domain names, and one that it does not know is refused (API Gateway guide, "Custom domain
    name for public REST APIs", Regional)."""

    @functools.wraps(original)
    def find(domain_name: str) -> Any:
        gateway = importlib.import_module("ministack.services.apigateway_v1")
        dialled, account, wanted = origin().dialled, gateway.get_account_id(), domain_name.lower()
        found = [
            (owner, region, stored)
            for (owner, region, stored), _ in gateway._domain_names.all_items()
            if (owner, stored.lower()) == (account, wanted) and dialled in (None, region)
        ]
        # through the control address any region will do, best one that has an API behind the name
        mapped = [scope for scope in found if gateway._base_path_mappings.get_scoped(*scope, {})]
        return next(iter([*mapped, *found]), None)

    return find


def _keyed_by_none(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def with_key(domain_name: str, base_path: str, *rest: Any) -> Any:
        gateway = importlib.import_module("ministack.services.apigateway_v1")
        mappings = gateway._base_path_mappings.get(domain_name, {})
        return original(domain_name, "" if base_path == "(none)" and "" in mappings else base_path, *rest)

    return with_key


@mends("ministack.services.apigateway_v1", "_get_base_path_mapping", digest="785c68bb9d4c")
def read_empty_base_path(original: Callable[..., Any]) -> Callable[..., Any]:
    """MiniStack stores an empty base path as "" and does not find it as "(none)". On AWS the two are one
    (API Gateway API reference, BasePathMapping)."""
    return _keyed_by_none(original)


@mends("ministack.services.apigateway_v1", "_delete_base_path_mapping", digest="2245d2bdb169")
def delete_empty_base_path(original: Callable[..., Any]) -> Callable[..., Any]:
    """As for reading: MiniStack answers 202 to the deletion of "(none)" and keeps the mapping."""
    return _keyed_by_none(original)


# What API Gateway leaves out of an answer when it was never set; MiniStack sends it empty.
_LEFT_OUT_WHEN_EMPTY = frozenset(
    {
        "accessLogSettings",
        "certificateArn",
        "certificateName",
        "endpointAccessMode",
        "mutualTlsAuthentication",
        "ownershipVerificationCertificateArn",
        "regionalCertificateArn",
        "regionalCertificateName",
    }
)


@mends("ministack.services.apigateway_v1", "_v1_response", digest="ca5f75c581ff")
def nothing_for_what_was_not_set(original: Callable[..., Any]) -> Callable[..., Any]:
    """MiniStack answers a stage without access logs with `accessLogSettings: {}`, and a domain name without
    mutual TLS with `mutualTlsAuthentication: {}`; a second plan then wants to remove them. AWS leaves members
    that were never set out of the answer."""

    @functools.wraps(original)
    def respond(data: Any, status: int = 200) -> Any:
        return original(_pruned(data), status)

    return respond


def _pruned(data: Any) -> Any:
    if isinstance(data, Mapping):
        kept = {key: value for key, value in data.items() if value or key not in _LEFT_OUT_WHEN_EMPTY}
        return {**kept, "item": [_pruned(item) for item in kept["item"]]} if "item" in kept else kept
    return data


@mends("ministack.services.apigateway_v1", "_put_integration", digest="fd1a612acd01")
def mock_integration(original: Callable[..., Any]) -> Callable[..., Any]:
    """MiniStack gives a MOCK integration the HTTP method POST, and the next plan wants to replace it. AWS
    stores httpMethod and uri only when they were sent (API Gateway API reference, PutIntegration)."""

    @functools.wraps(original)
    def put(api_id: str, resource_id: str, http_method: str, data: Any) -> Any:
        answer = original(api_id, resource_id, http_method, data)
        if answer[0] != 201:
            return answer
        gateway = importlib.import_module("ministack.services.apigateway_v1")
        stored = gateway._resources[api_id][resource_id]["resourceMethods"][http_method]["methodIntegration"]
        for member in ("httpMethod", "uri"):
            if not data.get(member):
                stored.pop(member, None)
        return gateway._v1_response(stored, 201)

    return put


# Source: AWS General Reference, "Amazon API Gateway endpoints and quotas", Route 53 hosted zone ids.
API_GATEWAY_ZONES: Mapping[str, str] = {
    "af-south-1": "Z2DHW2332DAMTN",
    "ap-east-1": "Z3FD1VL90ND7K5",
    "ap-northeast-1": "Z1YSHQZHG15GKL",
    "ap-northeast-2": "Z20JF4UZKIW1U8",
    "ap-northeast-3": "Z22ILHG95FLSZ2",
    "ap-south-1": "Z3VO1THU9YC4UR",
    "ap-southeast-1": "ZL327KTPIQFUL",
    "ap-southeast-2": "Z2RPCDW04V8134",
    "ca-central-1": "Z19DQILCV0OWEC",
    "eu-central-1": "Z1U9ULNL0V5AJ3",
    "eu-north-1": "Z3UWIKFBOOGXPP",
    "eu-south-1": "Z3BT4WSQ9TDYZV",
    "eu-west-1": "ZLY8HYME6SFDD",
    "eu-west-2": "ZJ5UAJN8Y3Z2Q",
    "eu-west-3": "Z3KY65QIEKYHQQ",
    "me-south-1": "Z20ZBPC0SS8806",
    "sa-east-1": "ZCMLWB8V5SYIT",
    "us-east-1": "Z1UJRXOUMOOFQ8",
    "us-east-2": "ZOJJZC49E0EPZ",
    "us-west-1": "Z2MUQ32089INYE",
    "us-west-2": "Z2OJLYMUO9EFXC",
}


@mends("ministack.services.apigateway_v1", "_create_domain_name", digest="da66e173ee0f")
def regional_domain_name(original: Callable[..., Any]) -> Callable[..., Any]:
    """MiniStack puts the customer's name before `.execute-api.<region>.amazonaws.com`, gives us-east-1's
    hosted zone id in every region, and a distribution to every domain. AWS gives a regional domain
    `d-<ten characters>`, its region's zone, no distribution, and a status (API reference, DomainName)."""

    @functools.wraps(original)
    def create(data: Any) -> Any:
        answer = original(data)
        if answer[0] != 201:
            return answer
        gateway = importlib.import_module("ministack.services.apigateway_v1")
        stored, region = gateway._domain_names[data["domainName"]], gateway.get_region()
        stored["domainNameStatus"] = "AVAILABLE"
        if "EDGE" not in stored["endpointConfiguration"].get("types", []):
            label = hashlib.sha256(f"{gateway.get_account_id()}/{region}/{data['domainName']}".encode())
            stored["regionalDomainName"] = f"d-{label.hexdigest()[:10]}.execute-api.{region}.amazonaws.com"
            stored["regionalHostedZoneId"] = API_GATEWAY_ZONES.get(region, stored["regionalHostedZoneId"])
            stored.pop("distributionDomainName", None)
            stored.pop("distributionHostedZoneId", None)
        return gateway._v1_response(stored, 201)

    return create


@mends("ministack.services.kms", "_resolve_key", digest="90e6b84ded7c")
def aws_managed_keys(original: Callable[[str], Any]) -> Callable[[str], Any]:
    """MiniStack has no AWS managed keys. On AWS `alias/aws/<service>` appears when the service, or
    DescribeKey, first needs it (KMS Developer Guide, "AWS managed keys"; API reference, DescribeKey)."""

    @functools.wraps(original)
    def resolve(key: str) -> Any:
        found = original(key)
        name = (key or "").rpartition(":")[2]
        if found is not None or not name.startswith("alias/aws/"):
            return found
        kms = importlib.import_module("ministack.services.kms")
        service = name.removeprefix("alias/aws/")
        description = f"Default key that protects my {service} resources when no other key is defined"
        kms._create_key({"Description": description})
        record = next(rec for rec in reversed(kms._keys.values()) if rec["Description"] == description)
        record["KeyManager"] = "AWS"
        kms._aliases[kms._alias_arn(name)] = record["KeyId"]
        kms._stamp_alias(kms._alias_arn(name), created=True)
        return record

    return resolve


@mends("ministack.services.kms", "_key_metadata", digest="ee6ca8cd7d04")
def key_manager(original: Callable[[Any], dict[str, Any]]) -> Callable[[Any], dict[str, Any]]:
    """MiniStack says that the customer manages every key. Those of `aws_managed_keys` are AWS's."""

    @functools.wraps(original)
    def metadata(record: Any) -> dict[str, Any]:
        return {**original(record), "KeyManager": record.get("KeyManager", "CUSTOMER")}

    return metadata


@mends("ministack.services.dynamodb", "_apply_replica_updates", digest="cd04ee6026c8")
def replica_keys(original: Callable[..., Any]) -> Callable[..., Any]:
    """MiniStack copies the source table's KMS key to a replica. AWS uses the key that ReplicaUpdates names
    for that region, else its default (DynamoDB API reference, CreateReplicationGroupMemberAction)."""

    @functools.wraps(original)
    def update(name: str, table: Any, updates: Any) -> Any:
        error = original(name, table, updates)
        if error is not None:
            return error
        dynamodb = importlib.import_module("ministack.services.dynamodb")
        for action, change in (pair for update in updates for pair in update.items()):
            replica = dynamodb._tables.get_scoped(
                dynamodb.get_account_id(), change.get("RegionName", ""), name
            )
            key = change.get("KMSMasterKeyId")
            if replica is None or (action == "Update" and key is None):
                continue
            with dynamodb.request_scope(dynamodb.get_account_id(), change["RegionName"]):
                given = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key}
                replica["SSEDescription"] = dynamodb._sse_description_from_spec(given) if key else None
        return None

    return update


@mends("ministack.services.dynamodb", "_table_description", digest="e6f5cce379b8")
def replica_descriptions(original: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """MiniStack describes a replica by its region alone. AWS adds the key that ReplicaUpdates named
    (DynamoDB API reference, ReplicaDescription)."""

    @functools.wraps(original)
    def describe(name: str) -> Any:
        description = original(name)
        dynamodb = importlib.import_module("ministack.services.dynamodb")
        for replica in description.get("Replicas", []):
            member = dynamodb._tables.get_scoped(dynamodb.get_account_id(), replica["RegionName"], name)
            key = ((member or {}).get("SSEDescription") or {}).get("KMSMasterKeyArn")
            if key:
                replica["KMSMasterKeyId"] = key
        return description

    return describe


@mends("ministack.services.apigateway_v1", "_invoke_mock_v1", digest="20f819eee1f9")
def mock_answers(original: Callable[..., Any]) -> Callable[..., Any]:
    """MiniStack sends a MOCK integration's response template as it is written, and a body with status 204.
    AWS renders it, lets it override headers and status (API Gateway guide, "Override your API's response
    parameters and status codes"), and a 204 has neither body nor length (RFC 9110, 15.3.5)."""

    @functools.wraps(original)
    def invoke(integration: Any) -> Any:
        status, headers, body = original(integration)
        templates = [
            (response.get("responseTemplates") or {}).get("application/json", "")
            for response in integration.get("integrationResponses", {}).values()
        ]
        if body.decode() in templates:
            request = origin()
            rendered = mapping_templates.render(body.decode(), headers=request.headers, query=request.query)
            status, headers = rendered.status or status, {**headers, **rendered.headers}
            body = rendered.body.encode()
        return (status, headers, b"") if status == 204 else (status, headers, body)

    return invoke


@mends("ministack.services.apigateway_v1", "_call_lambda_raw", digest="a2df5d6c5b30")
def lambda_can_fail(original: Callable[..., Any]) -> Callable[..., Any]:
    """MiniStack's API Gateway calls its Lambda inside the process, where no fault would see it. On AWS it is
    a call to the region's Lambda, and when that fails the client gets 500 (API Gateway guide, "Gateway
    response types", INTEGRATION_FAILURE)."""

    @functools.wraps(original)
    async def call(function: Any, event: Any, *, account_id: Any = None, region: Any = None) -> Any:
        admits = origin().admits
        target = Target(region, "lambda", "Invoke", "data", "signature")
        if admits is not None and region and not await admits(target):
            return None, f"Lambda is down in {region}"
        return await original(function, event, account_id=account_id, region=region)

    return call
