from __future__ import annotations

from generator.recovery.budget import CLIENT_RETRY, CLIENT_TIMEOUT, STATUS_PROPAGATION
from harness.drill.scenario import Load
from harness.sandbox.world.delays import Delays


def test_the_budget_and_the_drill_speak_of_the_same_delays_and_the_same_clients() -> None:
    delays, load = Delays(0), Load()
    assert delays.worst("route53_status_propagation") == STATUS_PROPAGATION
    assert (load.timeout, load.retry_pause) == (CLIENT_TIMEOUT, CLIENT_RETRY)
