from __future__ import annotations

from datetime import UTC, datetime, timedelta

from generator.stacks import Stack
from harness.delivery import kept_plans
from harness.delivery.kept_plans import Stored
from harness.terraform.errors import TerraformError


class MemoryBuckets(kept_plans.Buckets):
    """Buckets in memory that refuse, as S3 does here, to write over an object."""

    def __init__(self) -> None:
        super().__init__({})
        self.objects: dict[tuple[str, str], tuple[datetime, bytes]] = {}
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def put(self, stack: Stack, key: str, content: bytes) -> None:
        if (stack.state_bucket, key) in self.objects:
            raise TerraformError(f"{stack.name}: s3://{stack.state_bucket}/{key}: PreconditionFailed")
        self.now += timedelta(seconds=1)
        self.objects[stack.state_bucket, key] = (self.now, content)

    def listed(self, stack: Stack, prefix: str) -> list[Stored]:
        return [
            Stored(key=key, at=at)
            for (bucket, key), (at, _) in self.objects.items()
            if bucket == stack.state_bucket and key.startswith(prefix)
        ]

    def get(self, stack: Stack, key: str) -> bytes:
        return self.objects[stack.state_bucket, key][1]
