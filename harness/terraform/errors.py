"""What can go wrong before or beside a Terraform run, as one line of what, where, value and fix."""

from __future__ import annotations


class TerraformError(Exception):
    """A failure that the operator can act on; its text is the whole message, no traceback is needed."""


class NotConfirmed(TerraformError):
    """What a review says to a plan that must not be applied as things are; the text says what is missing."""


class TerraformUnavailable(TerraformError):
    """No usable Terraform, or no usable provider source."""
