"""A change in a git repository, and the stacks that it is said to touch."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from generator.manifest.problems import InputRefused
from harness.affected.change import change
from harness.affected.comparison import Report
from harness.affected.rendering import as_json
from tests.harness.affected.changed_repository import Repository

STACKS = ["state", "data", "global", "us-east-1", "us-west-2", "edge"]
UPSTREAM = "upstream: stack global, whose output zone_id it takes, is affected"


def reasons(report: Report) -> dict[str, list[str]]:
    """Of the affected stacks: kind and text of each reason."""
    return {each.name.stack: [f"{kind}: {text}" for kind, text in each.reasons] for each in report.affected}


def refusal(repository: Repository, **options: str) -> str:
    with pytest.raises(InputRefused) as raised:
        change(repository.root, **options)
    return str(raised.value)


def test_nothing_is_affected_when_nothing_differs(repository: Repository) -> None:
    report = change(repository.root, ref="main")
    assert [each.name.stack for each in report.stacks] == STACKS
    assert (reasons(report), report.removed, report.keys, report.notes) == ({}, (), {}, {})


def test_a_module_touches_the_stacks_that_call_it_and_those_alone(repository: Repository) -> None:
    repository.append("modules/data/global_table/main.tf")
    assert reasons(change(repository.root)) == {"data": ["module: module data/global_table: main.tf"]}


def test_a_module_that_a_module_calls_touches_the_stacks_of_both(repository: Repository) -> None:
    repository.append("modules/compute/release/alarms.tf")
    repository.write("modules/compute/release/more.tf", "")
    expected = ["module: module compute/release: alarms.tf, more.tf (new)"]
    assert reasons(change(repository.root)) == {"us-east-1": expected, "us-west-2": expected}


def test_a_stack_that_takes_an_output_of_an_affected_one_is_affected(repository: Repository) -> None:
    repository.append("modules/edge/zone/main.tf")
    assert reasons(change(repository.root)) == {
        "global": ["module: module edge/zone: main.tf"],
        "edge": [UPSTREAM],
    }


def test_documents_and_tests_of_a_module_touch_nothing(repository: Repository) -> None:
    repository.append("modules/edge/zone/README.md")
    repository.write("modules/edge/zone/tests/zone.tftest.hcl", 'run "plan" {}\n')
    assert reasons(change(repository.root)) == {}


def test_documents_that_hcl_speaks_of_count(repository: Repository) -> None:
    repository.append("modules/edge/zone/main.tf", 'locals { text = file("${path.module}/README.md") }\n')
    repository.commit()
    repository.append("modules/edge/zone/README.md")
    assert reasons(change(repository.root, ref="HEAD"))["global"] == ["module: module edge/zone: README.md"]


def test_a_manifest_key_is_named_with_the_stack_whose_root_it_changes(repository: Repository) -> None:
    repository.change("envs/dev/manifest.yaml", "ttl: 30", "ttl: 20")
    repository.change("envs/dev/manifest.yaml", "log_retention_days: 7", "log_retention_days: 14")
    repository.generate()
    retention = ["manifest: observability.log_retention_days: 7 -> 14"]
    assert reasons(change(repository.root)) == {
        "us-east-1": retention,
        "us-west-2": retention,
        "edge": ["manifest: edge.ttl: 30 -> 20"],
    }


def test_a_manifest_key_without_effect_is_noted(repository: Repository) -> None:
    repository.change("envs/dev/manifest.yaml", "rto: 3m", "rto: 4m")
    repository.generate()
    report = change(repository.root)
    assert reasons(report) == {}
    assert report.notes == {
        "dev": (
            "objectives.rto: 3m -> 4m: changes no root; "
            "`make assess` and the policies may judge it differently",
        )
    }
    assert as_json(report)["environments"] == ["dev"]


def test_values_that_may_be_secret_and_long_ones_are_not_shown(repository: Repository) -> None:
    repository.change(
        "envs/dev/manifest.yaml",
        "access: {items: read}, memory_mb: 128}",
        "access: {items: read}, memory_mb: 128, environment: {API_TOKEN: hunter2}}",
    )
    repository.change(
        "envs/dev/manifest.yaml", "security: {", f"tags: {{owner: {'long ' * 20}}}\nsecurity: {{"
    )
    repository.generate()
    found = change(repository.root).keys["dev"]
    assert [str(each) for each in found] == [
        "compute.functions.read.environment: (absent) -> (not shown)",
        "tags: (absent) -> {owner}",
    ]
    assert "hunter2" not in str(as_json(change(repository.root)))
    assert found[0].stacks == {"us-east-1", "us-west-2"}
    assert found[1].stacks == set(STACKS)


def test_keys_that_cannot_change_alone_are_named_for_every_stack_that_changed(repository: Repository) -> None:
    repository.change("envs/dev/manifest.yaml", "us-west-2:", "eu-west-1:")
    repository.generate()
    assert not (repository.root / "envs/dev/us-west-2").exists()
    report = change(repository.root)
    assert {each.name.stack for each in report.affected} == {*STACKS, "eu-west-1"} - {"us-west-2"}
    assert [str(each) for each in report.keys["dev"]] == [
        "regions.us-west-2: {role, cidr} -> (absent)",
        "regions.eu-west-1: (absent) -> {role, cidr}",
    ]


def test_function_code_touches_the_stacks_that_deploy_it(repository: Repository) -> None:
    repository.append("lambda_src/write/handler.py")
    repository.append("lambda_src/shared/logs.py")
    repository.generate()
    expected = [
        "function: function health: shared/logs.py",
        "function: function read: shared/logs.py",
        "function: function write: handler.py, shared/logs.py",
    ]
    assert reasons(change(repository.root)) == {"us-east-1": expected, "us-west-2": expected}


def test_a_lock_file_names_the_providers_that_differ(repository: Repository) -> None:
    repository.change("envs/dev/data/.terraform.lock.hcl", '"5.100.0"', '"5.99.0"')
    repository.commit()
    repository.generate()
    assert reasons(change(repository.root, ref="HEAD")) == {
        "data": ["lock: provider lock file: hashicorp/aws 5.99.0 -> 5.100.0"]
    }


def test_an_untracked_file_in_a_root_counts_and_terraforms_own_files_do_not(repository: Repository) -> None:
    repository.write(".gitignore", "*.tfvars\n")
    repository.write("envs/dev/edge/local.auto.tfvars", 'zone_id = "Z1"\n')
    repository.write("envs/dev/data/.terraform/modules/modules.json", "{}")
    repository.write("envs/dev/data/terraform.tfstate", "{}")
    assert reasons(change(repository.root)) == {"edge": ["root: file local.auto.tfvars (new)"]}


def test_a_template_that_writes_every_root_differently_is_named(repository: Repository) -> None:
    template = "generator/templates/root.tf.j2"
    for path in (template, *(f"envs/dev/{stack}/main.tf" for stack in STACKS)):
        repository.change(path, "max_retries" if path != template else ">= 1.11", "max_tries")
    repository.commit()
    repository.change(template, "max_tries", ">= 1.11")
    repository.generate()
    report = change(repository.root, ref="HEAD")
    expected = [f"generator: the generator writes it differently: {template}"]
    assert reasons(report) == {
        **dict.fromkeys(STACKS, expected),
        "edge": [*expected, UPSTREAM],
    }
    assert report.notes == {}


def test_a_generator_that_writes_the_same_bytes_touches_nothing_and_is_noted(repository: Repository) -> None:
    for stack in STACKS:
        repository.change(f"envs/dev/{stack}/main.tf", "by Antipode 0.1.0", "by Antipode 0.0.9")
    repository.change("pyproject.toml", 'version = "0.1.0"', 'version = "0.0.9"')
    repository.commit()
    repository.change("pyproject.toml", 'version = "0.0.9"', 'version = "0.1.0"')
    repository.generate()
    report = change(repository.root, ref="HEAD")
    assert reasons(report) == {}
    assert report.notes == {
        "dev": (
            "the generator changed (version 0.0.9 -> 0.1.0) without effect on "
            "data, edge, global, state, us-east-1, us-west-2",
        )
    }


def test_policies_touch_the_verdict_on_every_stack(repository: Repository) -> None:
    repository.write("policies/resilience.py", "RULES = ()\n")
    expected = ["policy: policies, which judge its plan: policies/resilience.py"]
    assert reasons(change(repository.root)) == dict.fromkeys(STACKS, expected)


def test_another_pinned_terraform_touches_every_stack(repository: Repository) -> None:
    repository.change("harness/terraform/download.py", 'VERSION = "1.11.4"', 'VERSION = "1.12.0"')
    expected = ["terraform: the pinned Terraform: 1.11.4 -> 1.12.0"]
    assert reasons(change(repository.root)) == dict.fromkeys(STACKS, expected)


def test_a_removed_region_is_reported_with_the_command_that_destroys_it(repository: Repository) -> None:
    repository.change("envs/dev/manifest.yaml", "us-west-2:", "eu-west-1:")
    repository.generate()
    report = change(repository.root)
    assert [(str(each.name), each.wave) for each in report.removed] == [("dev/us-west-2", 2)]
    told = as_json(report)
    commit = repository.git("rev-parse", "main")
    assert told["removed"] == [
        {
            "env": "dev",
            "stack": "us-west-2",
            "wave": 2,
            "destroy": f"git worktree add --detach .antipode/base-{commit[:10]} {commit} && "
            f"make -C .antipode/base-{commit[:10]} destroy ENV=dev STACK=us-west-2",
        }
    ]
    assert told["matrix"]["include"][-1] == {
        "env": "dev",
        "stack": "us-west-2",
        "wave": 2,
        "action": "destroy",
    }
    assert told["count"] == len(told["matrix"]["include"]) == 7
    assert (
        reasons(report)["eu-west-1"][0] == "new: is new: main " + commit[:10] + " has no envs/dev/eu-west-1"
    )


def test_an_environment_that_is_gone_leaves_every_stack_removed(repository: Repository) -> None:
    shutil.rmtree(repository.root / "envs/dev")
    report = change(repository.root, env="dev")
    assert [each.name.stack for each in report.removed] == STACKS
    assert report.stacks == ()


def test_an_environment_that_is_new_has_every_stack_new(repository: Repository) -> None:
    shutil.copytree(repository.root / "envs/dev", repository.root / "envs/team/two")
    repository.generate("team/two")
    report = change(repository.root)
    assert {str(each.name) for each in report.affected} == {f"team/two/{stack}" for stack in STACKS}
    assert change(repository.root, env="dev").affected == ()


def test_stale_roots_are_refused_with_the_command(repository: Repository) -> None:
    repository.change("envs/dev/manifest.yaml", "ttl: 30", "ttl: 20")
    assert (
        "envs/dev/edge/main.tf: is stale, so what the change touches cannot be told; "
        "run `make generate ENV=dev`" in refusal(repository).splitlines()
    )


def test_without_a_base_the_merge_base_with_main_is_taken(repository: Repository) -> None:
    begun = repository.git("rev-parse", "main")
    repository.git("checkout", "--quiet", "-b", "topic")
    repository.append("modules/data/global_table/main.tf")
    repository.commit()
    repository.git("checkout", "--quiet", "main")
    repository.append("modules/edge/zone/main.tf")
    repository.commit()
    repository.git("checkout", "--quiet", "topic")
    report = change(repository.root)
    assert (report.base.commit, report.base.how) == (begun, "the merge base of HEAD and main")
    assert list(reasons(report)) == ["data"]
    assert list(reasons(change(repository.root, ref="main"))) == ["data", "global", "edge"]


def test_a_base_that_is_not_there_is_refused_with_what_fetches_it(
    repository: Repository, tmp_path: Path
) -> None:
    assert refusal(repository, ref="origin/release") == (
        "BASE=origin/release: is no commit of this clone; run `git fetch origin release`, or give another "
        "branch, tag or commit as BASE"
    )
    assert "is no commit of this clone" in refusal(repository, ref="--all")
    repository.append("modules/edge/zone/main.tf")
    repository.commit()
    shallow = Repository(tmp_path / "shallow")
    repository.git("clone", "--quiet", "--depth=1", repository.root.as_uri(), str(shallow.root))
    assert refusal(shallow, ref="HEAD~1") == (
        "BASE=HEAD~1: is no commit of this clone; it is shallow: run `git fetch --unshallow`, or "
        "`git fetch --depth=1 origin HEAD~1` and give BASE=FETCH_HEAD (GitHub Actions: `fetch-depth: 0` of "
        "actions/checkout)"
    )
    assert reasons(change(shallow.root, ref="HEAD")) == {}


def test_a_clone_without_main_has_to_be_told_the_base(repository: Repository) -> None:
    repository.git("branch", "--move", "trunk")
    assert refusal(repository) == (
        "BASE is left out, and neither origin/main nor main is in this clone; run `git fetch origin main`, "
        "or give another branch, tag or commit as BASE"
    )


def test_histories_without_a_common_commit_are_refused(repository: Repository) -> None:
    repository.git("checkout", "--quiet", "--orphan", "other")
    repository.commit()
    assert refusal(repository).startswith("HEAD and main have no common commit in this clone; ")


def test_outside_of_git_the_refusal_says_so(repository: Repository) -> None:
    shutil.rmtree(repository.root / ".git")
    assert "not a git repository" in refusal(repository)


def test_an_environment_that_never_was_is_refused(repository: Repository) -> None:
    commit = repository.git("rev-parse", "--short=10", "main")
    assert refusal(repository, env="prod") == (
        f"ENV=prod: is there neither now nor at main {commit}; there are: dev"
    )


def test_a_repository_inside_a_larger_one_is_read_from_its_own_folder(
    repository: Repository, tmp_path: Path
) -> None:
    shutil.rmtree(repository.root / ".git")
    outer = Repository(tmp_path)
    outer.git("init", "--quiet", "--initial-branch", "main")
    outer.commit()
    repository.append("modules/data/global_table/main.tf")
    assert list(reasons(change(repository.root))) == ["data"]
