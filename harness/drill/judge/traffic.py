"""Who served whom, and when traffic moved. Pure."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Sequence

from harness.drill.judge.ledger import Attempt, Ledger, Operation, is_write

# How long before a moment traffic is looked at to say who served then.
SERVING_SECONDS = 5.0


def serving_region(requests: Sequence[Attempt], moment: float) -> str | None:
    """The region that gave most of the good answers in the last SERVING_SECONDS before `moment`."""
    return next(iter(serving_regions(requests, moment)), None)


def serving_regions(requests: Sequence[Attempt], moment: float) -> list[str]:
    """The regions that gave good answers in the last SERVING_SECONDS before `moment`, the busiest first."""
    recent = Counter(
        a.served_by for a in requests if a.ok and moment - SERVING_SECONDS <= a.end < moment and a.served_by
    )
    return [region for region, _ in recent.most_common()]


def moves(attempts: Iterable[Attempt], overstaying: frozenset[str] = frozenset()) -> int:
    """The most changes of the serving region among the writes of any client and flow (measure.py)."""
    served: dict[tuple[str, Operation], list[str]] = {}
    for a in sorted(attempts, key=lambda a: a.end):
        if is_write(a.operation) and a.ok and a.served_by and a.client not in overstaying:
            served.setdefault((a.client, a.operation), []).append(a.served_by)
    return max(
        (sum(one != other for one, other in itertools.pairwise(each)) for each in served.values()), default=0
    )


def flip_at(ledger: Ledger, region: str | None, fault_at: float) -> float | None:
    """When the region's health check turned unhealthy after the fault, None if it did not."""
    flips = (f.at for f in ledger.flips if f.region == region and not f.healthy and f.at >= fault_at)
    return min(flips, default=None)
