"""The distributions and policies that are applied now, read out of the embedded emulator.

The only part of this package that knows how the emulator stores them.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from harness.sandbox.services.cloudfront.distributions import Behavior, Distribution, parse
from harness.sandbox.services.cloudfront.policies import (
    CachePolicy,
    OriginRequestPolicy,
    ResponseHeadersPolicy,
    cache_policy,
    origin_request_policy,
    response_headers_policy,
)

T = TypeVar("T")

# A behavior without any cache policy forwards and keeps what the API's defaults say.
_NO_POLICY = CachePolicy()


class Applied:
    """One account's CloudFront. What did not change since it was last read is not parsed again."""

    def __init__(self, account_id: str) -> None:
        self._account = account_id
        self._parsed: dict[str, tuple[str, Distribution]] = {}
        self._policies: dict[tuple[str, str], tuple[Any, Any]] = {}

    def find(self, host: str) -> Distribution | None:
        """The enabled distribution that serves `host` (lower case, without port): its own domain name or an
        alternate one; an exact name before a wildcard (Developer Guide, "Use custom URLs by adding alternate
        domain names")."""
        found = [one for one in self.distributions() if one.enabled]
        for one in found:
            if host == one.domain or host in one.aliases:
                return one
        parent = "*." + host.partition(".")[2]
        return next((one for one in found if parent in one.aliases), None)

    def distributions(self) -> list[Distribution]:
        """Every distribution of the account, oldest first."""
        stored = self._stored("_distributions")
        self._parsed = {name: self._parse(name, record) for name, record in stored.items()}
        return [distribution for _, distribution in self._parsed.values()]

    def invalidations(self, distribution: str) -> Sequence[Sequence[str]]:
        """The paths of each invalidation of a distribution, oldest first."""
        records = self._stored("_invalidations").get(distribution, ())
        return [record["InvalidationBatch"]["Paths"]["Items"] for record in records]

    def cache_policy(self, behavior: Behavior) -> CachePolicy:
        """How the behavior caches."""
        if behavior.cache_policy is None:
            return behavior.legacy or _NO_POLICY
        return self._policy("cache_policies", behavior.cache_policy, cache_policy, _NO_POLICY)

    def origin_request_policy(self, behavior: Behavior) -> OriginRequestPolicy:
        """What the behavior forwards beyond its cache key."""
        name, none = behavior.origin_request_policy, OriginRequestPolicy()
        return self._policy("origin_request_policies", name, origin_request_policy, none)

    def response_headers_policy(self, behavior: Behavior) -> ResponseHeadersPolicy:
        """What the behavior adds to responses."""
        name, none = behavior.response_headers_policy, ResponseHeadersPolicy()
        return self._policy("response_headers_policies", name, response_headers_policy, none)

    def _parse(self, name: str, record: Mapping[str, Any]) -> tuple[str, Distribution]:
        config, known = str(record["config_xml"]), self._parsed.get(name)
        if known is not None and known[0] == config:
            return known
        return config, parse(identifier=name, arn=record["ARN"], domain=record["DomainName"], config=config)

    def _policy(
        self, store: str, name: str | None, parsed: Callable[[Mapping[str, Any]], T], default: T
    ) -> T:
        if name is None:
            return default
        record = self._stored(f"_{store}").get(name) or _emulator_attribute(f"_MANAGED_{store.upper()}").get(
            name
        )
        if record is None:
            return default
        config, known = record["Config"], self._policies.get((store, name))
        if known is None or known[0] is not config:
            known = (config, parsed(config))
            self._policies[store, name] = known
        value: T = known[1]
        return value

    def _stored(self, name: str) -> dict[str, Any]:
        """A store of the emulator, as the account sees it."""
        prefix = self._account
        data: Mapping[tuple[str, str], Any] = _emulator_attribute(name)._data
        return {key: value for (account, key), value in data.items() if account == prefix}


def _emulator_attribute(name: str) -> Any:
    return getattr(importlib.import_module("ministack.services.cloudfront"), name)


def bucket_policy(account: str, bucket: str) -> Any:
    """The policy of a bucket, None when it has none."""
    return importlib.import_module("ministack.services.s3")._bucket_policies.get_scoped(account, None, bucket)


def key_policy(account: str, key: str) -> Any:
    """The policy of a KMS key by its ARN, None for a key that MiniStack does not hold."""
    region = key.split(":")[3] if key.startswith("arn:") else ""
    if not region:
        return None
    responses = importlib.import_module("ministack.core.responses")
    with responses.request_scope(account, region):
        found = importlib.import_module("ministack.services.kms").key_policy_for_arn(key)
    return found[0] if found is not None else None


def allows(policy: Any, action: str, resource: str, source: str) -> bool:
    """What a resource policy says to CloudFront on behalf of `source`, or, without one, to anyone."""
    evaluator = importlib.import_module("ministack.core.iam_evaluator")
    context = evaluator.EvalContext(
        principal_arn="*",
        principal_type="Service",
        principal_account="",
        action=action,
        resource_arn=resource,
        region="us-east-1",
        secure_transport=True,
        service_context={"aws:sourcearn": source} if source else {},
    )
    service = "cloudfront.amazonaws.com" if source else None
    return bool(evaluator.evaluate_resource_policy(policy, context, service=service).decision == "Allow")
