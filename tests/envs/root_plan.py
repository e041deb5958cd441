"""Plan the generated roots of an environment where nothing is, in one process: no AWS, no sandbox, no state.

What takes time is starting a provider, so the roots are children of one root, which has a provider for each
region. (For all environments as one, Terraform takes a minute to draw the graph.) A child is the generated
text without what only a root may say: its backend and its providers. What is planned is what a first apply
makes; tags, which providers set, are not looked at.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from generator import naming
from generator.stacks import Stack
from harness.environments import REPOSITORY, Environment
from harness.terraform import installation
from tests import inventory
from tests.provider.executable import LOCK_FILE

SECONDS = 180
STANDING_IN = {
    "viewer_certificate_arn": "arn:aws:acm:us-east-1:123456789012:certificate/"
    "11111111-1111-4111-8111-111111111111",
    "zone_id": "Z0123456789ABCDEFGHIJ",
}
"""What upstream stacks would pass on, by variable: how many records there are depends on its being known."""

_OFFLINE: dict[str, Any] = {
    "access_key": "dummy",
    "max_retries": 1,
    "secret_key": "dummy",
    "skip_credentials_validation": True,
    "skip_metadata_api_check": "true",
    "skip_requesting_account_id": True,
}
_BACKEND = re.compile(r'^  backend "s3" \{\n.*?^  \}\n', re.MULTILINE | re.DOTALL)
_PROVIDER = re.compile(r'^provider "aws" \{\n.*?^\}\n', re.MULTILINE | re.DOTALL)
_VERSION = re.compile(r'^( +)version = "~> [\d.]+"\n', re.MULTILINE)


def planned(environment: Environment, directory: Path, terraform: Path) -> dict[str, dict[str, str]]:
    """By stack, type by address of what its first apply makes.

    AssertionError with what Terraform said when it cannot plan.
    """
    write(environment, directory)
    root = directory / "root"
    _run(terraform, root, "init", "-input=false", "-no-color")
    said = _run(terraform, root, "plan", "-input=false", "-json", "-refresh=false")
    found: dict[str, dict[str, str]] = {stack.name: {} for stack in environment.stacks}
    for address, type_ in inventory.of_planned_events(said.splitlines()).items():
        stack = inventory.labels_of(address)[0]
        found[stack][address.removeprefix(f"module.{stack}.")] = type_
    return found


def write(environment: Environment, directory: Path) -> None:
    """Lay the children out below `directory` as they lie in the repository, and `root` beside them."""
    (directory / "root").mkdir(parents=True)
    (directory / "modules").symlink_to(REPOSITORY / "modules")
    for stack in environment.stacks:
        to = directory / environment.folder.relative_to(REPOSITORY) / stack.name
        to.mkdir(parents=True)
        text = (environment.folder / stack.name / "main.tf").read_text(encoding="utf-8")
        (to / "main.tf").write_text(child(text, stack, functions=environment.folder / "functions"))
    shutil.copyfile(LOCK_FILE, directory / "root" / ".terraform.lock.hcl")
    (directory / "root" / "main.tf.json").write_text(json.dumps(parent(environment), indent=2))


def child(text: str, stack: Stack, *, functions: Path) -> str:
    """A root's text as a module: its providers come from outside, packages lie where they are."""
    text = _PROVIDER.sub("", _BACKEND.sub("", text))
    if len(stack.regions) > 1:
        aliases = [f"aws.{naming.provider_alias(region)}" for region in stack.regions]
        declared = f"configuration_aliases = [{', '.join(aliases)}]"
        text = _VERSION.sub(rf"\g<0>\g<1>{declared}\n", text, count=1)
    return text.replace('"../functions/', f'"{functions}/')


def parent(environment: Environment) -> dict[str, Any]:
    """The root that calls every child, with a provider for each region."""
    regions = sorted({region for stack in environment.stacks for region in stack.regions})
    return {
        "terraform": {"required_providers": {"aws": {"source": "hashicorp/aws", "version": "~> 5.100"}}},
        "provider": {
            "aws": [
                {"alias": naming.provider_alias(region), "region": region, **_OFFLINE} for region in regions
            ]
        },
        "module": {
            stack.name: {
                "source": f"../{environment.folder.relative_to(REPOSITORY)}/{stack.name}",
                "providers": _providers(stack),
                **{found.variable: STANDING_IN[found.variable] for found in stack.inputs},
            }
            for stack in environment.stacks
        },
    }


def _providers(stack: Stack) -> dict[str, str]:
    aliases = [naming.provider_alias(region) for region in stack.regions]
    return {f"aws.{each}": f"aws.{each}" for each in aliases} if aliases[1:] else {"aws": f"aws.{aliases[0]}"}


def _run(terraform: Path, root: Path, *arguments: str) -> str:
    done = subprocess.run(
        [str(terraform), *arguments],
        cwd=root,
        env=_environment(root.parent / "cli"),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def _environment(configuration: Path) -> Mapping[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TF_"))}
    return inherited | {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "CHECKPOINT_DISABLE": "1",
        "GOGC": "400",
        "TF_CLI_CONFIG_FILE": str(installation.cli_configuration(configuration)),
        "TF_IN_AUTOMATION": "1",
    }
