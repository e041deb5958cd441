"""The voters' control tables in DynamoDB: one plain table of the same name in each voter's region.

A table of one region is linearizable for single items, by consistent reads and conditional writes (Amazon
DynamoDB Developer Guide, "DynamoDB read consistency", "DynamoDB condition expression"); a global table would
not be.

All voters are called at once. When a majority has answered, the others get GRACE_SECONDS more. Without this
limit a silent voter would cost PATIENCE_SECONDS at every step of a takeover. A late call may still be carried
out, like a call of a worker that slept. The condition of each write allows for that.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from functools import partial
from typing import Any, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from controller.lease import Lease, Phase, from_item, to_item
from controller.ports import Failed
from controller.view import Admit, Ballot, Candidate, Intent, Observation, Serve

# A call between continents takes up to 0.3 s. Calls are not repeated: the next tick is the retry.
CONNECT_SECONDS, READ_SECONDS = 1.0, 1.5
PATIENCE_SECONDS = CONNECT_SECONDS + READ_SECONDS
PATIENCE = Config(
    connect_timeout=CONNECT_SECONDS,
    read_timeout=READ_SECONDS,
    retries={"mode": "standard", "total_max_attempts": 1},
)
# The wait for the remaining voters, after a majority has answered.
GRACE_SECONDS = 0.3

# The rule lease.accepts as a condition expression, which DynamoDB checks and writes in one step.
CONDITION = (
    "attribute_not_exists(#pk)"
    " OR (#epoch = :epoch AND #writer = :writer AND #until <= :until AND #phase <= :phase)"
    " OR (#epoch < :epoch AND"
    " ((#writer = :writer AND #until <= :until) OR #phase = :released OR #until < :past))"
)

LEASE, INTENT, OBSERVATIONS, ADMISSION = "lease", "intent", "observations", "admission"

T = TypeVar("T")


class ControlTables:
    """The port Tables for the function of region `me`."""

    def __init__(self, me: str, voters: tuple[str, ...], table: str) -> None:
        self.me, self.voters, self.table = me, voters, table
        self._clients = {
            voter: boto3.client("dynamodb", region_name=voter, config=PATIENCE) for voter in voters
        }
        # a pool for each voter, so that calls to a silent voter do not hold up calls to the others
        self._threads = {
            voter: ThreadPoolExecutor(max_workers=4, thread_name_prefix=f"voter {voter}") for voter in voters
        }

    def ballots(self) -> dict[str, Ballot]:
        calls = {
            voter: [
                self._submit(voter, partial(self._get, voter, pk)) for pk in (LEASE, INTENT, OBSERVATIONS)
            ]
            for voter in self.voters
        }
        return {voter: ballot_of_items(*items) for voter, items in self._answers(calls).items()}

    def propose(self, lease: Lease, *, now: float, guard: float) -> int:
        item = lease_item(lease)
        request: dict[str, Any] = {
            "TableName": self.table,
            "Item": item,
            "ConditionExpression": CONDITION,
            "ExpressionAttributeNames": {
                f"#{name}": name for name in ("pk", "epoch", "writer", "until", "phase")
            },
            "ExpressionAttributeValues": {
                **{f":{name}": item[name] for name in ("epoch", "writer", "until", "phase")},
                ":released": {"N": str(int(Phase.RELEASED))},
                ":past": number_value(now - guard),
            },
        }
        return self._write_to_all(lambda voter: self._clients[voter].put_item(**request))

    def write_intent(self, intent: Intent) -> int:
        """Store an intent at every voter. A later intent replaces an earlier one."""
        item = {
            "pk": {"S": INTENT},
            "asked_at": number_value(intent.at),
            "document": _json_value(intent._asdict()),
        }
        return self._write_to_all(
            lambda voter: self._clients[voter].put_item(
                TableName=self.table,
                Item=item,
                ConditionExpression="attribute_not_exists(pk) OR asked_at <= :at",
                ExpressionAttributeValues={":at": number_value(intent.at)},
            )
        )

    def own_observations(self) -> dict[str, Observation]:
        return _observations(self._get(self.me, OBSERVATIONS))

    def write_observations(self, observations: Mapping[str, Observation]) -> None:
        document = {region: observation._asdict() for region, observation in observations.items()}
        self._update(OBSERVATIONS, {"observations": _json_value(document)})

    def announce(self, candidate: Candidate | None) -> None:
        self._update(OBSERVATIONS, {"candidate": _json_value(candidate._asdict() if candidate else None)})

    def admit(self, admission: Admit) -> None:
        """Write the admission. A worker that slept cannot replace a later epoch's or reopen a closed one."""
        condition = "(attribute_not_exists(#epoch) OR #epoch <= :epoch)"
        if admission.until:
            condition += " AND (attribute_not_exists(closed) OR closed < :epoch)"
        values = {
            "epoch": number_value(admission.epoch),
            "writer": {"S": admission.writer},
            "until": number_value(admission.until),
            "serving": {"BOOL": admission.serving},
            "serving_until": number_value(admission.serving_until),
            "reason": {"S": admission.reason},
        }
        self._update(ADMISSION, values, condition=condition)

    def serve(self, serve: Serve) -> None:
        values = {
            "serving": {"BOOL": serve.serving},
            "serving_until": number_value(serve.serving_until),
            "reason": {"S": serve.reason},
        }
        condition = "attribute_not_exists(#serving_until) OR #serving_until <= :serving_until"
        self._update(ADMISSION, values, condition=condition)

    def close(self, epoch: int) -> None:
        values = {"closed": number_value(epoch), "until": number_value(0)}
        condition = (
            "(attribute_not_exists(#closed) OR #closed <= :closed)"
            " AND (attribute_not_exists(epoch) OR epoch <= :closed)"
        )
        self._update(ADMISSION, values, condition=condition)

    def log(self, entry: Mapping[str, Any]) -> None:
        self._write_to_all(
            lambda voter: self._clients[voter].update_item(
                TableName=self.table,
                Key={"pk": {"S": f"log#{entry['epoch']}"}},
                UpdateExpression="SET entries = list_append(if_not_exists(entries, :none), :entry)",
                ExpressionAttributeValues={":none": {"L": []}, ":entry": {"L": [_json_value(entry)]}},
            )
        )

    def read_log(self, epoch: int) -> list[dict[str, Any]]:
        entries: dict[str, dict[str, Any]] = {}
        for voter in self.voters:
            try:
                item = self._get(voter, f"log#{epoch}")
            except Failed:
                continue
            for text in item.get("entries", {}).get("L", []):
                entries[text["S"]] = json.loads(text["S"])
        return sorted(entries.values(), key=lambda entry: float(entry["at"]))

    # ------------------------------------------------------------

    def _get(self, voter: str, pk: str) -> dict[str, Any]:
        response = _call(
            lambda: self._clients[voter].get_item(
                TableName=self.table, Key={"pk": {"S": pk}}, ConsistentRead=True
            )
        )
        return dict(response.get("Item", {}))

    def _update(self, pk: str, values: Mapping[str, Any], *, condition: str | None = None) -> None:
        """Set attributes of an item in this region's own table."""
        request: dict[str, Any] = {
            "TableName": self.table,
            "Key": {"pk": {"S": pk}},
            "UpdateExpression": "SET " + ", ".join(f"#{name} = :{name}" for name in values),
            "ExpressionAttributeNames": {f"#{name}": name for name in values},
            "ExpressionAttributeValues": {f":{name}": value for name, value in values.items()},
        }
        if condition:
            request["ConditionExpression"] = condition
        _call(lambda: self._clients[self.me].update_item(**request))

    def _write_to_all(self, call: Callable[[str], object]) -> int:
        """Make a call to all voters at once. Returns the number of voters that accepted it."""
        calls = {voter: [self._submit(voter, partial(_call, partial(call, voter)))] for voter in self.voters}
        return len(self._answers(calls))

    def _submit(self, voter: str, call: Callable[[], T]) -> Future[T]:
        """Queue a call to a voter. It fails if it waited in the queue for more than PATIENCE_SECONDS."""
        submitted_at = time.monotonic()

        def in_time() -> T:
            if time.monotonic() - submitted_at > PATIENCE_SECONDS:
                raise Failed(f"the voter has not answered earlier calls within {PATIENCE_SECONDS:g} s")
            return call()

        return self._threads[voter].submit(in_time)

    def _answers(self, calls: Mapping[str, Sequence[Future[T]]]) -> dict[str, list[T]]:
        """The results of each voter that has answered all its calls.

        Waits for all voters, or for a majority and then GRACE_SECONDS.
        """
        pending = {future for futures in calls.values() for future in futures}
        deadline = None
        while pending:
            timeout = None if deadline is None else max(0.0, deadline - time.monotonic())
            done, pending = wait(pending, timeout=timeout, return_when=FIRST_COMPLETED)
            if not done:
                break
            answered = sum(all(_has_answered(future) for future in futures) for futures in calls.values())
            if deadline is None and answered > len(self.voters) // 2:
                deadline = time.monotonic() + GRACE_SECONDS
        return {
            voter: [future.result() for future in futures]
            for voter, futures in calls.items()
            if all(_has_answered(future) for future in futures)
        }


def _has_answered(future: Future[Any]) -> bool:
    """Whether a call has succeeded. Raises errors other than Failed: they are defects, not outages."""
    if not future.done():
        return False
    error = future.exception()
    if error is not None and not isinstance(error, Failed):
        raise error
    return error is None


def ballot_of_items(
    lease: Mapping[str, Any], intent: Mapping[str, Any], observations: Mapping[str, Any]
) -> Ballot:
    """The ballot that three items of a voter make. An item that does not exist is empty."""
    candidate = _parsed(observations, "candidate")
    command = _parsed(intent, "document")
    return Ballot(
        lease=from_item(_parsed(lease, "document")) if lease else None,
        observations=_observations(observations),
        candidate=Candidate(**candidate) if candidate else None,
        intent=Intent(**command) if command else None,
    )


def lease_item(lease: Lease) -> dict[str, Any]:
    """The item of a lease: the attributes that CONDITION compares, and the whole lease as a JSON document."""
    return {
        "pk": {"S": LEASE},
        "epoch": number_value(lease.epoch),
        "writer": {"S": lease.writer},
        "until": number_value(lease.until),
        "phase": number_value(int(lease.phase)),
        "document": _json_value(to_item(lease)),
    }


def number_value(value: float) -> dict[str, str]:
    """A DynamoDB number with three decimals, so times are kept to the millisecond."""
    return {"N": str(round(value, 3))}


def _observations(item: Mapping[str, Any]) -> dict[str, Observation]:
    documents = _parsed(item, "observations") or {}
    return {region: Observation(**document) for region, document in documents.items()}


def _json_value(value: object) -> dict[str, str]:
    return {"S": json.dumps(value, separators=(",", ":"), sort_keys=True)}


def _parsed(item: Mapping[str, Any], name: str) -> Any:
    return json.loads(item[name]["S"]) if name in item else None


def _call(call: Callable[[], T]) -> T:
    """The result of a call to DynamoDB. Raises Failed with the error code."""
    try:
        return call()
    except ClientError as error:
        raise Failed(error.response.get("Error", {}).get("Code", "Unknown")) from error
    except BotoCoreError as error:
        raise Failed(type(error).__name__) from error
