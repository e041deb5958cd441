"""A region that leaves in two phases: it is drained, then what the stacks of all regions have there goes."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator import manifest as manifests
from generator import roots
from generator.manifest import Manifest
from generator.manifest.problems import InputRefused
from generator.stacks import Stack, stacks
from tests.generator.short_manifest import REPOSITORY, Load

THIRD = ("compute:", "  eu-west-1: {role: standby, cidr: 10.2.0.0/16}\ncompute:")
DRAINED = ("compute:", "  eu-west-1: {role: standby, cidr: 10.2.0.0/16, draining: true}\ncompute:")


def of(manifest: Manifest, name: str) -> Stack:
    return next(stack for stack in stacks(manifest) if stack.name == name)


def targets(manifest: Manifest) -> dict[str, list[str]]:
    return {
        str(call.arguments["name"]): list(call.arguments["targets"])  # type: ignore[call-overload]
        for call in of(manifest, "edge").calls
        if call.module == "edge/dns_routing"
    }


def test_a_draining_region_leaves_the_records_and_nothing_else(load: Load) -> None:
    whole, drained = load(THIRD), load(DRAINED)
    assert targets(whole) == {
        "api.example.com": ["us-east-1", "us-west-2"],
        "fallback-1.api.example.com": ["us-west-2", "eu-west-1"],
    }
    assert targets(drained) == {"api.example.com": ["us-east-1", "us-west-2"]}
    for name in ("state", "global", "data", "eu-west-1"):
        assert of(whole, name) == of(drained, name)


def test_edges_no_longer_ask_a_draining_region(tmp_path: Path) -> None:
    text = (REPOSITORY / "envs/reference/global-serverless/manifest.yaml").read_text()
    file = tmp_path / "manifest.yaml"
    added = text.replace(
        "edge:\n", "  eu-central-1: {role: active, cidr: 10.2.0.0/16, draining: true}\nedge:\n", 1
    ).replace("failover: {witness: us-east-2}", "failover: {}")
    file.write_text(added)
    manifest = manifests.load(file)
    assert {name: sorted(regions) for name, regions in targets(manifest).items()} == {
        "origin.app.example.com": ["eu-west-1", "us-east-1"],
        "standby.app.example.com": ["eu-west-1", "us-east-1"],
    }
    environment = next(
        call.arguments["environment"]
        for call in of(manifest, "eu-west-1").calls
        if call.label == "function_failover"
    )
    assert isinstance(environment, dict)
    # it votes on, and takes over from nobody
    assert "eu-central-1" in environment["VOTERS"]
    assert "eu-central-1" not in environment["REGIONS"]


def test_a_removed_region_keeps_its_provider_and_nothing_else(load: Load) -> None:
    whole, short, removed = load(THIRD), load(), load(("compute:", "removed: [eu-west-1]\ncompute:"))
    assert stacks(removed) == stacks(short)
    for stack in stacks(short):
        before, after = (roots.root(each, stack, modules="../../../modules") for each in (short, removed))
        kept = 'provider "aws" {\n  alias               = "euw1"\n  region              = "eu-west-1"'
        if stack.name in short.regions:
            assert before == after
            continue
        assert kept in after
        at_work = of(whole, stack.name)
        if "eu-west-1" in at_work.regions:
            assert kept in roots.root(whole, at_work, modules="../../../modules"), "by the name it had"
        assert "aws.euw1" not in after


@pytest.mark.parametrize(
    ("removed", "message"),
    [
        ("[eu-wst-1]", "is not an AWS region; did you mean eu-west-1?"),
        ("[us-gov-west-1]", "must lie in the AWS partition of the regions"),
        ("[us-west-2]", "is still part of the environment: take it out of regions, or of failover.witness"),
        ("[eu-west-1, eu-west-1]", "must be named once"),
    ],
)
def test_what_cannot_be_removed_is_refused(load: Load, removed: str, message: str) -> None:
    with pytest.raises(InputRefused) as refused:
        load(("compute:", f"removed: {removed}\ncompute:"))
    assert [message in str(problem) for problem in refused.value.problems] == [True]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            (THIRD, ("{role: primary,", "{role: primary, draining: true,")),
            "must not be set on the lead region: make another one the lead first",
        ),
        (
            (THIRD, ("us-west-2: {role: standby,", "us-west-2: {role: standby, draining: true,")),
            "must not be set on the recovery region, whose bucket holds the state of edge",
        ),
        (
            (("us-west-2: {role: standby,", "us-west-2: {role: standby, draining: true,"),),
            "must leave two regions that are not draining; add another one first",
        ),
    ],
)
def test_what_cannot_be_drained_is_refused(
    load: Load, changes: tuple[tuple[str, str], ...], message: str
) -> None:
    with pytest.raises(InputRefused) as refused:
        load(*changes)
    assert any(message in str(problem) for problem in refused.value.problems)
