"""FailoverGlobalCluster and SwitchoverGlobalCluster: who may be promoted, and where the call has to be sent.

Rules, from the Amazon Aurora User Guide, "Using switchover or failover in Amazon Aurora Global Database": a
switchover is sent to the primary's region, a failover to the region of its target; a headless cluster needs
an instance first; a switchover needs every cluster healthy.
"""

from __future__ import annotations

from collections.abc import Mapping

from harness.sandbox.requests.messages import Answer
from harness.sandbox.services.rds.aurora import stored
from harness.sandbox.services.rds.aurora.calls import Forward, Handler, Parameters
from harness.sandbox.services.rds.aurora.cluster import Cluster
from harness.sandbox.services.rds.aurora.databases import Databases
from harness.sandbox.services.rds.aurora.transitions import Transitions


class Roles:
    """All methods belong to the sandbox's loop."""

    def __init__(self, databases: Databases, transitions: Transitions) -> None:
        self._databases = databases
        self._transitions = transitions
        self.handlers: Mapping[str, Handler] = {
            "FailoverGlobalCluster": self._fail_over,
            "SwitchoverGlobalCluster": self._switch_over,
        }

    async def _fail_over(self, parameters: Parameters, forward: Forward) -> Answer:
        if parameters.get("AllowDataLoss") != "true":
            return await self._switch_over(parameters, forward)
        resolved = self._resolve(parameters)
        if resolved is None:
            return await forward()
        found, target = resolved
        _, region = stored.caller()
        problem = self._problem(found, target)
        if problem is None and target.region != region:
            problem = (
                f"The target cluster {target.key.arn} is not in {region}: "
                f"send FailoverGlobalCluster to its region."
            )
        if problem is not None:
            return stored.error("InvalidGlobalClusterStateFault", problem)
        self._transitions.fail_over(found, target)
        return stored.global_answer("FailoverGlobalCluster", found)

    async def _switch_over(self, parameters: Parameters, forward: Forward) -> Answer:
        resolved = self._resolve(parameters)
        if resolved is None:
            return await forward()
        found, target = resolved
        _, region = stored.caller()
        problem = self._problem(found, target) or self._unhealthy(found, target, region)
        if problem is not None:
            return stored.error("InvalidGlobalClusterStateFault", problem)
        self._transitions.switch_over(found, target)
        action = parameters.get("Action", "SwitchoverGlobalCluster")
        return stored.global_answer(action, found)

    def _resolve(self, parameters: Parameters) -> tuple[stored.Record, Cluster] | None:
        """The global cluster and the target, if both are ours; else MiniStack says what is wrong."""
        account, _ = stored.caller()
        found = stored.global_cluster(account, parameters.get("GlobalClusterIdentifier", ""))
        key = stored.key_of_arn(parameters.get("TargetDbClusterIdentifier", ""))
        target = self._databases.clusters.get(key) if key is not None else None
        if found is None or target is None or stored.writer_of(found) in (None, target.key):
            return None
        return (found, target) if any(other == target.key for other, _ in stored.members(found)) else None

    def _problem(self, found: stored.Record, target: Cluster) -> str | None:
        """Why the global cluster can neither fail over nor switch over to the target."""
        name = found["GlobalClusterIdentifier"]
        member = next(member for key, member in stored.members(found) if key == target.key)
        if found["Status"] != "available":
            return f"Global cluster {name} is in state {found['Status']} but expected it to be available."
        if not stored.instances(target.key):
            return f"The target cluster {target.key.arn} is headless: add a DB instance to it first."
        if not target.ready.is_set() or member.get("SynchronizationStatus") != "connected":
            return f"The target cluster {target.key.arn} is not yet a synchronized secondary of {name}."
        return None

    def _unhealthy(self, found: stored.Record, target: Cluster, region: str) -> str | None:
        """Why the global cluster cannot switch over, which needs everything healthy."""
        primary = self._databases.primary_of(target)
        if primary is None or not primary.available:
            return "The primary cluster is not available, which a switchover needs."
        if primary.region != region:
            return (
                f"The primary cluster {primary.key.arn} is not in {region}: "
                f"send SwitchoverGlobalCluster to its region."
            )
        if self._databases.blocked(primary.region, target.region):
            return f"The target cluster {target.key.arn} does not receive the changes of the primary cluster."
        return None
