"""Failures before or beside a Terraform run. Each message names the place, the value and the fix."""

from __future__ import annotations

from harness.terminal import FatalError


class TerraformError(FatalError):
    """Terraform, or AWS behind it, did not do what was asked."""


class NotConfirmed(TerraformError):
    """The review refuses this plan. The text names the confirmation that is missing."""


class TerraformUnavailable(TerraformError):
    """No usable Terraform, or no usable provider source."""
