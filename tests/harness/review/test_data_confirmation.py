from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.manifest.problems import InputRefused
from harness.review import confirmation
from harness.review.confirmation import Consent
from harness.terraform import runner
from harness.terraform.adapter import ExitStatus
from harness.terraform.errors import NotConfirmed
from harness.terraform.plans import PlanSummary, ResourceChange
from harness.terraform.progress_events import Asking, ProgressEvent
from harness.terraform.session import Session
from harness.terraform.stack import StackRun
from tests.harness.review.conftest import small_environment
from tests.harness.terraform.fake_terraform import FakeTerraform, planned

TABLE = 'module.tables["items, old"].aws_dynamodb_table.this'
KEY = "module.key.aws_kms_key.this"
PLAN = PlanSummary(
    changes=(
        ResourceChange(address=KEY, kind="destroy"),
        ResourceChange(address=TABLE, kind="replace"),
        ResourceChange(address="aws_lambda_function.f", kind="destroy"),
    )
)
EMPTY = PlanSummary(changes=(ResourceChange(address=KEY, kind="update"),))


@pytest.fixture
def stack(tmp_path) -> StackRun:  # type: ignore[no-untyped-def]
    return StackRun(name="data", wave=2, root=tmp_path)


def _answers(*given: str) -> Callable[[str], str]:
    left = list(given)
    return lambda question: left.pop(0) + "\n"


def test_addresses_are_told_apart_by_commas_and_blanks_outside_of_brackets() -> None:
    assert confirmation.addresses([f"data:{TABLE},{KEY}  a.b[0]", "c.d"]) == {
        f"data:{TABLE}", KEY, "a.b[0]", "c.d"
    }  # fmt: skip


def test_a_bracket_without_end_is_refused() -> None:
    with pytest.raises(InputRefused, match="has a bracket that does not end"):
        confirmation.addresses(['a.b["c'])


_KEYS = st.text(st.characters(exclude_characters='"\\', exclude_categories=["Cs", "Cc"]), max_size=20)


@settings(deadline=None)
@given(st.sets(_KEYS.map(lambda key: f'module.m["{key}"].aws_s3_bucket.b'), min_size=1))
def test_every_address_that_is_given_is_found_again(given_: set[str]) -> None:
    assert confirmation.addresses([", ".join(given_)]) == given_


def test_what_loses_nothing_is_not_asked_about(stack: StackRun) -> None:
    assert confirmation.data_review(Consent())(stack, EMPTY)


@pytest.mark.parametrize("names", [(KEY, TABLE), (f"data:{KEY}", f"data:{TABLE}")])
def test_data_that_is_named_may_go(stack: StackRun, names: tuple[str, ...]) -> None:
    assert confirmation.data_review(Consent(confirmed=frozenset(names)))(stack, PLAN)


@pytest.mark.parametrize("names", [(), (KEY,), (f"edge:{TABLE}", KEY), ("module.tables", KEY)])
def test_data_that_is_not_named_is_refused_with_what_to_type(stack: StackRun, names: tuple[str, ...]) -> None:
    with pytest.raises(NotConfirmed) as refused:
        confirmation.data_review(Consent(confirmed=frozenset(names)))(stack, PLAN)
    lines = str(refused.value).splitlines()
    assert lines[0] == "data: the plan destroys data that nobody has named, nothing of it was applied:"
    assert f"  {TABLE}: a table, in every region that it is replicated to" in lines
    assert (KEY in names) is all(KEY not in line for line in lines)
    assert lines[-1].startswith("  If that is what you want: CONFIRM='data:module.")


def test_at_a_terminal_the_addresses_are_typed_one_by_one(stack: StackRun) -> None:
    told: list[ProgressEvent] = []
    review = confirmation.data_review(Consent(typed=_answers(KEY, TABLE)), observe=told.append)
    assert review(stack, PLAN)
    assert told == [Asking(stack="data", over=False), Asking(stack="data", over=True)]


def test_yes_is_no_address(stack: StackRun) -> None:
    with pytest.raises(NotConfirmed):
        confirmation.data_review(Consent(yes=True, typed=_answers("yes", "yes")))(stack, PLAN)


def test_an_apply_that_would_lose_data_ends_before_it_with_status_2(
    tmp_path: Path, session: Session, fake: FakeTerraform
) -> None:
    environment = small_environment(tmp_path, data=2, edge=6)
    document = {"resource_changes": [{"address": KEY, "change": {"actions": ["delete"]}}]}
    fake.answer(
        data_plan={"exit": 2, "lines": [planned(KEY, "delete")]},
        show={"lines": [json.dumps(document)]},
    )
    reviewing = replace(session, review=confirmation.data_review(Consent()))
    runs = [StackRun(name=n, wave=w, root=environment.folder / n) for n, w in (("data", 2), ("edge", 6))]
    result = runner.apply(reviewing, runs)
    assert [each.status for each in result.results] == [ExitStatus.REFUSED, ExitStatus.NOT_STARTED]
    assert result.exit_code == 2
    assert "data apply" not in fake.commands
    assert not session.directory("data").plan_file.exists()


HELD = {"data": (KEY, "aws_x.y"), "edge": ()}


def _destroy(*, confirmed: tuple[str, ...] = (), yes: bool = False, answer: str | None = None) -> list[str]:
    said: list[str] = []
    confirmation.confirm_destruction(
        "prod",
        HELD,
        account="123456789012",
        consent=Consent(
            yes=yes,
            confirmed=frozenset(confirmed),
            typed=None if answer is None else _answers(answer),
        ),
        say=said.append,
    )
    return said


def test_destroying_lists_what_goes_and_takes_the_name_of_the_environment() -> None:
    told = _destroy(answer="prod")
    assert told == [
        "DESTROY of prod in AWS account 123456789012:",
        "  data: 2 resources",
        f"    {KEY}: everything encrypted with it, once its waiting period is over",
        "  edge: 0 resources",
    ]
    assert told == _destroy(confirmed=("prod",), yes=True)


@pytest.mark.parametrize(
    "given_",
    [{"answer": "yes"}, {"yes": True}, {"confirmed": ("prod",)}, {"confirmed": ("dev",), "yes": True}],
)
def test_destroying_without_its_name_is_refused(given_: dict[str, object]) -> None:
    with pytest.raises(InputRefused, match="run again with YES=1 CONFIRM=prod"):
        _destroy(**given_)  # type: ignore[arg-type]


@pytest.mark.parametrize("consent", [Consent(yes=True), Consent(ask=lambda question: True)])
def test_a_yes_is_given_beforehand_or_when_asked(consent: Consent) -> None:
    consent.require("Apply edge of prod?")


def test_without_a_yes_nothing_is_done() -> None:
    with pytest.raises(InputRefused, match="answer yes at a terminal, or run again with YES=1"):
        Consent(confirmed=frozenset({"prod"})).require("Apply edge of prod?")
