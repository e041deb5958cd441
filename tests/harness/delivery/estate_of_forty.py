"""A synthetic estate of forty stacks: pure data, planned and applied by a Terraform that is not one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from generator import manifest as manifests
from generator.manifest import Manifest
from harness.environments import Environment
from harness.terraform.stack import StackRun, UpstreamInput

REGIONS = ("us-east-1", "us-west-2", "eu-west-1", "eu-central-1", "ap-southeast-2")
MANIFEST = """\
name: {name}
account_id: "123456789012"
domain: example.com
objectives: {{rto: 50s, rpo: 5s}}
topology: active-standby
regions:
{regions}
compute:
  functions:
    read: {{source: read, access: {{items: read}}}}
  api:
    routes: {{GET /read: read}}
data:
  tables:
    items: {{hash_key: pk}}
{more}
"""


def manifest(folder: Path, name: str = "prod", more: str = "") -> Manifest:
    """Five regions, the first of them the primary."""
    roles = ["primary", *["standby"] * (len(REGIONS) - 1)]
    lines = [f"  {region}: {{role: {role}}}" for region, role in zip(REGIONS, roles, strict=True)]
    file = folder / f"{name}.yaml"
    file.write_text(MANIFEST.format(name=name, regions="\n".join(lines), more=more))
    return manifests.load(file)


def environment(folder: Path, name: str = "prod", more: str = "") -> Environment:
    return Environment(name=name, folder=folder / name, manifest=manifest(folder, name, more))


def stacks(make_stack: Callable[..., StackRun]) -> tuple[StackRun, ...]:
    """state, global, data, five regions, interconnect, edge; and thirty more, six for each of five waves."""
    zone = UpstreamInput(variable="zone_id", stack="global", output="zone_id")
    own = [("state", 0), ("global", 1), ("data", 1), ("interconnect", 4)]
    more = [(f"part-{wave}-{number}", wave) for wave in (1, 2, 3, 4, 5) for number in range(6)]
    found = [make_stack(name, wave) for name, wave in own + more]
    regions = [make_stack(region, 2, turn=int(region != REGIONS[0])) for region in REGIONS]
    return (*found, *regions, make_stack("edge", 5, inputs=(zone,)))
