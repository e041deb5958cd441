"""The replicas of a DynamoDB table, as blocks of the table or as resources of their own."""

from __future__ import annotations

from policies.resilience.estate import Estate
from policies.resilience.plan_json import Json, Resource


def replicas(estate: Estate, table: Resource) -> dict[str, Json]:
    """The attributes of each replica by its region."""
    inside = {str(replica["region_name"]): replica for replica in table.blocks("replica")}
    name = str(table.values.get("name"))
    separate = {
        replica.region: replica.values
        for replica in estate.everywhere("aws_dynamodb_table_replica")
        if str(replica.values.get("global_table_arn")).endswith(f":table/{name}")
    }
    return inside | separate
