"""Application Auto Scaling, which no emulator has as Terraform reads it: the engine answers all of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.sandbox.emulators.engine import Resource
from harness.sandbox.service import ANY_OPERATION, Context, Operation, Service
from harness.sandbox.services.application_autoscaling.control_plane import (
    control_plane,
    resources,
    writes_scale,
)
from harness.sandbox.services.dynamodb import DynamoDb


class ApplicationAutoScaling(Service):
    """Scalable targets, scaling policies and scheduled actions."""

    name = "application-autoscaling"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.engine = control_plane(
            context.account_id, epoch=context.epoch, table_exists=context.services[DynamoDb].has_table
        )

    @classmethod
    def resource_types(cls) -> Sequence[Resource]:
        return resources(lambda region, name: True)

    @property
    def operations(self) -> Mapping[str, Operation]:
        return {ANY_OPERATION: self.engine.answer}

    def kept(self) -> object:
        return dict(self.engine.stores)

    def take_up(self, kept: Any) -> None:
        self.engine.stores.update(kept)

    def writes_scale(self, region: str, table: str) -> bool:
        """Whether the writes of a table have a scalable target in a region."""
        return writes_scale(self.engine, region, table)
