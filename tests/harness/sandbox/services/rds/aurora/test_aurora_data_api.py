"""The RDS Data API: SQL over HTTP, answered by the writer alone."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

from harness.sandbox.faults import RegionDark, ServiceDown
from tests.harness.sandbox.services.rds.aurora.conftest import PROMOTION
from tests.harness.sandbox.services.rds.aurora.global_database import (
    EAST,
    PASSWORD,
    USER,
    WEST,
    GlobalDatabase,
    client,
    let_pass,
    until,
)

pytestmark = pytest.mark.sandbox


class Api:
    """The Data API of one region, for one database."""

    def __init__(self, database: GlobalDatabase, region: str = EAST) -> None:
        self.client = client(database.sandbox, "rds-data", region)
        self.named = {"resourceArn": database.arn(region), "secretArn": database.secret(region)}

    def run(self, sql: str, *parameters: dict[str, Any], **options: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self.client.execute_statement(
            **self.named, sql=sql, parameters=list(parameters), **options
        )
        answer.pop("ResponseMetadata")
        return answer


@pytest.fixture
def api(database: GlobalDatabase) -> Api:
    return Api(database)


def code_of(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


def test_a_statement_with_parameters_gives_its_rows_and_what_they_are(api: Api) -> None:
    api.run(
        "CREATE TABLE things "
        "(id uuid PRIMARY KEY, n int, price numeric(9,2), seen timestamp, raw bytea, ok bool)"
    )
    identifier = str(uuid.uuid4())
    values = [
        {"name": "id", "value": {"stringValue": identifier}, "typeHint": "UUID"},
        {"name": "n", "value": {"longValue": 7}},
        {"name": "price", "value": {"stringValue": "12.50"}, "typeHint": "DECIMAL"},
        {"name": "seen", "value": {"stringValue": "2026-11-20 10:00:00"}, "typeHint": "TIMESTAMP"},
        {"name": "raw", "value": {"blobValue": b"\x00\xff"}},
        {"name": "ok", "value": {"isNull": True}},
    ]
    written = api.run("INSERT INTO things VALUES (:id, :n, :price, :seen, :raw, :ok)", *values)
    assert written == {"generatedFields": [], "numberOfRecordsUpdated": 1}
    found = api.run("SELECT * FROM things WHERE n = :n", values[1], includeResultMetadata=True)
    assert found["records"] == [
        [
            {"stringValue": identifier},
            {"longValue": 7},
            {"stringValue": "12.50"},
            {"stringValue": "2026-11-20 10:00:00"},
            {"blobValue": b"\x00\xff"},
            {"isNull": True},
        ]
    ]
    assert [(column["name"], column["typeName"]) for column in found["columnMetadata"]] == [
        ("id", "uuid"),
        ("n", "int4"),
        ("price", "numeric"),
        ("seen", "timestamp"),
        ("raw", "bytea"),
        ("ok", "bool"),
    ]
    assert found["numberOfRecordsUpdated"] == 0


def test_records_can_be_had_as_json(api: Api) -> None:
    sql = "SELECT 7 AS n, 'a' AS t, NULL AS nothing, 1.50::numeric AS price, true AS ok, 2.5::float8 AS f"
    answer = api.run(sql, formatRecordsAs="JSON")
    assert "records" not in answer
    assert json.loads(answer["formattedRecords"]) == [
        {"n": 7, "t": "a", "nothing": None, "price": "1.50", "ok": True, "f": 2.5}
    ]


def test_a_secret_may_be_named_without_its_arn(database: GlobalDatabase, api: Api) -> None:
    client(database.sandbox, "secretsmanager", EAST).create_secret(
        Name=f"{database.name}/by-name", SecretString=json.dumps({"username": USER, "password": PASSWORD})
    )
    api.named["secretArn"] = f"{database.name}/by-name"
    assert api.run("SELECT current_user")["records"] == [[{"stringValue": USER}]]


def test_a_string_is_a_varchar_so_a_uuid_needs_a_cast_or_a_hint(api: Api) -> None:
    parameter = {"name": "id", "value": {"stringValue": str(uuid.uuid4())}}
    with pytest.raises(ClientError) as error:
        api.run("SELECT 1 WHERE gen_random_uuid() = :id", parameter)
    assert code_of(error) == "DatabaseErrorException"
    assert api.run("SELECT 1 WHERE gen_random_uuid() <> :id::uuid", parameter)["records"] == [
        [{"longValue": 1}]
    ]


def test_an_error_of_the_database_says_its_sqlstate(api: Api) -> None:
    with pytest.raises(ClientError) as error:
        api.run("SELECT * FROM no_such_table")
    assert error.value.response["Error"] == {
        "Code": "DatabaseErrorException",
        "Message": 'ERROR: relation "no_such_table" does not exist; Position: 15; SQLState: 42P01',
    }


def test_a_transaction_is_seen_by_others_when_it_is_committed_and_not_when_it_is_rolled_back(
    api: Api,
) -> None:
    insert = "INSERT INTO orders VALUES (:id, 'api')"
    count = "SELECT count(*) FROM orders WHERE id BETWEEN 500 AND 501"
    seen = []
    for number, end in ((500, api.client.rollback_transaction), (501, api.client.commit_transaction)):
        transaction = api.client.begin_transaction(**api.named)["transactionId"]
        api.run(insert, {"name": "id", "value": {"longValue": number}}, transactionId=transaction)
        seen.append(api.run(count)["records"][0][0]["longValue"])
        end(**api.named, transactionId=transaction)
        seen.append(api.run(count)["records"][0][0]["longValue"])
    assert seen == [0, 0, 0, 1]
    with pytest.raises(ClientError) as error:
        api.client.commit_transaction(**api.named, transactionId="unknown")
    assert code_of(error) == "TransactionNotFoundException"


def test_a_batch_is_stored_whole_or_not_at_all(api: Api) -> None:
    def batch(*numbers: int) -> Any:
        sets = [[{"name": "id", "value": {"longValue": number}}] for number in numbers]
        return api.client.batch_execute_statement(
            **api.named, sql="INSERT INTO orders VALUES (:id, 'batch')", parameterSets=sets
        )["updateResults"]

    assert batch(600, 601) == [{"generatedFields": []}, {"generatedFields": []}]
    with pytest.raises(ClientError):
        batch(602, 600)
    found = api.run("SELECT id FROM orders WHERE note = 'batch' ORDER BY id")["records"]
    assert [row[0]["longValue"] for row in found] == [600, 601]


def test_a_secondary_answers_no_query_until_it_is_promoted(own_database: GlobalDatabase) -> None:
    api = Api(own_database, WEST)
    with pytest.raises(ClientError) as error:
        api.run("SELECT 1")
    assert code_of(error) == "DatabaseUnavailableException"
    own_database.sandbox.faults.inject(RegionDark(EAST, "refuse"))
    own_database.fail_over()
    let_pass(own_database.sandbox, PROMOTION + 5)
    until(lambda: own_database.described()["Status"] == "available")
    assert api.run("SELECT 1")["records"] == [[{"longValue": 1}]]


def test_the_data_api_needs_its_database_to_be_up(database: GlobalDatabase, api: Api) -> None:
    database.sandbox.faults.inject(ServiceDown(EAST, "rds"))
    with pytest.raises(ClientError) as error:
        api.run("SELECT 1")
    assert code_of(error) == "DatabaseUnavailableException"


def test_a_cluster_that_does_not_allow_it_has_no_data_api(database: GlobalDatabase, api: Api) -> None:
    named = {"DBClusterIdentifier": database.identifier(EAST)}
    database.rds(EAST).modify_db_cluster(**named, EnableHttpEndpoint=False)
    try:
        with pytest.raises(ClientError) as error:
            api.run("SELECT 1")
    finally:
        database.rds(EAST).modify_db_cluster(**named, EnableHttpEndpoint=True)
    assert code_of(error) == "HttpEndpointNotEnabledException"


def test_a_secret_of_another_region_is_not_found(database: GlobalDatabase, api: Api) -> None:
    api.named["secretArn"] = f"arn:aws:secretsmanager:{EAST}:123456789012:secret:missing-abcdef"
    with pytest.raises(ClientError) as error:
        api.run("SELECT 1")
    assert code_of(error) == "SecretsErrorException"
