"""S3 replication: what it copies, when it arrives, and what a cut or a dark region holds back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ministack.core import responses
from ministack.services import kms, s3

from harness.sandbox.emulators.patches import digest_of
from harness.sandbox.services.s3.replication import ObjectReplication
from harness.sandbox.services.s3.stored import STANDS_ON
from harness.sandbox.world.clock import Clock

EAST, WEST = "us-east-1", "us-west-2"
ACCOUNT = "123456789012"
BUCKETS = {EAST: "files-use1", WEST: "files-usw2"}

# Model seconds cost nothing, so the margins are seconds: a busy machine must not turn a test red.
LAG = 10.0

Headers = Mapping[str, str]


@pytest.fixture(autouse=True)
def _empty_emulator() -> Iterator[None]:
    _reset()
    yield
    _reset()


def _reset() -> None:
    with responses.request_scope(ACCOUNT, EAST):
        s3.reset()
        kms.reset()


def call(
    region: str,
    method: str,
    path: str,
    *,
    body: str = "",
    headers: Headers | None = None,
    expect: int = 200,
    **query: str,
) -> tuple[Headers, str]:
    """One S3 request, without a turn of the loop: nothing can be delivered meanwhile."""
    sent = {"host": f"s3.{region}.amazonaws.com", **(headers or {})}
    with responses.request_scope(ACCOUNT, region):
        answer = s3.handle_request(
            method, path, sent, body.encode(), {name: [value] for name, value in query.items()}
        )
        try:
            answer.send(None)
        except StopIteration as stop:
            status, found, content = stop.value
        else:
            raise AssertionError("the emulator waited")
    assert status == expect, content
    return found, content.decode()


def create_buckets() -> None:
    for region, bucket in BUCKETS.items():
        constraint = (
            ""
            if region == EAST
            else f"<CreateBucketConfiguration><LocationConstraint>{region}</LocationConstraint>"
            "</CreateBucketConfiguration>"
        )
        call(region, "PUT", f"/{bucket}", body=constraint)
        enabled = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
        call(region, "PUT", f"/{bucket}", body=enabled, versioning="")


def rule(
    destination: str,
    *,
    name: str = "all",
    priority: int = 1,
    match: str = "<Prefix></Prefix>",
    markers: str = "Enabled",
    selection: str = "",
    more: str = "",
) -> str:
    return (
        f"<Rule><ID>{name}</ID><Status>Enabled</Status><Priority>{priority}</Priority>"
        f"<Filter>{match}</Filter>{selection}"
        f"<DeleteMarkerReplication><Status>{markers}</Status></DeleteMarkerReplication>"
        f"<Destination><Bucket>arn:aws:s3:::{destination}</Bucket>{more}</Destination></Rule>"
    )


def replicate_bucket(region: str, *rules: str) -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/replication"
    body = f'<ReplicationConfiguration xmlns="{s3.S3_NS}"><Role>{role}</Role>{"".join(rules)}'
    call(region, "PUT", f"/{BUCKETS[region]}", body=f"{body}</ReplicationConfiguration>", replication="")


def put(region: str, key: str, value: str, **headers: str) -> str:
    """Gives the version's id."""
    sent = {name.replace("_", "-"): text for name, text in headers.items()}
    return call(region, "PUT", f"/{BUCKETS[region]}/{key}", body=value, headers=sent)[0]["x-amz-version-id"]


def delete(region: str, key: str) -> str:
    """Gives the marker's version id."""
    return call(region, "DELETE", f"/{BUCKETS[region]}/{key}", expect=204)[0]["x-amz-version-id"]


def get(region: str, key: str) -> str | None:
    record = s3._buckets.get_scoped(ACCOUNT, None, BUCKETS[region])["objects"].get(key)
    return None if record is None else call(region, "GET", f"/{BUCKETS[region]}/{key}")[1]


def headers_of(region: str, key: str) -> Headers:
    return call(region, "HEAD", f"/{BUCKETS[region]}/{key}")[0]


def status(region: str, key: str) -> str | None:
    return headers_of(region, key).get("x-amz-replication-status")


def history(region: str, key: str) -> list[str]:
    """The ids of every version and delete marker, oldest first."""
    with responses.request_scope(ACCOUNT, region):
        return [one["version_id"] for one in s3._object_versions.get((BUCKETS[region], key)) or []]


Scenario = Callable[[Clock, ObjectReplication], Coroutine[Any, Any, None]]


def replicate(
    scenario: Scenario,
    *,
    lag: Callable[[str, str], float] = lambda _source, _destination: LAG,
    dark: Callable[[], frozenset[str]] = frozenset,
    both_ways: bool = True,
) -> None:
    """Run the scenario in model time on two buckets that replicate to each other."""

    async def main() -> None:
        clock = Clock()
        replication = ObjectReplication(clock, lag=lag, dark=dark)
        replication.install()
        try:
            create_buckets()
            replicate_bucket(EAST, rule(BUCKETS[WEST]))
            if both_ways:
                replicate_bucket(WEST, rule(BUCKETS[EAST]))
            with clock.jumping():
                await clock.spawn(scenario(clock, replication))
        finally:
            replication.uninstall()

    asyncio.run(main())


def test_an_object_is_missing_elsewhere_at_once_and_there_after_its_lag() -> None:
    async def scenario(clock: Clock, replication: ObjectReplication) -> None:
        put(EAST, "a", "1")
        assert (get(WEST, "a"), replication.pending(EAST)) == (None, 1)
        await clock.sleep(LAG - 3)
        assert get(WEST, "a") is None
        await clock.sleep(6)
        assert (get(WEST, "a"), replication.pending()) == ("1", 0)

    replicate(scenario)


def test_a_source_is_pending_then_completed_and_a_replica_says_replica() -> None:
    async def scenario(clock: Clock, replication: ObjectReplication) -> None:
        put(EAST, "a", "1")
        assert status(EAST, "a") == "PENDING"
        await clock.sleep(LAG + 3)
        assert (status(EAST, "a"), status(WEST, "a")) == ("COMPLETED", "REPLICA")

    replicate(scenario)


def test_a_source_has_failed_when_the_destination_has_gone() -> None:
    async def scenario(clock: Clock, replication: ObjectReplication) -> None:
        put(EAST, "a", "1")
        call(WEST, "DELETE", f"/{BUCKETS[WEST]}", expect=204)
        await clock.sleep(LAG + 3)
        assert status(EAST, "a") == "FAILED"
        assert replication.statistics()[(EAST, WEST)].dropped == 1

    replicate(scenario)


def test_a_replica_has_the_version_id_the_creation_time_the_metadata_and_the_tags_of_its_source() -> None:
    async def scenario(clock: Clock, replication: ObjectReplication) -> None:
        version = put(EAST, "a", "1", x_amz_meta_colour="red", x_amz_tagging="team=blue")
        await clock.sleep(LAG + 3)
        there, here = headers_of(WEST, "a"), headers_of(EAST, "a")
        assert there["x-amz-version-id"] == here["x-amz-version-id"] == version
        assert (there["Last-Modified"], there["ETag"]) == (here["Last-Modified"], here["ETag"])
        assert there["x-amz-meta-colour"] == "red"
        tags = call(WEST, "GET", f"/{BUCKETS[WEST]}/a", tagging="")[1]
        assert "<Key>team</Key><Value>blue</Value>" in tags

    replicate(scenario)


def test_a_replica_is_not_replicated_again() -> None:
    async def scenario(clock: Clock, replication: ObjectReplication) -> None:
        version = put(EAST, "a", "1")
        await clock.sleep(5 * LAG)
        assert history(EAST, "a") == history(WEST, "a") == [version]
        assert list(replication.statistics()) == [(EAST, WEST)]

    replicate(scenario)


def test_a_delete_marker_is_replicated_with_its_id_and_hides_the_object_there_too() -> None:
    async def scenario(clock: Clock, replication: ObjectReplication) -> None:
        version = put(EAST, "a", "1")
        await clock.sleep(2 * LAG)
        marker = delete(EAST, "a")
        assert get(WEST, "a") == "1"
        await clock.sleep(2 * LAG)
        assert get(WEST, "a") is None
        assert history(WEST, "a") == history(EAST, "a") == [version, marker]

    replicate(scenario)


@pytest.mark.parametrize(
    ("markers", "match"),
    [
        ("Disabled", "<Prefix></Prefix>"),
        ("Enabled", "<Tag><Key>team</Key><Value>blue</Value></Tag>"),
    ],
)
def test_a_delete_marker_stays_when_the_rule_does_not_take_it_or_filters_by_tag(
    markers: str, match: str
) -> None:
    async def scenario(clock: Clock, replication: ObjectReplication) -> None:
        replicate_bucket(EAST, rule(BUCKETS[WEST], markers=markers, match=match))
        put(EAST, "a", "1", x_amz_tagging="team=blue")
        await clock.sleep(2 * LAG)
        delete(EAST, "a")
        await clock.sleep(2 * LAG)
        assert (get(EAST, "a"), get(WEST, "a")) == (None, "1")

    replicate(scenario)


def test_the_deletion_of_a_version_is_not_replicated() -> None:
    async def scenario(clock: Clock, replication: ObjectReplication) -> None:
        version = put(EAST, "a", "1")
        await clock.sleep(2 * LAG)
        call(EAST, "DELETE", f"/{BUCKETS[EAST]}/a", expect=204, versionId=version)
        await clock.sleep(2 * LAG)
        assert (history(EAST, "a"), history(WEST, "a")) == ([], [version])

    replicate(scenario)


def test_a_version_that_is_deleted_before_it_was_copied_is_not_copied() -> None:
    async def scenario(clock: Clock, replication: ObjectReplication) -> None:
        version = put(EAST, "a", "1")
        call(EAST, "DELETE", f"/{BUCKETS[EAST]}/a", expect=204, versionId=version)
        await clock.sleep(2 * LAG)
        assert history(WEST, "a") == []

    replicate(scenario)


def test_only_what_the_rules_name_is_replicated_and_what_was_there_before_is_not() -> None:
    async def scenario(clock: Clock, replication: ObjectReplication) -> None:
        put(WEST, "before", "0")
        replicate_bucket(WEST, rule(BUCKETS[EAST], match="<Prefix>kept/</Prefix>"))
        put(WEST, "kept/a", "1")
        put(WEST, "other/a", "2")
        await clock.sleep(2 * LAG)
        assert [get(EAST, key) for key in ("before", "kept/a", "other/a")] == [None, "1", None]
        assert status(WEST, "other/a") is None

    replicate(scenario, both_ways=False)


def test_of_two_rules_to_one_bucket_the_one_of_the_higher_priority_counts() -> None:
    low = rule(BUCKETS[WEST], name="low", priority=1, more="<StorageClass>GLACIER_IR</StorageClass>")
    high = rule(BUCKETS[WEST], name="high", priority=2, more="<StorageClass>STANDARD_IA</StorageClass>")

    async def scenario(clock: Clock, replication: ObjectReplication) -> None:
        replicate_bucket(EAST, low, high)
        put(EAST, "a", "1")
        await clock.sleep(2 * LAG)
        assert headers_of(WEST, "a")["x-amz-storage-class"] == "STANDARD_IA"
        assert replication.statistics()[(EAST, WEST)].delivered == 1

    replicate(scenario)


def create_key(region: str, alias: str) -> str:
    with responses.request_scope(ACCOUNT, region):
        kms._create_key({"Description": alias})
        record = list(kms._keys.values())[-1]
        kms._aliases[kms._alias_arn(alias)] = record["KeyId"]
        return str(record["Arn"])


def kms_rule(alias: str) -> str:
    selected = (
        "<SourceSelectionCriteria><SseKmsEncryptedObjects><Status>Enabled</Status>"
        "</SseKmsEncryptedObjects></SourceSelectionCriteria>"
    )
    named = f"arn:aws:kms:{WEST}:{ACCOUNT}:{alias}"
    return rule(
        BUCKETS[WEST],
        selection=selected,
        more=f"<EncryptionConfiguration><ReplicaKmsKeyID>{named}</ReplicaKmsKeyID></EncryptionConfiguration>",
    )


KMS_HEADER = "x-amz-server-side-encryption-aws-kms-key-id"


def put_under_kms(key: str) -> None:
    encryption = {"x_amz_server_side_encryption": "aws:kms", KMS_HEADER.replace("-", "_"): "alias/east"}
    put(EAST, key, "1", **encryption)


def test_an_object_under_kms_is_replicated_only_where_the_rule_selects_it() -> None:
    async def scenario(clock: Clock, replication: ObjectReplication) -> None:
        put_under_kms("a")
        await clock.sleep(2 * LAG)
        assert (get(WEST, "a"), status(EAST, "a")) == (None, None)

    replicate(scenario)


def test_a_replica_under_kms_has_the_key_of_its_own_region() -> None:
    async def scenario(clock: Clock, replication: ObjectReplication) -> None:
        there = create_key(WEST, "alias/west")
        replicate_bucket(EAST, kms_rule("alias/west"))
        put_under_kms("a")
        await clock.sleep(2 * LAG)
        assert headers_of(EAST, "a")[KMS_HEADER] == "alias/east"
        assert headers_of(WEST, "a")[KMS_HEADER] == there

    replicate(scenario)


@pytest.mark.parametrize("state", ["absent", "PendingDeletion", "Disabled"])
def test_a_replica_whose_key_cannot_be_used_has_failed(state: str) -> None:
    async def scenario(clock: Clock, replication: ObjectReplication) -> None:
        if state != "absent":
            create_key(WEST, "alias/west")
            with responses.request_scope(ACCOUNT, WEST):
                kms._resolve_key("alias/west")["KeyState"] = state
        replicate_bucket(EAST, kms_rule("alias/west"))
        put_under_kms("a")
        await clock.sleep(2 * LAG)
        assert (status(EAST, "a"), get(WEST, "a")) == ("FAILED", None)

    replicate(scenario)


def test_a_cut_holds_one_direction_and_healing_loses_no_version() -> None:
    async def scenario(clock: Clock, replication: ObjectReplication) -> None:
        replication.cut(EAST, WEST)
        versions = [put(EAST, "a", str(n)) for n in range(20)]
        put(WEST, "b", "back")
        await clock.sleep(600)
        assert (get(WEST, "a"), get(EAST, "b"), replication.pending()) == (None, "back", 20)
        replication.heal(EAST, WEST)
        await clock.sleep(LAG - 3)
        assert get(WEST, "a") is None
        await clock.sleep(6)
        assert (get(WEST, "a"), history(WEST, "a")) == ("19", versions)

    replicate(scenario)


@pytest.mark.parametrize("region", [EAST, WEST])
def test_a_dark_region_neither_sends_nor_receives_objects_until_it_returns(region: str) -> None:
    dark: set[str] = set()

    async def scenario(clock: Clock, replication: ObjectReplication) -> None:
        put(EAST, "a", "east")
        put(WEST, "b", "west")
        dark.add(region)
        await clock.sleep(30)
        assert (get(WEST, "a"), get(EAST, "b"), replication.pending()) == (None, None, 2)
        dark.clear()
        await clock.sleep(LAG + 3)
        assert (get(WEST, "a"), get(EAST, "b")) == ("east", "west")

    replicate(scenario, dark=lambda: frozenset(dark))


def test_a_quick_object_overtakes_a_slow_one() -> None:
    lags = iter([60.0, 2.0])

    async def scenario(clock: Clock, replication: ObjectReplication) -> None:
        put(EAST, "slow", "1")
        put(EAST, "quick", "2")
        await clock.sleep(10)
        assert (get(WEST, "slow"), get(WEST, "quick")) == (None, "2")
        await clock.sleep(60)
        assert get(WEST, "slow") == "1"

    replicate(scenario, lag=lambda _source, _destination: next(lags))


def test_a_version_that_arrives_after_a_younger_one_does_not_become_current() -> None:
    lags = iter([60.0, 2.0])

    async def scenario(clock: Clock, replication: ObjectReplication) -> None:
        first, second = put(EAST, "a", "old"), put(EAST, "a", "new")
        await clock.sleep(90)
        assert (get(WEST, "a"), history(WEST, "a")) == ("new", [first, second])

    replicate(scenario, lag=lambda _source, _destination: next(lags))


def test_writes_to_both_buckets_end_with_the_later_one_current_in_both() -> None:
    async def scenario(clock: Clock, replication: ObjectReplication) -> None:
        early = put(EAST, "a", "early")
        await clock.sleep(1)
        late = put(WEST, "a", "late")
        await clock.sleep(2 * LAG)
        assert (get(EAST, "a"), get(WEST, "a")) == ("late", "late")
        assert history(EAST, "a") == history(WEST, "a") == [early, late]

    replicate(scenario)


def test_a_condition_looks_at_the_bucket_it_is_sent_to() -> None:
    async def scenario(clock: Clock, replication: ObjectReplication) -> None:
        put(EAST, "a", "1")
        put(WEST, "a", "2", if_none_match="*")
        await clock.sleep(2 * LAG)
        assert (get(EAST, "a"), get(WEST, "a")) == ("2", "2")
        call(EAST, "PUT", f"/{BUCKETS[EAST]}/a", body="3", headers={"if-none-match": "*"}, expect=412)

    replicate(scenario)


def test_an_object_without_lag_is_copied_with_the_version_that_it_was_given() -> None:
    async def scenario(clock: Clock, replication: ObjectReplication) -> None:
        version = put(EAST, "a", "1")
        await clock.sleep(1)
        assert history(WEST, "a") == [version]

    replicate(scenario, lag=lambda _source, _destination: 0.0)


def test_uninstalling_brings_the_emulators_own_copy_back() -> None:
    originals = (s3._maybe_replicate, s3._maybe_replicate_delete_marker, s3._record_object_version)

    async def scenario(clock: Clock, replication: ObjectReplication) -> None:
        replication.uninstall()
        assert originals == (
            s3._maybe_replicate,
            s3._maybe_replicate_delete_marker,
            s3._record_object_version,
        )
        put(EAST, "a", "1")
        assert get(WEST, "a") == "1"

    replicate(scenario)


def test_installing_the_replication_of_objects_twice_is_refused() -> None:
    async def scenario(clock: Clock, replication: ObjectReplication) -> None:
        with pytest.raises(RuntimeError, match="the replication of objects is already installed"):
            replication.install()

    replicate(scenario)


STEP = st.tuples(
    st.sampled_from(["put", "delete", "cut", "heal"]),
    st.sampled_from([EAST, WEST]),
    st.sampled_from("ab"),
    st.floats(0.001, 4),
)


@settings(max_examples=40, deadline=None)
@given(steps=st.lists(STEP, max_size=20), lags=st.lists(st.floats(0, 30), min_size=5, max_size=5))
def test_whatever_is_put_deleted_cut_and_healed_both_buckets_end_with_one_history(
    steps: list[tuple[str, str, str, float]], lags: list[float]
) -> None:
    _reset()
    drawn = 0
    expected: dict[str, list[str]] = {"a": [], "b": []}

    def lag(_source: str, _destination: str) -> float:
        nonlocal drawn
        drawn += 1
        return lags[drawn % len(lags)]

    async def scenario(clock: Clock, replication: ObjectReplication) -> None:
        for n, (action, region, key, seconds) in enumerate(steps):
            if action == "put":
                expected[key].append(put(region, key, f"{n}"))
            elif action == "delete":
                expected[key].append(delete(region, key))
            else:
                getattr(replication, action)(region, WEST if region == EAST else EAST)
            await clock.sleep(seconds)
        replication.heal(EAST, WEST)
        replication.heal(WEST, EAST)
        await clock.sleep(100)
        for key, versions in expected.items():
            assert history(EAST, key) == history(WEST, key) == versions
            assert get(EAST, key) == get(WEST, key)
        assert replication.pending() == 0

    replicate(scenario, lag=lag)


@pytest.mark.parametrize(("function", "digest"), STANDS_ON.items())
def test_the_emulators_functions_that_stored_stands_on_are_unchanged(function: str, digest: str) -> None:
    assert digest_of(getattr(s3, function)) == digest, (
        f"{function} has changed: see whether services/s3/stored.py still fits, then set its digest"
    )
