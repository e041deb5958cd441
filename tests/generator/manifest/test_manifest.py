from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator import manifest as manifests
from generator.manifest.problems import InputRefused
from tests.generator.short_manifest import SHORT, Load


def test_a_manifest_of_eighteen_lines_is_enough(load: Load) -> None:
    manifest = load()
    assert (manifest.lead_region, manifest.recovery_region, manifest.routing) == (
        "us-east-1",
        "us-west-2",
        "failover",
    )
    assert manifest.objectives.rto == 50
    assert manifest.edge.health_check.path == "/health"
    assert manifest.operations.protect


def test_the_lead_comes_first_and_a_draining_region_takes_over_from_nobody(load: Load) -> None:
    lead = "  us-east-1: {role: primary, cidr: 10.0.0.0/16}\n"
    manifest = load(
        (lead, ""),
        (
            "compute:",
            f"  eu-west-1: {{role: standby, cidr: 10.2.0.0/16, draining: true}}\n{lead}"
            "  ap-south-1: {role: standby, cidr: 10.3.0.0/16}\ncompute:",
        ),
    )
    assert tuple(manifest.regions) == ("us-west-2", "eu-west-1", "us-east-1", "ap-south-1")
    assert manifest.lead_first == ("us-east-1", "us-west-2", "eu-west-1", "ap-south-1")
    assert manifest.recovery_region == "us-west-2"
    assert manifest.traffic_regions == ("us-west-2", "us-east-1", "ap-south-1")
    assert manifest.succession == ("us-east-1", "us-west-2", "ap-south-1")


def refused(load: Load, *changes: tuple[str, str]) -> list[str]:
    with pytest.raises(InputRefused) as caught:
        load(*changes)
    return [str(problem).split("manifest.yaml:", 1)[1] for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "us-west-2:",
            "us-wset-2:",
            "8: regions.us-wset-2: is not an AWS region; did you mean us-west-2? (found 'us-wset-2')",
        ),
        ("role: standby", "role: primary", "6: regions: exactly one region must have role: primary"),
        (
            "role: standby",
            "role: active",
            "8: regions.us-west-2.role: must be primary or standby in an active-standby environment "
            "(found 'active')",
        ),
        (
            "10.1.0.0/16",
            "10.0.128.0/17",
            "8: regions.us-west-2.cidr: overlaps 10.0.0.0/16 of us-east-1 (found '10.0.128.0/17')",
        ),
        (
            "10.1.0.0/16",
            "8.8.0.0/16",
            "8: regions.us-west-2.cidr: must be a private IPv4 range of /16 to /28, as a VPC takes it "
            "(found '8.8.0.0/16')",
        ),
        (
            '"123456789012"',
            "123456789012",
            '2: account_id: must be twelve digits in quotes, for example "123456789012" (found 123456789012)',
        ),
        (
            "name: prod",
            "name: Prod",
            "1: name: must be lower-case letters, digits and single hyphens, a letter first, "
            "2 to 24 characters (found 'Prod')",
        ),
        (
            "rto: 50s",
            "rto: soon",
            "4: objectives.rto: must be a duration such as 45s, 2m or 1h30m (found 'soon')",
        ),
        ("domain:", "domian:", "3: domian: is not a known key; did you mean domain?"),
        (
            "GET /read: read",
            "GET /read: raed",
            "14: compute.api.routes.GET /read: must name a function of compute.functions (read, write) "
            "(found 'raed')",
        ),
        (
            "access: {items: read}",
            "access: {itms: read}",
            "11: compute.functions.read.access.itms: is not a table, bucket or database of data (items) "
            "(found 'itms')",
        ),
        (
            "access: {items: read}",
            "access: {items: all}",
            "11: compute.functions.read.access.items: must be 'read', 'write', 'read-write' or 'probe' "
            "(found 'all')",
        ),
        (
            "topology: active-standby",
            "topology: active-standby\nedge: {auto_return: false}",
            "6: edge.auto_return: must be true without a failover controller: Route 53 failover records "
            "return by themselves once the primary is healthy; add failover: {witness: <a third region>} to "
            "hold traffic back (found False)",
        ),
        (
            "topology: active-standby",
            "topology: active-standby\nedge: {zone: existing}",
            "6: edge.zone_id: must name the hosted zone when zone is existing",
        ),
        (
            "topology: active-standby",
            "topology: active-standby\nedge: {health_check: {interval: 20}}",
            "6: edge.health_check.interval: must be 10 or 30 (found 20)",
        ),
        (
            "topology: active-standby",
            "topology: active-standby\nedge: {routing: latency}",
            "6: edge.routing: must be failover in an active-standby environment: a standby serves only after "
            "a failover (found 'latency')",
        ),
    ],
)
def test_a_mistake_is_named_with_its_line_key_value_and_what_is_allowed(
    load: Load, old: str, new: str, message: str
) -> None:
    (problem,) = [line for line in refused(load, (old, new)) if line.startswith(message[:20])]
    assert problem.startswith(message)


def test_every_mistake_is_reported_at_once_in_the_order_of_the_file(load: Load) -> None:
    problems = refused(
        load,
        ("name: prod", "name: P"),
        ("rpo: 5s", "rpo: 5"),
        ("hash_key: pk", "hash_key: pk, hash_key_type: X, colour: red"),
    )
    assert [problem.split(": ")[1] for problem in problems] == [
        "name",
        "objectives.rpo",
        "data.tables.items.colour",
        "data.tables.items.hash_key_type",
    ]


def test_a_path_has_one_variable_at_each_place(load: Load) -> None:
    routes = ", ".join(
        f'"{route}": read'
        for route in ("GET /{a}", "POST /{a}/x/{b}", "GET /{a}/x/{c}", "GET /{a}/y/{c}", "PUT /{d}")
    )
    why = "API Gateway takes one at each place"
    assert refused(load, ("GET /read: read, POST /write: write", routes)) == [
        "14: compute.api.routes.GET /{a}/x/{c}: must call the variable {b}, as POST /{a}/x/{b} does: "
        f"{why} (found '{{c}}')",
        f"14: compute.api.routes.PUT /{{d}}: must call the variable {{a}}, as GET /{{a}} does: {why} "
        "(found '{d}')",
    ]


def test_a_route_needs_a_method_and_a_path(load: Load) -> None:
    (problem,) = refused(load, ("GET /read: read", "FETCH read: read"))
    assert problem == (
        "14: compute.api.routes.FETCH read: must be GET, POST, PUT, PATCH, DELETE or HEAD and a path of "
        "at most four levels, such as GET /items/{id} (found 'FETCH read')"
    )


def test_a_key_given_twice_is_refused(load: Load) -> None:
    assert refused(load, ("data:\n", "name: again\ndata:\n")) == ["15: name: is given twice; keep one"]


def test_text_that_terraform_would_change_is_refused(load: Load) -> None:
    (problem,) = refused(load, ("data:\n", 'tags: {note: "e\\u0301"}\ndata:\n'))
    assert problem.startswith("15: tags.note: is not in Unicode normal form NFC")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "must be a mapping; start with `name:` (found None)"),
        ("- a", "must be a mapping; start with `name:` (found ['a'])"),
        ("a: [", "is not YAML: expected the node content, but found '<stream end>'"),
        ("a: &x [*x]", "manifest.yaml:1: *x: write the value out: no aliases here"),
        ("\tname: x", "is not YAML: found character '\\t' that cannot start any token"),
    ],
)
def test_a_file_that_is_no_manifest_is_refused_in_one_line(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "manifest.yaml"
    file.write_text(text)
    with pytest.raises(InputRefused) as caught:
        manifests.load(file)
    assert message in str(caught.value)


def test_a_missing_manifest_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match="cannot be read: No such file or directory"):
        manifests.load(tmp_path / "manifest.yaml")


def test_bytes_that_are_no_text_are_refused_with_their_line(tmp_path: Path) -> None:
    file = tmp_path / "manifest.yaml"
    file.write_bytes(b"name: x\ndomain: \xff\n")
    with pytest.raises(InputRefused, match=r"manifest.yaml:2: .*is not UTF-8 text"):
        manifests.load(file)


@given(st.data())
def test_no_damage_to_the_text_ever_gives_a_traceback(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, len(SHORT)))
    end = data.draw(st.integers(start, min(len(SHORT), start + 20)))
    text = SHORT[:start] + data.draw(st.text(max_size=10)) + SHORT[end:]
    file = tmp_path_factory.mktemp("damaged") / "manifest.yaml"
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    with contextlib.suppress(InputRefused):
        manifests.load(file)


def test_failover_takes_five_regions_at_most(load: Load) -> None:
    more = "".join(
        f"\n  {region}: {{role: standby}}" for region in ("eu-west-1", "eu-west-2", "eu-west-3", "eu-north-1")
    )
    problems = refused(load, ("10.1.0.0/16}", "10.1.0.0/16}" + more))
    assert problems == [
        "6: regions: failover routing takes at most 5 regions (a chain of record pairs); use topology: "
        "active-active for more (found 6)"
    ]


def test_regions_of_two_partitions_are_refused(load: Load) -> None:
    (problem,) = refused(load, ("us-west-2:", "cn-north-1:"))
    assert problem.startswith("6: regions: must all lie in one AWS partition")
