"""Each patch fits the emulator's code; the tests of its effect are in the folder of its service."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.sandbox import services
from harness.sandbox.emulators import patches
from harness.sandbox.emulators.patches import Patch
from harness.sandbox.sandbox import Sandbox

pytestmark = pytest.mark.sandbox


@pytest.mark.parametrize("patch", patches.PATCHES, ids=lambda patch: patch.name)
def test_the_emulators_code_is_what_the_patch_was_written_for(sandbox: Sandbox, patch: Patch) -> None:
    digest = patches.digest_of(patches.watched(patch))
    assert digest == patch.digest, (
        f"{patch.name} has changed: see whether the patch still fits, then set its digest to {digest}"
    )


@pytest.mark.parametrize("patch", patches.PATCHES, ids=lambda patch: patch.name)
def test_every_patch_is_applied_and_says_what_aws_does(sandbox: Sandbox, patch: Patch) -> None:
    assert patches.found_at(patch.module, patch.attribute) is not patches.ORIGINALS[patch.name]
    assert patch.replacement.__doc__ is not None


def test_every_file_that_registers_patches_is_listed() -> None:
    sandbox_folder = Path(services.__file__).parents[1]
    registering = {file for file in sandbox_folder.rglob("*.py") if "\n@patch(" in file.read_text()}
    assert {Path(str(module.__file__)) for module in services.PATCHES} == registering


def test_a_second_patch_of_one_attribute_is_refused() -> None:
    with pytest.raises(ValueError, match="_HEALTH_PATHS is replaced") as caught:
        patches.patch("ministack.app", "_HEALTH_PATHS", digest="")(lambda original: original)
    assert str(caught.value) == (
        "ministack.app:_HEALTH_PATHS is replaced by harness.sandbox.emulators.health_paths.health_paths "
        f"already, so {__name__}.<lambda> would do nothing; make one patch of the two"
    )
