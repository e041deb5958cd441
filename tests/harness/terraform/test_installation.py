from __future__ import annotations

import hashlib
import os
import zipfile
from pathlib import Path

import pytest

from harness.terraform import download as release
from harness.terraform import installation
from harness.terraform.errors import TerraformUnavailable


def _program(path: Path, version: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'#!/bin/sh\necho \'{{"terraform_version": "{version}"}}\'\n', encoding="utf-8")
    path.chmod(0o755)
    return path


def _mirror(path: Path, version: str = installation.AWS_PROVIDER_VERSION) -> Path:
    (path / installation.AWS_PROVIDER / version / release.current_platform()).mkdir(parents=True)
    return path


def _release(directory: Path, content: bytes) -> str:
    folder = directory / release.VERSION
    folder.mkdir(parents=True)
    archive = folder / f"terraform_{release.VERSION}_{release.current_platform()}.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("terraform", content)
    return hashlib.sha256(archive.read_bytes()).hexdigest()


def test_the_binary_named_in_the_environment_wins(tmp_path: Path) -> None:
    named = _program(tmp_path / "tofu", "1.11.2")
    _program(tmp_path / "bin/terraform", "1.12.0")
    found = installation.terraform_binary({"TERRAFORM_BIN": str(named), "PATH": str(tmp_path / "bin")})
    assert found == named


def test_a_named_binary_that_is_too_old_is_refused(tmp_path: Path) -> None:
    named = _program(tmp_path / "terraform", "1.5.7")
    with pytest.raises(TerraformUnavailable) as refused:
        installation.terraform_binary({"TERRAFORM_BIN": str(named)})
    assert str(refused.value) == f"TERRAFORM_BIN={named} is version 1.5.7, needed is 1.11 or later."


def test_a_named_binary_that_does_not_exist_is_refused() -> None:
    with pytest.raises(TerraformUnavailable, match=r"TERRAFORM_BIN=nothing-here: no such executable"):
        installation.terraform_binary({"TERRAFORM_BIN": "nothing-here"})


def test_a_recent_terraform_on_the_path_is_used(tmp_path: Path) -> None:
    program = _program(tmp_path / "terraform", "1.11.0-beta1")
    assert installation.terraform_binary({"PATH": str(tmp_path)}) == program


def test_an_old_terraform_on_the_path_gives_way_to_the_pinned_release(tmp_path: Path) -> None:
    _program(tmp_path / "terraform", "1.9.8")
    kept = _program(tmp_path / f"work/terraform-{release.VERSION}", release.VERSION)
    found = installation.terraform_binary({"PATH": str(tmp_path)}, directory=tmp_path / "work")
    assert found == kept


def test_the_pinned_release_is_downloaded_verified_and_executable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checksum = _release(tmp_path / "releases", b"#!/bin/sh\n")
    monkeypatch.setitem(release.CHECKSUMS, release.current_platform(), checksum)
    binary = release.pinned_binary(tmp_path / "bin", releases=(tmp_path / "releases").as_uri())
    assert binary.read_bytes() == b"#!/bin/sh\n"
    assert os.access(binary, os.X_OK)
    assert [path.name for path in (tmp_path / "bin").iterdir()] == [f"terraform-{release.VERSION}"]


def test_a_download_that_is_not_the_release_is_not_installed(tmp_path: Path) -> None:
    _release(tmp_path / "releases", b"something else")
    with pytest.raises(TerraformUnavailable, match=r"Nothing was installed"):
        release.pinned_binary(tmp_path / "bin", releases=(tmp_path / "releases").as_uri())
    assert list((tmp_path / "bin").iterdir()) == []


def test_a_machine_without_network_is_told_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(TerraformUnavailable, match=r"put it on PATH, or name it in TERRAFORM_BIN\.$"):
        release.pinned_binary(tmp_path / "bin", releases=(tmp_path / "nowhere").as_uri())


def test_a_platform_without_a_pinned_checksum_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TerraformUnavailable, match=r"not for plan9_mips"):
        release.pinned_binary(tmp_path, on="plan9_mips")


def test_the_mirror_named_in_the_environment_wins(tmp_path: Path) -> None:
    named = _mirror(tmp_path / "named")
    found = installation.provider_mirror({"TF_PROVIDER_MIRROR": str(named), "HOME": str(tmp_path)})
    assert found == named


def test_a_named_mirror_without_the_provider_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        TerraformUnavailable, match=r"does not hold registry.terraform.io/hashicorp/aws 5.100.0"
    ):
        installation.provider_mirror({"TF_PROVIDER_MIRROR": str(tmp_path)})


def test_the_users_own_mirror_is_found(tmp_path: Path) -> None:
    mirror = _mirror(tmp_path / ".terraform.d/plugins")
    assert installation.provider_mirror({"HOME": str(tmp_path)}, searched=()) == mirror


def test_a_mirror_is_found_three_folders_below_a_searched_root_and_not_four(tmp_path: Path) -> None:
    mirror = _mirror(tmp_path / "one/a/b/c")
    _mirror(tmp_path / "two/a/b/c/d")
    nobody = {"HOME": str(tmp_path / "nobody"), "XDG_DATA_DIRS": str(tmp_path / "none")}
    assert installation.provider_mirror(nobody, searched=[tmp_path / "one"]) == mirror
    assert installation.provider_mirror(nobody, searched=[tmp_path / "two"]) is None


def test_a_mirror_of_another_version_is_passed_over(tmp_path: Path) -> None:
    _mirror(tmp_path / "old", version="4.0.0")
    nobody = {"HOME": str(tmp_path / "nobody"), "XDG_DATA_DIRS": str(tmp_path / "none")}
    assert installation.provider_mirror(nobody, searched=[tmp_path / "old"]) is None


def test_the_configuration_takes_from_the_mirror_what_it_holds_and_the_rest_directly(tmp_path: Path) -> None:
    mirror = _mirror(tmp_path / "mirror")
    path = installation.cli_configuration(tmp_path / "work", {"TF_PROVIDER_MIRROR": str(mirror)})
    assert path.read_text() == (
        "provider_installation {\n"
        "  filesystem_mirror {\n"
        f'    path    = "{mirror}"\n'
        '    include = ["registry.terraform.io/hashicorp/aws"]\n'
        "  }\n"
        '  direct {\n    exclude = ["registry.terraform.io/hashicorp/aws"]\n  }\n'
        "}\n"
    )


def test_an_environment_without_home_and_path_is_completed(tmp_path: Path) -> None:
    environment = installation.terraform_environment(
        target={"AWS_REGION": "us-east-1"},
        data_dir=tmp_path,
        cli_config=tmp_path / "rc",
        variables={"zone_id": "Z1"},
        ambient={},
    )
    assert environment == {
        "AWS_REGION": "us-east-1",
        "CHECKPOINT_DISABLE": "1",
        "GOGC": "400",
        "HOME": installation.home({}),
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "TF_CLI_CONFIG_FILE": str(tmp_path / "rc"),
        "TF_DATA_DIR": str(tmp_path),
        "TF_INPUT": "0",
        "TF_IN_AUTOMATION": "1",
        "TF_VAR_zone_id": "Z1",
    }


def test_the_operators_profile_never_reaches_a_target_that_does_not_name_it(tmp_path: Path) -> None:
    ambient = {"AWS_PROFILE": "production", "GOGC": "100", "HTTPS_PROXY": "http://proxy", "TF_VAR_x": "1"}
    environment = installation.terraform_environment(
        target={}, data_dir=tmp_path, cli_config=tmp_path / "rc", ambient=ambient
    )
    assert "AWS_PROFILE" not in environment
    assert "TF_VAR_x" not in environment
    assert (environment["GOGC"], environment["HTTPS_PROXY"]) == ("100", "http://proxy")
    assert installation.aws_target(ambient) == {"AWS_PROFILE": "production"}
