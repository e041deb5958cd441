"""What the embedded API Gateway makes of domain names, integrations, answers, and a request's time."""

from __future__ import annotations

import datetime
import functools
import hashlib
import importlib
from collections.abc import Callable, Mapping
from typing import Any

from harness.sandbox.emulators.origin import origin
from harness.sandbox.emulators.patches import patch
from harness.sandbox.requests.classify import Call
from harness.sandbox.services.apigateway import mapping_templates

_MODULE = "ministack.services.apigateway_v1"


@patch(_MODULE, "_build_lambda_event_v1", digest="c7ac97b91f6e")
def request_time(original: Callable[..., Any]) -> Callable[..., Any]:
    """MiniStack puts the machine's time into an event. On AWS requestTime and requestTimeEpoch (milliseconds)
    are when the request came in (API Gateway guide, "Input format of a Lambda function for proxy
    integration"); here that is a moment of model time, and the only one that a function can learn of."""

    @functools.wraps(original)
    def build(*arguments: Any, **options: Any) -> Any:
        event, epoch = original(*arguments, **options), origin().epoch
        if epoch is not None:
            moment = datetime.datetime.fromtimestamp(epoch, tz=datetime.UTC)
            event["requestContext"]["requestTime"] = moment.strftime("%d/%b/%Y:%H:%M:%S +0000")
            event["requestContext"]["requestTimeEpoch"] = int(epoch * 1000)
        return event

    return build


@patch(_MODULE, "_take_token", digest="b0a4a8defcfd")
def tokens_of_model_time(original: Callable[..., bool]) -> Callable[..., bool]:
    """MiniStack fills the token bucket of a method up again by the machine's time. On AWS a request takes a
    token and `rateLimit` of them come back every second, up to `burstLimit` (API Gateway guide, "Throttle
    requests to your REST APIs for better throughput"); here those are seconds of model time, of which a drill
    passes a hundred in one of the machine's."""

    @functools.wraps(original)
    def take(slot: tuple[str, ...], limits: dict[str, Any]) -> bool:
        epoch = origin().epoch
        rate, burst = (float(limits.get(name) or 0) for name in ("rateLimit", "burstLimit"))
        if epoch is None or max(rate, burst) <= 0:
            return original(slot, limits)
        buckets = importlib.import_module(_MODULE)._throttle_state
        left, since = buckets.get((*slot, "model"), (burst, epoch))
        left = min(burst, left + max(0.0, epoch - since) * rate)
        taken: bool = left >= 1
        buckets[(*slot, "model")] = (left - taken, max(epoch, since))
        return taken

    return take


@patch(_MODULE, "find_domain_scope", digest="6918811f1c01")
def domain_of_addressed_region(original: Callable[[str], Any]) -> Callable[[str], Any]:
    """MiniStack serves a custom domain from the first region that has it. On AWS each region's endpoint knows
    only its own domain names, and one that it does not know is refused (API Gateway guide, "Custom domain
    name for public REST APIs", Regional)."""

    @functools.wraps(original)
    def find(domain_name: str) -> Any:
        gateway = importlib.import_module(_MODULE)
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
        gateway = importlib.import_module(_MODULE)
        mappings = gateway._base_path_mappings.get(domain_name, {})
        return original(domain_name, "" if base_path == "(none)" and "" in mappings else base_path, *rest)

    return with_key


@patch(_MODULE, "_get_base_path_mapping", digest="785c68bb9d4c")
def read_empty_base_path(original: Callable[..., Any]) -> Callable[..., Any]:
    """MiniStack stores an empty base path as "" and does not find it as "(none)". On AWS the two are one
    (API Gateway API reference, BasePathMapping)."""
    return _keyed_by_none(original)


@patch(_MODULE, "_delete_base_path_mapping", digest="2245d2bdb169")
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


@patch(_MODULE, "_v1_response", digest="ca5f75c581ff")
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


@patch(_MODULE, "_put_integration", digest="fd1a612acd01")
def mock_integration(original: Callable[..., Any]) -> Callable[..., Any]:
    """MiniStack gives a MOCK integration the HTTP method POST, and the next plan wants to replace it. AWS
    stores httpMethod and uri only when they were sent (API Gateway API reference, PutIntegration)."""

    @functools.wraps(original)
    def put(api_id: str, resource_id: str, http_method: str, data: Any) -> Any:
        answer = original(api_id, resource_id, http_method, data)
        if answer[0] != 201:
            return answer
        gateway = importlib.import_module(_MODULE)
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


@patch(_MODULE, "_create_domain_name", digest="da66e173ee0f")
def regional_domain_name(original: Callable[..., Any]) -> Callable[..., Any]:
    """MiniStack puts the customer's name before `.execute-api.<region>.amazonaws.com`, gives us-east-1's
    hosted zone id in every region, and a distribution to every domain. AWS gives a regional domain
    `d-<ten characters>`, its region's zone, no distribution, and a status (API reference, DomainName)."""

    @functools.wraps(original)
    def create(data: Any) -> Any:
        answer = original(data)
        if answer[0] != 201:
            return answer
        gateway = importlib.import_module(_MODULE)
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


@patch(_MODULE, "_invoke_mock_v1", digest="20f819eee1f9")
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


@patch(_MODULE, "_call_lambda_raw", digest="a2df5d6c5b30")
def lambda_can_fail(original: Callable[..., Any]) -> Callable[..., Any]:
    """MiniStack's API Gateway calls its Lambda inside the process, where no fault would see it. On AWS it is
    a call to the region's Lambda, and when that fails the client gets 500 (API Gateway guide, "Gateway
    response types", INTEGRATION_FAILURE)."""

    @functools.wraps(original)
    async def call(function: Any, event: Any, *, account_id: Any = None, region: Any = None) -> Any:
        admits = origin().admits
        call = Call(region, "lambda", "Invoke", "data", "signature")
        if admits is not None and region and not await admits(call):
            return None, f"Lambda is down in {region}"
        return await original(function, event, account_id=account_id, region=region)

    return call
