"""What can go wrong before or beside a Terraform run, as one line of what, where, value and fix."""

from __future__ import annotations


class TerraformError(Exception):
    """A failure that the operator can act on; its text is the whole message, no traceback is needed."""


class TerraformUnavailable(TerraformError):
    """No usable Terraform, or no usable provider source."""
