from __future__ import annotations

from generator.pages import environment
from tests.generator.short_manifest import Load


def test_the_readme_shows_the_environment_with_its_real_names(load: Load) -> None:
    text = environment.document(load(), environment="prod")
    for expected in (
        "Objectives: RTO 50s, RPO 5s.",
        "dns -.->|when the primary is unhealthy| usw2_api",
        "| **total** | **37 s** | **48 s** | objective: 50s | objectives.rto |",
        "| 2 | [`us-east-1`](us-east-1/main.tf) |",
        "| state bucket | `prod-tfstate-123456789012-use1` | `prod-tfstate-123456789012-usw2` |",
        "| `GET /health` | `health` |",
    ):
        assert expected in text


def test_the_readme_says_in_which_order_a_change_reaches_the_regions(load: Load) -> None:
    text = environment.document(load(), environment="mine")
    assert "Later ones change one region after the other: us-east-1, then us-west-2.\n" in text
