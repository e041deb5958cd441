"""What a policy found: one shape for checkov's checks and for the resilience rules."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing that a rule refuses (`error`) or doubts (`warning`).

    `where` is a stack and an address in it, or a key of the manifest; `source` the document that the rule is
    from.
    """

    rule: str
    severity: str
    where: str
    message: str
    fix: str
    source: str
