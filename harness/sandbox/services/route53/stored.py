"""What MiniStack holds of Route 53: zones, records and health checks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.sandbox.services.route53.records import (
    Applied,
    HealthCheck,
    Zone,
    parse_health_check,
    parse_zone,
)


class Reader:
    """Reads one account's Route 53 out of the embedded emulator, parsing only what changed since before.

    The emulator keeps `_zones`, `_records` and `_health_checks`, scoped by account, and replaces a zone's
    list of records and a check's settings on every change, so their identity tells whether they are the same.
    """

    def __init__(self, account_id: str) -> None:
        self._account = account_id
        self._zones: dict[str, tuple[Any, int, Zone]] = {}
        self._checks: dict[str, tuple[Any, HealthCheck]] = {}

    def __call__(self) -> Applied:
        """What is applied now."""
        from ministack.core import responses
        from ministack.services import route53

        with responses.request_scope(self._account, "us-east-1"), route53._lock:
            zones = [(zone, route53._records.get(zone["id"], [])) for zone in route53._zones.values()]
            checks = list(route53._health_checks.values())
            self._zones = {raw["id"]: self._zone(raw, records) for raw, records in zones}
            self._checks = {raw["id"]: self._check(raw) for raw in checks}
        return Applied(
            zones=tuple(zone for _, _, zone in self._zones.values()),
            checks={identifier: check for identifier, (_, check) in self._checks.items()},
        )

    def _zone(self, raw: Mapping[str, Any], records: list[Mapping[str, Any]]) -> tuple[Any, int, Zone]:
        known = self._zones.get(raw["id"])
        if known is not None and known[0] is records and known[1] == len(records):
            return known
        return records, len(records), parse_zone(raw, records)

    def _check(self, raw: Mapping[str, Any]) -> tuple[Any, HealthCheck]:
        known = self._checks.get(raw["id"])
        if known is not None and known[0] is raw.get("config") and known[1].version == raw.get("version"):
            return known
        return raw.get("config"), parse_health_check(raw)
