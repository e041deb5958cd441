"""A `terraform` executable whose processes are attached to a proxy of the AWS provider (proxy.py).

It is Terraform itself, for anything that starts one: name it in TERRAFORM_BIN. What it leaves out is what
Terraform does with a provider of its own: install it, hold it against the lock file, start and stop it.
`tests/e2e/active_standby_api` applies a whole environment with providers that Terraform starts.
"""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from generator import estate
from harness.terraform import die_with_parent, installation
from tests.drilling import LOW_PRIORITY
from tests.provider import attached

LOCK_FILE = Path(estate.__file__).parent / "terraform.lock.hcl"
SECONDS_FOR_INIT = 60

_LOW = ("nice", "-n", str(LOW_PRIORITY))
"""So that a drill in another process does not wait for it."""

_ROOT = {
    "terraform": {
        "required_providers": {
            "aws": {"source": "hashicorp/aws", "version": installation.AWS_PROVIDER_VERSION}
        }
    }
}


@contextlib.contextmanager
def quick_terraform(directory: Path) -> Iterator[Path]:
    """The executable, written into `directory`; it works until the end of the block.

    Raises CalledProcessError when the provider cannot be installed as the lock file says, RuntimeError when
    the proxy ends before it is ready.
    """
    terraform = installation.terraform_binary()
    provider = installed_provider(terraform, directory / "provider")
    command = [*_LOW, sys.executable, str(die_with_parent.__file__), str(os.getpid())]
    command += [sys.executable, "-m", "tests.provider.proxy", str(provider)]
    with subprocess.Popen(
        command,
        cwd=installation.REPOSITORY,
        env=_neutral_environment(),
        stdout=subprocess.PIPE,
        text=True,
    ) as proxy:
        try:
            assert proxy.stdout is not None
            port = proxy.stdout.readline().strip()
            if not port:
                raise RuntimeError("the proxy of the AWS provider ended before it was ready")
            yield _executable(directory / "terraform", port, terraform)
        finally:
            proxy.terminate()


@contextlib.contextmanager
def found_as_terraform(executable: Path) -> Iterator[None]:
    """Whoever looks for Terraform finds this one, in this process and in those that it starts."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("TERRAFORM_BIN", str(executable))
        yield


def installed_provider(terraform: Path, root: Path) -> Path:
    """The AWS provider that `terraform init` installs in a new root, held against the committed lock."""
    root.mkdir()
    shutil.copyfile(LOCK_FILE, root / ".terraform.lock.hcl")
    (root / "main.tf.json").write_text(json.dumps(_ROOT))
    configuration = installation.cli_configuration(root / "cli")
    subprocess.run(
        [terraform, "init", "-input=false", "-no-color", "-lockfile=readonly"],
        cwd=root,
        env={**_neutral_environment(), "TF_CLI_CONFIG_FILE": str(configuration)},
        stdout=subprocess.DEVNULL,
        timeout=SECONDS_FOR_INIT,
        check=True,
    )
    (binary,) = (root / ".terraform/providers" / installation.AWS_PROVIDER).glob(
        f"{installation.AWS_PROVIDER_VERSION}/*/terraform-provider-aws*"
    )
    return binary.resolve()


def _executable(path: Path, port: str, terraform: Path) -> Path:
    words = [*_LOW, sys.executable, "-I", "-S", str(attached.__file__), port, str(terraform)]
    path.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n')
    path.chmod(0o755)
    return path


def _neutral_environment() -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TF_"))}
    return inherited | {"CHECKPOINT_DISABLE": "1", "GOGC": "400"}
