"""What can go wrong before or beside a Terraform run, as one line of what, where, value and fix."""

from __future__ import annotations

from harness.terminal import FatalError


class TerraformError(FatalError):
    """Terraform, or AWS behind it, did not do what was asked."""


class NotConfirmed(TerraformError):
    """What a review says to a plan that must not be applied as things are; the text says what is missing."""


class TerraformUnavailable(TerraformError):
    """No usable Terraform, or no usable provider source."""
