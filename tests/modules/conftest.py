"""What the tests of every module share: plans, the runs of `terraform test`, and Terraform itself.

`plan_module("security/key", {...})` plans the module with the real provider and dummy keys.
`tests/modules/<tier>/<module>.tftest.hcl` are run by test_native.py, with the mocks of `mocks/`.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.terraform import installation
from tests.modules.module_plan import Planner, Terraform
from tests.modules.native_run import NativeTests, native_tests


@pytest.fixture(scope="session")
def terraform(quick_terraform: Path, tmp_path_factory: pytest.TempPathFactory) -> Terraform:
    """Terraform cut off from the user's own AWS settings, which could make a plan differ or hang."""
    configuration = installation.cli_configuration(tmp_path_factory.mktemp("terraform-cli"))
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TF_"))}
    environment = inherited | {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "CHECKPOINT_DISABLE": "1",
        "GOGC": "400",
        "TF_CLI_CONFIG_FILE": str(configuration),
        "TF_IN_AUTOMATION": "1",
    }
    return Terraform(str(quick_terraform), environment)


@pytest.fixture(scope="session")
def plan_module(terraform: Terraform, tmp_path_factory: pytest.TempPathFactory) -> Planner:
    """A function from module and variables to its plan, made once for each case and session."""
    return Planner(terraform, tmp_path_factory.mktemp("plans"))


@pytest.fixture(scope="session")
def natively(
    request: pytest.FixtureRequest, terraform: Terraform, tmp_path_factory: pytest.TempPathFactory
) -> NativeTests:
    """The root for the native tests of the modules that are selected in this session."""
    modules = _selected(request.session, "natively_tested")
    return native_tests(tmp_path_factory.mktemp("native"), modules, terraform)


@pytest.fixture(scope="session")
def selected_examples(request: pytest.FixtureRequest) -> list[str]:
    """The modules whose README examples are selected in this session; they are planned as one."""
    return _selected(request.session, "documented")


def _selected(session: pytest.Session, parameter: str) -> list[str]:
    """The values that a parameter has in the tests that are going to run: all, or those of `-k`."""
    parameters = [item.callspec.params for item in session.items if hasattr(item, "callspec")]
    return sorted({values[parameter] for values in parameters if parameter in values})
