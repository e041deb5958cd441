"""From stacks to the text of their roots."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import jinja2

from generator import naming
from generator.manifest import Manifest
from generator.stacks import Stack
from generator.terraform import hcl
from generator.terraform.calls import ModuleCall
from generator.terraform.hcl import Block, Reference, Value

# Few, so that a root whose control plane is dark fails in seconds: the provider's default of 25 retries
# hangs for ten minutes and more (measured with us-east-1 dark).
MAX_RETRIES = 3

_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
    undefined=jinja2.StrictUndefined,
    autoescape=False,  # the text is HCL: every value passes through generator.terraform.hcl instead
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
_TEMPLATES.filters["hcl"] = hcl.expression
_TEMPLATES.filters["attributes"] = lambda values, indent: hcl.attributes(values, indent=indent)


@dataclass(frozen=True)
class _Call:
    label: str
    body: Mapping[str, Value]


def root(manifest: Manifest, stack: Stack, *, modules: str) -> str:
    """The main.tf of one stack; `modules` is the way from the root to the modules folder."""
    regions = _provider_regions(manifest, stack)
    aliased = len(regions) > 1
    return _TEMPLATES.get_template("root.tf.j2").render(
        stack=stack,
        backend=_backend(manifest, stack),
        providers=[_provider(manifest, stack, region, aliased=aliased) for region in regions],
        calls=[_Call(call.label, _body(call, modules, aliased=aliased)) for call in stack.calls],
        string_type=Reference("string"),
    )


def _backend(manifest: Manifest, stack: Stack) -> dict[str, Value]:
    alias = naming.state_key_alias(manifest.name, stack.state_region)
    return {
        "bucket": stack.state_bucket,
        "key": f"{stack.name}/terraform.tfstate",
        "region": stack.state_region,
        "encrypt": True,
        # without it Terraform asks for AES256, which the bucket refuses
        "kms_key_id": naming.key_alias_arn(manifest.account_id, alias, stack.state_region),
        "use_lockfile": True,
        "max_retries": MAX_RETRIES,
    }


def _provider_regions(manifest: Manifest, stack: Stack) -> tuple[str, ...]:
    """The regions that the stack calls, then removed ones: its state may still hold resources in them."""
    if stack.regions == (stack.name,):
        return stack.regions
    return (*stack.regions, *(region for region in manifest.removed if region not in stack.regions))


def _provider(manifest: Manifest, stack: Stack, region: str, *, aliased: bool) -> dict[str, Value]:
    alias: dict[str, Value] = {"alias": naming.provider_alias(region)} if aliased else {}
    tags: dict[str, Value] = {
        "environment": manifest.name,
        "stack": stack.name,
        "managed-by": "antipode",
        **manifest.tags,
    }
    return alias | {
        "region": region,
        "allowed_account_ids": [manifest.account_id],
        "max_retries": MAX_RETRIES,
        "default_tags": Block({"tags": tags}),
    }


def _body(call: ModuleCall, modules: str, *, aliased: bool) -> dict[str, Value]:
    body: dict[str, Value] = {"source": f"{modules}/{call.module}"}
    if aliased:
        body["providers"] = {"aws": Reference(f"aws.{naming.provider_alias(call.region)}")}
    body |= {name: value for name, value in call.arguments.items() if value is not None}
    if call.depends_on:
        body["depends_on"] = [Reference(f"module.{label}") for label in call.depends_on]
    return body
