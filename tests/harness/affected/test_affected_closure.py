"""Which files a plan depends on: whatever way the HCL names them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from generator.manifest.problems import InputRefused
from harness import environments
from harness.affected.closure import MODULE, body, closure, digest
from harness.affected.trees import Tree, tree_of, working_tree
from harness.environments import REPOSITORY
from harness.terraform import installation

ROOT = "envs/prod/edge"


def files(root: str, **more: str) -> Tree:
    """A root with the given main.tf, beside files at paths whose `/` is written `__`."""
    found = {f"{ROOT}/main.tf": root, **{path.replace("__", "/"): text for path, text in more.items()}}
    others = {
        "modules/edge/zone/main.tf": "",
        "modules/edge/zone/README.md": "",
        "modules/edge/record/main.tf": "",
        "shared/one.json": "{}",
        "shared/two.json": "{}",
        "envs/prod/data/main.tf": "",
        "envs/prod/functions/read.zip": "\0 ../../../shared/one.json",
        "envs/prod/functions/write.zip": "\0",
    }
    return tree_of({path: text.encode() for path, text in {**others, **found}.items()})


def reached(tree: Tree) -> set[str]:
    return set(closure(tree, ROOT)) - {f"{ROOT}/main.tf"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('module "zone" {\n  source = "../../../modules/edge/zone"\n}\n', {"modules/edge/zone/main.tf"}),
        ('module "zone" { source = "../../../modules/edge/zone/" }', {"modules/edge/zone/main.tf"}),
        ('module "zone" { source = "./../../../modules//edge/zone" }', {"modules/edge/zone/main.tf"}),
        ('package = "../functions/read.zip"', {"envs/prod/functions/read.zip"}),
        ('x = file("${path.module}/../../../shared/one.json")', {"shared/one.json"}),
        ('x = file("${path.root}/../../../shared/one.json")', {"shared/one.json"}),
        ('x = "${lookup(var.x, file("../../../shared/one.json"))}"', {"shared/one.json"}),
        ('x = <<-EOT\n  ${file("../../../shared/one.json")}\nEOT\n', {"shared/one.json"}),
        # what is computed takes the nearest folder that is there, whole
        (
            'x = "../functions/${var.name}.zip"',
            {"envs/prod/functions/read.zip", "envs/prod/functions/write.zip"},
        ),
        (
            'x = format("../functions/%s.zip", var.name)',
            {"envs/prod/functions/read.zip", "envs/prod/functions/write.zip"},
        ),
        ('x = fileset("../../../shared", "*.json")', {"shared/one.json", "shared/two.json"}),
        ('x = "../../../shared/absent.json"', {"shared/one.json", "shared/two.json"}),
        (
            'x = join("/", ["..", "data", "main.tf"])',
            {"envs/prod/data/main.tf", "envs/prod/functions/read.zip", "envs/prod/functions/write.zip"},
        ),
        (
            "x = dirname(path.module)",
            {"envs/prod/data/main.tf", "envs/prod/functions/read.zip", "envs/prod/functions/write.zip"},
        ),
        # what only looks like a path
        ("x = [for name in var.names : name...]", set()),
        ("x = dirname(each.key)", set()),
        ('x = "/health"', set()),
        ('x = "a..b"', set()),
    ],
)
def test_whatever_leads_upwards_is_followed(text: str, expected: set[str]) -> None:
    assert reached(files(text)) == expected


def test_modules_are_followed_through_modules_and_in_circles() -> None:
    tree = files(
        'module "zone" { source = "../../../modules/edge/zone" }',
        modules__edge__zone__call="",
        **{"modules/edge/zone/main.tf": 'module "r" { source = "../record" }'},
        **{"modules/edge/record/main.tf": 'module "z" { source = "../zone" }'},
    )
    assert reached(tree) == {
        "modules/edge/zone/main.tf",
        "modules/edge/zone/call",
        "modules/edge/record/main.tf",
    }


def test_a_path_in_a_module_is_relative_to_the_module_or_to_the_root_where_terraform_runs() -> None:
    call = 'module "zone" { source = "../../../modules/edge/zone" }'
    tree = files(call, **{"modules/edge/zone/main.tf": 'x = file("../functions/read.zip")'})
    assert reached(tree) == {"modules/edge/zone/main.tf", "envs/prod/functions/read.zip"}


def test_a_template_elsewhere_is_read_for_what_it_names_itself() -> None:
    tree = files(
        'x = templatefile("../../../shared/a.tftpl", {})',
        shared__deep__b="",
        **{"shared/a.tftpl": '${file("../../../shared/deep/b")}'},
    )
    assert reached(tree) == {"shared/a.tftpl", "shared/deep/b"}


def test_documents_count_only_where_some_hcl_of_the_plan_speaks_of_them() -> None:
    call = 'module "zone" { source = "../../../modules/edge/zone" }\n'
    assert "modules/edge/zone/README.md" not in reached(files(call))
    for speaking in ('name = "README.md"', 'x = fileset(".", "*")', 'x = "${path.module}/tests/a"'):
        assert "modules/edge/zone/README.md" in reached(files(call + speaking))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('x = file("/etc/hosts")', f'{ROOT}/main.tf: file("/etc/hosts": is outside of the repository'),
        ('x = templatefile("~/a", {})', f'{ROOT}/main.tf: templatefile("~/a": is outside of the repository'),
        ('x = file("../../../../a")', f"{ROOT}/main.tf: ../../../../a: leads out of the repository"),
    ],
)
def test_files_outside_of_the_repository_are_refused(text: str, message: str) -> None:
    with pytest.raises(InputRefused) as raised:
        closure(files(text), ROOT)
    assert str(raised.value).startswith(message)


def test_symbolic_links_are_refused(tmp_path: Path) -> None:
    (tmp_path / ROOT).mkdir(parents=True)
    (tmp_path / ROOT / "main.tf").write_text('module "m" { source = "../../../modules/m" }')
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules/m").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputRefused, match=r"^modules/m: is a symbolic link"):
        closure(working_tree(tmp_path), ROOT)


def test_leading_comments_of_a_root_are_not_part_of_its_identity_and_nothing_else_is_left_out() -> None:
    assert (
        body(b"# Generated\n# by\n\n# Purpose.\n\nterraform {\n  # inside\n}\n")
        == b"terraform {\n  # inside\n}\n"
    )
    one, other = (closure(files(f"# version {n}\nx = 1\n"), ROOT) for n in (1, 2))
    assert digest(one) == digest(other) != digest(closure(files("x = 2\n"), ROOT))


def test_generated_environments_reach_their_own_root_modules_and_packages_alone() -> None:
    tree = working_tree(REPOSITORY)
    for env in environments.names():
        folder = f"envs/{env}"
        for stack in environments.load(env).stacks:
            root = f"{folder}/{stack.name}"
            allowed = (f"{root}/", f"{folder}/functions/", "modules/")
            found = closure(tree, root)
            assert [path for path in found if not path.startswith(allowed)] == []
            assert [path for path in found if path.endswith(".md")] == []


@pytest.mark.terraform
@pytest.mark.parametrize("env", ["dev", "reference/global-serverless"])
def test_the_module_folders_are_those_that_terraform_itself_resolves(env: str, tmp_path: Path) -> None:
    tree = working_tree(REPOSITORY)
    binary = installation.terraform_binary()
    for stack in environments.load(env).stacks:
        root = f"envs/{env}/{stack.name}"
        data = tmp_path / stack.name
        subprocess.run(
            [binary, f"-chdir={REPOSITORY / root}", "get", "-no-color"],
            env={"HOME": installation.home(), "TF_DATA_DIR": str(data), "CHECKPOINT_DISABLE": "1"},
            check=True,
            capture_output=True,
        )
        listed = json.loads((data / "modules/modules.json").read_text())["Modules"]
        folders = {(REPOSITORY / root / each["Dir"]).resolve() for each in listed if each["Key"]}
        found = {
            (REPOSITORY / path).parent for path, leaf in closure(tree, root).items() if leaf.kind == MODULE
        }
        assert found == folders
