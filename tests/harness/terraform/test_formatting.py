"""harness/terraform/formatting.py: `make lint` and `make format` of HCL."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import cli, environments
from harness.terraform.errors import TerraformError
from harness.terraform.formatting import formatted

pytestmark = pytest.mark.terraform

UGLY = "locals {\n  a = 1\n  longer = 2\n}\n"
NICE = "locals {\n  a      = 1\n  longer = 2\n}\n"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(environments, "REPOSITORY", tmp_path)
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules/a.tf").write_text(UGLY)
    (tmp_path / "modules/b.tf").write_text(NICE)
    (tmp_path / ".antipode").mkdir()
    (tmp_path / ".antipode/c.tf").write_text(UGLY)
    return tmp_path


def test_lint_names_each_file_that_is_not_formatted_and_leaves_it(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["format", "--check"]) == 1
    assert capsys.readouterr().err == "modules/a.tf: is not formatted; run `make format`\n"
    assert (repository / "modules/a.tf").read_text() == UGLY


def test_format_writes_it_and_lint_is_content_then(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["format"]) == 0
    assert (repository / "modules/a.tf").read_text() == NICE
    assert cli.main(["format", "--check"]) == 0
    assert capsys.readouterr().err == "formatted modules/a.tf\n"
    assert (repository / ".antipode/c.tf").read_text() == UGLY


def test_a_file_that_is_no_hcl_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.tf").write_text("locals {")
    with pytest.raises(TerraformError, match=r"(?s)a\.tf.*"):
        formatted(tmp_path, write=False)
