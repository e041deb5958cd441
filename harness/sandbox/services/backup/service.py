"""AWS Backup: the settings of a region, which MiniStack does not keep."""

from __future__ import annotations

from typing import Any

from harness.sandbox.service import Context, Service


class Backup(Service):
    """settings: by account and region, which types of resources are backed up and managed."""

    name = "backup"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.settings: dict[tuple[str, str], dict[str, dict[str, bool]]] = {}

    def kept(self) -> object:
        return self.settings

    def take_up(self, kept: Any) -> None:
        self.settings.update(kept)
