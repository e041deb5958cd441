from __future__ import annotations

import asyncio
import time

import pytest

from harness.sandbox.world.clock import Clock


def test_sleeping_participants_cost_no_wall_time_while_the_clock_jumps() -> None:
    async def main() -> tuple[float, float]:
        clock = Clock()
        started = time.monotonic()
        with clock.jumping():
            await asyncio.gather(*(clock.spawn(clock.sleep(60 * n)) for n in range(1, 11)))
        return clock.now(), time.monotonic() - started

    model, wall = asyncio.run(main())
    assert 600 <= model < 601
    assert wall < 1


def test_model_seconds_are_wall_seconds_outside_jumping() -> None:
    async def main() -> float:
        clock = Clock()
        await clock.spawn(clock.sleep(0.05))
        return clock.skipped

    assert asyncio.run(main()) == 0


def test_time_runs_at_wall_speed_while_a_participant_works() -> None:
    async def main() -> float:
        clock = Clock()
        seen = 0.0

        async def sleeper() -> None:
            nonlocal seen
            await clock.sleep(30)

        async def worker() -> None:
            nonlocal seen
            await asyncio.sleep(0.1)
            seen = clock.now()

        with clock.jumping():
            await asyncio.gather(clock.spawn(sleeper()), clock.spawn(worker()))
        return seen

    assert asyncio.run(main()) < 1


def test_timers_fire_in_order_of_their_moment_then_of_their_making() -> None:
    async def main() -> list[str]:
        clock = Clock()
        fired: list[str] = []
        for name, due in (("c", 2.0), ("a", 1.0), ("d", 2.0), ("b", 1.5)):
            clock.call_at(due, lambda name=name: fired.append(name))  # type: ignore[misc]
        with clock.jumping():
            await clock.spawn(clock.sleep(3))
        return fired

    assert asyncio.run(main()) == ["a", "b", "c", "d"]


def test_a_cancelled_timer_never_fires() -> None:
    async def main() -> list[str]:
        clock = Clock()
        fired: list[str] = []
        clock.call_later(1, lambda: fired.append("x")).cancel()
        with clock.jumping():
            await clock.spawn(clock.sleep(2))
        return fired

    assert asyncio.run(main()) == []


def test_a_parked_request_times_out_at_its_model_second_without_waiting_for_it() -> None:
    async def main() -> tuple[float, float]:
        clock = Clock()

        async def client() -> float:
            started = clock.now()
            hangs = asyncio.get_running_loop().create_future()
            clock.park(7)
            with pytest.raises(TimeoutError, match=r"^no answer within 5 s$"):
                await clock.wait_for(hangs, 5, request=7)
            return clock.now() - started

        started = time.monotonic()
        with clock.jumping():
            waited = await clock.spawn(client())
        return waited, time.monotonic() - started

    waited, wall = asyncio.run(main())
    assert 5 <= waited < 5.1
    assert wall < 1


def test_a_request_parked_after_its_caller_gave_up_does_not_let_time_leap() -> None:
    async def main() -> int:
        clock = Clock()
        with clock.jumping(), pytest.raises(TimeoutError):
            await clock.wait_for(asyncio.sleep(60), 0.01, request=1)
        clock.park(1)
        return len(clock._parked)

    assert asyncio.run(main()) == 0


def test_a_cancelled_sleeper_counts_as_busy_only_until_it_ends() -> None:
    async def main() -> int:
        clock = Clock()
        task = clock.spawn(clock.sleep(60))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await asyncio.sleep(0)
        return clock._busy

    assert asyncio.run(main()) == 0


def test_latency_added_for_a_request_parks_it_and_costs_no_wall_time() -> None:
    async def main() -> float:
        clock = Clock()

        async def serve() -> str:
            await clock.sleep(3, request=4)
            return "late"

        async def client() -> str:
            return await clock.wait_for(asyncio.get_running_loop().create_task(serve()), 10, request=4)

        started = time.monotonic()
        with clock.jumping():
            assert await clock.spawn(client()) == "late"
        assert 3 <= clock.now() < 4
        return time.monotonic() - started

    assert asyncio.run(main()) < 1


def test_a_caller_that_is_cancelled_when_its_time_is_up_does_not_go_on() -> None:
    async def main() -> list[str]:
        clock, went_on = Clock(), []

        async def hangs() -> None:
            clock.park(7)
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                # time is up, and before the caller hears of it somebody cancels the caller
                task.cancel()
                raise

        async def probing() -> None:
            try:
                await clock.wait_for(hangs(), 5, request=7)
            except TimeoutError:
                went_on.append("timed out")

        task = clock.spawn(probing())
        with clock.jumping():
            await asyncio.wait([task], timeout=5)
        return [*went_on, "cancelled" if task.cancelled() else "ended"]

    assert asyncio.run(main()) == ["cancelled"]
