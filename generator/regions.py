"""AWS regions: which exist, in which partition, and the short codes that names carry."""

from __future__ import annotations

import re
from typing import Final

# botocore 1.43.106, partitions.json; tests/generator/test_regions.py compares the two.
PARTITIONS: Final[dict[str, tuple[str, ...]]] = {
    "aws": tuple(
        """af-south-1 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2
        ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6
        ap-southeast-7 ca-central-1 ca-west-1 eu-central-1 eu-central-2 eu-north-1 eu-south-1 eu-south-2
        eu-west-1 eu-west-2 eu-west-3 il-central-1 me-central-1 me-south-1 mx-central-1 sa-east-1 us-east-1
        us-east-2 us-west-1 us-west-2""".split()
    ),
    "aws-cn": ("cn-north-1", "cn-northwest-1"),
    "aws-eusc": ("eusc-de-east-1",),
    "aws-iso": ("us-iso-east-1", "us-iso-west-1"),
    "aws-iso-b": ("us-isob-east-1", "us-isob-west-1"),
    "aws-iso-e": ("eu-isoe-west-1",),
    "aws-iso-f": ("us-isof-east-1", "us-isof-south-1"),
    "aws-us-gov": ("us-gov-east-1", "us-gov-west-1"),
}
REGIONS: Final[tuple[str, ...]] = tuple(region for regions in PARTITIONS.values() for region in regions)

# Where CloudFront's certificates, web ACLs and log deliveries live (Amazon CloudFront Developer Guide,
# "Requirements for using SSL/TLS certificates with CloudFront").
CDN_REGION: Final = "us-east-1"

_DNS_SUFFIXES: Final[dict[str, str]] = {
    "aws": "amazonaws.com",
    "aws-cn": "amazonaws.com.cn",
    "aws-eusc": "amazonaws.eu",
    "aws-iso": "c2s.ic.gov",
    "aws-iso-b": "sc2s.sgov.gov",
    "aws-iso-e": "cloud.adc-e.uk",
    "aws-iso-f": "csp.hci.ic.gov",
    "aws-us-gov": "amazonaws.com",
}
_COMPASS: Final = {"north": "n", "south": "s", "east": "e", "west": "w", "central": "c"}


def partition(region: str) -> str:
    """The partition of a region of `REGIONS`, as it stands in an ARN: "aws", "aws-cn", ..."""
    return next(name for name, regions in PARTITIONS.items() if region in regions)


def dns_suffix(region: str) -> str:
    """The domain of the region's endpoints: "amazonaws.com", "amazonaws.com.cn", ..."""
    return _DNS_SUFFIXES[partition(region)]


def short(region: str) -> str:
    """The code that stands for a region in names: us-east-1 -> use1, ap-southeast-2 -> apse2.

    Distinct for every region of `REGIONS`.
    """
    *area, compass, number = region.split("-")
    letters = "".join(_COMPASS[word] for word in re.findall("north|south|east|west|central", compass))
    return "".join(area) + letters + number
