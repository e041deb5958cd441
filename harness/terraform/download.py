"""Terraform at one pinned version, downloaded once and verified against checksums that are part of this file.

Each checksum was found the same in at least two independent public copies of the release's SHA256SUMS (the
Homebrew formula under HashiCorp's copyright among them); the release's own file could not be fetched when
they were pinned. The program inside the linux_amd64 zip has SHA-256
268000fca5c61021c6396893d9483007ba589ad9d0aaccbd7dfa8c78bf7dbe23, as the one this was developed with.
"""

from __future__ import annotations

import hashlib
import os
import platform
import stat
import tempfile
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

from harness.terraform.errors import TerraformUnavailable

VERSION = "1.11.4"
RELEASES = "https://releases.hashicorp.com/terraform"
DOWNLOAD_SECONDS = 120

CHECKSUMS = {
    "darwin_amd64": "a56d5002b9f7647291faccc3dd1a70350e60fb61e4c45037629508b8fdc2575b",
    "darwin_arm64": "867e0808fa971217043e25b7a792b10720c79b1546f8a68479b74f138be73e18",
    "linux_amd64": "1ce994251c00281d6845f0f268637ba50c0005657eb3cf096b92f753b42ef4dc",
    "linux_arm64": "a43d1d0da9b9bab214a8305a39db0e40869572594ccf50c416a7756499143633",
}
"""SHA-256 of the zip, per platform."""

_ARCHITECTURES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


def current_platform() -> str:
    """This machine in the release's words, `linux_amd64` for example."""
    machine = platform.machine().lower()
    return f"{platform.system().lower()}_{_ARCHITECTURES.get(machine, machine)}"


def pinned_binary(directory: Path, *, releases: str = RELEASES, on: str | None = None) -> Path:
    """The pinned Terraform in `directory`, downloaded if it is not there.

    `releases` may name a mirror of the releases: the checksum decides whether it is believed.
    Raises TerraformUnavailable when the platform has no pinned checksum, or the download fails or differs.
    """
    wanted = on or current_platform()
    binary = directory / f"terraform-{VERSION}"
    if binary.is_file():
        return binary
    if wanted not in CHECKSUMS:
        raise TerraformUnavailable(
            f"Terraform {VERSION} is pinned for {', '.join(sorted(CHECKSUMS))}, not for {wanted}. "
            "Install Terraform 1.11 or later and put it on PATH, or name it in TERRAFORM_BIN."
        )
    directory.mkdir(parents=True, exist_ok=True)
    url = f"{releases.rstrip('/')}/{VERSION}/terraform_{VERSION}_{wanted}.zip"
    with tempfile.TemporaryDirectory(dir=directory, prefix=".download-") as scratch:
        archive = Path(scratch) / "terraform.zip"
        _download(url, archive)
        verify(archive, CHECKSUMS[wanted], source=url)
        unpacked = _unpack(archive, Path(scratch))
        os.replace(unpacked, binary)  # atomic: two processes at once both end with a whole file
    return binary


def verify(archive: Path, expected: str, *, source: str) -> None:
    """Raises TerraformUnavailable unless the SHA-256 of `archive` is `expected` (hexadecimal)."""
    with archive.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != expected:
        raise TerraformUnavailable(
            f"The checksum of {source} is {found}, pinned is {expected}: "
            "the download is not what was released. "
            "Nothing was installed. Try another network, or install Terraform 1.11 or later yourself."
        )


def _download(url: str, to: Path) -> None:
    try:
        with urllib.request.urlopen(url, timeout=DOWNLOAD_SECONDS) as answer, to.open("wb") as file:
            while block := answer.read(1 << 20):
                file.write(block)
    except (urllib.error.URLError, OSError) as error:
        reason = getattr(error, "reason", error)
        raise TerraformUnavailable(
            f"Terraform is not on PATH and {url} cannot be fetched: {reason}. "
            "Install Terraform 1.11 or later and put it on PATH, or name it in TERRAFORM_BIN."
        ) from error


def _unpack(archive: Path, directory: Path) -> Path:
    with zipfile.ZipFile(archive) as zipped:
        unpacked = Path(zipped.extract("terraform", directory))
    unpacked.chmod(unpacked.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    return unpacked
