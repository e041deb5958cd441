"""Whether a bucket lets CloudFront have an object; the emulator serves everyone.

Sources: CloudFront Developer Guide, "Restrict access to an Amazon S3 origin" (the bucket policy, and the key
policy for objects under SSE-KMS); S3 API Reference, GetObject (404 only for callers who may list the bucket).
"""

from __future__ import annotations

from dataclasses import replace

from harness.sandbox.services.cloudfront import stored
from harness.sandbox.services.cloudfront.distributions import Origin
from harness.sandbox.services.cloudfront.messages import Reply

_ACTIONS = {"PUT": "s3:PutObject", "DELETE": "s3:DeleteObject"}
_DENIED = b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
_KMS_KEY = "x-amz-server-side-encryption-aws-kms-key-id"


def restricted(
    reply: Reply, origin: Origin, *, method: str, key: str, distribution: str, account: str
) -> Reply:
    """The bucket's reply as far as its policies let CloudFront see it.

    AccessDenied (403) instead when they do not allow the request, when the object's key does not allow to
    decrypt it, and for an object that is not there when they do not allow to list the bucket. distribution:
    the distribution's ARN.
    """
    if origin.bucket is None or reply.failed is not None or reply.status >= 500:
        return reply
    source = distribution if origin.access_control else ""
    if not _bucket_allows(origin.bucket, _ACTIONS.get(method, "s3:GetObject"), key, source, account):
        return _denied()
    if reply.status == 404 and not _bucket_allows(origin.bucket, "s3:ListBucket", None, source, account):
        return _denied()
    kms_key = reply.header(_KMS_KEY)
    if kms_key and not _key_allows(kms_key, source, account):
        return _denied()
    return reply


def without_cors(reply: Reply) -> Reply:
    """The reply to a request that named no origin: S3 answers it without CORS headers (S3 User Guide, "Using
    cross-origin resource sharing"), the emulator with one that allows everybody."""
    kept = tuple(pair for pair in reply.headers if not pair[0].startswith("access-control-"))
    return replace(reply, headers=kept)


def _denied() -> Reply:
    return Reply(403, (("content-type", "application/xml"), ("server", "AmazonS3")), _DENIED)


def _bucket_allows(bucket: str, action: str, key: str | None, source: str, account: str) -> bool:
    resource = f"arn:aws:s3:::{bucket}" + (f"/{key}" if key is not None else "")
    policy = stored.bucket_policy(account, bucket)
    return bool(policy) and stored.allows(policy, action, resource, source)


def _key_allows(key: str, source: str, account: str) -> bool:
    """A key that the emulator does not hold is an AWS managed key, which CloudFront cannot use."""
    policy = stored.key_policy(account, key)
    return policy is not None and bool(source) and stored.allows(policy, "kms:Decrypt", key, source)
