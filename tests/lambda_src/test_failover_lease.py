"""The quorum core under an adversary: messages late, reordered and lost, clocks wrong by up to GUARD."""

from __future__ import annotations

import dataclasses

import pytest
from controller.lease import Lease, accepts, established, is_free, newest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.lambda_src.failover_model import EAST, THREE, WEST, WITNESS, Phase

GUARD, LEASE = THREE.guard, THREE.lease
# whom a proposal reaches at once; the others may get it later, or never
REACHED = [(EAST, WEST), (WEST, WITNESS), (EAST, WITNESS), (EAST, WEST, WITNESS), (WITNESS,), ()]
OLD = Lease(3, EAST, 100.0, Phase.DONE, 10.0, "bootstrap")


@pytest.mark.parametrize(
    ("changes", "now", "accepted"),
    [
        ({"until": 120.0}, 101.0, True),
        ({"until": 99.0}, 90.0, False),
        ({"phase": Phase.PROMOTED}, 90.0, False),
        ({"phase": Phase.DRAINING}, 90.0, True),
        ({"writer": WEST}, 300.0, False),
        ({"epoch": 2, "writer": WEST}, 300.0, False),
        ({"epoch": 4, "writer": EAST, "until": 110.0}, 90.0, True),
        ({"epoch": 4, "writer": EAST, "until": 95.0}, 90.0, False),
        ({"epoch": 4, "writer": WEST}, 105.0, False),
        ({"epoch": 4, "writer": WEST}, 105.1, True),
    ],
)
def test_a_voter_takes_what_keeps_or_ends_its_lease_lawfully(
    changes: dict[str, object], now: float, accepted: bool
) -> None:
    assert accepts(OLD, OLD._replace(**changes), now=now, guard=GUARD) is accepted  # type: ignore[arg-type]


def test_an_empty_voter_takes_anything_and_a_released_lease_is_free_at_once() -> None:
    assert accepts(None, OLD, now=0.0, guard=GUARD)
    released = OLD._replace(phase=Phase.RELEASED)
    assert accepts(released, OLD._replace(epoch=4, writer=WEST), now=0.0, guard=GUARD)


def test_what_a_majority_holds_ends_when_the_majority_says_so() -> None:
    votes = {EAST: OLD, WEST: OLD._replace(until=90.0), WITNESS: OLD._replace(until=80.0)}
    assert established(votes, 2) == OLD._replace(until=90.0)
    assert established({EAST: OLD, WEST: None, WITNESS: OLD._replace(epoch=2)}, 2) is None
    assert newest(votes) == OLD
    assert newest({EAST: None}) is None


leases = st.builds(
    lambda **fields: Lease(**fields),
    epoch=st.integers(1, 4),
    writer=st.sampled_from([EAST, WEST]),
    until=st.integers(0, 12).map(float),
    phase=st.sampled_from(Phase),
    since=st.just(0.0),
    kind=st.just("failover"),
)


@given(held=leases, proposed=leases, now=st.integers(0, 30).map(float))
def test_whatever_a_voter_accepts_another_writer_had_to_wait_for(
    held: Lease, proposed: Lease, now: float
) -> None:
    if accepts(held, proposed, now=now, guard=GUARD):
        assert proposed.epoch >= held.epoch
        if proposed.writer != held.writer:
            assert is_free(held, now=now, guard=GUARD)
            assert proposed.epoch > held.epoch
        elif not is_free(held, now=now, guard=GUARD):
            assert proposed.until >= held.until


@dataclasses.dataclass
class Campaign:
    """One proposal on its way to the voters: who has taken it, and who may yet get it."""

    lease: Lease
    # read before anything was sent
    now: float
    outstanding: set[str]
    taken: set[str] = dataclasses.field(default_factory=set)


class Registers(RuleBasedStateMachine):
    """Any region proposes anything at any time; each message arrives at any time, or never.

    A region is admitted until U once a majority has taken its lease until U. Its functions stop when their
    own clock says U. Nothing else is assumed, neither decisions nor order.
    """

    voters = (EAST, WEST, WITNESS)

    @initialize(
        skew=st.fixed_dictionaries(
            {region: st.sampled_from([-GUARD / 2, 0.0, GUARD / 2]) for region in (EAST, WEST)}
        )
    )
    def begin(self, skew: dict[str, float]) -> None:
        self.time = 100.0
        self.skew = skew
        self.held: dict[str, Lease | None] = dict.fromkeys(self.voters)
        self.sent: list[Campaign] = []
        self.admitted: dict[tuple[str, int], float] = {}

    def clock(self, region: str) -> float:
        return self.time + self.skew[region]

    @rule(seconds=st.sampled_from([0.5, 3.0, 12.0, 17.0, 21.0, 26.0]))
    def wait(self, seconds: float) -> None:
        self.time += seconds

    @rule(
        region=st.sampled_from([EAST, WEST]),
        late=st.sampled_from([0.0, 0.0, 0.0, 0.0, 3.0, 24.0]),
        above=st.sampled_from([0, 0, 1, 1, 1, 2, -1]),
        at_once=st.sampled_from(REACHED),
    )
    def propose(self, region: str, late: float, above: int, at_once: tuple[str, ...]) -> None:
        """A claim or a renewal; its clock was read `late` seconds ago, in a worker that slept since."""
        now = self.clock(region) - late
        epoch = max((lease.epoch for lease in self.held.values() if lease), default=0) + above
        # only the writer of an epoch renews it; what nobody has claimed is a claim
        claimed = {campaign.lease.writer for campaign in self.sent if campaign.lease.epoch == epoch}
        if epoch < 1 or (above < 1 and region not in claimed):
            return
        campaign = Campaign(
            Lease(epoch, region, now + LEASE, Phase.DONE, now, "failover"), now, set(self.voters)
        )
        self.sent.append(campaign)
        for voter in at_once:
            self._deliver(campaign, voter)

    @rule(data=st.data())
    def deliver_late(self, data: st.DataObject) -> None:
        waiting = [campaign for campaign in self.sent if campaign.outstanding]
        if waiting:
            campaign = data.draw(st.sampled_from(waiting))
            self._deliver(campaign, data.draw(st.sampled_from(sorted(campaign.outstanding))))

    def _deliver(self, campaign: Campaign, voter: str) -> None:
        campaign.outstanding.discard(voter)
        if accepts(self.held[voter], campaign.lease, now=campaign.now, guard=GUARD):
            self.held[voter] = campaign.lease
            campaign.taken.add(voter)
        if len(campaign.taken) >= 2:
            lease = campaign.lease
            key = (lease.writer, lease.epoch)
            self.admitted[key] = max(self.admitted.get(key, 0.0), lease.until)

    @invariant()
    def one_region_is_admitted_at_a_time(self) -> None:
        if not hasattr(self, "admitted"):
            return
        writing = {region for (region, _), until in self.admitted.items() if self.clock(region) < until}
        assert len(writing) <= 1, writing

    @invariant()
    def an_epoch_has_one_writer(self) -> None:
        if not hasattr(self, "admitted"):
            return
        writers: dict[int, str] = {}
        for region, epoch in self.admitted:
            assert writers.setdefault(epoch, region) == region


TestRegisters = Registers.TestCase
TestRegisters.settings = settings(max_examples=800, stateful_step_count=25, deadline=None)
