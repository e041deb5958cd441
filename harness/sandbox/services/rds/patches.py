"""What MiniStack's RDS forgets or leaves out of its answers, as far as a plan or a client would notice.

The databases themselves are in aurora/; here are settings that AWS stores and gives back.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any

from harness.sandbox.emulators.patches import patch
from harness.sandbox.requests.messages import Answer
from harness.sandbox.service import running
from harness.sandbox.services.rds.aurora import Aurora

Handler = Callable[[str, str, Mapping[str, str], bytes, Mapping[str, Any]], Awaitable[Answer]]

_RDS = "ministack.services.rds"
# Under this key a record holds the settings that MiniStack does not know.
_KEPT = "_antipode"

# Settings of a cluster that are given back as they were sent: parameter to element.
_CLUSTER_SETTINGS: Mapping[str, str] = {
    "DatabaseInsightsMode": "DatabaseInsightsMode",
    "EnablePerformanceInsights": "PerformanceInsightsEnabled",
    "MonitoringInterval": "MonitoringInterval",
    "MonitoringRoleArn": "MonitoringRoleArn",
    "PerformanceInsightsKMSKeyId": "PerformanceInsightsKMSKeyId",
    "PerformanceInsightsRetentionPeriod": "PerformanceInsightsRetentionPeriod",
    "StorageType": "StorageType",
}
# Of these, what every instance of the cluster takes from it.
_OF_INSTANCES = (
    "DatabaseInsightsMode",
    "PerformanceInsightsEnabled",
    "PerformanceInsightsKMSKeyId",
    "PerformanceInsightsRetentionPeriod",
)


def _rds() -> Any:
    return importlib.import_module(_RDS)


@patch(_RDS, "_create_db_cluster_impl", digest="2fbf6553c81c")
def created_cluster_settings(original: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """MiniStack drops log exports, Performance Insights, Database Insights and monitoring of a new cluster.
    AWS stores them (RDS API reference, CreateDBCluster)."""

    @functools.wraps(original)
    def create(parameters: Any) -> Any:
        answer = original(parameters)
        return _with_settings(answer, parameters, "CreateDBCluster") if answer[0] == 200 else answer

    return create


@patch(_RDS, "_modify_db_cluster_impl", digest="3831bcd1dc0d")
def modified_cluster_settings(original: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """As for a new cluster (RDS API reference, ModifyDBCluster)."""

    @functools.wraps(original)
    def modify(parameters: Any) -> Any:
        answer = original(parameters)
        return _with_settings(answer, parameters, "ModifyDBCluster") if answer[0] == 200 else answer

    return modify


def _with_settings(answer: Any, parameters: Any, action: str) -> Any:
    rds = _rds()
    cluster = rds._resolve_cluster_in_request_region(rds._p(parameters, "DBClusterIdentifier"))
    if cluster is None:
        return answer
    kept = cluster.setdefault(_KEPT, {})
    for parameter, element in _CLUSTER_SETTINGS.items():
        if value := rds._p(parameters, parameter):
            kept[element] = value
    if kept.get("PerformanceInsightsEnabled") == "true":
        kept.setdefault("PerformanceInsightsRetentionPeriod", "7")
    exports = set(cluster.get("EnabledCloudwatchLogsExports") or [])
    exports |= set(rds._parse_member_list(parameters, "EnableCloudwatchLogsExports"))
    prefix = "CloudwatchLogsExportConfiguration"
    exports |= set(rds._parse_member_list(parameters, f"{prefix}.EnableLogTypes"))
    exports -= set(rds._parse_member_list(parameters, f"{prefix}.DisableLogTypes"))
    cluster["EnabledCloudwatchLogsExports"] = sorted(exports)
    body = f"<DBCluster>{rds._cluster_xml(cluster)}</DBCluster>"
    return rds._xml(200, f"{action}Response", f"<{action}Result>{body}</{action}Result>")


@patch(_RDS, "_cluster_xml", digest="df19661da2b0")
def cluster_answers(original: Callable[[Any], str]) -> Callable[[Any], str]:
    """MiniStack leaves these settings out of a cluster's description, and whose copy a secondary cluster is.
    AWS gives ReplicationSourceIdentifier to a secondary of a global database and ReadReplicaIdentifiers to
    its primary (RDS API reference, DBCluster)."""

    @functools.wraps(original)
    def render(cluster: Any) -> str:
        exports = "".join(
            f"<member>{name}</member>" for name in cluster.get("EnabledCloudwatchLogsExports") or []
        )
        settings = "".join(_elements(cluster.get(_KEPT) or {}))
        return (
            original(cluster)
            + f"<EnabledCloudwatchLogsExports>{exports}</EnabledCloudwatchLogsExports>"
            + settings
            + "".join(_replication(cluster))
        )

    return render


def _elements(settings: Mapping[str, str]) -> Iterator[str]:
    escape = _rds()._esc
    for name, value in settings.items():
        yield f"<{name}>{escape(value)}</{name}>"


def _replication(cluster: Mapping[str, Any]) -> Iterator[str]:
    rds = _rds()
    identifier = cluster.get("GlobalClusterIdentifier")
    found = rds._resolve_global_cluster(identifier) if identifier else None
    members = found.get("GlobalClusterMembers", []) if found else []
    writer = next((member["DBClusterArn"] for member in members if member.get("IsWriter")), None)
    if writer is None:
        return
    if writer == cluster["DBClusterArn"]:
        others = "".join(
            f"<ReadReplicaIdentifier>{member['DBClusterArn']}</ReadReplicaIdentifier>"
            for member in members
            if member["DBClusterArn"] != writer
        )
        yield f"<ReadReplicaIdentifiers>{others}</ReadReplicaIdentifiers>"
    else:
        yield f"<ReplicationSourceIdentifier>{writer}</ReplicationSourceIdentifier>"


@patch(_RDS, "_instance_xml", digest="97bb74e4c17b")
def instance_answers(original: Callable[[Any], str]) -> Callable[[Any], str]:
    """MiniStack gives an Aurora instance settings of its own. On AWS it has its cluster's storage encryption,
    and its Performance and Database Insights where they are set on the cluster (RDS API reference,
    DBInstance; Amazon Aurora User Guide, "Turning on Performance Insights for Aurora")."""

    @functools.wraps(original)
    def render(instance: Any) -> str:
        rds = _rds()
        identifier = instance.get("DBClusterIdentifier")
        cluster = rds._clusters.get(identifier) if identifier else None
        if cluster is None:
            return original(instance)
        kept = cluster.get(_KEPT) or {}
        own = {name: kept[name] for name in _OF_INSTANCES if name in kept}
        text = original(
            {
                **instance,
                "KmsKeyId": cluster.get("KmsKeyId", ""),
                "PreferredBackupWindow": cluster.get("PreferredBackupWindow"),
                "PerformanceInsightsEnabled": own.pop("PerformanceInsightsEnabled", "false") == "true",
                "PerformanceInsightsRetentionPeriod": own.pop("PerformanceInsightsRetentionPeriod", 0),
                "StorageEncrypted": cluster.get("StorageEncrypted", False),
                "StorageType": kept.get("StorageType", "aurora"),
            }
        )
        return text + "".join(_elements(own))

    return render


@patch(_RDS, "_ACTION_MAP", watches="_create_global_cluster", digest="76bf72c85e47")
def global_cluster_settings(original: Mapping[str, Any]) -> dict[str, Any]:
    """MiniStack drops EngineLifecycleSupport of a global cluster, and its writer endpoint. AWS stores the one
    and gives the other (RDS API reference, GlobalCluster). Nothing answers at that endpoint here."""
    create = original["CreateGlobalCluster"]

    @functools.wraps(create)
    def with_settings(parameters: Any) -> Any:
        answer = create(parameters)
        rds = _rds()
        found = rds._resolve_global_cluster(rds._p(parameters, "GlobalClusterIdentifier"))
        if answer[0] != 200 or found is None:
            return answer
        support = rds._p(parameters, "EngineLifecycleSupport") or "open-source-rds-extended-support"
        name, label = found["GlobalClusterIdentifier"], found["GlobalClusterResourceId"][-12:]
        found[_KEPT] = {
            "EngineLifecycleSupport": support,
            "Endpoint": f"{name}.global-{label}.global.rds.amazonaws.com",
        }
        body = f"<GlobalCluster>{rds._global_cluster_xml(found)}</GlobalCluster>"
        return rds._xml(
            200,
            "CreateGlobalClusterResponse",
            f"<CreateGlobalClusterResult>{body}</CreateGlobalClusterResult>",
        )

    return {**original, "CreateGlobalCluster": with_settings}


@patch(_RDS, "_global_cluster_xml", digest="95986f6ab679")
def global_cluster_answers(original: Callable[[Any], str]) -> Callable[[Any], str]:
    """As above: what is stored is given back."""

    @functools.wraps(original)
    def render(found: Any) -> str:
        return original(found) + "".join(_elements(found.get(_KEPT) or {}))

    return render


@patch(_RDS, "handle_request", digest="784646a0446d")
def clusters_have_databases(original: Handler) -> Handler:
    """MiniStack keeps the records of clusters and moves no data. On AWS a cluster serves SQL and replicates
    to its secondaries (Aurora User Guide, "Using Amazon Aurora global databases"): `aurora/` does."""

    @functools.wraps(original)
    async def handle(
        method: str, path: str, headers: Mapping[str, str], body: bytes, query: Mapping[str, Any]
    ) -> Answer:
        async def forward() -> Answer:
            return await original(method, path, headers, body, query)

        aurora = running(Aurora)
        return await forward() if aurora is None else await aurora.answer(body, query, forward)

    return handle


@patch("ministack.services.rds_data", "handle_request", digest="e0db3f8595f6")
def statements_reach_databases(original: Handler) -> Handler:
    """MiniStack's Data API knows no database of a cluster here. On AWS it runs SQL on the cluster's writer
    (Aurora User Guide, "Using RDS Data API")."""

    @functools.wraps(original)
    async def handle(
        method: str, path: str, headers: Mapping[str, str], body: bytes, query: Mapping[str, Any]
    ) -> Answer:
        aurora = running(Aurora)
        answer = None if aurora is None else await aurora.answer_data(path, body)
        return await original(method, path, headers, body, query) if answer is None else answer

    return handle
