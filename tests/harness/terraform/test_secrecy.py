from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.terraform import plans, secrecy
from harness.terraform.secrecy import ValueChange


def _one(path: list[object], resource_type: str = "aws_dynamodb_table", **change: Any) -> ValueChange:
    (found,) = secrecy.value_changes(change, [path], resource_type)
    return found


def test_a_value_that_nobody_marks_is_shown_from_and_to() -> None:
    found = _one(
        ["attribute", 0, "name"],
        before={"attribute": [{"name": "pk"}]},
        after={"attribute": [{"name": "id"}]},
    )
    assert found == ValueChange(path="attribute[0].name", before='"pk"', after='"id"')
    assert str(found) == 'attribute[0].name ("pk" -> "id")'


def test_a_value_not_known_yet_says_so() -> None:
    found = _one(["arn"], before={"arn": "a"}, after={}, after_unknown={"arn": True})
    assert found == ValueChange(path="arn", before='"a"', after="(known after apply)")


@pytest.mark.parametrize("side", ["before_sensitive", "after_sensitive"])
@pytest.mark.parametrize("mark", [True, {"settings": True}, {"settings": {"a": True}}])
def test_a_value_marked_on_either_side_anywhere_above_or_below_is_hidden(side: str, mark: object) -> None:
    change = {"before": {"settings": {"a": "hunter2"}}, "after": {"settings": {"a": "hunter3"}}, side: mark}
    for path in (["settings"], ["settings", "a"]):
        assert "hunter" not in repr(_one(path, **change))


def test_the_keys_of_a_secret_map_are_secret_too() -> None:
    change = {"before": {"labels": {"hunter2": 1}}, "after": {}, "before_sensitive": {"labels": True}}
    assert _one(["labels", "hunter2"], **change) == ValueChange(
        path="labels", before="(sensitive)", after="(sensitive)"
    )


@pytest.mark.parametrize(
    ("resource_type", "path", "hidden"),
    [
        ("aws_rds_cluster", ["master_password"], True),
        ("aws_lambda_function", ["environment", 0, "variables", "X"], True),
        ("aws_secretsmanager_secret_version", ["secret_string"], True),
        ("aws_secretsmanager_secret_version", ["secret_id"], False),
        ("aws_secretsmanager_secret", ["name"], False),
        ("aws_secretsmanager_secret", ["description"], True),
        ("aws_ssm_parameter", ["value"], True),
        ("aws_dynamodb_table", ["hash_key"], False),
    ],
)
def test_what_is_a_secret_by_its_name_or_its_type_is_hidden(
    resource_type: str, path: list[object], hidden: bool
) -> None:
    assert secrecy.is_secret(resource_type, path) is hidden


def test_a_secret_inside_a_shown_value_is_hidden() -> None:
    assert secrecy.value_text({"user": "a", "password": "hunter2"}) == (
        '{"password": "(sensitive)", "user": "a"}'
    )


def test_values_are_one_printable_line_and_not_long() -> None:
    assert secrecy.value_text("a\nb\u202e\x1b[31m") == '"a\\nb\\u202e\\u001b[31m"'
    assert len(secrecy.value_text("x" * 1000)) == secrecy.LONGEST


_NAMES = st.sampled_from(["hash_key", "settings", "tags", "master_password", "rule"])
_VALUES = st.recursive(
    st.integers(0, 9).map(lambda n: f"SECRET{n}"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)


def _marks(value: object) -> st.SearchStrategy[object]:
    """Marks under which everything in `value` is sensitive: at the top, or at each leaf."""
    if isinstance(value, dict) and value:
        each = st.fixed_dictionaries({key: _marks(inner) for key, inner in value.items()})
        return st.just(True) | each
    if isinstance(value, list) and value:
        return st.just(True) | st.tuples(*(_marks(inner) for inner in value)).map(list)
    return st.just(True)


def _paths(value: object, path: tuple[object, ...]) -> list[tuple[object, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(each for key, found in inner for each in _paths(found, (*path, key)))]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_no_sensitive_value_of_any_plan_is_in_its_summary(data: st.DataObject) -> None:
    before = data.draw(st.dictionaries(_NAMES, _VALUES, min_size=1))
    after = data.draw(st.dictionaries(_NAMES, _VALUES))
    marks = {side: {k: data.draw(_marks(v)) for k, v in values.items()} for side, values in
             (("before_sensitive", before), ("after_sensitive", after))}  # fmt: skip
    paths = [path for name, value in before.items() for path in _paths(value, (name,))]
    change = {
        "actions": data.draw(st.sampled_from([["delete", "create"], ["update"], ["delete"]])),
        "before": before,
        "after": after,
        "replace_paths": [list(path) for path in data.draw(st.lists(st.sampled_from(paths)))],
        **marks,
    }
    summary = plans.summary({"resource_changes": [{"address": "aws_x.y", "change": change}]})
    assert "SECRET" not in repr(summary) + json.dumps([plans.because(each) for each in summary.changes])
