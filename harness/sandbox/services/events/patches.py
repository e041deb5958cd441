"""What the embedded EventBridge answers or does wrongly."""

from __future__ import annotations

from collections.abc import Callable

from harness.sandbox.emulators.patches import patch


@patch("ministack.services.eventbridge", "start_scheduler", digest="11f17404da11")
def no_schedules_in_wall_time(original: Callable[[], None]) -> Callable[[], None]:
    """Not a wrong answer but a wrong time: MiniStack fires scheduled rules by itself, in a thread that knows
    only wall time. On AWS a rule is due after its rate has passed (EventBridge User Guide, "Creating a rule
    that runs on a schedule"), which in a drill is model time: `Schedules` fires the rules when told to."""

    def start() -> None:
        return None

    return start
