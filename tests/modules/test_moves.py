from __future__ import annotations

from typing import Any

import pytest

from tests.modules import moves
from tests.modules.module_source import modules, moved
from tests.modules.moves import before_moves


def resource(module: str, address: str, *keys: str | int) -> dict[str, Any]:
    kind, name = address.split(".")
    instances = [{"index_key": key} for key in keys] or [{}]
    return {"mode": "managed", "module": module, "type": kind, "name": name, "instances": instances}


def test_a_state_is_as_it_was_before_a_resource_moved_into_another_module() -> None:
    state = {
        "version": 4,
        "resources": [
            resource("module.site.module.logs[0]", "aws_s3_bucket.this"),
            resource("module.site", "aws_s3_bucket.this"),
            resource("module.alarms.module.topic", "aws_sns_topic_subscription.email", "a@example.com"),
        ],
    }
    former, addresses = before_moves(state, {"site": "data/bucket", "alarms": "observability/alarms"})
    assert former["resources"] == [
        resource("module.site", "aws_s3_bucket.logs", 0),
        resource("module.site", "aws_s3_bucket.this"),
        resource("module.alarms", "aws_sns_topic_subscription.email", "a@example.com"),
    ]
    assert addresses == {
        "module.site.module.logs[0].aws_s3_bucket.this": "module.site.aws_s3_bucket.logs[0]",
        'module.alarms.module.topic.aws_sns_topic_subscription.email["a@example.com"]': (
            'module.alarms.aws_sns_topic_subscription.email["a@example.com"]'
        ),
    }


def test_a_move_between_modules_is_not_undone_silently(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moves, "moved", lambda _: {"module.logs[0].aws_s3_bucket.this": "module.old.a.b"})
    state = {"resources": [resource("module.site.module.logs[0]", "aws_s3_bucket.this")]}
    with pytest.raises(ValueError, match=r"data/bucket moves module\.old\.a\.b"):
        before_moves(state, {"site": "data/bucket"})


@pytest.mark.parametrize("module", [module for module in modules() if moved(module)])
def test_no_two_resources_have_the_same_former_address(module: str) -> None:
    origins = moved(module)
    assert len(set(origins.values())) == len(origins)
