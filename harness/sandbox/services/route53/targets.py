"""Host names that AWS gives out (what aliases and CNAMEs point at), and what they say about themselves."""

from __future__ import annotations

import re
from collections.abc import Collection

from harness.sandbox.services.route53.records import canonical
from harness.sandbox.world.places import REGIONS

_AWS_ENDINGS = (
    ".amazonaws.com.",
    ".on.aws.",
    ".elasticbeanstalk.com.",
    ".awsapprunner.com.",
    ".cloudfront.net.",
    ".awsglobalaccelerator.com.",
)
_GLOBAL_ENDINGS = (".cloudfront.net.", ".awsglobalaccelerator.com.", ".accesspoint.s3-global.amazonaws.com.")
_REGION_SHAPE = re.compile(r"^(?:s3-website-|s3-)?([a-z]{2}(?:-[a-z]+)+-\d)$")


def is_aws_host(host: str) -> bool:
    """Whether AWS, not the customer, owns the name."""
    return canonical(host).endswith(_AWS_ENDINGS)


def is_global_host(host: str) -> bool:
    """Whether the name belongs to a service at AWS's edge, which no region owns."""
    return canonical(host).endswith(_GLOBAL_ENDINGS)


def is_cloudfront(host: str) -> bool:
    """Whether the name is a CloudFront distribution's."""
    return canonical(host).endswith(".cloudfront.net.")


def region_of(host: str, *, known: Collection[str] = tuple(REGIONS)) -> str | None:
    """The region that an AWS host name names, or None for an edge service or a name of another form.

    The label nearest to the end counts: MiniStack puts a custom domain in front, so that a customer's own
    `us-east-1` label may precede the true one
    (`api.us-east-1.example.com.execute-api.us-west-2.amazonaws.com`).
    """
    if not is_aws_host(host) or is_global_host(host):
        return None
    for label in reversed(canonical(host).rstrip(".").split(".")):
        found = _REGION_SHAPE.match(label)
        if found and (found[1] in known or found[1] in REGIONS):
            return found[1]
    return None
