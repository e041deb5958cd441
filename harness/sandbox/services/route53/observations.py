"""What is known of each endpoint, centrally and at every DNS place.

Each location of Route 53 decides on its own view of health, so for a while after a change, or during a
partition, places answer differently (Route 53 Developer Guide, "How Amazon Route 53 chooses records when
health checking is configured", gives no time for it). How long a change takes is modelled: `delay` draws it.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable

from harness.sandbox.world.clock import Clock, Timer

# The name under which the delay is drawn, once for each change and place.
PROPAGATION = "route53_status_propagation"


class Observations:
    """The observed status of endpoints and alarms, before inverting; healthy until otherwise known."""

    def __init__(self, clock: Clock, *, places: Iterable[str], delay: Callable[[str], float]) -> None:
        self._clock = clock
        self._delay = delay
        self._order = itertools.count(1)
        self._central: dict[str, bool] = {}
        self._views: dict[str, dict[str, tuple[int, bool]]] = {place: {} for place in places}
        self._under_way: set[Timer] = set()

    def central(self, check: str) -> bool:
        """The status as the checkers' reports add up to now."""
        return self._central.get(check, True)

    def seen_from(self, place: str) -> Callable[[str], bool]:
        """The statuses as that place knows them; a place without a view of its own knows the central one."""
        view = self._views.get(place)
        if view is None:
            return self.central
        return lambda check: view[check][1] if check in view else True

    def publish(self, check: str, *, healthy: bool) -> None:
        """Sets the central status and sends it to every place, if it changed."""
        if healthy == self.central(check):
            return
        self._central[check] = healthy
        order = next(self._order)
        for place in self._views:
            self._send(place, check, order, healthy=healthy)

    def reset(self) -> None:
        """Forgets everything, changes under way included."""
        for timer in self._under_way:
            timer.cancel()
        self._under_way.clear()
        self._central.clear()
        for view in self._views.values():
            view.clear()

    def _send(self, place: str, check: str, order: int, *, healthy: bool) -> None:
        seconds = self._delay(PROPAGATION)
        if seconds <= 0:
            self._arrive(place, check, order, healthy=healthy)
            return
        timer: Timer | None = None

        def arrive() -> None:
            assert timer is not None
            self._under_way.discard(timer)
            self._arrive(place, check, order, healthy=healthy)

        timer = self._clock.call_later(seconds, arrive)
        self._under_way.add(timer)

    def _arrive(self, place: str, check: str, order: int, *, healthy: bool) -> None:
        """A change that overtook an older one on the way is not undone by it."""
        if self._views[place].get(check, (0, True))[0] < order:
            self._views[place][check] = (order, healthy)
