"""Which paths the emulator answers itself."""

from __future__ import annotations

import pytest

from harness.sandbox.sandbox import Sandbox

pytestmark = pytest.mark.sandbox


def test_health_of_the_emulator_is_not_served_at_a_users_path(sandbox: Sandbox) -> None:
    import ministack.app

    assert ministack.app._HEALTH_PATHS == ("/_ministack/health", "/_localstack/health")
