"""Single decisions, as a table of what is seen and what is done."""

from __future__ import annotations

from controller.commands import plan_command
from controller.decision import decide, may_serve_clients
from controller.lease import Lease, Phase, Settings
from controller.takeover import refusals
from controller.view import Admit, Announce, Ballot, MeasureLags, Note, Observation, Propose, Serve, View

from tests.lambda_src.failover_model import EAST, THREE, WEST, WITNESS

NOW = 1000.0
HELD = Lease(3, EAST, NOW + 8, Phase.DONE, 900.0, "failover", claimed_at=890.0)
WELL, LOST = Observation(NOW - 1, True, NOW - 400), Observation(NOW - 1, False, NOW - 30, "no answer")


def ballots(
    lease: Lease | None = HELD, *, seen: Observation = WELL, missing: tuple[str, ...] = ()
) -> dict[str, Ballot]:
    """Every voter holds the lease and has seen EAST so, and itself well."""
    return {
        voter: Ballot(lease, {EAST: seen, WEST: WELL}, None, None)
        for voter in THREE.voters
        if voter not in missing
    }


def test_another_region_forwards_until_what_a_majority_has_confirmed_and_no_longer() -> None:
    votes = ballots()
    votes[EAST] = votes[EAST]._replace(lease=HELD._replace(until=NOW + 20))
    votes[WEST] = votes[WEST]._replace(lease=HELD._replace(until=NOW + 12))
    assert decide(NOW, WEST, THREE, View(votes)) == [
        Admit(3, EAST, until=NOW + 12, serving=True, serving_until=NOW + 20)
    ]


def test_nobody_forwards_under_a_lease_that_is_being_handed_over_or_where_nothing_is_fenced() -> None:
    for settings, lease in (
        (THREE, HELD._replace(heir=WEST)),
        (THREE, HELD._replace(phase=Phase.DRAINING)),
        (THREE, HELD._replace(phase=Phase.ACQUIRED)),
        (THREE._replace(databases=()), HELD),
    ):
        (admit,) = decide(NOW, WEST, settings, View(ballots(lease)))
        assert isinstance(admit, Admit)
        assert (admit.until, admit.serving) == (0.0, True)


def test_the_writer_renews_at_all_voters_before_it_admits_its_functions() -> None:
    lease = HELD._replace(until=NOW + 20)
    assert decide(NOW, EAST, THREE, View(ballots())) == [
        Propose(lease),
        Admit(3, EAST, until=NOW + 20, serving=True, serving_until=NOW + 20),
    ]


def test_without_a_majority_in_reach_nothing_is_done_at_all() -> None:
    for region in (EAST, WEST):
        view = View(ballots(missing=(WITNESS, EAST if region == WEST else WEST)))
        assert decide(NOW, region, THREE, view) == [Note("isolated", 0, "reaches 1 of 3 voters")]


def test_a_witness_decides_nothing() -> None:
    assert decide(NOW, WITNESS, THREE, View(ballots())) == []


def test_only_the_home_region_begins_where_nobody_ever_did() -> None:
    assert decide(NOW, WEST, THREE, View(ballots(None))) == []
    (propose,) = decide(NOW, EAST, THREE, View(ballots(None)))
    assert propose == Propose(Lease(1, EAST, NOW + 20, Phase.ACQUIRED, NOW, "bootstrap", claimed_at=NOW))


def test_a_claim_that_may_not_have_won_is_nothing_for_the_functions() -> None:
    votes = ballots()
    claim = HELD._replace(epoch=4, writer=WEST, phase=Phase.ACQUIRED, previous=EAST)
    votes[WEST] = votes[WEST]._replace(lease=claim)
    votes[WITNESS] = votes[WITNESS]._replace(lease=HELD._replace(epoch=2))
    assert decide(NOW, WEST, THREE, View(votes)) == [Serve(True, NOW + 20)]


def test_a_lost_writer_is_waited_for_until_its_lease_and_guard_are_over() -> None:
    lost = View(ballots(seen=LOST), lags={"orders": 1.0})
    assert decide(NOW, WEST, THREE, lost)[1:] == [
        Announce(3),
        Note("ready to take over", 3, f"from {EAST}"),
    ]
    # at NOW + 13 the lease and GUARD have just ended, and not a moment earlier
    for later, claims in ((13.0, False), (13.001, True)):
        fresh = LOST._replace(seen_at=NOW + later)
        view = View(
            {
                voter: ballot._replace(observations={EAST: fresh, WEST: WELL._replace(seen_at=NOW + later)})
                for voter, ballot in ballots().items()
            },
            lags={"orders": 1.0},
        )
        last = decide(NOW + later, WEST, THREE, view)[-1]
        assert isinstance(last, Propose) is claims
        if isinstance(last, Propose):
            assert last.lease == Lease(
                4, WEST, NOW + later + 20, Phase.ACQUIRED, NOW + later, "failover", EAST, (EAST,),
                claimed_at=NOW + later,
            )  # fmt: skip


def test_the_lag_is_measured_before_anything_else_and_for_the_moment_of_the_fault() -> None:
    assert decide(NOW, WEST, THREE, View(ballots(seen=LOST)))[1:] == [MeasureLags(LOST.since)]


def test_everything_that_forbids_a_takeover_is_said_at_once() -> None:
    votes = ballots(HELD._replace(retired=(WEST,)))
    votes[WEST] = votes[WEST]._replace(observations={EAST: WELL, WEST: LOST})
    manual = THREE._replace(automatic=False)
    view = View(votes, lags={"orders": 7.0})
    assert refusals(NOW, WEST, manual, view, HELD._replace(retired=(WEST,))) == [
        f"{WEST} is not well: run status to see why",
        "the mode is manual: run failover to take over",
        f"{WEST} is retired: run failover to let it take over",
        f"no majority of the voters has seen {EAST} fail for 15 s in a row",
        "the replica of orders lagged 7.0 s, more than 5 s",
    ]
    assert refusals(NOW, WEST, manual, view, HELD, requested=True, forced=True) == [
        f"{WEST} is not well: run status to see why"
    ]


def test_one_voter_alone_or_too_short_a_time_or_too_old_a_look_is_no_agreement() -> None:
    short, old = LOST._replace(since=NOW - 15.9), LOST._replace(seen_at=NOW - 21, since=NOW - 60)
    for seen in (short, old):
        assert decide(NOW, WEST, THREE, View(ballots(seen=seen), lags={"orders": 1.0}))[1:] == []
    votes = ballots()
    votes[WEST] = votes[WEST]._replace(observations={EAST: LOST, WEST: WELL})
    assert decide(NOW, WEST, THREE, View(votes, lags={"orders": 1.0}))[1:] == []
    # what the lost region's own voter says of it does not count
    votes[EAST] = votes[EAST]._replace(observations={EAST: LOST})
    assert decide(NOW, WEST, THREE, View(votes, lags={"orders": 1.0}))[1:] == []


def test_who_may_serve() -> None:
    standby = THREE._replace(active_standby=True)
    west = HELD._replace(writer=WEST)
    retired = west._replace(retired=(EAST,))
    reason = f"retired: {WEST} took over in epoch 3"
    view = View({})
    assert [may_serve_clients(NOW, EAST, THREE, view, lease) for lease in (HELD, west, retired)] == [
        (True, ""),
        (True, ""),
        (False, reason),
    ]
    assert may_serve_clients(NOW, EAST, standby, view, west) == (False, f"standby: {WEST} is the writer")
    assert may_serve_clients(NOW, WEST, standby, view, HELD) == (True, "")
    assert may_serve_clients(NOW, EAST, THREE._replace(auto_return=True), view, retired) == (True, "")


def test_a_region_that_alone_does_not_reach_the_writer_sends_its_clients_there() -> None:
    votes = ballots(seen=WELL)
    votes[WEST] = votes[WEST]._replace(observations={EAST: LOST, WEST: WELL})
    away = (False, f"cut off from the writer {EAST}, which other voters reach")

    def served(settings: Settings = THREE, seen: dict[str, Ballot] = votes) -> tuple[bool, str]:
        return may_serve_clients(NOW, WEST, settings, View(seen), HELD)

    assert served() == served(THREE._replace(auto_return=True)) == away
    # nothing is forwarded to a writer without a database, and a standby has no clients
    assert served(THREE._replace(databases=())) == served(THREE._replace(active_standby=True)) == (True, "")
    # the others do not reach it either, or nobody else looks: then it may be lost, and this region is needed
    assert served(seen=ballots(seen=LOST)) == (True, "")
    assert served(seen={WEST: votes[WEST]}) == (True, "")
    brief = votes | {WEST: votes[WEST]._replace(observations={EAST: LOST._replace(since=NOW - 14)})}
    assert served(seen=brief) == (True, "")


def test_a_command_waits_for_a_takeover_or_handover_that_is_under_way() -> None:
    taking_over = HELD._replace(phase=Phase.PROMOTED)
    handing_over = HELD._replace(phase=Phase.DRAINING, heir=WEST)

    def reasons(lease: Lease) -> tuple[str, ...]:
        view = View(ballots(lease))
        return plan_command(NOW, WEST, THREE, view, "switchover", WEST, force=True).reasons

    assert reasons(taking_over) == (
        f"{EAST} is still taking over, phase promoted: wait until status says done",
    )
    assert reasons(handing_over) == (f"{EAST} is handing over to {WEST}: wait until status says done",)
