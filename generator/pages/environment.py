"""The README that is generated beside each manifest: the environment's shape, with its real names."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import partial

from generator import hosts, naming
from generator.manifest import Manifest, implied
from generator.manifest.data import ADMIN, APP
from generator.manifest.durations import text
from generator.manifest.failover import FAILOVER
from generator.manifest.implied import store_name
from generator.pages.markdown import TEMPLATES
from generator.recovery.budget import budgets
from generator.stacks import Stack, stacks

_SERVICES = {"table": "DynamoDB", "bucket": "S3", "database": "Aurora"}


def document(manifest: Manifest, *, environment: str) -> str:
    """Markdown: topology, stacks and waves, names, objectives and the recovery budget."""
    return TEMPLATES.get_template("environment.md.j2").render(
        manifest=manifest,
        environment=environment,
        topology=topology(manifest),
        waves=waves(stacks(manifest)),
        turns=turns(stacks(manifest), manifest),
        stacks=stacks(manifest),
        names=names(manifest),
        routes=implied.routes(manifest),
        budgets=budgets(manifest),
        rto=text(manifest.objectives.rto),
        rpo=text(manifest.objectives.rpo),
        entry=hosts.entry(manifest),
        promises=promises(manifest),
        witness=manifest.failover.witness if manifest.failover else None,
        databases=manifest.data.databases,
        lead=manifest.lead_region,
        copied_to=implied.copy_regions(manifest),
    )


def promises(manifest: Manifest) -> list[str]:
    """Objectives that single stores have of their own, in words."""
    of = manifest.objectives.of
    return [
        f"`{store}`: RTO {text(of(store).rto)}, RPO {text(of(store).rpo)}"
        for store in manifest.objectives.stores
    ]


def topology(manifest: Manifest) -> str:
    """A Mermaid flowchart: clients, CDN, DNS, and in each region its API, functions and stores."""
    lines = ["flowchart TB", "  clients([clients])"]
    if manifest.compute.api:
        lines += _entry(manifest)
    for region, settings in manifest.regions.items():
        lines += _region(manifest, region, settings.role)
    lines += _replication(manifest)
    if manifest.failover:
        lines += _voters(manifest)
    return "\n".join(lines)


def _entry(manifest: Manifest) -> list[str]:
    edge = manifest.edge
    dns = f"Route 53, {manifest.routing}, TTL {edge.ttl} s"
    if edge.entry == "dns":
        return [f'  dns{{{{"{hosts.entry(manifest)}<br/>{dns}"}}}}', "  clients --> dns"]
    return [
        f'  cdn[/"{hosts.entry(manifest)}<br/>CloudFront"/]',
        f'  dns{{{{"{hosts.served(manifest)}<br/>{dns}"}}}}',
        "  clients --> cdn",
        "  cdn -->|reads and writes| dns",
    ]


def _region(manifest: Manifest, region: str, role: str) -> list[str]:
    node = naming.resource_label(naming.provider_alias(region))
    lines = [f'  subgraph {node}["{region} ({role})"]']
    if manifest.compute.api:
        lines.append(f'    {node}_api["API Gateway<br/>{hosts.regional(manifest, region)}"]')
    for name, function in implied.functions(manifest).items():
        label = naming.resource_label(name)
        lines.append(f'    {node}_{label}["Lambda {name}"]')
        lines += [
            f"    {node}_{label} -->|{level}| {_store(node, store)}"
            for store, level in function.access.items()
        ]
    lines += [
        f"    {node}_api --> {node}_{naming.resource_label(name)}"
        for name in dict.fromkeys(route.function for route in implied.routes(manifest).values())
    ]
    lines += [
        f'    {_store(node, name)}[("{_SERVICES[kind]} {store_name(manifest, name, region)}")]'
        for name, kind in manifest.data.stores().items()
    ]
    lines.append("  end")
    if manifest.compute.api:
        arrow = "-.->|when the primary is unhealthy|" if role == "standby" else "-->"
        lines.append(f"  dns {arrow} {node}_api")
    if manifest.edge.entry == "cdn":
        lines += [
            f"  cdn -->|{bucket.serve}| {_store(node, name)}"
            for name, bucket in manifest.data.buckets.items()
            if bucket.serve
        ]
    return lines


def _store(node: str, name: str) -> str:
    return f"{node}_store_{naming.resource_label(name)}"


def _replication(manifest: Manifest) -> list[str]:
    lead, *others = map(naming.provider_alias, manifest.lead_first)
    arrows = {"table": "<-->|replication|", "bucket": "<-->|replication|", "database": "-->|replication|"}
    return [
        f"  {_store(lead, store)} {arrows[kind]} {_store(other, store)}"
        for store, kind in manifest.data.stores().items()
        for other in others
    ]


def _voters(manifest: Manifest) -> list[str]:
    assert manifest.failover is not None
    lines = []
    if witness := manifest.failover.witness:
        lines.append(f'  witness["{witness} (witness)<br/>votes, serves nothing"]')
        lines += [f"  witness -.-|votes| {naming.provider_alias(region)}" for region in manifest.regions]
    return lines


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


def turns(planned: tuple[Stack, ...], manifest: Manifest) -> str:
    """In which order a change reaches the regions, as words."""
    regions = sorted((stack for stack in planned if stack.name in manifest.regions), key=_place)
    steps = [" and ".join(each.name for each in group) for _, group in itertools.groupby(regions, key=_place)]
    return ", then ".join(steps)


def _place(stack: Stack) -> tuple[int, int]:
    return stack.wave, stack.turn


def names(manifest: Manifest) -> list[tuple[str, dict[str, str]]]:
    """Rows of (kind, name by region)."""
    name, account = manifest.name, manifest.account_id

    def row(what: str, of: Callable[[str], str]) -> tuple[str, dict[str, str]]:
        return what, {region: of(region) for region in manifest.regions}

    rows: list[tuple[str, dict[str, str]]] = []
    if manifest.compute.api:
        rows += [
            row("API", lambda region: naming.api(name, region)),
            row("regional host", lambda region: hosts.regional(manifest, region)),
            row("failover target", lambda region: naming.front_host(manifest.domain, region)),
        ]
    for each in (*implied.functions(manifest), *implied.maintenance(manifest)):
        rows.append(row(f"function {each}", partial(naming.function, name, each)))
    if manifest.failover:
        rows.append(row("function failover", partial(naming.function, name, FAILOVER)))
        rows.append(row("control table", lambda region: naming.control_table(name)))
    rows += [
        row(f"{kind} {store}", partial(store_name, manifest, store))
        for store, kind in manifest.data.stores().items()
    ]
    for database in manifest.data.databases:
        secrets = [naming.database_secret(name, database, user) for user in (ADMIN, APP)]
        rows.append((f"secrets of {database}", dict.fromkeys(manifest.regions, ", ".join(secrets))))
    if manifest.data.backups:
        rows.append(row("backup vault", lambda region: naming.backup_vault(name, region)))
    return [
        *rows,
        row("regional key", lambda region: f"alias/{naming.regional_key_alias(name, region)}"),
        row("state bucket", lambda region: naming.state_bucket(name, account, region)),
    ]
