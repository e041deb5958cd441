"""The README that is generated beside each manifest: what this environment is, with its real names."""

from __future__ import annotations

import itertools
from pathlib import Path

import jinja2

from generator import naming, objectives
from generator.durations import text
from generator.manifest import Manifest
from generator.stacks import Stack, stacks
from generator.tiers import compute

_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
    undefined=jinja2.StrictUndefined,
    autoescape=False,  # Markdown
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
_TEMPLATES.filters["zip"] = lambda one, other: zip(one, other, strict=True)


def document(manifest: Manifest, *, environment: str) -> str:
    """Markdown: topology, stacks and waves, names, objectives and the recovery budget."""
    return _TEMPLATES.get_template("environment.md.j2").render(
        manifest=manifest,
        environment=environment,
        topology=topology(manifest),
        waves=waves(stacks(manifest)),
        stacks=stacks(manifest),
        names=names(manifest),
        routes=compute.routes(manifest),
        budgets=[objectives.budget(manifest, fault) for fault in objectives.FAULTS],
        rto=text(manifest.objectives.rto),
        rpo=text(manifest.objectives.rpo),
        entry=naming.entry_host(manifest.edge.record, manifest.domain),
    )


def topology(manifest: Manifest) -> str:
    """A Mermaid flowchart: clients, DNS, and in each region its API, functions and table replicas."""
    lines = ["flowchart TB", "  clients([clients])"]
    if manifest.compute.api:
        entry = naming.entry_host(manifest.edge.record, manifest.domain)
        lines.append(f'  dns{{{{"{entry}<br/>Route 53, {manifest.routing}, TTL {manifest.edge.ttl} s"}}}}')
        lines.append("  clients --> dns")
    for region, settings in manifest.regions.items():
        lines += _region(manifest, region, settings.role)
    lines += _replication(manifest)
    return "\n".join(lines)


def _region(manifest: Manifest, region: str, role: str) -> list[str]:
    node = naming.resource_label(naming.provider_alias(region))
    lines = [f'  subgraph {node}["{region} ({role})"]']
    if manifest.compute.api:
        host = naming.regional_host(manifest.edge.record, manifest.domain, region)
        lines.append(f'    {node}_api["API Gateway<br/>{host}"]')
    for name, function in compute.functions(manifest).items():
        label = naming.resource_label(name)
        lines.append(f'    {node}_{label}["Lambda {name}"]')
        lines += [
            f"    {node}_{label} -->|{level}| {node}_table_{naming.resource_label(table)}"
            for table, level in function.access.items()
        ]
    lines += [
        f"    {node}_api --> {node}_{naming.resource_label(name)}"
        for name in dict.fromkeys(route.function for route in compute.routes(manifest).values())
    ]
    lines += [
        f'    {node}_table_{naming.resource_label(table)}[("{naming.table(manifest.name, table)}")]'
        for table in manifest.data.tables
    ]
    lines.append("  end")
    if manifest.compute.api:
        arrow = "-.->|when the primary is unhealthy|" if role == "standby" else "-->"
        lines.append(f"  dns {arrow} {node}_api")
    return lines


def _replication(manifest: Manifest) -> list[str]:
    lead, *others = [
        naming.provider_alias(region)
        for region in sorted(manifest.regions, key=lambda each: each != manifest.lead_region)
    ]
    tables = [naming.resource_label(table) for table in manifest.data.tables]
    return [
        f"  {lead}_table_{table} <-->|replication| {other}_table_{table}"
        for table in tables
        for other in others
    ]


def waves(planned: tuple[Stack, ...]) -> str:
    """A Mermaid flowchart of the stacks, each wave after the one before it."""
    by_wave: dict[int, list[Stack]] = {}
    for stack in planned:
        by_wave.setdefault(stack.wave, []).append(stack)
    lines = ["flowchart LR"]
    for wave, members in by_wave.items():
        lines.append(f'  subgraph wave{wave}["wave {wave}"]')
        lines += [f'    {naming.resource_label(stack.name)}["{stack.name}"]' for stack in members]
        lines.append("  end")
    ordered = list(by_wave)
    lines += [f"  wave{one} --> wave{other}" for one, other in itertools.pairwise(ordered)]
    return "\n".join(lines)


def names(manifest: Manifest) -> list[tuple[str, dict[str, str]]]:
    """Rows of (what, name by region)."""
    rows: list[tuple[str, dict[str, str]]] = []
    regions = tuple(manifest.regions)
    if manifest.compute.api:
        record, domain = manifest.edge.record, manifest.domain
        rows += [
            ("API", {region: naming.api(manifest.name, region) for region in regions}),
            ("regional host", {region: naming.regional_host(record, domain, region) for region in regions}),
            ("failover target", {region: naming.front_host(domain, region) for region in regions}),
        ]
    rows += [
        (f"function {name}", {region: naming.function(manifest.name, name, region) for region in regions})
        for name in compute.functions(manifest)
    ]
    rows += [
        (f"table {table}", {region: naming.table(manifest.name, table) for region in regions})
        for table in manifest.data.tables
    ]
    rows += [
        (
            "regional key",
            {region: f"alias/{naming.regional_key_alias(manifest.name, region)}" for region in regions},
        ),
        (
            "state bucket",
            {region: naming.state_bucket(manifest.name, manifest.account_id, region) for region in regions},
        ),
    ]
    return rows
