"""The paths that the emulator itself answers, on every host."""

from __future__ import annotations

from harness.sandbox.emulators.patches import patch


@patch("ministack.app", "_HEALTH_PATHS", digest="d8afe8c0274a")
def health_paths(original: tuple[str, ...]) -> tuple[str, ...]:
    """MiniStack answers GET /health with 200 on every host. AWS leaves the path to the API behind the host;
    a health check on it would be green whatever happens."""
    return tuple(path for path in original if path.startswith("/_"))
