from __future__ import annotations

import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from tests.modules import module_source
from tests.modules.module_plan import Terraform
from tests.modules.module_source import (
    MODULES,
    NATIVE_TESTS,
    conditions,
    expected_failures,
    further_cases,
    modules,
    native_test,
    variables,
)
from tests.modules.native_run import NativeTests, native_tests, split, with_module_blocks

NATIVELY_TESTED = [module for module in modules() if native_test(module).exists()]


@pytest.mark.terraform
@pytest.mark.parametrize("natively_tested", NATIVELY_TESTED)
def test_terraform_accepts_and_refuses_what_the_module_says(
    natively_tested: str, natively: NativeTests
) -> None:
    report = natively.report(natively_tested)
    assert not report.failures, "\n\n".join(report.failures)
    assert report.passed


@pytest.mark.parametrize("module", modules())
def test_every_validation_has_a_run_that_it_refuses_and_the_module_one_that_it_accepts(module: str) -> None:
    file = native_test(module)
    assert file.exists(), f"{module} has no {file.relative_to(NATIVE_TESTS.parent.parent)}."
    refused = Counter(expected_failures(file))
    wanted = {f"var.{variable.name}": variable.validations for variable in variables(module)}
    missing = {name: count - refused[name] for name, count in wanted.items() if refused[name] < count}
    assert missing == {}, f"Validations of {module} without a run with expect_failures (how many): {missing}"
    accepted = re.findall(r'^(?:run|module) "accepts_\w+" \{$', _cases(module), re.MULTILINE)
    assert accepted, f"{module} has no accepted case in its .tftest.hcl or .cases.tf."


def _cases(module: str) -> str:
    return native_test(module).read_text(encoding="utf-8") + further_cases(module)


@pytest.mark.parametrize("module", modules())
def test_every_precondition_and_check_is_seen_to_refuse(module: str) -> None:
    refused = Counter(expected_failures(native_test(module)) + _refused_by_python(module))
    missing = Counter(conditions(module)) - refused
    assert missing == Counter(), f"Conditions of {module} without a run with expect_failures."


def _refused_by_python(module: str) -> list[str]:
    """What tests in Python say that they see refused, by `@pytest.mark.refuses(module, object, ...)`."""
    marks = (
        re.findall(r"^@pytest\.mark\.refuses\(([^)]*)\)\n", path.read_text(encoding="utf-8"), re.MULTILINE)
        for path in sorted(NATIVE_TESTS.rglob("test_*.py"))
    )
    claims = (re.findall(r'"([^"]+)"', mark) for found in marks for mark in found)
    return [refused for named, *objects in claims if named == module for refused in objects]


def test_conditions_are_found_where_modules_have_them() -> None:
    assert conditions("edge/distribution") == [
        "aws_cloudwatch_log_delivery_source.this",
        "terraform_data.upstream",
        "terraform_data.upstream",
    ]
    assert conditions("security/database_secret") == ["check.replicas"]


@pytest.mark.terraform
def test_modules_and_their_tests_are_formatted(terraform: Terraform) -> None:
    places = [str(path) for path in (MODULES, NATIVE_TESTS) if path.exists()]
    done = subprocess.run(
        [terraform.binary, "fmt", "-check", "-recursive", "-list=true", *places],
        env=dict(terraform.environment),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, (
        f"Run `terraform fmt -recursive modules tests/modules`:\n{done.stdout}{done.stderr}"
    )


def test_every_native_test_belongs_to_a_module() -> None:
    named = {str(path.relative_to(NATIVE_TESTS)) for path in NATIVE_TESTS.glob("*/*.tftest.hcl")}
    assert named <= {f"{module}.tftest.hcl" for module in modules()}


def test_every_file_of_cases_belongs_to_a_module_and_calls_nothing_else() -> None:
    for path in NATIVE_TESTS.glob("*/*.cases.tf"):
        module = str(path.relative_to(NATIVE_TESTS)).removesuffix(".cases.tf")
        called = re.findall(r'^  source += "([^"]+)"', path.read_text(encoding="utf-8"), re.MULTILINE)
        assert set(called) == {f"../../../modules/{module}"}, path.name


def test_there_are_modules_to_test() -> None:
    assert MODULES.is_dir()
    assert NATIVELY_TESTED


def test_each_run_is_told_its_module() -> None:
    text = 'run "one" {\n  command = plan\n}\n\nrun "two" {\n}\n'
    block = '  module { source = "./modules/security/key" }\n'
    assert with_module_blocks(text, "security/key") == (
        f'run "one" {{\n{block}  command = plan\n}}\n\nrun "two" {{\n{block}}}\n'
    )


HEAD = 'mock_provider "aws" {\n  source = "./mocks"\n}\n\n'
SHARED = 'variables {\n  alias = "prod"\n}\n\n'
ACCEPTS = 'run "accepts" {\n  command = plan\n}\n'
REFUSES = 'run "refuses" {\n  command = plan\n\n  expect_failures = [var.alias, var.services]\n}\n'
REFUSES_RESOURCE = 'run "refuses_too" {\n  expect_failures = [aws_kms_key.this]\n}\n'


def test_runs_that_refuse_variables_go_where_there_is_no_provider() -> None:
    without, whole = split(HEAD + SHARED + ACCEPTS + REFUSES + REFUSES_RESOURCE)
    assert without == "\n" + SHARED + "\n" + REFUSES
    assert whole == HEAD + SHARED + ACCEPTS + REFUSES_RESOURCE


def test_a_file_without_one_of_the_kinds_stays_one() -> None:
    assert split(HEAD + ACCEPTS) == ("", HEAD + ACCEPTS)
    assert split(HEAD + REFUSES)[1] == ""


@pytest.mark.terraform
@pytest.mark.parametrize(
    ("file", "message"),
    [
        (
            'run "wrong" {\n  command = plan\n  assert {\n    condition     = output.alias_name == "other"\n'
            '    error_message = "The alias is another."\n  }\n}\n',
            "The alias is another.",
        ),
        (
            'run "refuses" {\n  command = plan\n  expect_failures = [var.alias]\n}\n',
            "Missing expected failure",
        ),
        ("# no run\n", "No run of tests/security_key.tftest.hcl was executed."),
        ('run "broken" {\n', "Unclosed configuration block"),
    ],
)
def test_what_terraform_says_of_a_wrong_file_is_reported(
    file: str, message: str, terraform: Terraform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(NATIVE_TESTS / "mocks", tmp_path / "mocks")
    (tmp_path / "security").mkdir()
    variables_of_all, _, _ = native_test("security/key").read_text(encoding="utf-8").partition("run ")
    text = HEAD + variables_of_all + file
    (tmp_path / "security" / "key.tftest.hcl").write_text(text, encoding="utf-8")
    monkeypatch.setattr(module_source, "NATIVE_TESTS", tmp_path)
    report = native_tests(tmp_path / "root", ["security/key"], terraform).report("security/key")
    assert report.passed == ()
    assert message in "\n".join(report.failures)
