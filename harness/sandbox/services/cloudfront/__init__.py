"""CloudFront's edge: applied distributions, served with caches, origin failover and geo restriction."""

from __future__ import annotations

from harness.sandbox.cloudfront.locations import EDGE_PLACES
from harness.sandbox.cloudfront.origins import Network
from harness.sandbox.cloudfront.service import CloudFront
from harness.sandbox.cloudfront.wanted import Statistics

__all__ = ["EDGE_PLACES", "CloudFront", "Network", "Statistics"]
