"""DynamoDB: global tables whose writes travel, over links that faults cut."""

from __future__ import annotations

from harness.sandbox.faults import Fault
from harness.sandbox.service import CannotBeKept, Context, Link, Service
from harness.sandbox.services.dynamodb.replication import Replication
from harness.sandbox.services.dynamodb.stored import Tables


class DynamoDb(Service):
    """replication: what is on its way between the replicas of global tables."""

    name = "dynamodb"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.replication = Replication(
            context.clock,
            lag=lambda source, destination: context.delay("dynamodb_replication_lag"),
            dark=context.faults.dark,
        )

    def has_table(self, region: str, name: str) -> bool:
        """Whether the region has a table of that name."""
        return Tables().find(self.context.account_id, region, name) is not None

    async def start(self) -> None:
        self.replication.install()

    async def stop(self) -> None:
        self.replication.uninstall()

    def fault_injected(self, number: int, fault: Fault) -> None:
        self.replication.hold(fault)

    def fault_healed(self, number: int, fault: Fault) -> None:
        self.replication.let_go(fault, cut=self.context.faults.cut())

    def held_back(self, link: Link) -> int:
        return self.replication.held_back(link)

    def kept(self) -> object:
        if pending := self.replication.pending():
            raise CannotBeKept(f"{pending} items are on their way to other regions")
        return None
