"""CloudFront's edge: applied distributions, served with caches, origin failover and geo restriction."""

from __future__ import annotations

from harness.sandbox.services.cloudfront.locations import EDGE_PLACES
from harness.sandbox.services.cloudfront.origins import Network
from harness.sandbox.services.cloudfront.service import CloudFront
from harness.sandbox.services.cloudfront.wanted import Statistics

__all__ = ["EDGE_PLACES", "CloudFront", "Network", "Statistics"]
