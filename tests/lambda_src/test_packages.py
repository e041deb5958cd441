"""Each function's package is complete: its handler can be loaded from the package and Lambda's own boto3."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from generator.package import package
from tests.lambda_src.calling_functions import SOURCE

FUNCTIONS = sorted(path.parent.name for path in SOURCE.glob("*/handler.py"))
# Only the package, the standard library, and what Lambda brings along, come from elsewhere.
PROBE = """
import sys
sys.path.insert(0, sys.argv[1])
import handler
assert callable(handler.handler)
for name in ("shared", "controller", "pg8000", "scramp", "asn1crypto"):
    module = sys.modules.get(name)
    assert module is None or module.__file__.startswith(sys.argv[1]), module.__file__
print(sorted(name for name in ("controller", "pg8000") if name in sys.modules))
"""


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_can_be_loaded_from_its_package_alone(name: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(package(SOURCE / name, SOURCE / "shared"))) as archive:
        archive.extractall(tmp_path)
    loaded = subprocess.run(
        [sys.executable, "-B", "-c", PROBE, str(tmp_path)],
        cwd="/",
        env={"AWS_REGION": "us-west-2", "AWS_DEFAULT_REGION": "us-west-2", "PATH": ""},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert loaded.stderr == ""
    expected = {"failover": "['controller']"} | dict.fromkeys(
        ("orders", "migrations", "rotation"), "['pg8000']"
    )
    assert loaded.stdout.strip() == expected.get(name, "[]")


def test_every_function_is_packaged() -> None:
    assert FUNCTIONS == ["failover", "files", "health", "migrations", "orders", "read", "rotation", "write"]
