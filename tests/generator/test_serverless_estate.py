"""The manifest with everything serverless in it: CDN, buckets, a database, a controller, a firewall."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from generator import manifest as manifests
from generator import roots
from generator.manifest import Manifest
from generator.manifest.problems import InputRefused
from generator.recovery.budget import budgets, refusals
from generator.stacks import Stack, stacks
from tests.generator.short_manifest import REPOSITORY, Load

FULL = (REPOSITORY / "envs" / "reference" / "global-serverless" / "manifest.yaml").read_text()


@pytest.fixture
def full(tmp_path: Path) -> Load:
    def loader(*changes: tuple[str, str]) -> Manifest:
        text = FULL
        for old, new in changes:
            assert old in text, f"{old!r} is not in the manifest"
            text = text.replace(old, new)
        file = tmp_path / "manifest.yaml"
        file.write_text(text)
        return manifests.load(file)

    return loader


def by_name(manifest: Manifest) -> dict[str, Stack]:
    return {stack.name: stack for stack in stacks(manifest)}


def arguments(manifest: Manifest, stack: str, label: str) -> dict[str, Any]:
    (call,) = [call for call in by_name(manifest)[stack].calls if call.label == label]
    return dict(call.arguments)


def test_a_database_needs_its_primary_first_and_what_ties_regions_comes_after_all(full: Load) -> None:
    assert [(stack.name, stack.wave, stack.regions) for stack in stacks(full())] == [
        ("state", 0, ("us-east-1", "eu-west-1", "us-east-2")),
        ("global", 1, ("us-east-1", "eu-west-1")),
        ("data", 1, ("us-east-1", "eu-west-1")),
        ("us-east-1", 2, ("us-east-1",)),
        ("eu-west-1", 3, ("eu-west-1",)),
        ("us-east-2", 2, ("us-east-2",)),
        ("interconnect", 4, ("us-east-1", "eu-west-1")),
        ("edge", 5, ("us-east-1", "eu-west-1")),
    ]


OFFLINE = {"aws_iam_policy_document", "aws_partition", "aws_region"}


def types_of(module: str) -> set[str]:
    text = "".join(file.read_text() for file in (REPOSITORY / "modules" / module).glob("*.tf"))
    return set(re.findall(r'^(?:resource|data) "(\w+)"', text, re.MULTILINE)) - OFFLINE


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1", "us-east-2"])
def test_i1_a_region_with_a_database_still_calls_no_other_region_nor_iam_nor_route_53(
    full: Load, region: str
) -> None:
    stack = by_name(full())[region]
    assert (stack.regions, stack.state_region, stack.inputs) == ((region,), region, ())
    used = set().union(*(types_of(call.module) for call in stack.calls))
    away = ("aws_iam_", "aws_route53_", "aws_cloudfront_", "aws_rds_global")
    assert not {name for name in used if name.startswith(away)}


def test_only_identifiers_that_aws_picks_cross_stacks(full: Load) -> None:
    crossing = [(i.stack, i.variable, i.upstream) for stack in stacks(full()) for i in stack.inputs]
    assert crossing == [("edge", "zone_id", "global"), ("edge", "viewer_certificate_arn", "global")]


def test_every_reference_of_a_root_is_to_a_module_or_variable_of_that_root(full: Load) -> None:
    manifest = full()
    for stack in stacks(manifest):
        text = roots.root(manifest, stack, modules="m")
        labels = {call.label for call in stack.calls}
        assert set(re.findall(r"\bmodule\.(\w+)", text)) <= labels, stack.name
        assert set(re.findall(r"\bvar\.(\w+)", text)) <= {each.variable for each in stack.inputs}, stack.name


def test_every_argument_of_a_call_is_a_variable_of_its_module_and_every_required_one_is_given(
    full: Load,
) -> None:
    for stack in stacks(full()):
        for call in stack.calls:
            variables = variables_of(call.module)
            given = {name for name, value in call.arguments.items() if value is not None}
            where = f"{stack.name}.{call.label} ({call.module})"
            assert given <= variables.keys(), f"{where}: {given - variables.keys()}"
            required = {name for name, needed in variables.items() if needed}
            assert required <= given, f"{where}: {required - given}"


def test_every_output_that_a_root_refers_to_is_one_of_the_module(full: Load) -> None:
    manifest = full()
    for stack in stacks(manifest):
        text = roots.root(manifest, stack, modules="m")
        modules = {call.label: call.module for call in stack.calls}
        for label, output in set(re.findall(r"\bmodule\.(\w+)\.(\w+)", text)):
            folder = REPOSITORY / "modules" / modules[label]
            known = re.findall(r'^output "(\w+)"', (folder / "outputs.tf").read_text(), re.MULTILINE)
            assert output in known, f"{stack.name}: module.{label}.{output} of {modules[label]}"


def variables_of(module: str) -> dict[str, bool]:
    """The variables of a module, and whether each must be given."""
    found: dict[str, bool] = {}
    for file in (REPOSITORY / "modules" / module).glob("variables*.tf"):
        for block in re.split(r"^variable ", file.read_text(), flags=re.MULTILINE)[1:]:
            name = re.match(r'"(\w+)"', block)
            assert name
            found[name[1]] = not re.search(r"^  default\s+=", block, re.MULTILINE)
    return found


def test_the_cdn_reads_from_names_that_dns_moves_and_falls_back_on_the_neighbour(full: Load) -> None:
    manifest = full()
    api = arguments(manifest, "edge", "cdn")["api"]
    assert (api["origin_host"], api["standby_host"]) == ("origin.app.example.com", "standby.app.example.com")
    assert arguments(manifest, "edge", "alternate")["targets"] == {
        "us-east-1": {"host": "alternate.use1.example.com", "role": "active", "location": "eu-west-1"},
        "eu-west-1": {"host": "alternate.euw1.example.com", "role": "active", "location": "us-east-1"},
    }


def test_every_region_answers_to_the_origin_to_its_stand_in_and_to_its_own_name(full: Load) -> None:
    assert arguments(full(), "eu-west-1", "api")["domain_names"] == [
        "origin.app.example.com",
        "standby.app.example.com",
        "app.euw1.example.com",
    ]


def test_a_standby_answers_what_the_primary_of_a_cdn_cannot(load: Load) -> None:
    manifest = load(("topology: active-standby", "topology: active-standby\nedge: {entry: cdn}"))
    assert arguments(manifest, "edge", "alternate") == {
        "zone_id": arguments(manifest, "edge", "routing")["zone_id"],
        "name": "standby.api.example.com",
        "routing": "simple",
        "ttl": 10,
        "targets": {"us-west-2": {"host": "alternate.usw2.example.com", "role": "active"}},
    }


def test_buckets_replicate_from_every_region_to_every_other(full: Load) -> None:
    manifest = full()
    calls = [call.label for call in by_name(manifest)["interconnect"].calls]
    assert calls == [
        "replication_site_use1",
        "replication_site_euw1",
        "replication_files_use1",
        "replication_files_euw1",
    ]
    assert arguments(manifest, "interconnect", "replication_files_euw1")["destination"] == {
        "bucket_arn": "arn:aws:s3:::global-serverless-files-123456789012-use1",
        "kms_key_alias_arn": "arn:aws:kms:us-east-1:123456789012:alias/global-serverless-use1",
    }


def test_only_the_lead_region_makes_the_secrets_and_runs_the_migration(full: Load) -> None:
    manifest = full()
    lead, other = (
        {call.label for call in by_name(manifest)[region].calls} for region in ("us-east-1", "eu-west-1")
    )
    assert lead - other == {"secret_orders_admin", "secret_orders_app", "migration_orders"}
    assert other <= lead


def test_functions_get_only_the_stores_that_they_declare(full: Load) -> None:
    manifest = full()
    role = arguments(manifest, "global", "role_orders_euw1")
    assert (role["table_access"], role["bucket_access"], role["vpc"]) == ({}, None, True)
    assert list(role["secrets"]) == ["orders_app"]
    files = arguments(manifest, "global", "role_files_euw1")
    assert (files["secrets"], files["vpc"], list(files["bucket_access"])) == (None, None, ["files"])


def test_the_controller_knows_every_voter_and_the_order_of_succession(full: Load) -> None:
    environment = arguments(full(), "us-east-2", "function_failover")["environment"]
    assert environment["VOTERS"] == '["us-east-1","eu-west-1","us-east-2"]'
    assert (
        '"us-east-1":{"health_url":"https://app.use1.example.com/health","succession":0}'
        in environment["REGIONS"]
    )
    assert environment["HOME_REGION"] == "us-east-1"


def test_the_budget_of_each_path_is_told_and_met(full: Load) -> None:
    manifest = full()
    assert [(path[0].path, [each.seconds for each in path]) for path in budgets(manifest)] == [
        ("requests", [37, 48]),
        ("reads through the CDN", [1, 3]),
        ("writes to orders", [131, pytest.approx(140.3)]),
    ]
    assert refusals(manifest) == ()


def test_an_edge_that_waits_longer_than_the_client_gives_reads_the_way_of_all_requests(full: Load) -> None:
    slow = full(("response_timeout: 2", "response_timeout: 30"))
    (_, silent) = budgets(slow)[1]
    assert silent.seconds == 48


def refused(full: Load, *changes: tuple[str, str]) -> list[str]:
    with pytest.raises(InputRefused) as caught:
        full(*changes)
    return [str(problem).split("manifest.yaml:", 1)[1].split(": ", 1)[1] for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            [("cdn: {connect_attempts: 1", "cdn: {api_origin: regional, connect_attempts: 1")],
            "edge.cdn.api_origin: must be routed: CloudFront fails over GET, HEAD and OPTIONS only, so POST "
            "/files, POST /orders, POST /write would have no way to another region (found 'regional')",
        ),
        (
            [("entry: cdn", "entry: dns")],
            "edge.cdn: needs entry: cdn (found 'dns')",
        ),
        (
            [("serve: /static", "serve: /files")],
            "data.buckets.site.serve: hides the route /files/{id} of the API; choose another path "
            "(found '/files')",
        ),
        (
            [("failover: {witness: us-east-2}\n", "")],
            "failover: is missing; AWS never promotes Aurora across regions by itself, so databases need the "
            "failover controller: failover: {witness: <a third region>}",
        ),
        (
            [("witness: us-east-2", "witness: eu-west-1")],
            "failover.witness: must be a region that serves nothing here (found 'eu-west-1')",
        ),
        (
            [("{witness: us-east-2}", "{}")],
            "failover.witness: must name a further region: 2 regions can split into halves without a "
            "majority",
        ),
        (
            [("{witness: us-east-2}", "{witness: us-east-2, lease: 10s}")],
            "failover.lease: must be from 15s to 5m, as tick is 5s (found '10s')",
        ),
        (
            [("{witness: us-east-2}", "{witness: us-east-2, tick: 7s, lease: 30s}")],
            "failover.tick: must divide a minute (found '7s')",
        ),
        (
            [("role: active, cidr: 10.1.0.0/16", "role: active")],
            "regions.eu-west-1.cidr: is missing; databases need a network in every region",
        ),
        (
            [("    files: {rpo: 15m}", "    fils: {rpo: 15m}")],
            "objectives.stores.fils: is not a store of data (items, site, files, orders) (found 'fils')",
        ),
        (
            [("access: {orders: read-write}", "access: {order: read-write}")],
            "compute.functions.orders.access.order: is not a table, bucket or database of data "
            "(items, site, files, orders) (found 'order')",
        ),
        (
            [("    files: {}", "    items: {}")],
            "data: has two stores called items; each name stands for one (found 'items')",
        ),
        (
            [("{engine: aurora-postgresql}", "{engine: aurora-postgresql, rpo_guard: 5s}")],
            "data.databases.orders.rpo_guard: must be 20s or more (rds.global_db_rpo) (found 5)",
        ),
        (
            [("{engine: aurora-postgresql}", "{engine: postgres}")],
            "data.databases.orders.engine: must be 'aurora-postgresql' or 'aurora-mysql' (found 'postgres')",
        ),
        (
            [("waf: {enabled: true}", "waf: {enabled: true, deny: [10.0.0.0/99]}")],
            "security.waf.deny[0]: '10.0.0.0/99' does not appear to be an IPv4 or IPv6 network "
            "(found '10.0.0.0/99')",
        ),
        (
            [("connect_timeout: 1", "connect_timeout: 11")],
            "edge.cdn.connect_timeout: should be less than or equal to 10 (found 11)",
        ),
        (
            [("connect_timeout: 1", "connect_timeout: 1, geo: {allow: [DE], deny: [FR]}")],
            "edge.cdn.geo: allow and deny exclude each other: CloudFront takes one list",
        ),
    ],
)
def test_what_cannot_work_is_refused_with_the_reason(
    full: Load, changes: list[tuple[str, str]], message: str
) -> None:
    assert any(problem.startswith(message) for problem in refused(full, *changes)), refused(full, *changes)


@pytest.mark.parametrize(
    ("change", "key", "message"),
    [
        (
            ("rpo: 5s", "rpo: 0s"),
            ("objectives", "rpo"),
            "0s is below the usual lag of a global table, 1 s: replication is asynchronous, so a write "
            "acknowledged just before the loss may be missing; set 1s or more",
        ),
        (
            ("files: {rpo: 15m}", "files: {rpo: 1m}"),
            ("objectives", "stores", "files", "rpo"),
            "1m is below the usual lag of S3 with Replication Time Control, 900 s",
        ),
        (
            ("orders: {rto: 150s}", "orders: {rto: 60s}"),
            ("objectives", "stores", "orders", "rto"),
            "1m is below this design's worst case of writes to orders of 140.3 s when the region falls "
            "silent (detect 25 + decide 7.4 + promote 90 + shift 13.9 + warm 4); set "
            "objectives.stores.orders.rto to 2m25s or more",
        ),
    ],
)
def test_a_promise_below_the_floor_of_its_store_is_refused(
    full: Load, change: tuple[str, str], key: tuple[str, ...], message: str
) -> None:
    found = {refusal.key: refusal.message for refusal in refusals(full(change))}
    assert found[key].startswith(message)
