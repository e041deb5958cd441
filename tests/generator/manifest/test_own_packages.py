"""A function's package that was built elsewhere: what the manifest takes, and what the roots make of it."""

from __future__ import annotations

import re
import shutil
import zipfile
from pathlib import Path
from typing import get_args

import pytest

from generator import estate
from generator.manifest.compute import Runtime
from generator.manifest.implied import used_functions
from generator.manifest.problems import InputRefused
from harness import environments
from harness.affected.closure import closure
from harness.affected.trees import tree_of
from tests.generator.short_manifest import REPOSITORY, SHORT, Load

SOURCE = "write: {source: write, access: {items: write}}"
PACKAGE = SOURCE.replace(
    "source: write", "package: packages/orders.zip, handler: index.handler, runtime: nodejs22.x"
)


def test_a_package_goes_into_every_region_s_root_as_it_is(load: Load) -> None:
    manifest = load((SOURCE, PACKAGE))
    assert used_functions(manifest) == ("health", "read")
    for region in manifest.regions:
        body = estate.bodies(manifest, environment="prod")[region]
        (call,) = re.findall(r'^module "function_write" \{\n(.*?)^\}', body, re.MULTILINE | re.DOTALL)
        values = dict(re.findall(r'^  (\w+) += "(.*)"$', call, re.MULTILINE))
        assert values["package"] == "../packages/orders.zip"
        assert (values["handler"], values["runtime"]) == ("index.handler", "nodejs22.x")


def test_a_package_is_none_of_the_generated_files(load: Load) -> None:
    files = estate.files(load((SOURCE, PACKAGE)), environment="prod", repository=REPOSITORY)
    assert [path for path in files if path.endswith(".zip")] == ["functions/health.zip", "functions/read.zip"]


def test_a_folder_of_lambda_src_has_no_handler_in_its_root(load: Load) -> None:
    assert "handler " not in estate.bodies(load(), environment="prod")["us-east-1"]


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (
            "{access: {items: write}}",
            "needs one of source, a folder under lambda_src/, and package, a .zip file",
        ),
        ("{source: write, package: a.zip}", "needs one of source, a folder under lambda_src/, and package"),
        ("{package: a.zip}", "needs handler beside package, such as index.handler"),
        ("{source: write, handler: a.b}", "handler stands beside package alone"),
        ("{source: write, runtime: nodejs22.x}", "runtime must be one of python3.11, python3.12, python3.13"),
        ("{package: functions/read.zip, handler: a.b}", "package must not lie in functions/"),
        (
            "{package: ../a.zip, handler: a.b}",
            "package: must be the path of a .zip file below the environment",
        ),
        ("{package: /a.zip, handler: a.b}", "package: must be the path of a .zip file below the environment"),
        ("{package: a.tar, handler: a.b}", "package: must be the path of a .zip file below the environment"),
        ("{package: a.zip, handler: a b}", "handler: must be 1 to 128 characters without white space"),
        ("{package: a.zip, handler: a.b, runtime: python3.8}", "runtime: must be 'dotnet8', 'java17'"),
    ],
)
def test_what_aws_or_the_files_cannot_have_is_refused_with_line_and_key(
    load: Load, function: str, message: str
) -> None:
    with pytest.raises(InputRefused) as caught:
        load((SOURCE, f"write: {function}"))
    (problem,) = caught.value.problems
    place, _, rest = str(problem).partition("manifest.yaml:")[2].partition(": ")
    assert place == "12"
    assert rest.startswith("compute.functions.write")
    assert message in rest


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> environments.Environment:
    """An environment whose function `write` names a package that nobody has built yet."""
    folder = tmp_path / "envs" / "prod"
    folder.mkdir(parents=True)
    shutil.copy(REPOSITORY / "envs/manifest.schema.json", tmp_path / "envs")
    (folder / "manifest.yaml").write_text(SHORT.replace(SOURCE, PACKAGE))
    monkeypatch.setattr(environments, "ENVIRONMENTS", tmp_path / "envs")
    return environments.load("prod")


def refusal(environment: environments.Environment) -> str:
    with pytest.raises(InputRefused) as caught:
        environment.wanted()
    (problem,) = caught.value.problems
    return str(problem).partition("manifest.yaml:")[2]


def test_a_package_that_is_not_there_is_refused_with_line_and_key(
    environment: environments.Environment,
) -> None:
    assert refusal(environment) == (
        "12: compute.functions.write.package: envs/prod/packages/orders.zip does not exist: "
        "build it there and commit it (found 'packages/orders.zip')"
    )


def test_a_package_that_is_no_zip_file_is_refused(environment: environments.Environment) -> None:
    (environment.folder / "packages").mkdir()
    (environment.folder / "packages/orders.zip").write_text("no zip")
    assert "envs/prod/packages/orders.zip is no zip file" in refusal(environment)


def test_a_package_that_is_there_is_taken(environment: environments.Environment) -> None:
    (environment.folder / "packages").mkdir()
    with zipfile.ZipFile(environment.folder / "packages/orders.zip", "w") as package:
        package.writestr("index.js", "exports.handler = async () => ({statusCode: 200})")
    assert "us-east-1/main.tf" in environment.wanted()


def test_a_plan_depends_on_the_package(load: Load) -> None:
    main = estate.bodies(load((SOURCE, PACKAGE)), environment="prod")["us-east-1"].encode()
    package = "envs/prod/packages/orders.zip"
    tree = tree_of({"envs/prod/us-east-1/main.tf": main, package: b"PK"})
    assert package in closure(tree, "envs/prod/us-east-1")


def test_the_manifest_takes_the_runtimes_that_the_module_takes() -> None:
    variables = (REPOSITORY / "modules/compute/function/variables.tf").read_text()
    listed = re.search(r"contains\(\[([^]]*)\], var\.runtime\)", variables)
    assert listed is not None
    assert set(re.findall(r'"([^"]+)"', listed[1])) == set(get_args(Runtime))
