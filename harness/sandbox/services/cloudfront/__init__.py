"""CloudFront's edge: applied distributions, served with caches, origin failover and geo restriction."""

from __future__ import annotations

from harness.sandbox.services.cloudfront.origins import Network
from harness.sandbox.services.cloudfront.service import CloudFront
from harness.sandbox.services.cloudfront.wanted import Statistics

__all__ = ["CloudFront", "Network", "Statistics"]
