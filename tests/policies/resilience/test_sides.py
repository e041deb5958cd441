"""How two sides are compared: names out, sets without order, JSON by its contents."""

from __future__ import annotations

from typing import Any

import pytest

from generator.stacks import stacks
from policies.resilience.estate import estate
from policies.resilience.plan_json import NOT_KNOWN, Resource
from policies.resilience.sides import ABSENT, Side, differences
from tests.policies.resilience.changed_plans import GLOBAL, manifest, plans


def side(region: str) -> Side:
    meant = manifest(GLOBAL)
    return Side.of(estate(meant, stacks(meant), plans(GLOBAL)), region)


@pytest.fixture(scope="module")
def virginia() -> Side:
    return side("us-east-1")


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("arn:aws:sns:us-east-1:123456789012:x", "arn:aws:sns:<region>:123456789012:x"),
        ("global-serverless-read-use1", "global-serverless-read-<region's code>"),
        ("global-serverless-read-euw1", "global-serverless-read-<other's code>"),
        ("us-east-1b", "<zone 2>"),
        ("us-east-2", "us-east-2"),
        ("use10", "use10"),
        ("10.0.16.0/20", "<network+4096/+4>"),
        ("10.1.16.0/20", "10.1.16.0/20"),
        ("999.0.0.0/20", "999.0.0.0/20"),
    ],
)
def test_names_of_a_region_become_placeholders_and_others_stay(virginia: Side, text: str, plain: str) -> None:
    assert virginia.plain(text) == plain


def test_what_aws_picked_is_replaced_by_whose_it_is() -> None:
    key = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    planned = plans(GLOBAL)
    meant = manifest(GLOBAL)
    whole = estate(meant, stacks(meant), planned)
    made = (
        Resource("us-east-1", "module.key.aws_kms_key.this", "aws_kms_key", "us-east-1", {"arn": key}, {}),
        Resource("us-east-1", 'aws_x.short["use1"]', "aws_x", "us-east-1", {"id": "9f3c1a"}, {}),
    )
    found = {**whole.found, "us-east-1": made}
    before = Side.of(type(whole)(whole.manifest, whole.stacks, whole.plans, found), "us-east-1")
    assert before.plain(f"under {key}") == "under <arn of module.key.aws_kms_key.this>"
    # six characters, as API Gateway picks them, could stand in a longer text by chance
    assert before.plain("9f3c1a") == """<id of aws_x.short["<region's code>"]>"""
    assert before.plain("in 9f3c1a") == "in 9f3c1a"


def differ(one: Any, two: Any) -> list[tuple[str, Any, Any]]:
    def same(text: str) -> str:
        return text

    return list(differences("x", (one, two), (same, same)))


def test_lists_are_compared_as_sets_and_a_single_pair_that_differs_is_looked_into() -> None:
    assert differ([1, 2], [2, 1]) == []
    assert differ([{"a": 1, "b": 2}, {"a": 3}], [{"a": 3}, {"a": 1, "b": 9}]) == [("x.b", 2, 9)]
    assert differ([1, 2], [1]) == [("x", [2], [])]
    assert differ([1, 1], [1]) == [("x", [1], [])]


def test_json_in_a_text_is_compared_by_its_contents() -> None:
    assert differ('{"a": 1, "b": [2]}', '{"b":[2],"a":1}') == []
    assert differ('{"a": 1}', '{"a": 2}') == [("x.a", 1, 2)]
    assert differ("{not json", "{neither") == [("x", "{not json", "{neither")]


def test_a_key_of_one_side_alone_is_absent_from_the_other() -> None:
    assert differ({"A": "1"}, {}) == [("x.A", "1", ABSENT)]


def test_what_is_not_known_yet_is_like_everything() -> None:
    assert differ({"a": NOT_KNOWN, "b": 1}, {"a": 5, "b": NOT_KNOWN}) == []
    assert differ([NOT_KNOWN], ["sg-1"]) == []
