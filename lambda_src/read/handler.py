"""GET /read?id=<id>[&consistent=true]: one item of this region's replica."""

from __future__ import annotations

import json

from shared import environment, table
from shared.entry import answering
from shared.requests import Refusal, bad_request, item_id, query_parameter
from shared.responses import Response, respond

# Made while Lambda initialises the worker, so that the first request does not pay for it.
table.client()


@answering
def handler(event: object, _context: object) -> Response:
    """200 with the item, 404 when this region does not have it (yet), 400 with what is wrong."""
    identifier = item_id(query_parameter(event, "id") or "")
    with table.outages_named():
        found = table.client().get_item(
            TableName=environment.table(),
            Key={environment.key_attribute(): {"S": identifier}},
            ConsistentRead=_consistent(event),
        )
    item = found.get("Item")
    if item is None:
        raise Refusal(404, "not_found", "this region holds no item with this id", "id")
    return respond(
        event,
        200,
        {
            "id": identifier,
            "value": json.loads(item["value"]["S"]),
            "written_at": item["written_at"]["S"],
            "written_in": item["written_in"]["S"],
            "idempotency_key": item["idempotency_key"]["S"],
            "served_by": environment.region(),
        },
    )


def _consistent(event: object) -> bool:
    value = query_parameter(event, "consistent")
    if value not in (None, "true", "false"):
        raise bad_request("consistent must be true or false", "consistent")
    return value == "true"
