"""What the embedded Secrets Manager answers or does wrongly: replicas, labels, rotation."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import importlib
import json
import logging
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from harness.sandbox.emulators.origin import origin
from harness.sandbox.emulators.patches import patch
from harness.sandbox.requests.classify import Call
from harness.sandbox.requests.messages import Answer
from harness.sandbox.services.lambda_.invoke import invoke_function

Secret = dict[str, Any]

_MODULE = "ministack.services.secretsmanager"
# Secrets Manager User Guide, "Rotation by Lambda function".
STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
_log = logging.getLogger(__name__)
_rotating: set[asyncio.Task[None]] = set()


def _service() -> Any:
    return importlib.import_module(_MODULE)


def _refused(name: str, message: str) -> Answer:
    answer: Answer = _service().error_response_json(name, message, 400)
    return answer


def _answer(secret: Secret, **more: Any) -> Answer:
    answer: Answer = _service().json_response({"ARN": secret["ARN"], "Name": secret["Name"], **more})
    return answer


@patch(_MODULE, "_create_secret", digest="d3de7fac76ba")
def replicas_of_a_new_secret(original: Callable[..., Answer]) -> Callable[..., Answer]:
    """MiniStack forgets AddReplicaRegions of CreateSecret, and gives a secret that was made without a value a
    version without one. AWS makes the replicas, and a version only for a value (Secrets Manager API
    reference, CreateSecret)."""

    @functools.wraps(original)
    def create(data: Mapping[str, Any]) -> Answer:
        answer, service = original(data), _service()
        if answer[0] != 200:
            return answer
        secret, told = service._secrets[data["Name"]], json.loads(answer[2])
        if data.get("SecretString") is None and data.get("SecretBinary") is None:
            secret["Versions"].clear()
            told.pop("VersionId", None)
        if data.get("AddReplicaRegions"):
            replicated: Answer = service._replicate_secret_to_regions(
                {**data, "SecretId": data["Name"], "ForceOverwriteReplicaSecret": _overwrites(data)}
            )
            if replicated[0] != 200:
                del service._secrets[data["Name"]]
                return replicated
            told["ReplicationStatus"] = secret["ReplicationStatus"]
        changed: Answer = service.json_response(told)
        return changed

    return create


def _overwrites(data: Mapping[str, Any]) -> bool:
    return bool(data.get("ForceOverwriteReplicaSecret", False))


@patch(_MODULE, "_get_secret_value", digest="faa3eb333a8b")
def values_that_are_there(original: Callable[..., Answer]) -> Callable[..., Answer]:
    """MiniStack answers a version without a value, which is what a rotation begins with, and a version that
    does not have the label that was asked for. AWS says ResourceNotFoundException to both (API reference,
    GetSecretValue: VersionId and VersionStage must name one version)."""

    @functools.wraps(original)
    def get(data: Mapping[str, Any]) -> Answer:
        answer = original(data)
        if answer[0] != 200:
            return answer
        found, stage = json.loads(answer[2]), data.get("VersionStage")
        mismatched = data.get("VersionId") and stage and stage not in found["VersionStages"]
        if mismatched or ("SecretString" not in found and "SecretBinary" not in found):
            return _refused(
                "ResourceNotFoundException",
                "Secrets Manager can't find the specified secret value for VersionId: "
                f"{found['VersionId']}" + (f", staging label: {stage}" if stage else ""),
            )
        return answer

    return get


@patch(_MODULE, "_put_secret_value", digest="d09b0557e169")
def labels_of_a_new_version(original: Callable[..., Answer]) -> Callable[..., Answer]:
    """MiniStack keeps of several labels only AWSCURRENT, and does not take a label from the version that had
    it. AWS attaches all, and a label belongs to one version at a time (API reference, PutSecretValue)."""

    @functools.wraps(original)
    def put(data: Mapping[str, Any]) -> Answer:
        answer, service = original(data), _service()
        if answer[0] != 200:
            return answer
        _, secret = service._resolve(data["SecretId"])
        version = json.loads(answer[2])["VersionId"]
        for stage in data.get("VersionStages") or []:
            if stage != "AWSCURRENT":
                service._remove_stage_everywhere(secret, stage, except_version_id=version)
                service._add_stage(secret, version, stage)
        service._sync_replicas(secret)
        return _answer(secret, VersionId=version, VersionStages=list(secret["Versions"][version]["Stages"]))

    return put


@patch(_MODULE, "_delete_secret", digest="ab8f3c8efe5a")
def replicas_are_deleted_first(original: Callable[..., Answer]) -> Callable[..., Answer]:
    """MiniStack deletes a secret with its replicas, and does not find one that is to be deleted by force but
    is not there. AWS refuses the first until the replicas are removed, and says nothing of the second (API
    reference, DeleteSecret)."""

    @functools.wraps(original)
    def delete(data: Mapping[str, Any]) -> Answer:
        service, name = _service(), data.get("SecretId", "")
        _, secret = service._resolve(name)
        if secret is None and data.get("ForceDeleteWithoutRecovery"):
            arn = f"arn:aws:secretsmanager:{service.get_region()}:{service.get_account_id()}:secret:{name}"
            return _answer({"ARN": arn, "Name": name}, DeletionDate=int(time.time()))
        if secret and secret.get("ReplicationStatus") and not secret.get("_PrimarySecretArn"):
            regions = ", ".join(status["Region"] for status in secret["ReplicationStatus"])
            return _refused(
                "InvalidRequestException",
                f"You can't delete secret {secret['Name']} that still has replica regions [{regions}].",
            )
        return original(data)

    return delete


@patch(_MODULE, "handle_request", digest="e1909f662da6")
def operations_that_are_missing(original: Callable[..., Any]) -> Callable[..., Any]:
    """MiniStack does not know StopReplicationToReplica, RemoveRegionsFromReplication and CancelRotateSecret
    (Secrets Manager API reference, under these names)."""
    operations: Mapping[str, Callable[[Secret, Mapping[str, Any]], Answer]] = {
        "StopReplicationToReplica": _stop_replication,
        "RemoveRegionsFromReplication": _remove_regions,
        "CancelRotateSecret": _cancel_rotation,
    }

    @functools.wraps(original)
    async def handle(method: str, path: str, headers: Any, body: bytes, query: Any) -> Any:
        operation = operations.get(headers.get("x-amz-target", "").rpartition(".")[2])
        if operation is None:
            return await original(method, path, headers, body, query)
        data = json.loads(body or b"{}")
        _, secret = _service()._resolve(data.get("SecretId"))
        if secret is None:
            return _refused("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
        return operation(secret, data)

    return handle


def _stop_replication(secret: Secret, _data: Mapping[str, Any]) -> Answer:
    """The replica becomes a secret of its own; called in the replica's region."""
    if not secret.get("_PrimarySecretArn"):
        return _refused("InvalidRequestException", f"The secret {secret['Name']} isn't a replica.")
    _service()._unlink_from_primary(secret)
    del secret["_PrimarySecretArn"], secret["_PrimaryRegion"]
    # what rotates the primary is a function of the primary's region
    secret.update(RotationEnabled=False, RotationLambdaARN=None, RotationRules=None)
    return _answer(secret)


def _remove_regions(secret: Secret, data: Mapping[str, Any]) -> Answer:
    service, removed = _service(), set(data.get("RemoveReplicaRegions") or [])
    if secret.get("_PrimarySecretArn"):
        answer: Answer = service._replica_mutation_error()
        return answer
    kept = [status for status in secret["ReplicationStatus"] if status["Region"] not in removed]
    secret["ReplicationStatus"] = [
        status for status in secret["ReplicationStatus"] if status["Region"] in removed
    ]
    service._delete_replicas(secret)
    secret["ReplicationStatus"] = kept
    return _answer(secret, ReplicationStatus=kept)


def _cancel_rotation(secret: Secret, _data: Mapping[str, Any]) -> Answer:
    service = _service()
    if secret.get("_PrimarySecretArn"):
        answer: Answer = service._replica_mutation_error()
        return answer
    secret["RotationEnabled"] = False
    service._sync_replicas(secret)
    return _answer(secret)


@patch(_MODULE, "_rotate_secret", digest="29b4ea743fc3")
def rotation_by_the_function(original: Callable[..., Answer]) -> Callable[..., Answer]:
    """MiniStack makes a copy of the value the new version and calls nobody. AWS makes an empty version with
    the label AWSPENDING and calls the function for each of four steps, or, when the secret is not to rotate
    at once, for testSecret alone with a version that it then removes; an unfinished rotation is taken up
    again instead of a new one (User Guide, "Rotation by Lambda function"; API reference, RotateSecret)."""

    @functools.wraps(original)
    def rotate(data: Mapping[str, Any]) -> Answer:
        service = _service()
        _, secret = service._resolve(data.get("SecretId"))
        function = data.get("RotationLambdaARN") or (secret or {}).get("RotationLambdaARN")
        if not secret or secret.get("DeletedDate") or secret.get("_PrimarySecretArn") or not function:
            return original(data)
        unfinished = _unfinished(secret)
        if unfinished is not None:
            _begin(secret, unfinished, function, STEPS)
            return _refused(
                "InvalidRequestException",
                "A previous rotation isn't complete. That rotation will be reattempted.",
            )
        secret.update(
            RotationEnabled=True,
            RotationLambdaARN=function,
            RotationRules=data.get("RotationRules") or secret.get("RotationRules"),
        )
        version = data.get("ClientRequestToken") or str(uuid.uuid4())
        at_once = bool(data.get("RotateImmediately", True))
        _, current = service._find_stage_version(secret, "AWSCURRENT")
        value = {} if at_once or not current else current
        secret["Versions"][version] = {
            "SecretString": value.get("SecretString"),
            "SecretBinary": value.get("SecretBinary"),
            "CreatedDate": int(time.time()),
            "Stages": ["AWSPENDING"],
        }
        _begin(secret, version, function, STEPS if at_once else ("testSecret",))
        return _answer(secret, VersionId=version)

    return rotate


def _unfinished(secret: Secret) -> str | None:
    """The version that a rotation left behind, if one did."""
    for version, content in secret["Versions"].items():
        if "AWSPENDING" in content["Stages"] and "AWSCURRENT" not in content["Stages"]:
            return str(version)
    return None


def _begin(secret: Secret, version: str, function: str, steps: tuple[str, ...]) -> None:
    """Let the function work after the request has been answered, and see the faults of its region."""
    account = _service().get_account_id()
    work = _work(secret, version, function, steps, account=account)
    task = asyncio.get_running_loop().create_task(work, context=contextvars.copy_context())
    _rotating.add(task)
    task.add_done_callback(_rotating.discard)


async def _work(secret: Secret, version: str, function: str, steps: tuple[str, ...], *, account: str) -> None:
    region, admits = function.split(":")[3], origin().admits
    for step in steps:
        event = {"SecretId": secret["ARN"], "ClientRequestToken": version, "Step": step}
        if admits is not None and not await admits(Call(region, "lambda", "Invoke", "data", "signature")):
            error: str | None = f"lambda is down in {region}"
        else:
            error = await invoke_function(account, region, function, event)
        if error is not None:
            _log.info("rotation of %s stopped at %s: %s", secret["Name"], step, error)
            break
    if steps == STEPS:
        if "AWSCURRENT" in secret["Versions"].get(version, {}).get("Stages", []):
            secret["LastRotatedDate"] = int(time.time())
            _service()._remove_stage(secret, version, "AWSPENDING")
    else:
        secret["Versions"].pop(version, None)
    _service()._sync_replicas(secret)
