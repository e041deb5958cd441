"""Route 53 that answers: published rules over applied records, with checkers that really probe."""

from __future__ import annotations

from harness.sandbox.services.route53.service import Route53

__all__ = ["Route53"]
