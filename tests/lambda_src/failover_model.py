"""Several regions, their tables, databases, functions and clocks, in a deterministic model.

The controllers in it are the real ones; what they stand on can be cut, darkened, delayed, and killed between
any two of their effects. Every write that a client got through is in `accepted`.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from controller.lease import Lease, Phase, Settings, accepts, established
from controller.loop import Memory, World, tick
from controller.ports import Failed
from controller.view import Admit, Ballot, Candidate, Database, Intent, Observation, Serve

EAST, WEST, WITNESS = "us-east-1", "eu-west-1", "us-east-2"
THREE = Settings(voters=(EAST, WEST, WITNESS), regions=(EAST, WEST), home=EAST, databases=("orders",))
# a function's copy of the admission is never older than this: shared/fence.py
GRACE = 4.0


class Killed(BaseException):
    """The controller's worker ends here."""


class Write(NamedTuple):
    at: float
    number: int
    epoch: int
    # whose function took it, and whose database
    region: str
    database: str


@dataclasses.dataclass
class Table:
    """One voter's control table."""

    lease: Lease | None = None
    intent: Intent | None = None
    candidate: Candidate | None = None
    observations: dict[str, Observation] = dataclasses.field(default_factory=dict)
    # every admission that was ever in force, with the time from which it was
    admissions: list[tuple[float, Admit]] = dataclasses.field(default_factory=list)
    closed: int = 0
    log: dict[int, list[dict[str, Any]]] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass
class Cluster:
    """One region's copy of the database: rows with the time of their commit, and the fence."""

    rows: list[Write] = dataclasses.field(default_factory=list)
    fence: int = 0
    # believes itself to be the writer; after a failover the lost one does so too until it is rebuilt
    is_writer: bool = False


class Model:
    """The world. Time is true time; region r's clocks show `time + skew[r]`."""

    def __init__(
        self,
        settings: Settings = THREE,
        *,
        skew: Mapping[str, float] | None = None,
        promotion: float = 60.0,
        lag: float = 1.0,
        drag: float = 0.0,
    ) -> None:
        self.settings = settings
        self.skew = dict(skew or {})
        self.time = 1000.0
        # drag: seconds that every effect of a controller takes
        self.promotion, self.lag, self.drag = promotion, lag, drag
        self.due = {voter: 1000.5 + 1.5 * number for number, voter in enumerate(settings.voters)}
        self.fence_fails = False
        self.tables = {voter: Table() for voter in settings.voters}
        self.clusters = {region: Cluster() for region in settings.regions}
        self.clusters[settings.home].is_writer = True
        # the region that the control plane names as the writer, and until when which promotion takes
        self.named = settings.home
        self.moving: tuple[float, str] | None = None
        self.kept: list[Write] = []
        self.secrets: dict[str, str] = dict.fromkeys(settings.regions, settings.home)
        self.dark: set[str] = set()
        self.cuts: set[frozenset[str]] = set()
        self.unwell: set[str] = set()
        self.database_down: set[str] = set()
        self.stopped: set[str] = set()
        self.memories = {voter: Memory() for voter in settings.voters}
        self.accepted: list[Write] = []
        self.lines: list[dict[str, Any]] = []
        self.numbers = itertools.count(1)
        self._checked = 0
        self.hook: Callable[[str, str], None] = lambda region, name: None

    # ------------------------------------------------------------ time

    def world(self, region: str) -> World:
        return World(
            me=region,
            settings=self.settings,
            clock=lambda: self.now(region),
            tables=ModelTables(self, region),
            databases=ModelDatabases(self, region),
            probes=ModelProbes(self, region),
            write_line=lambda line: self.lines.append(dict(line)),
        )

    def now(self, region: str) -> float:
        return self.time + self.skew.get(region, 0.0)

    def tick(self, region: str) -> None:
        if region not in self.dark and region not in self.stopped:
            tick(self.world(region), self.memories[region])

    def run(self, seconds: float, *, clients: bool = True) -> None:
        """Let time pass: each controller ticks every 5 s at its own moment, clients write all the time."""
        end = self.time + seconds
        while self.time < end:
            self.time += 0.5
            for voter in self.settings.voters:
                if self.time >= self.due[voter]:
                    self.due[voter] += self.settings.tick
                    self.tick(voter)
            if clients:
                for region in self.settings.regions:
                    self.write(region)
            self.ship()
            self.check()

    def effect(self, region: str, name: str) -> None:
        """Called before every effect of a controller: time goes on, and a test may do what it likes."""
        self.time += self.drag
        self.hook(region, name)

    # ------------------------------------------------------------ reach

    def reaches(self, source: str, target: str) -> bool:
        lost = target in self.dark or source in self.dark
        return not lost and frozenset((source, target)) not in self.cuts

    def cut(self, one: str, other: str) -> None:
        self.cuts.add(frozenset((one, other)))

    def isolate(self, region: str) -> None:
        for other in self.settings.voters:
            if other != region:
                self.cut(region, other)

    def heal(self) -> None:
        self.cuts.clear()
        for region in list(self.dark):
            self.dark.discard(region)
        self.rebuild()

    # ------------------------------------------------------------ the database

    def settle(self) -> None:
        """Finish a promotion whose time has come."""
        if self.moving is None or self.time < self.moving[0]:
            return
        self.named, self.moving = self.moving[1], None
        self.clusters[self.named].is_writer = True

    def begin(self, mode: str, source: str, target: str) -> None:
        old, new = self.clusters[source], self.clusters[target]
        if mode == "switchover":
            new.rows, new.fence, old.is_writer = list(old.rows), old.fence, False
        self.moving = (self.time + self.promotion, target)

    def ship(self) -> None:
        """Replicate what is older than the lag to the replicas that the writer reaches."""
        source = self.clusters[self.named]
        if self.moving is not None or self.named in self.database_down:
            return
        for region, replica in self.clusters.items():
            if not replica.is_writer and self.reaches(self.named, region):
                shipped = len(replica.rows)
                replica.rows += [row for row in source.rows[shipped:] if row.at <= self.time - self.lag]

    def rebuild(self) -> None:
        """What AWS does when the lost region is back: keep what only it has, then make it a replica."""
        if self.moving is not None:
            return
        writer = self.clusters[self.named]
        for region, cluster in self.clusters.items():
            if region != self.named and cluster.is_writer and region not in self.dark:
                self.kept += [row for row in cluster.rows if row not in writer.rows]
                cluster.rows, cluster.is_writer = list(writer.rows), False

    # ------------------------------------------------------------ clients

    def write(self, region: str) -> bool:
        """A client's write at a region: its function uses the laxest admission it may still remember."""
        if region in self.dark:
            return False
        for admission in self._remembered(region):
            if self.now(region) < admission.until and self._commit(region, admission):
                return True
        return False

    def _remembered(self, region: str) -> Iterator[Admit]:
        history = self.tables[region].admissions
        for number, (_, admission) in enumerate(history):
            replaced = history[number + 1][0] if number + 1 < len(history) else float("inf")
            if replaced >= self.time - GRACE:
                yield admission

    def _commit(self, region: str, admission: Admit) -> bool:
        self.settle()
        cluster = self.clusters[admission.writer]
        if not self.reaches(region, admission.writer) and region != admission.writer:
            return False
        if admission.writer in self.dark or admission.writer in self.database_down:
            return False
        if self.settings.databases and (not cluster.is_writer or cluster.fence > admission.epoch):
            return False
        row = Write(self.time, next(self.numbers), admission.epoch, region, admission.writer)
        cluster.rows.append(row)
        self.accepted.append(row)
        return True

    # ------------------------------------------------------------ what must always hold

    def check(self) -> None:
        """No write of an older epoch after one of a newer one, and no two writers admitted at once."""
        self.settle()
        for earlier, later in itertools.pairwise(self.accepted[self._checked :]):
            assert earlier.epoch <= later.epoch, f"{later} after {earlier}"
        self._checked = max(0, len(self.accepted) - 1)
        writers = {
            region
            for region in self.settings.regions
            for admission in self._remembered(region)
            if admission.writer == region and self.now(region) < admission.until
        }
        assert len(writers) <= 1, f"admitted at once: {writers}"

    @property
    def lost(self) -> list[Write]:
        """Acknowledged writes that the present writer does not have."""
        present = set(self.clusters[self.named].rows)
        return [write for write in self.accepted if write not in present]

    # ------------------------------------------------------------ looking in

    def lease(self) -> Lease | None:
        return established({voter: table.lease for voter, table in self.tables.items()}, self.settings.quorum)

    def events(self, name: str) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["event"] == name]

    def admission(self, region: str) -> Admit | None:
        history = self.tables[region].admissions
        return history[-1][1] if history else None

    def admitted(self) -> set[str]:
        """The regions whose functions may write into their own database now."""
        return {
            region
            for region in self.settings.regions
            if region not in self.dark
            and (found := self.admission(region)) is not None
            and found.writer == region
            and self.now(region) < found.until
        }

    def intend(self, kind: str, to: str, *, force: bool = False, by: str = "a person") -> None:
        lease = self.lease()
        assert lease is not None
        asked = Intent(f"i{next(self.numbers)}", kind, to, lease.epoch, self.time, by, force)
        for voter, table in self.tables.items():
            if voter not in self.dark:
                table.intent = asked


class ModelTables:
    """The port Tables of one region's controller."""

    def __init__(self, model: Model, me: str) -> None:
        self.model, self.me = model, me

    def _table(self, voter: str) -> Table:
        if not self.model.reaches(self.me, voter):
            raise Failed(f"{voter} is out of reach")
        return self.model.tables[voter]

    def ballots(self) -> dict[str, Ballot]:
        found = {}
        for voter in self.model.settings.voters:
            self.model.effect(self.me, f"read {voter}")
            if self.model.reaches(self.me, voter):
                table = self.model.tables[voter]
                found[voter] = Ballot(table.lease, dict(table.observations), table.candidate, table.intent)
        return found

    def propose(self, lease: Lease, *, now: float, guard: float) -> int:
        accepted = 0
        for voter in self.model.settings.voters:
            self.model.effect(self.me, f"propose {lease.phase.name} to {voter}")
            if self.model.reaches(self.me, voter):
                table = self.model.tables[voter]
                if accepts(table.lease, lease, now=now, guard=guard):
                    table.lease = lease
                    accepted += 1
        return accepted

    def write_intent(self, intent: Intent) -> int:
        return 0

    def own_observations(self) -> Mapping[str, Observation]:
        return dict(self._table(self.me).observations)

    def write_observations(self, observations: Mapping[str, Observation]) -> None:
        self.model.effect(self.me, "observe")
        self._table(self.me).observations = dict(observations)

    def announce(self, candidate: Candidate | None) -> None:
        self.model.effect(self.me, "announce")
        self._table(self.me).candidate = candidate

    def admit(self, admission: Admit) -> None:
        self.model.effect(self.me, "admit")
        table = self._table(self.me)
        current = table.admissions[-1][1].epoch if table.admissions else 0
        if admission.epoch < current or (admission.until and admission.epoch <= table.closed):
            raise Failed("closed")
        table.admissions.append((self.model.time, admission))

    def serve(self, serve: Serve) -> None:
        self.model.effect(self.me, "serve")
        table = self._table(self.me)
        last = table.admissions[-1][1] if table.admissions else Admit(0, "", 0.0, False, 0.0)
        if last.serving_until > serve.serving_until:
            raise Failed("ConditionalCheckFailedException")
        table.admissions.append((self.model.time, last._replace(**serve._asdict())))

    def close(self, epoch: int) -> None:
        self.model.effect(self.me, "close")
        table = self._table(self.me)
        current = table.admissions[-1][1].epoch if table.admissions else 0
        if current > epoch or table.closed > epoch:
            raise Failed("ConditionalCheckFailedException")
        table.closed = epoch
        if table.admissions:
            last = table.admissions[-1][1]
            table.admissions.append((self.model.time, last._replace(until=0.0)))

    def log(self, entry: Mapping[str, Any]) -> None:
        for voter in self.model.settings.voters:
            if self.model.reaches(self.me, voter):
                self.model.tables[voter].log.setdefault(entry["epoch"], []).append(dict(entry))

    def read_log(self, epoch: int) -> list[dict[str, Any]]:
        return list(self.model.tables[self.me].log.get(epoch, []))


class ModelDatabases:
    """The port Databases of one region's controller."""

    def __init__(self, model: Model, me: str) -> None:
        self.model, self.me = model, me

    def states(self) -> dict[str, Database | None]:
        self.model.effect(self.me, "look")
        self.model.settle()
        moving = self.model.moving is not None
        return {
            name: Database(self.model.named, moving, self.me not in self.model.database_down)
            for name in self.model.settings.databases
        }

    def lags(self, at: float) -> dict[str, float | None]:
        return dict.fromkeys(self.model.settings.databases, self.model.lag)

    def promote(self, database: str, mode: str, source: str | None) -> None:
        self.model.effect(self.me, f"promote {mode}")
        model = self.model
        assert source is not None
        if model.moving is not None or source == self.me:
            raise Failed("InvalidGlobalClusterStateFault")
        if mode == "switchover" and (not model.reaches(self.me, source) or source in model.database_down):
            raise Failed("the primary is not available")
        model.begin(mode, source, self.me)

    def raise_fence(self, database: str, epoch: int) -> None:
        self.model.effect(self.me, "fence")
        self.model.settle()
        cluster = self.model.clusters[self.me]
        if self.me in self.model.database_down or not cluster.is_writer or self.model.fence_fails:
            raise Failed("the database cannot be reached")
        cluster.fence = max(cluster.fence, epoch)

    def settle_secrets(self, kind: str, previous: str | None) -> bool:
        self.model.effect(self.me, "secrets")
        if kind in ("failover", "evacuation") or self.me == self.model.settings.home:
            self.model.secrets[self.me] = self.me
        return True

    def share_secrets(self, to: str) -> None:
        self.model.effect(self.me, "share secrets")


class ModelProbes:
    """The port Probes of one voter's controller: well is what answers and is confirmed."""

    def __init__(self, model: Model, me: str) -> None:
        self.model, self.me = model, me

    def probe_all(self) -> dict[str, tuple[bool, str]]:
        self.model.effect(self.me, "probe")
        return {region: self._seen(region) for region in self.model.settings.regions}

    def _seen(self, region: str) -> tuple[bool, str]:
        if region != self.me and not self.model.reaches(self.me, region):
            return False, "no answer"
        if region in self.model.unwell or region in self.model.database_down:
            return False, "unwell"
        found = self.model.admission(region)
        if found is not None and self.model.now(region) >= found.serving_until:
            return False, "isolated"
        return True, ""

    def publish(self, seen: Mapping[str, bool], *, now: float) -> None:
        return None


__all__ = ["EAST", "THREE", "WEST", "WITNESS", "Killed", "Model", "Phase", "Write"]
