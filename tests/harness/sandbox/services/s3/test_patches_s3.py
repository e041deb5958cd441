"""The patched answers of the embedded S3."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from harness.sandbox.sandbox import Sandbox

pytestmark = pytest.mark.sandbox

BUCKET = "tiers"
TIERS = {
    "Id": "archive",
    "Status": "Enabled",
    "Filter": {"Prefix": "old/"},
    "Tierings": [{"Days": 90, "AccessTier": "ARCHIVE_ACCESS"}],
}


@pytest.fixture
def s3(sandbox: Sandbox) -> Iterator[Any]:
    client = boto3.client("s3", region_name="us-east-1", endpoint_url=sandbox.endpoint)
    client.create_bucket(Bucket=BUCKET)
    yield client
    client.delete_bucket(Bucket=BUCKET)


def test_the_archive_tiers_of_a_bucket_are_read_as_they_were_put(s3: Any) -> None:
    s3.put_bucket_intelligent_tiering_configuration(
        Bucket=BUCKET, Id="archive", IntelligentTieringConfiguration=TIERS
    )
    found = s3.get_bucket_intelligent_tiering_configuration(Bucket=BUCKET, Id="archive")
    listed = s3.list_bucket_intelligent_tiering_configurations(Bucket=BUCKET)
    assert found["IntelligentTieringConfiguration"] == TIERS
    assert (listed["IsTruncated"], listed["IntelligentTieringConfigurationList"]) == (False, [TIERS])


def test_the_deletion_of_a_buckets_metrics_leaves_the_bucket(s3: Any) -> None:
    for name in ("all", "some"):
        s3.put_bucket_metrics_configuration(Bucket=BUCKET, Id=name, MetricsConfiguration={"Id": name})
    s3.delete_bucket_metrics_configuration(Bucket=BUCKET, Id="all")
    left = s3.list_bucket_metrics_configurations(Bucket=BUCKET)["MetricsConfigurationList"]
    assert [one["Id"] for one in left] == ["some"]
    assert s3.head_bucket(Bucket=BUCKET)["ResponseMetadata"]["HTTPStatusCode"] == 200


@pytest.mark.parametrize("operation", ["get", "delete"])
def test_a_configuration_that_was_never_put_does_not_exist(s3: Any, operation: str) -> None:
    with pytest.raises(ClientError, match="NoSuchConfiguration"):
        getattr(s3, f"{operation}_bucket_inventory_configuration")(Bucket=BUCKET, Id="weekly")


def test_a_configuration_of_a_bucket_that_is_not_there_finds_no_bucket(s3: Any) -> None:
    with pytest.raises(ClientError, match="NoSuchBucket"):
        s3.get_bucket_analytics_configuration(Bucket="elsewhere", Id="all")
