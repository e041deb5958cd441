"""The resource types that the sandbox keeps and gives back, from the rooms' rows."""

from __future__ import annotations

from collections.abc import Iterator

from harness.sandbox.services import SERVICES
from harness.scorecard.document import table

PAGE = "docs/reference/kept.md"
NOTHING = "nothing"
_HEADER = """\
<!-- Written by `make docs` from the rooms in harness/sandbox/services; edit nothing here. -->
# What the sandbox keeps and gives back

No emulator has the control planes of these resource types. The sandbox reads a request by botocore's model
of the service, refuses a value that the model does not allow, keeps the resource, and gives it back.
Terraform can apply, plan and destroy such a resource. Only the last column says what it does besides: a drill
proves nothing of the rest.

An operation that the table does not name answers 501 NotImplemented, and the sandbox's log says so.
"""


def page() -> str:
    """The page, with a row for each resource type."""
    rows = table(("service", "resource type", "operations", "what it does"), list(_rows()))
    return "\n".join([_HEADER, *rows]) + "\n"


def _rows() -> Iterator[tuple[str, ...]]:
    for room in SERVICES:
        for resource in room.resource_types():
            operations = sorted(filter(None, [*resource.operations, resource.list_all]))
            yield room.name, resource.shape, ", ".join(operations), resource.effect or NOTHING
