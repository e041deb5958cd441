"""What the embedded CloudFront control plane answers wrongly. Its data plane is not used: see cloudfront/."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Iterable
from typing import Any
from xml.etree.ElementTree import tostring

from harness.sandbox.emulators.patches import patch
from harness.sandbox.services.cloudfront.distributions import Distribution, parse
from harness.sandbox.services.cloudfront.wanted import FAILOVER_METHODS


@patch("ministack.services.cloudfront", "_build_rhp_config_xml", digest="923919cb7f7e")
def no_empty_header_lists(original: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
    """MiniStack answers a response headers policy that was sent without CustomHeadersConfig or
    RemoveHeadersConfig with empty ones; a second plan then wants to remove them. AWS leaves out of its answer
    what was not sent (CloudFront API Reference, ResponseHeadersPolicyConfig: neither is required)."""

    @functools.wraps(original)
    def build(parent: Any, config: Any) -> None:
        original(parent, config)
        for element in list(parent):
            name = str(element.tag).rpartition("}")[2]
            if name in ("CustomHeadersConfig", "RemoveHeadersConfig") and element.findtext("Quantity") == "0":
                parent.remove(element)

    return build


@patch("ministack.services.cloudfront", "_distribution_vpc_origin_error", digest="881642a11555")
def refused_distributions(original: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """MiniStack stores any distribution. AWS refuses one whose behavior names an origin that is not there, or
    writes to an origin group, or whose alternate domain name another distribution has (CloudFront API
    Reference, CreateDistribution, Errors; for the group the message is quoted in aws/aws-cdk issue 32450)."""

    @functools.wraps(original)
    def error(config: Any) -> Any:
        cloudfront = importlib.import_module("ministack.services.cloudfront")
        reference = cloudfront._text(config, "CallerReference")
        others = [one for one in cloudfront._distributions.values() if one["CallerReference"] != reference]
        taken = {name for one in others for name in _parsed(str(one["config_xml"])).aliases}
        found = _refusal(_parsed(tostring(config, encoding="unicode")), taken)
        return original(config) or (cloudfront._error(*found) if found is not None else None)

    return error


def _parsed(config: str) -> Distribution:
    return parse(identifier="", arn="", domain="", config=config)


def _refusal(distribution: Distribution, taken: Iterable[str]) -> tuple[str, str, int] | None:
    """The error code, message and status with which AWS refuses it, None when it does not."""
    members = {name for group in distribution.groups.values() for name in group.members}
    targets = {behavior.target for behavior in distribution.behaviors}
    known = {*distribution.origins, *distribution.groups}
    if not targets <= known or not members <= distribution.origins.keys():
        return "NoSuchOrigin", "One or more of your origins or origin groups do not exist.", 404
    for behavior in distribution.behaviors:
        if behavior.target in distribution.groups and not behavior.methods <= FAILOVER_METHODS:
            message = (
                "The parameter AllowedMethods cannot include POST, PUT, PATCH, or DELETE "
                "for a cached behavior associated with an origin group."
            )
            return "InvalidArgument", message, 400
    if not set(distribution.aliases).isdisjoint(taken):
        message = "One or more of the CNAMEs you provided are already associated with a different resource."
        return "CNAMEAlreadyExists", message, 409
    return None


@patch("ministack.services.cloudfront", "_parse_cache_policy_config", digest="79dbb374f0f8")
def refused_cache_policies(original: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """MiniStack stores a cache policy that keeps nothing and yet names what to keep objects by. AWS refuses
    it ("The parameter EnableAcceptEncodingGzip is invalid for policy with caching disabled", quoted in
    pulumi/docs pull request 18475; CloudFront Developer Guide, "Understand cache policies")."""

    @functools.wraps(original)
    def parse_config(element: Any) -> Any:
        config, error = original(element)
        if error is not None or config.get("MaxTTL", 1) != 0:
            return config, error
        given = config.get("Parameters") or {}
        for name in ("HeaderBehavior", "CookieBehavior", "QueryStringBehavior"):
            if given.get(name, "none") != "none":
                return None, _disabled(name)
        for name in ("EnableAcceptEncodingGzip", "EnableAcceptEncodingBrotli"):
            if given.get(name):
                return None, _disabled(name)
        return config, None

    return parse_config


def _disabled(parameter: str) -> Any:
    cloudfront = importlib.import_module("ministack.services.cloudfront")
    message = f"The parameter {parameter} is invalid for policy with caching disabled."
    return cloudfront._error("InvalidArgument", message, 400)
