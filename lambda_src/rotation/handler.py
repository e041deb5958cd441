"""Rotation of a database user's password: the four steps that Secrets Manager asks for, each safe to repeat.

Event: {"Step", "SecretId", "ClientRequestToken"} (AWS Secrets Manager User Guide, "Lambda rotation
functions"). The user `app` is changed by the administrator, and the administrator by itself. Only the lead
region's secret is rotated; its replicas follow. Sessions that are open go on; a new one that meets the new
password before its region's replica has it asks again (shared/postgres.py).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pg8000.native
from botocore.exceptions import ClientError
from pg8000.exceptions import DatabaseError
from shared import environment, logs, postgres, scram, secret

PASSWORD_CHARACTERS = 40
# what breaks connection strings and shells, though neither is used here
EXCLUDED = "/@\"'\\ :;?&#%"

Values = dict[str, Any]


class RotationError(Exception):
    """The rotation cannot go on; the message says why. Secrets Manager tries again, and tells CloudTrail."""


def handler(event: object, _context: object) -> None:
    """Do one step. Raises on failure: what Secrets Manager sees is the error, never a password."""
    asked: Mapping[str, Any] = event if isinstance(event, Mapping) else {}
    step, name, token = (str(asked.get(part, "")) for part in ("Step", "SecretId", "ClientRequestToken"))
    if step not in STEPS:
        raise RotationError(f"Step must be one of {', '.join(STEPS)}, not {step!r}")
    if not _is_wanted(name, token):
        logs.log("INFO", "already rotated", step=step, secret=name)
        return
    STEPS[step](name, token)
    logs.log("INFO", "rotated a step", step=step, secret=name, version=token)


def _is_wanted(name: str, token: str) -> bool:
    """Whether the version is still to become current. Raises RotationError if it is none of it."""
    described = secret.client().describe_secret(SecretId=name)
    stages = described.get("VersionIdsToStages", {}).get(token)
    if stages is None:
        raise RotationError(f"{token} is no version of {name}")
    if "AWSCURRENT" in stages:
        return False
    if "AWSPENDING" not in stages:
        raise RotationError(f"{token} is not the pending version of {name}")
    return True


def create(name: str, token: str) -> None:
    """A new password in the pending version, unless an earlier attempt has put one there."""
    current = _value(name, "AWSCURRENT")
    if _pending(name, token) is not None:
        return
    password = secret.client().get_random_password(
        PasswordLength=PASSWORD_CHARACTERS, ExcludeCharacters=EXCLUDED
    )["RandomPassword"]
    secret.client().put_secret_value(
        SecretId=name,
        ClientRequestToken=token,
        SecretString=json.dumps({**current, "password": password}),
        VersionStages=["AWSPENDING"],
    )


def set_password(name: str, token: str) -> None:
    """The pending password becomes the user's, unless it is already."""
    pending = _wanted(name, token)
    if _signs_in(name, pending):
        return
    for credentials in _administrators(name):
        if _signs_in(name, credentials):
            _alter(name, credentials, pending)
            return
    raise RotationError(f"no administrator's password in force could be found for {pending['username']}")


def test(name: str, token: str) -> None:
    """The pending password opens a session and reads."""
    pending = _wanted(name, token)
    if not _signs_in(name, pending):
        raise RotationError(f"{pending['username']} cannot sign in with the pending password")


def finish(name: str, token: str) -> None:
    """The pending version becomes the current one."""
    stages = secret.client().describe_secret(SecretId=name)["VersionIdsToStages"]
    current = next((version for version, names in stages.items() if "AWSCURRENT" in names), None)
    moved = {"RemoveFromVersionId": current} if current else {}
    secret.client().update_secret_version_stage(
        SecretId=name, VersionStage="AWSCURRENT", MoveToVersionId=token, **moved
    )


STEPS: dict[str, Callable[[str, str], None]] = {
    "createSecret": create,
    "setSecret": set_password,
    "testSecret": test,
    "finishSecret": finish,
}


def _administrators(name: str) -> list[Values]:
    """With what the user may be changed: the administrator's password, at any stage of its own rotation."""
    administrator = _database(name).secret
    found = []
    for stage in ("AWSCURRENT", "AWSPENDING", "AWSPREVIOUS"):
        try:
            found.append(_value(administrator, stage))
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
    return found


def _alter(name: str, administrator: Values, pending: Values) -> None:
    connection = _connected(name, administrator)
    try:
        ((statement,),) = connection.run(
            "SELECT format('ALTER ROLE %I PASSWORD %L', CAST(:role AS text), CAST(:verifier AS text))",
            role=pending["username"],
            verifier=scram.verifier(pending["password"]),
        )
        connection.run(statement)
    finally:
        connection.close()


def _signs_in(name: str, credentials: Values) -> bool:
    """Whether the password is in force. Raises InterfaceError, OSError or DatabaseError for anything else."""
    try:
        connection = _connected(name, credentials)
    except DatabaseError as error:
        if postgres.code(error) in (postgres.INVALID_PASSWORD, postgres.INVALID_AUTHORIZATION):
            return False
        raise
    try:
        connection.run("SELECT 1")
    finally:
        connection.close()
    return True


def _connected(name: str, credentials: Values) -> pg8000.native.Connection:
    """A session of this region's writer, which is where roles can be changed."""
    target = _database(name)
    return postgres.connect(target, postgres.Session(target.endpoint, forwards=False), credentials)


def _database(name: str) -> postgres.Database:
    """The database that a secret is of: its name, or ARN, holds <environment>/<database>/<user>."""
    parts = name.rsplit(":", 1)[-1].split("/")
    if len(parts) != 3 or parts[0] != environment.environment_name():
        raise RotationError(f"{name} is not named {environment.environment_name()}/<database>/<user>")
    return postgres.database(parts[1], admin=True)


def _value(name: str, stage: str) -> Values:
    value: Values = json.loads(
        secret.client().get_secret_value(SecretId=name, VersionStage=stage)["SecretString"]
    )
    return value


def _pending(name: str, token: str) -> Values | None:
    try:
        value: Values = json.loads(
            secret.client().get_secret_value(SecretId=name, VersionId=token, VersionStage="AWSPENDING")[
                "SecretString"
            ]
        )
    except ClientError as error:
        # InvalidRequestException: the version exists, but has no value yet
        if error.response["Error"]["Code"] in ("ResourceNotFoundException", "InvalidRequestException"):
            return None
        raise
    return value


def _wanted(name: str, token: str) -> Values:
    pending = _pending(name, token)
    if pending is None:
        raise RotationError(f"the pending version of {name} has no value: createSecret comes first")
    return pending
