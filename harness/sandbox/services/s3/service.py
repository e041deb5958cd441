"""S3: objects that travel to the buckets of other regions, over links that faults cut."""

from __future__ import annotations

from harness.sandbox.faults import Fault, ServiceDown
from harness.sandbox.service import CannotBeKept, Context, Link, Service
from harness.sandbox.services.s3.replication import ObjectReplication


class S3(Service):
    """replication: what is on its way between buckets."""

    name = "s3"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.replication = ObjectReplication(
            context.clock,
            lag=lambda source, destination: context.delay("s3_replication_lag"),
            dark=self._unavailable,
        )

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
            raise CannotBeKept(f"{pending} objects are on their way to other regions")
        return None

    def _unavailable(self) -> frozenset[str]:
        """The regions that are dark, or in which S3 is down."""
        faults = self.context.faults.active().values()
        down = {f.region for f in faults if isinstance(f, ServiceDown) and f.service == self.name}
        return self.context.faults.dark() | down
