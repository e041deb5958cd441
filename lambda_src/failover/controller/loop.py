"""One tick: look, decide, act, and look again until there is nothing left to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from controller.decision import decide
from controller.lease import Lease, Phase, Settings, newest
from controller.observation import next_observation
from controller.ports import Databases, Failed, Probes, Tables
from controller.view import (
    Action,
    Admit,
    Announce,
    Candidate,
    Close,
    LookAtDatabases,
    MeasureLags,
    Note,
    Promote,
    Propose,
    RaiseFence,
    Serve,
    SettleSecrets,
    ShareSecrets,
    View,
)

# Enough for a whole takeover, whose longest path has nine; a bound, so that a mistake cannot spin.
MAXIMUM_ROUNDS = 16


class World(NamedTuple):
    """One region's controller: who it is, how it tells the time, and its ports."""

    me: str
    settings: Settings
    clock: Callable[[], float]
    tables: Tables
    databases: Databases
    probes: Probes
    write_line: Callable[[Mapping[str, object]], None]


class Memory:
    """What a worker remembers: only what it logged in its last tick, so that a log does not repeat itself."""

    def __init__(self) -> None:
        self.before: set[Note] = set()
        self.noted: set[Note] = set()


def tick(world: World, memory: Memory) -> None:
    """Observe, then decide and act. Never raises for what a region's loss can cause."""
    memory.before, memory.noted = memory.noted, set()
    publish_observations(world)
    looked = View(ballots={})
    for _ in range(MAXIMUM_ROUNDS):
        now = world.clock()
        view = looked._replace(ballots=world.tables.ballots())
        actions = decide(now, world.me, world.settings, view)
        looked, again = _carry_out(world, memory, view, actions)
        if not again:
            return


def publish_observations(world: World) -> None:
    """Probe the regions, add what is seen to what was seen before, and publish it."""
    seen = world.probes.probe_all()
    now = world.clock()
    try:
        before = world.tables.own_observations()
        world.tables.write_observations(
            {
                region: next_observation(
                    before.get(region), well=well, cause=cause, now=now, settings=world.settings
                )
                for region, (well, cause) in seen.items()
            }
        )
    except Failed as failure:
        world.write_line({"event": "cannot publish observations", "cause": str(failure)})
    world.probes.publish({region: well for region, (well, _) in seen.items() if region != world.me}, now=now)


def _carry_out(world: World, memory: Memory, view: View, actions: list[Action]) -> tuple[View, bool]:
    """Carry the actions out in order; what was looked up, and whether to decide again."""
    again = False
    for action in actions:
        try:
            view, more = _perform(world, memory, view, action)
        except Failed as failure:
            epoch = getattr(newest(view.votes), "epoch", 0)
            _log_once(world, memory, Note(f"{type(action).__name__} failed", epoch, str(failure)))
            return view, False
        again = again or more
    return view, again


def _perform(world: World, memory: Memory, view: View, action: Action) -> tuple[View, bool]:
    match action:
        case Propose(lease):
            return view, _write_lease(world, view, lease)
        case Admit():
            world.tables.admit(action)
        case Serve():
            world.tables.serve(action)
        case Close(epoch):
            world.tables.close(epoch)
        case Announce(epoch):
            world.tables.announce(None if epoch is None else Candidate(epoch, world.clock()))
        case LookAtDatabases():
            return view._replace(databases=world.databases.states()), True
        case MeasureLags(at):
            return view._replace(lags=world.databases.lags(at)), True
        case Promote(database, mode, source):
            _log_once(
                world, memory, Note(f"promote {database}", _latest_epoch(view), f"{mode} from {source}")
            )
            world.databases.promote(database, mode, source)
            return view._replace(databases=None), True
        case RaiseFence(database, epoch):
            world.databases.raise_fence(database, epoch)
        case SettleSecrets(kind, previous):
            return view._replace(secrets_settled=world.databases.settle_secrets(kind, previous)), True
        case ShareSecrets(to):
            world.databases.share_secrets(to)
        case Note():
            _log_once(world, memory, action)
    return view, False


def _write_lease(world: World, view: View, lease: Lease) -> bool:
    """Write the lease to a majority, or fail; True when more than its time has changed."""
    if lease.phase == Phase.DRAINING:
        # the admission has been closed by now: the wait begins here, not when the tick did
        lease = lease._replace(since=world.clock())
    accepted = world.tables.propose(lease, now=world.clock(), guard=world.settings.guard)
    if accepted < world.settings.quorum:
        raise Failed(f"{accepted} of {len(world.settings.voters)} voters accepted epoch {lease.epoch}")
    return lease._replace(until=0) not in [vote._replace(until=0) for vote in view.votes.values() if vote]


def _latest_epoch(view: View) -> int:
    latest = newest(view.votes)
    return latest.epoch if latest else 0


def _log_once(world: World, memory: Memory, note: Note) -> None:
    known = note in memory.before | memory.noted
    memory.noted.add(note)
    if known:
        return
    entry = {"at": world.clock(), "region": world.me, **note._asdict()}
    world.write_line(entry)
    if note.epoch:
        world.tables.log(entry)
