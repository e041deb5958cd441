from __future__ import annotations

import json
from pathlib import Path

import botocore

from generator import regions

BOTOCORE = json.loads((Path(botocore.__file__).parent / "data" / "partitions.json").read_text())


def test_the_regions_are_those_of_the_pinned_botocore() -> None:
    published = {
        partition["id"]: tuple(sorted(name for name in partition["regions"] if not name.endswith("-global")))
        for partition in BOTOCORE["partitions"]
    }
    assert {name: tuple(sorted(known)) for name, known in regions.PARTITIONS.items()} == published


def test_short_codes_are_distinct_and_short() -> None:
    codes = [regions.short(region) for region in regions.REGIONS]
    assert len(set(codes)) == len(codes)
    assert max(map(len, codes)) <= 8


def test_short_codes_read_like_the_regions() -> None:
    assert {region: regions.short(region) for region in ("us-east-1", "ap-southeast-2", "us-gov-west-1")} == {
        "us-east-1": "use1",
        "ap-southeast-2": "apse2",
        "us-gov-west-1": "usgovw1",
    }
