from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from pathlib import Path

import hcl2
import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from generator import estate, roots
from generator import manifest as manifests
from generator.manifest import Manifest
from generator.pages import environment as document
from generator.stacks import Stack, stacks
from generator.terraform import hcl
from tests.generator.short_manifest import REPOSITORY, SHORT, Load


def by_name(manifest: Manifest) -> dict[str, Stack]:
    return {stack.name: stack for stack in stacks(manifest)}


def test_stacks_come_in_waves_and_keep_their_state_where_the_design_says(load: Load) -> None:
    assert [(stack.name, stack.wave, stack.state_region) for stack in stacks(load())] == [
        ("state", 0, "us-west-2"),
        ("global", 1, "us-west-2"),
        ("data", 2, "us-east-1"),
        ("us-east-1", 3, "us-east-1"),
        ("us-west-2", 4, "us-west-2"),
        ("edge", 6, "us-west-2"),
    ]


def resource_types(module: str) -> set[str]:
    """Types of the resources and data sources of a module, read from its files."""
    text = "".join(file.read_text() for file in (REPOSITORY / "modules" / module).glob("*.tf"))
    return set(re.findall(r'^(?:resource|data) "(\w+)"', text, re.MULTILINE))


# data sources that are computed in the provider and call nothing
OFFLINE = {"aws_iam_policy_document", "aws_partition", "aws_region"}


def test_i1_a_regional_stack_has_one_provider_and_calls_neither_iam_nor_route_53_nor_another_state(
    load: Load,
) -> None:
    manifest = load()
    for region in manifest.regions:
        stack = by_name(manifest)[region]
        assert stack.regions == (region,)
        assert stack.state_region == region
        assert stack.inputs == ()
        types = set().union(*(resource_types(call.module) for call in stack.calls)) - OFFLINE
        assert not {
            name for name in types if name.startswith(("aws_iam_", "aws_route53_", "aws_cloudfront_"))
        }
        assert "terraform_remote_state" not in types


def test_i1_no_module_asks_aws_for_what_the_manifest_knows(load: Load) -> None:
    modules = {call.module for stack in stacks(load()) for call in stack.calls}
    for module in modules:
        text = "".join(file.read_text() for file in (REPOSITORY / "modules" / module).glob("*.tf"))
        assert set(re.findall(r'^data "(\w+)"', text, re.MULTILINE)) <= OFFLINE, module


def test_i1_every_provider_and_backend_gives_up_in_seconds(load: Load) -> None:
    manifest = load()
    for stack in stacks(manifest):
        text = roots.root(manifest, stack, modules="../../../modules")
        parsed = hcl2.loads(text)
        assert [provider['"aws"']["max_retries"] for provider in parsed["provider"]] == [3] * len(
            stack.regions
        )
        assert text.count("max_retries") == len(stack.regions) + 1


def test_i2_only_the_zone_id_crosses_stacks_as_a_value_and_everything_else_as_a_name(load: Load) -> None:
    manifest = load()
    crossing = [
        (each.stack, each.variable, each.upstream) for stack in stacks(manifest) for each in stack.inputs
    ]
    assert crossing == [("edge", "zone_id", "global")]
    for stack in stacks(manifest):
        text = roots.root(manifest, stack, modules="m")
        assert "terraform_remote_state" not in text
        references = set(re.findall(r"= (module\.\w+)\.", text))
        assert references <= {f"module.{call.label}" for call in stack.calls}


def test_i2_an_existing_zone_is_named_by_the_manifest_and_nothing_crosses(load: Load) -> None:
    manifest = load(
        (
            "topology: active-standby",
            "topology: active-standby\nedge: {zone: existing, zone_id: Z0123456789ABC}",
        )
    )
    assert by_name(manifest)["edge"].inputs == ()
    assert 'zone_id = "Z0123456789ABC"' in roots.root(manifest, by_name(manifest)["edge"], modules="m")


def test_i4_the_same_manifest_gives_the_same_bytes(load: Load) -> None:
    first, second = (
        estate.files(load(), environment="prod", repository=REPOSITORY),
        estate.files(load(), environment="prod", repository=REPOSITORY),
    )
    assert first == second


@pytest.mark.terraform
def test_i4_generated_roots_are_formatted(load: Load, tmp_path: Path) -> None:
    terraform = shutil.which("terraform")
    assert terraform
    for path, content in estate.files(load(), environment="prod", repository=REPOSITORY).items():
        if path.endswith(".tf"):
            (tmp_path / path).parent.mkdir(exist_ok=True)
            (tmp_path / path).write_bytes(content)
    done = subprocess.run(
        [terraform, "fmt", "-check", "-recursive", "-diff"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_i5_generated_files_name_no_endpoint_and_no_key(load: Load) -> None:
    for path, content in estate.files(load(), environment="prod", repository=REPOSITORY).items():
        # packages hold the functions' own code, which may speak of such things
        if not path.endswith(".zip"):
            assert not re.search(rb"endpoint|access_key|secret_key|skip_|localhost|127\.0", content), path


def test_standbys_beyond_the_second_hang_below_the_secondary_pair_by_pair(load: Load) -> None:
    manifest = load(("10.1.0.0/16}", "10.1.0.0/16}\n  eu-west-1: {role: standby}"))
    first, second = by_name(manifest)["edge"].calls
    assert [(call.arguments["name"], call.arguments["targets"]) for call in (first, second)] == [
        (
            "api.example.com",
            {
                "us-east-1": {
                    "host": "front.use1.example.com",
                    "role": "primary",
                    "health_check": {
                        "host": "api.use1.example.com",
                        "search": '"health":"pass:prod/us-east-1"',
                    },
                },
                "us-west-2": {"host": "fallback-1.api.example.com", "role": "secondary"},
            },
        ),
        (
            "fallback-1.api.example.com",
            {
                "us-west-2": {
                    "host": "front.usw2.example.com",
                    "role": "primary",
                    "health_check": {
                        "host": "api.usw2.example.com",
                        "search": '"health":"pass:prod/us-west-2"',
                    },
                },
                "eu-west-1": {
                    "host": "front.euw1.example.com",
                    "role": "secondary",
                    "health_check": {
                        "host": "api.euw1.example.com",
                        "search": '"health":"pass:prod/eu-west-1"',
                    },
                },
            },
        ),
    ]


def test_a_deployment_never_depends_on_functions_so_that_they_can_be_made_anew(load: Load) -> None:
    api = next(call for call in by_name(load())["us-east-1"].calls if call.label == "api")
    references = {name for name, value in api.arguments.items() if "Reference" in repr(value)}
    assert references == {"kms_key_arn", "aliases"}


def test_every_api_has_a_health_function_that_only_probes(load: Load) -> None:
    calls = {call.label: call for call in by_name(load())["global"].calls}
    access = calls["role_health_usw2"].arguments["table_access"]
    assert access == {"items": {"table_name": "prod-items", "access": "probe", "key_alias": "prod-data-usw2"}}


def test_the_readme_shows_the_environment_with_its_real_names(load: Load) -> None:
    text = document.document(load(), environment="prod")
    for expected in (
        "Objectives: RTO 50s, RPO 5s.",
        "dns -.->|when the primary is unhealthy| usw2_api",
        "| **total** | **37 s** | **48 s** | objective: 50s | objectives.rto |",
        "| 3 | [`us-east-1`](us-east-1/main.tf) |",
        "| state bucket | `prod-tfstate-123456789012-use1` | `prod-tfstate-123456789012-usw2` |",
        "| `GET /health` | `health` |",
    ):
        assert expected in text


TEN = (
    "us-east-1 us-east-2 us-west-1 us-west-2 eu-west-1 eu-west-2 eu-central-1 ap-south-1 sa-east-1 ca-west-1"
).split()


def test_ten_regions_are_generated_as_ten_regional_stacks(tmp_path: Path) -> None:
    start, end = SHORT.index("regions:"), SHORT.index("compute:")
    regions = "regions:\n" + "".join(f"  {region}: {{role: active}}\n" for region in TEN)
    file = tmp_path / "manifest.yaml"
    file.write_text(SHORT[:start].replace("active-standby", "active-active") + regions + SHORT[end:])
    started = time.monotonic()
    found = estate.files(manifests.load(file), environment="prod", repository=REPOSITORY)
    assert [path for path in found if path.startswith(tuple(TEN)) and path.endswith("main.tf")] == [
        f"{region}/main.tf" for region in TEN
    ]
    # far above what it takes (docs/performance.md): only a change of its order fails here
    assert time.monotonic() - started < 10


def written_with(text: str) -> Manifest:
    """The short manifest with `text` wherever a manifest takes free text."""
    data = yaml.safe_load(SHORT)
    data["tags"] = {"note": text, f"key {text}"[:64]: "value"}
    data["compute"]["functions"]["read"]["environment"] = {"NOTE": text}
    schema = {"type": "object", "description": text}
    data["compute"]["api"]["routes"]["POST /write"] = {"function": "write", "body_schema": schema}
    return Manifest.model_validate(data)


@given(st.text(max_size=300))
@example('"${aws_iam_role.x.arn}"\n%{ for x in y }\\')
@example("${" * 5_000)
def test_any_text_in_any_field_comes_out_as_one_quoted_string_or_is_refused(text: str) -> None:
    if hcl.unencodable(text) or hcl.unencodable(f"key {text}"[:64]):
        with pytest.raises(ValidationError):
            written_with(text)
        return
    manifest = written_with(text)
    root = roots.root(manifest, by_name(manifest)["us-east-1"], modules="m")
    assert f"NOTE                 = {hcl.string(text)}\n" in root
    assert re.search(rf"^ +note +=+ {re.escape(hcl.string(text))}$", root, re.MULTILINE)
    (schema,) = re.findall(r'^ +body_schema += (".*")$', root, re.MULTILINE)
    unescaped = json.loads(schema.replace("$${", "${").replace("%%{", "%{"))
    assert json.loads(unescaped)["description"] == text
