"""One tick: read the view, decide, act, and repeat until no action needs another decision."""

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

# A takeover needs nine rounds at most. The bound keeps a defect from looping.
MAXIMUM_ROUNDS = 16


class World(NamedTuple):
    """One region's controller: its region, settings, clock and ports."""

    me: str
    settings: Settings
    clock: Callable[[], float]
    tables: Tables
    databases: Databases
    probes: Probes
    write_line: Callable[[Mapping[str, object]], None]


class Memory:
    """The notes of a worker's previous and present tick. A note of both is logged once."""

    def __init__(self) -> None:
        self.previous: set[Note] = set()
        self.present: set[Note] = set()


def tick(world: World, memory: Memory) -> None:
    """Publish observations, then decide and act. The loss of a region raises nothing here."""
    memory.previous, memory.present = memory.present, set()
    publish_observations(world)
    lookups = View(ballots={})
    for _ in range(MAXIMUM_ROUNDS):
        now = world.clock()
        view = lookups._replace(ballots=world.tables.ballots())
        actions = decide(now, world.me, world.settings, view)
        lookups, decide_again = _carry_out(world, memory, view, actions)
        if not decide_again:
            return


def publish_observations(world: World) -> None:
    """Probe the regions, then publish their observations and the metric RegionReachable."""
    probes = world.probes.probe_all()
    now = world.clock()
    try:
        earlier = world.tables.own_observations()
        world.tables.write_observations(
            {
                region: next_observation(
                    earlier.get(region), well=well, cause=cause, now=now, settings=world.settings
                )
                for region, (well, cause) in probes.items()
            }
        )
    except Failed as failure:
        world.write_line({"event": "cannot publish observations", "cause": str(failure)})
    world.probes.publish(
        {region: well for region, (well, _) in probes.items() if region != world.me}, now=now
    )


def _carry_out(world: World, memory: Memory, view: View, actions: list[Action]) -> tuple[View, bool]:
    """Carry the actions out in order. Returns the view with new lookups, and whether to decide again."""
    decide_again = False
    for action in actions:
        try:
            view, changed = _perform(world, memory, view, action)
        except Failed as failure:
            epoch = getattr(newest(view.votes), "epoch", 0)
            _log_once(world, memory, Note(f"{type(action).__name__} failed", epoch, str(failure)))
            return view, False
        decide_again = decide_again or changed
    return view, decide_again


def _perform(world: World, memory: Memory, view: View, action: Action) -> tuple[View, bool]:
    """Carry one action out. Returns the view with new lookups, and whether to decide again."""
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
    """Write the lease to the voters. Returns whether more than its `until` is new.

    Raises Failed if less than a majority accepts it.
    """
    if lease.phase == Phase.DRAINING:
        # GUARD counts from here, because the admission is closed now, not from the start of the tick
        lease = lease._replace(since=world.clock())
    accepted = world.tables.propose(lease, now=world.clock(), guard=world.settings.guard)
    if accepted < world.settings.quorum:
        raise Failed(f"only {accepted} of {len(world.settings.voters)} voters accepted epoch {lease.epoch}")
    return lease._replace(until=0) not in [vote._replace(until=0) for vote in view.votes.values() if vote]


def _latest_epoch(view: View) -> int:
    latest = newest(view.votes)
    return latest.epoch if latest else 0


def _log_once(world: World, memory: Memory, note: Note) -> None:
    """Log a note, unless this worker logged the same one in this tick or the previous one."""
    is_known = note in memory.previous | memory.present
    memory.present.add(note)
    if is_known:
        return
    entry = {"at": world.clock(), "region": world.me, **note._asdict()}
    world.write_line(entry)
    if note.epoch:
        world.tables.log(entry)
