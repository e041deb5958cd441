"""The promises of shared/fence.py: no old copy, no write after the end, and none acknowledged."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from shared import fence, table
from shared.clock import Clock
from shared.requests import TryAgain

from tests.lambda_src.calling_functions import REGION, create_table

CONTROL = "prod-control"


class At:
    """A clock that a test sets."""

    def __init__(self, now: float) -> None:
        self.time = now

    def now(self) -> float:
        return self.time


@pytest.fixture
def control(database: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A function that writes the admission."""
    create_table(database, CONTROL)
    monkeypatch.setenv("CONTROL_TABLE", CONTROL)
    fence.forget()

    def admit(*, until: float = 1000.0, serving: bool = True, reason: str = "", epoch: int = 3) -> None:
        database.put_item(
            TableName=CONTROL,
            Item={
                "pk": {"S": "admission"},
                "epoch": {"N": str(epoch)},
                "writer": {"S": REGION},
                "until": {"N": str(until)},
                "serving": {"BOOL": serving},
                "serving_until": {"N": "1000"},
                "reason": {"S": reason},
            },
        )

    yield admit
    fence.forget()


def out_of_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> Any:
        raise EndpointConnectionError(endpoint_url="https://dynamodb")

    monkeypatch.setattr("botocore.client.BaseClient._make_api_call", fail)


def test_the_admission_ends_on_time_by_itself(control: Any) -> None:
    control(until=1000.0)
    assert fence.admitted(At(999.999)).epoch == 3  # type: ignore[arg-type]
    with pytest.raises(TryAgain) as refused:
        fence.admitted(At(1000.0))  # type: ignore[arg-type]
    assert (refused.value.error, refused.value.reason) == (
        "fenced",
        "the admission of epoch 3 has ended, another writer is being found",
    )


def test_an_admission_that_was_ended_is_noticed_within_a_second(control: Any) -> None:
    control()
    assert fence.admitted(At(900.0)).until == 1000.0  # type: ignore[arg-type]
    control(until=0.0)
    assert fence.admitted(At(900.9)).until == 1000.0  # type: ignore[arg-type]
    with pytest.raises(TryAgain):
        fence.admitted(At(901.0))  # type: ignore[arg-type]


def test_while_the_table_does_not_answer_a_copy_is_used_for_less_than_the_controllers_guard(
    control: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    control()
    fence.admitted(At(900.0))  # type: ignore[arg-type]
    out_of_reach(monkeypatch)
    assert fence.admitted(At(903.999)).epoch == 3  # type: ignore[arg-type]
    with pytest.raises(table.Unavailable):
        fence.admitted(At(904.0))  # type: ignore[arg-type]
    assert fence.GRACE_SECONDS < 5


def test_a_copy_from_a_clock_that_was_ahead_is_not_trusted(control: Any) -> None:
    control(until=2000.0)
    fence.admitted(At(1500.0))  # type: ignore[arg-type]
    control(until=0.0)
    with pytest.raises(TryAgain):
        fence.admitted(At(900.0))  # type: ignore[arg-type]


def test_a_commit_after_the_end_is_not_confirmed(control: Any) -> None:
    control(until=1000.0)
    under = fence.admitted(At(999.0))  # type: ignore[arg-type]
    fence.confirm(At(999.9), under)  # type: ignore[arg-type]
    with pytest.raises(TryAgain) as refused:
        fence.confirm(At(1000.0), under)  # type: ignore[arg-type]
    assert refused.value.reason == "the admission of epoch 3 ended while the write was under way"


@pytest.mark.parametrize(
    ("changes", "now", "cause"),
    [
        ({}, 900.0, None),
        # a region that may not write may well serve
        ({"until": 0.0}, 900.0, None),
        (
            {},
            1000.0,
            "not confirmed: the controller of this region does not reach a majority of the voters",
        ),
        ({"serving": False, "reason": "retired"}, 900.0, "not serving: retired"),
        ({"serving": False, "reason": "retired"}, 1000.0, "not serving: retired"),
    ],
)
def test_a_region_serves_while_its_controller_confirms_it(
    control: Any, changes: dict[str, Any], now: float, cause: str | None
) -> None:
    control(**changes)
    assert fence.serving(At(now)) == cause  # type: ignore[arg-type]


def test_a_region_without_any_word_of_its_controller_does_not_serve(control: Any) -> None:
    assert fence.serving(At(900.0)) == (  # type: ignore[arg-type]
        "not confirmed: the controller has not run here yet"
    )


def test_the_clock_is_the_one_that_is_ahead_and_goes_on_during_a_request() -> None:
    ahead = time.time() + 500
    clock = Clock({"requestContext": {"requestTimeEpoch": int(ahead * 1000)}})
    first = clock.now()
    assert -0.001 <= first - ahead < 1
    time.sleep(0.02)
    assert clock.now() - first >= 0.02
    for event in ({}, None, {"requestContext": {"requestTimeEpoch": "soon"}}, {"requestContext": None}):
        assert abs(Clock(event).now() - time.time()) < 1
