"""Rotation against a real PostgreSQL server and Secrets Manager in memory."""

from __future__ import annotations

import contextlib
import json
import uuid
from typing import Any

import boto3
import pg8000.native
import pytest

from tests.lambda_src.calling_functions import REGION, Context, load
from tests.lambda_src.postgres_server import ADMINISTRATOR, PASSWORD, Server

STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
APP, ADMIN = "prod/orders/app", "prod/orders/admin"


@pytest.fixture
def manager(orders_database: Server) -> Any:
    return boto3.client("secretsmanager", region_name=REGION)


def begin(manager: Any, name: str) -> str:
    """What Secrets Manager does before the first step: a pending version that has no value yet."""
    token = str(uuid.uuid4())
    backend = pending_backend()
    secret = backend.secrets[name]
    secret.versions[token] = {"version_id": token, "version_stages": ["AWSPENDING"], "createdate": 0}
    return token


def pending_backend() -> Any:
    from moto.core import DEFAULT_ACCOUNT_ID
    from moto.secretsmanager import secretsmanager_backends

    return secretsmanager_backends[DEFAULT_ACCOUNT_ID][REGION]


def step(name: str, token: str, *steps: str) -> None:
    for one in steps:
        load("rotation").handler({"Step": one, "SecretId": name, "ClientRequestToken": token}, Context())


def value(manager: Any, name: str, stage: str = "AWSCURRENT") -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        manager.get_secret_value(SecretId=name, VersionStage=stage)["SecretString"]
    )
    return found


def signs_in(server: Server, user: str, password: str) -> bool:
    try:
        with contextlib.closing(server.connect("orders", user, password)):
            return True
    except pg8000.native.DatabaseError as error:
        if error.args[0]["C"] != "28P01":
            raise
        return False


@pytest.mark.parametrize(
    ("name", "user", "old"), [(APP, "app", "first-app-password"), (ADMIN, ADMINISTRATOR, PASSWORD)]
)
def test_after_the_four_steps_the_new_password_is_current_and_the_old_one_is_over(
    manager: Any, orders_database: Server, name: str, user: str, old: str
) -> None:
    before = value(manager, name)
    token = begin(manager, name)
    step(name, token, *STEPS)
    after = value(manager, name)
    assert {**after, "password": "x"} == {**before, "password": "x"}
    assert len(after["password"]) == 40
    assert value(manager, name, "AWSPREVIOUS") == before
    assert (signs_in(orders_database, user, after["password"]), signs_in(orders_database, user, old)) == (
        True,
        False,
    )


def test_until_it_is_set_the_old_password_stays_in_force_and_current(
    manager: Any, orders_database: Server
) -> None:
    token = begin(manager, APP)
    step(APP, token, "createSecret")
    assert value(manager, APP)["password"] == "first-app-password"
    assert signs_in(orders_database, "app", "first-app-password")
    assert not signs_in(orders_database, "app", value(manager, APP, "AWSPENDING")["password"])


@pytest.mark.parametrize("name", [APP, ADMIN])
@pytest.mark.parametrize("repeated", STEPS)
def test_every_step_may_be_done_again(
    manager: Any, orders_database: Server, name: str, repeated: str
) -> None:
    token = begin(manager, name)
    for one in STEPS:
        step(name, token, one)
        if one == repeated:
            kept = value(manager, name, "AWSCURRENT" if one == "finishSecret" else "AWSPENDING")
            step(name, token, one)
            assert value(manager, name, "AWSCURRENT" if one == "finishSecret" else "AWSPENDING") == kept
    after = value(manager, name)
    assert signs_in(orders_database, after["username"], after["password"])


def test_a_rotation_that_stopped_after_setting_the_password_is_finished_by_the_next_attempt(
    manager: Any, orders_database: Server
) -> None:
    token = begin(manager, ADMIN)
    step(ADMIN, token, "createSecret", "setSecret")
    # from here on the administrator's current password is wrong
    assert not signs_in(orders_database, ADMINISTRATOR, PASSWORD)
    step(ADMIN, token, *STEPS)
    assert signs_in(orders_database, ADMINISTRATOR, value(manager, ADMIN)["password"])


def test_the_application_is_rotated_even_in_the_midst_of_the_administrators_rotation(
    manager: Any, orders_database: Server
) -> None:
    theirs = begin(manager, ADMIN)
    step(ADMIN, theirs, "createSecret", "setSecret")
    token = begin(manager, APP)
    step(APP, token, *STEPS)
    assert signs_in(orders_database, "app", value(manager, APP)["password"])


def test_an_untested_password_does_not_become_current(manager: Any, orders_database: Server) -> None:
    token = begin(manager, APP)
    step(APP, token, "createSecret")
    with pytest.raises(load("rotation").RotationError) as refused:
        step(APP, token, "testSecret")
    assert str(refused.value) == "app cannot sign in with the pending password"


def test_a_step_before_the_first_is_refused(manager: Any) -> None:
    token = begin(manager, APP)
    with pytest.raises(load("rotation").RotationError) as refused:
        step(APP, token, "setSecret")
    assert (
        str(refused.value) == "the pending version of prod/orders/app has no value: createSecret comes first"
    )


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ({}, "Step must be one of createSecret, setSecret, testSecret, finishSecret, not ''"),
        (
            {"Step": "createSecret", "SecretId": APP, "ClientRequestToken": "x"},
            "x is no version of prod/orders/app",
        ),
    ],
)
def test_what_is_not_asked_by_secrets_manager_is_refused(manager: Any, event: Any, message: str) -> None:
    with pytest.raises(load("rotation").RotationError) as refused:
        load("rotation").handler(event, Context())
    assert str(refused.value) == message


def test_a_secret_of_another_name_is_not_touched(manager: Any) -> None:
    manager.create_secret(Name="test/orders/app", SecretString='{"username":"app","password":"x"}')
    token = begin(manager, "test/orders/app")
    with pytest.raises(load("rotation").RotationError) as refused:
        step("test/orders/app", token, "createSecret", "setSecret")
    assert str(refused.value) == "test/orders/app is not named prod/<database>/<user>"
    manager.delete_secret(SecretId="test/orders/app", ForceDeleteWithoutRecovery=True)


def test_no_password_is_logged_or_sent_in_the_clear(
    manager: Any, orders_database: Server, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    statements: list[str] = []
    genuine = pg8000.native.Connection.run

    def run(connection: Any, sql: str, *arguments: Any, **values: Any) -> Any:
        statements.append(f"{sql} {values}")
        return genuine(connection, sql, *arguments, **values)

    monkeypatch.setattr(pg8000.native.Connection, "run", run)
    token = begin(manager, APP)
    step(APP, token, *STEPS)
    password = value(manager, APP)["password"]
    assert any("ALTER ROLE" in statement and "SCRAM-SHA-256$4096:" in statement for statement in statements)
    assert not any(password in statement for statement in statements)
    assert password not in capsys.readouterr().out


def test_the_verifier_is_what_postgresql_itself_would_store() -> None:
    from shared import scram

    # RFC 7677, section 3: user "user", password "pencil"
    salt = __import__("base64").b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")
    assert scram.verifier("pencil", salt=salt) == (
        "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:"
        "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
    )
