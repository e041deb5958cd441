"""Each patch is still needed and fits the emulator's code; files beside this one test what each mends."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.sandbox.emulators import patches
from harness.sandbox.emulators.patches import Patch
from harness.sandbox.sandbox import Sandbox

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
    rooms = Path(patches.__file__).parents[1] / "services"
    files = {file.parent.name for file in rooms.rglob("patches.py")}
    modules = [patch.mend.__module__.split(".") for patch in patches.registered()]
    assert {room for *_, room, file in modules if file == "patches"} == files


def test_a_second_patch_of_one_attribute_is_refused() -> None:
    with pytest.raises(ValueError, match="_HEALTH_PATHS is replaced") as caught:
        patches.mends("ministack.app", "_HEALTH_PATHS", digest="")(lambda original: original)
    assert str(caught.value) == (
        "ministack.app:_HEALTH_PATHS is replaced by harness.sandbox.emulators.health_paths.health_paths "
        f"already, so {__name__}.<lambda> would do nothing; make one patch of the two"
    )
