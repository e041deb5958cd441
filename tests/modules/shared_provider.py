"""One AWS provider process for all the plans of a session, instead of two or three for each.

A plan of one module spends 9.6 s of processor time with processes of its own (checksum of 650 MB, start,
schema, each two or three times) and 5.5 s with a shared one (AWS provider 5.100.0, Terraform 1.11.4). The
provider offers this to debuggers (`-debug`, developer.hashicorp.com/terraform/plugin/debugging); what it
answers is the same. Every provider block configures the one process anew, so it serves roots that have a
single configuration, one after the other.
"""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from harness.terraform import die_with_parent, installation

ATTACHED = "TF_REATTACH_PROVIDERS"
_SAID = re.compile(rf"{ATTACHED}='(.*)'")


def provider_binary(initialised: Path) -> Path:
    """The AWS provider that `terraform init` has installed in this root, verified against its lock."""
    (found,) = (initialised / ".terraform/providers" / installation.AWS_PROVIDER).glob(
        f"{installation.AWS_PROVIDER_VERSION}/*/terraform-provider-aws*"
    )
    return found.resolve()


@contextlib.contextmanager
def attached(
    binary: Path, environment: Mapping[str, str], *, directory: Path | None = None
) -> Iterator[dict[str, str]]:
    """The environment with what attaches Terraform to a provider that runs in it until the end of the block.

    `directory`: where it looks for files that resources name, as it would in the root itself.
    Raises RuntimeError when the provider ends without saying how to reach it.
    """
    command = [sys.executable, str(die_with_parent.__file__), str(os.getpid()), str(binary), "-debug"]
    with subprocess.Popen(
        command,
        cwd=directory,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as provider:
        try:
            assert provider.stdout is not None
            said = next(filter(None, map(_SAID.search, provider.stdout)), None)
            if said is None:
                raise RuntimeError(f"{binary} -debug did not say how to attach to it")
            yield {**environment, ATTACHED: said.group(1)}
        finally:
            provider.terminate()
