"""A global database of two regions for tests, made as a user makes it, and model time for it."""

from __future__ import annotations

import contextlib
import itertools
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import boto3
import pg8000.native
from pg8000.exceptions import DatabaseError, InterfaceError

from harness.sandbox.sandbox import Sandbox
from harness.sandbox.services.rds.aurora import Step

ACCOUNT = "123456789012"
EAST, WEST = "us-east-1", "us-west-2"
USER, PASSWORD, DATABASE = "orders_admin", "a-long-password", "orders"
VERSION = "16.10"

# What a lost or refused session raises, depending on when it notices.
LOST = (InterfaceError, OSError)

_NUMBERS = itertools.count(1)


def client(sandbox: Sandbox, service: str, region: str) -> Any:
    return boto3.client(service, region_name=region, endpoint_url=sandbox.endpoint)


def let_pass(sandbox: Sandbox, seconds: float) -> None:
    """Let model time go on by `seconds`, without waiting for what nobody works on."""

    async def leap() -> None:
        async def wait() -> None:
            await sandbox.clock.sleep(seconds)

        with sandbox.clock.jumping():
            await sandbox.clock.spawn(wait())

    sandbox.run(leap(), timeout=60)


def until(condition: Callable[[], bool], *, seconds: float = 30.0) -> None:
    """Return when the condition is true. AssertionError after so many wall seconds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not true within {seconds:g} s"
        time.sleep(0.01)


@dataclass
class GlobalDatabase:
    """A primary cluster in the east, a secondary in the west, one instance each."""

    sandbox: Sandbox
    name: str
    sessions: list[Any] = field(default_factory=list)
    # by region the cluster endpoint where a session was last opened
    known: dict[str, tuple[str, int]] = field(default_factory=dict)

    def rds(self, region: str) -> Any:
        return client(self.sandbox, "rds", region)

    def identifier(self, region: str) -> str:
        return f"{self.name}-{region}"

    def arn(self, region: str) -> str:
        return f"arn:aws:rds:{region}:{ACCOUNT}:cluster:{self.identifier(region)}"

    def cluster(self, region: str) -> dict[str, Any]:
        found: dict[str, Any] = self.rds(region).describe_db_clusters(
            DBClusterIdentifier=self.identifier(region)
        )["DBClusters"][0]
        return found

    def described(self) -> dict[str, Any]:
        """What DescribeGlobalClusters says, asked in the west."""
        found: dict[str, Any] = self.rds(WEST).describe_global_clusters(GlobalClusterIdentifier=self.name)[
            "GlobalClusters"
        ][0]
        return found

    def synchronization(self) -> dict[str, tuple[bool, str]]:
        """By region whether its cluster is the writer, and how it is synchronized."""
        return {
            member["DBClusterArn"].split(":")[3]: (member["IsWriter"], member["SynchronizationStatus"])
            for member in self.described()["GlobalClusterMembers"]
        }

    def connect(
        self,
        region: str,
        *,
        reader: bool = False,
        forwarding: str | None = None,
        timeout: float | None = 10,
        user: str = USER,
        password: str = PASSWORD,
    ) -> Any:
        """A session at one of the region's endpoints; `forwarding`: the consistency mode that it asks for."""
        cluster = self.cluster(region)
        self.known[region] = (cluster["Endpoint"], cluster["Port"])
        return self.connect_to(
            cluster["ReaderEndpoint" if reader else "Endpoint"],
            cluster["Port"],
            forwarding=forwarding,
            timeout=timeout,
            user=user,
            password=password,
        )

    def connect_to(
        self,
        host: str,
        port: int,
        *,
        forwarding: str | None = None,
        timeout: float | None = 10,
        user: str = USER,
        password: str = PASSWORD,
    ) -> Any:
        """A session at an address that is known, whoever can be asked for it."""
        options = {"options": f"-c apg_write_forward.consistency_mode={forwarding}"} if forwarding else {}
        session = pg8000.native.Connection(
            user,
            password=password,
            database=DATABASE,
            host=host,
            port=port,
            timeout=timeout,
            startup_params=options,
        )
        self.sessions.append(session)
        return session

    def reads(self, region: str) -> list[int]:
        """What the region's reader endpoint sees of the table."""
        with contextlib.closing(self.connect(region, reader=True)) as session:
            return [row[0] for row in session.run("SELECT id FROM orders ORDER BY id")]

    def replicated(self, source: str, destination: str) -> bool:
        """Whether one region's table is what the other's is."""
        try:
            return self.reads(source) == self.reads(destination)
        except DatabaseError:
            return False

    def fail_over(self, region: str = WEST, *, asked_in: str | None = None) -> dict[str, Any]:
        found: dict[str, Any] = self.rds(asked_in or region).failover_global_cluster(
            GlobalClusterIdentifier=self.name,
            TargetDbClusterIdentifier=self.arn(region),
            AllowDataLoss=True,
        )["GlobalCluster"]
        return found

    def switch_over(self, region: str = WEST, *, asked_in: str = EAST) -> dict[str, Any]:
        found: dict[str, Any] = self.rds(asked_in).switchover_global_cluster(
            GlobalClusterIdentifier=self.name, TargetDbClusterIdentifier=self.arn(region)
        )["GlobalCluster"]
        return found

    def steps(self) -> list[Step]:
        return [step for step in self.sandbox.aurora.history if step.cluster.startswith(f"{self.name}-")]

    def secret(self, region: str = EAST) -> str:
        """The ARN of a secret with the administrator's password."""
        text = json.dumps({"username": USER, "password": PASSWORD})
        name = f"{self.name}/{region}/{next(_NUMBERS)}"
        made: str = client(self.sandbox, "secretsmanager", region).create_secret(
            Name=name, SecretString=text
        )["ARN"]
        return made

    def add_instance(self, region: str, *, number: int = 1) -> None:
        self.rds(region).create_db_instance(
            DBInstanceIdentifier=f"{self.identifier(region)}-{number}",
            DBClusterIdentifier=self.identifier(region),
            DBInstanceClass="db.r6g.large",
            Engine="aurora-postgresql",
        )


@contextlib.contextmanager
def global_database(
    sandbox: Sandbox, *, headless: bool = False, **secondary: Any
) -> Iterator[GlobalDatabase]:
    """A global database with a table `orders`, removed afterwards. `secondary`: settings of the secondary."""
    made = GlobalDatabase(sandbox, f"db{next(_NUMBERS)}")
    common = {"Engine": "aurora-postgresql", "EngineVersion": VERSION, "GlobalClusterIdentifier": made.name}
    made.rds(EAST).create_global_cluster(**common, DatabaseName=DATABASE)
    made.rds(EAST).create_db_cluster(
        **common,
        DBClusterIdentifier=made.identifier(EAST),
        DatabaseName=DATABASE,
        EnableHttpEndpoint=True,
        MasterUserPassword=PASSWORD,
        MasterUsername=USER,
    )
    made.add_instance(EAST)
    made.rds(WEST).create_db_cluster(
        **common, DBClusterIdentifier=made.identifier(WEST), EnableHttpEndpoint=True, **secondary
    )
    if not headless:
        made.add_instance(WEST)
    sandbox.run(sandbox.aurora.settle(), timeout=60)
    with contextlib.closing(made.connect(EAST)) as session:
        session.run("CREATE TABLE orders (id bigint PRIMARY KEY, note text)")
    if not headless:
        let_pass(sandbox, 2)
        until(lambda: made.replicated(EAST, WEST))
    try:
        yield made
    finally:
        sandbox.faults.heal_all()
        _remove(made)


def _remove(made: GlobalDatabase) -> None:
    for session in made.sessions:
        with contextlib.suppress(Exception):
            session.close()
    let_pass(made.sandbox, 700)  # until no failover or rebuilding goes on
    writer = next((region for region, (is_writer, _) in made.synchronization().items() if is_writer), EAST)
    for region in sorted((EAST, WEST), key=lambda region: region == writer):
        rds = made.rds(region)
        for instance in rds.describe_db_instances()["DBInstances"]:
            if instance["DBClusterIdentifier"] == made.identifier(region):
                rds.delete_db_instance(DBInstanceIdentifier=instance["DBInstanceIdentifier"])
        rds.remove_from_global_cluster(
            GlobalClusterIdentifier=made.name, DbClusterIdentifier=made.arn(region)
        )
        rds.delete_db_cluster(DBClusterIdentifier=made.identifier(region), SkipFinalSnapshot=True)
    made.rds(EAST).delete_global_cluster(GlobalClusterIdentifier=made.name)
