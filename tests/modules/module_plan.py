"""Plan one module in a root of its own, in a temporary directory, with nothing but dummy keys."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import tftest

from tests.modules import module_source
from tests.provider.executable import LOCK_FILE

REGION = "us-east-1"
PACKAGE = "functions/read.zip"
"""A function's package that is there, relative to the root, in plans, README examples and native tests."""


@dataclass(frozen=True)
class Terraform:
    """The binary and the whole environment of the Terraform processes that the tests start."""

    binary: str
    environment: Mapping[str, str]


@dataclass(frozen=True)
class Planner:
    """Plans modules; each pair of module and variables once, however many tests ask for it."""

    terraform: Terraform
    directory: Path
    _plans: dict[str, Any] = field(default_factory=dict)

    def __call__(self, module: str, variables: Mapping[str, Any], *, region: str = REGION) -> Any:
        """The tftest plan of `<tier>/<module>`; resources in `plan.modules["module.this"].resources`."""
        case = json.dumps([module, variables, region], sort_keys=True)
        if case not in self._plans:
            root = self.directory / f"{module.replace('/', '-')}-{len(self._plans)}"
            write_root(root, module, variables, region=region)
            self._plans[case] = self._plan(root)
        return self._plans[case]

    def examples(self, modules: Sequence[str]) -> Any:
        """One plan of the modules' README examples and further cases, each in `module.<tier>_<module>`, and
        all outputs of what each calls in an output of the same name."""
        case = json.dumps(["README", *modules])
        if case not in self._plans:
            root = self.directory / "examples"
            write_examples(root, modules)
            self._plans[case] = self._plan(root)
        return self._plans[case]

    def _plan(self, root: Path) -> Any:
        run = tftest.TerraformTest(
            str(root), binary=self.terraform.binary, env=dict(self.terraform.environment)
        )
        with temporary_files_in(root):
            run.setup(cleanup_on_exit=False)
            return run.plan(output=True, tf_var_file="case.tfvars.json")


def write_root(root: Path, module: str, variables: Mapping[str, Any], *, region: str = REGION) -> None:
    """Write the root: provider with dummy keys, the module call, every output, the committed lock."""
    root.mkdir(parents=True)
    shutil.copyfile(LOCK_FILE, root / ".terraform.lock.hcl")
    (root / "main.tf.json").write_text(json.dumps(_root(root, module, variables, region), indent=2))
    write_package(root)
    (root / "case.tfvars.json").write_text(json.dumps(variables, indent=2))


def refused_by_apply(
    terraform: Terraform, root: Path, module: str, variables: Mapping[str, Any]
) -> tuple[Any, str]:
    """A plan as `terraform show -json` gives it, and in one line why its apply failed without asking AWS."""
    write_root(root, module, variables)
    with socket.create_server(("127.0.0.1", 0)) as aws:
        aws.setblocking(False)
        environment = {**terraform.environment, "AWS_ENDPOINT_URL": "http://{}:{}".format(*aws.getsockname())}

        def run(*arguments: str) -> subprocess.CompletedProcess[str]:
            return subprocess.run(
                [terraform.binary, *arguments],
                cwd=root,
                env=environment,
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )

        for words in (["init"], ["plan", "-var-file=case.tfvars.json", "-out=plan"]):
            done = run(*words, "-input=false")
            assert done.returncode == 0, done.stderr
        applied = run("apply", "-input=false", "-no-color", "plan")
        assert applied.returncode == 1, applied.stdout
        with pytest.raises(BlockingIOError):  # nothing asked AWS
            aws.accept()
    return json.loads(run("show", "-json", "plan").stdout), " ".join(applied.stderr.split())


def write_examples(root: Path, modules: Sequence[str]) -> None:
    """Write a root with a child per README: the example as it is copied, its sources made to resolve."""
    calls = {module.replace("/", "_"): module for module in modules}
    root.mkdir(parents=True)
    shutil.copyfile(LOCK_FILE, root / ".terraform.lock.hcl")
    write_package(root)
    (root / "case.tfvars.json").write_text("{}")
    for call, module in calls.items():
        _write_child(root / call, module)
    main = {
        **offline_provider(REGION),
        "module": {call: {"source": f"./{call}"} for call in calls},
        "output": {call: {"value": f"${{module.{call}.called}}"} for call in calls},
    }
    (root / "main.tf.json").write_text(json.dumps(main, indent=2))


def _write_child(directory: Path, module: str) -> None:
    """The example as it is copied and the further cases, their sources made to resolve."""
    directory.mkdir()
    text = "\n".join((module_source.example(module), module_source.further_cases(module)))
    text = re.sub(
        r'(?<=source = ")(?:\.\./)+modules/([a-z_]+/[a-z_]+)(?=")',
        lambda found: path_to(found.group(1), directory),
        text,
    )
    (directory / "main.tf").write_text(text)
    labels = re.findall(r'^module "(\w+)"', text, re.MULTILINE)
    called = {"value": {label: f"${{module.{label}}}" for label in labels}}
    (directory / "outputs.tf.json").write_text(json.dumps({"output": {"called": called}}))


def write_package(root: Path) -> None:
    """Write the package of a function that answers 200 with the parameters of the request's path."""
    (root / PACKAGE).parent.mkdir()
    with zipfile.ZipFile(root / PACKAGE, "w") as package:
        file = zipfile.ZipInfo("handler.py")  # with a date of its own, so that every package is the same
        package.writestr(
            file,
            "import json\n\n\ndef handler(event, context):\n"
            "    return {'statusCode': 200, 'body': json.dumps(event['pathParameters'])}\n",
        )


@contextmanager
def temporary_files_in(directory: Path) -> Iterator[None]:
    """tftest leaves its plan files, with what is secret in them, wherever Python keeps temporary files."""
    before = tempfile.tempdir
    tempfile.tempdir = str(directory)
    try:
        yield
    finally:
        tempfile.tempdir = before


def offline_provider(region: str) -> dict[str, Any]:
    """The blocks of a root whose provider needs neither keys nor a network to plan."""
    return {
        "terraform": {"required_providers": {"aws": {"source": "hashicorp/aws", "version": "~> 5.100"}}},
        "provider": {
            "aws": {
                "region": region,
                "access_key": "dummy",
                "secret_key": "dummy",
                "max_retries": 1,
                "skip_credentials_validation": True,
                "skip_metadata_api_check": "true",
                "skip_region_validation": True,
                "skip_requesting_account_id": True,
            }
        },
    }


def path_to(module: str, directory: Path) -> str:
    """What `source` says in `directory` of a module of the repository."""
    return os.path.relpath(module_source.MODULES / module, directory.resolve())


def _root(root: Path, module: str, variables: Mapping[str, Any], region: str) -> dict[str, Any]:
    source = path_to(module, root)
    return {
        **offline_provider(region),
        "variable": {name: {} for name in variables},
        "module": {"this": {"source": source, **{name: f"${{var.{name}}}" for name in variables}}},
        "output": {
            output.name: {
                "value": f"${{module.this.{output.name}}}",
                "sensitive": bool(output.attributes.get("sensitive", False)),
            }
            for output in module_source.outputs(module)
        },
    }
