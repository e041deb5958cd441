"""`terraform fmt`, by the Terraform that plans and applies too."""

from __future__ import annotations

import subprocess
from pathlib import Path

from harness.terraform.errors import TerraformError
from harness.terraform.installation import terraform_binary


def formatted(folder: Path, *, write: bool) -> tuple[str, ...]:
    """The files below `folder` that were not formatted, hidden folders left out; with `write` they are now.

    Raises TerraformUnavailable, and TerraformError for a file that is no HCL.
    """
    command = [
        str(terraform_binary()),
        "fmt",
        "-list=true",
        "-recursive",
        f"-write={str(write).lower()}",
        ".",
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 3):
        raise TerraformError(f"terraform fmt: {done.stderr.strip()}")
    return tuple(sorted(done.stdout.split("\n")[:-1]))
