"""Each patch is still needed and fits the emulator's code; files beside this one test what each mends."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.sandbox import patches
from harness.sandbox.patches import Patch
from harness.sandbox.server import Sandbox

pytestmark = pytest.mark.sandbox


@pytest.mark.parametrize("patch", patches.registered(), ids=lambda patch: patch.name)
def test_the_emulators_code_is_what_the_patch_was_written_for(sandbox: Sandbox, patch: Patch) -> None:
    found = patches.digest_of(patches.watched(patch))
    assert found == patch.digest, (
        f"{patch.name} has changed: see whether the patch still fits, then set its digest to {found}"
    )


@pytest.mark.parametrize("patch", patches.registered(), ids=lambda patch: patch.name)
def test_every_patch_is_applied_and_says_what_aws_does(sandbox: Sandbox, patch: Patch) -> None:
    assert patches.found_at(patch.module, patch.attribute) is not patches.ORIGINALS[patch.name]
    assert patch.mend.__doc__ is not None


def test_every_file_of_patches_is_found_by_its_name() -> None:
    files = {file.stem for file in Path(patches.__file__).parent.glob("patches_*.py")}
    found = {patch.mend.__module__.rpartition(".")[2] for patch in patches.registered()}
    assert found == files


def test_a_second_patch_of_one_attribute_is_refused() -> None:
    with pytest.raises(ValueError, match="_HEALTH_PATHS is replaced") as caught:
        patches.mends("ministack.app", "_HEALTH_PATHS", digest="")(lambda original: original)
    assert str(caught.value) == (
        "ministack.app:_HEALTH_PATHS is replaced by harness.sandbox.patches_app.health_paths already, so "
        "test_patches.<lambda> would do nothing; make one patch of the two"
    )
