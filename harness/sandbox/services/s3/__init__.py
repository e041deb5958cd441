"""S3: replication of objects between buckets, with distance."""

from harness.sandbox.services.s3.service import S3

__all__ = ["S3"]
