"""The packaged controller, orders and health functions in three regions of the sandbox, over real PostgreSQL.

Time is the sandbox's: it leaps from tick to tick.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config

from generator.package import package
from harness.sandbox.faults import RegionDark, ServiceDown
from harness.sandbox.sandbox import Sandbox
from harness.sandbox.services.lambda_.pools import LambdaPools
from tests.lambda_src.calling_functions import SOURCE, create_table

pytestmark = pytest.mark.sandbox

ACCOUNT = "123456789012"
EAST, WEST, WITNESS = "us-east-1", "eu-west-1", "us-east-2"
SHORT = {EAST: "use1", WEST: "euw1", WITNESS: "use2"}
TABLE, DATABASE = "prod-control", "orders"
LAG, PROMOTION, SWITCHOVER = 0.4, 60.0, 30.0
DELAYS = {
    "aurora_promotion": PROMOTION,
    "aurora_replication_lag": LAG,
    "aurora_secondary_rebuild": 120.0,
    "aurora_switchover": SWITCHOVER,
}


class Estate:
    """An environment made with boto3, and clients of it."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.pools = LambdaPools(account_id=ACCOUNT)
        self.acknowledged: dict[str, int] = {}
        sandbox.aurora.databases.delay = DELAYS.__getitem__

    def client(self, service: str, region: str) -> Any:
        environment = self.sandbox.environment(region)
        return boto3.client(  # type: ignore[call-overload]
            service,
            region_name=region,
            endpoint_url=environment["AWS_ENDPOINT_URL"],
            aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
            config=Config(retries={"total_max_attempts": 1}),
        )

    # ------------------------------------------------------------ building

    def build(self) -> None:
        for region in SHORT:
            create_table(self.client("dynamodb", region), TABLE)
        self._secrets()
        self._databases()
        for region in SHORT:
            self._deploy(region, "failover", self._controller())
        for region in (EAST, WEST):
            for name in ("orders", "health", "migrations"):
                self._deploy(region, name, self._data(region))
            self._api(region)
        for region in SHORT:
            names = ["failover"] if region == WITNESS else ["failover", "orders", "health"]
            full = [self.name(region, name) for name in names]
            self.sandbox.run(self.pools.warm(region, full, concurrency=2), timeout=60)
        assert self.invoke(EAST, "migrations", {"database": DATABASE})["applied"]

    def _secrets(self) -> None:
        for user, role in (("admin", "administrator"), ("app", "app")):
            value = {"username": role, "password": f"a-long-{user}-password"}
            self.client("secretsmanager", EAST).create_secret(
                Name=f"prod/orders/{user}",
                SecretString=json.dumps(value),
                AddReplicaRegions=[{"Region": WEST}],
            )

    def _databases(self) -> None:
        common = {
            "Engine": "aurora-postgresql",
            "EngineVersion": "16.10",
            "GlobalClusterIdentifier": "prod-orders",
        }
        # on the primary it waits for the day when it is none (Amazon RDS API, CreateDBCluster)
        forwarding = {"EnableGlobalWriteForwarding": True}
        east, west = self.client("rds", EAST), self.client("rds", WEST)
        east.create_global_cluster(**common, DatabaseName=DATABASE)
        east.create_db_cluster(
            **common,
            DBClusterIdentifier="prod-orders-use1",
            DatabaseName=DATABASE,
            EnableHttpEndpoint=True,
            MasterUserPassword="a-long-admin-password",
            MasterUsername="administrator",
            **forwarding,
        )
        self._instance(EAST)
        west.create_db_cluster(
            **common,
            DBClusterIdentifier="prod-orders-euw1",
            EnableHttpEndpoint=True,
            **forwarding,
        )
        self._instance(WEST)
        self.sandbox.run(self.sandbox.aurora.settle(), timeout=60)

    def _instance(self, region: str) -> None:
        self.client("rds", region).create_db_instance(
            DBInstanceIdentifier=f"prod-orders-{SHORT[region]}-1",
            DBClusterIdentifier=f"prod-orders-{SHORT[region]}",
            DBInstanceClass="db.r6g.large",
            Engine="aurora-postgresql",
        )

    def _deploy(self, region: str, name: str, variables: dict[str, str]) -> None:
        functions, full = self.client("lambda", region), self.name(region, name)
        version = functions.create_function(
            FunctionName=full,
            Runtime="python3.12",
            Role=f"arn:aws:iam::{ACCOUNT}:role/{full}",
            Handler="handler.handler",
            Timeout=60,
            Publish=True,
            Code={"ZipFile": package(SOURCE / name, SOURCE / "shared")},
            Environment={"Variables": {"ANTIPODE_ENVIRONMENT": "prod", **variables}},
        )["Version"]
        functions.create_alias(FunctionName=full, Name="live", FunctionVersion=version)

    def _controller(self) -> dict[str, str]:
        return {
            "ACCOUNT_ID": ACCOUNT,
            "VOTERS": json.dumps(list(SHORT)),
            "REGIONS": json.dumps(
                {
                    region: {"health_url": f"https://app.{SHORT[region]}.example.com/health", "succession": n}
                    for n, region in enumerate((EAST, WEST))
                }
            ),
            "CONTROL_TABLE": TABLE,
            "HOME_REGION": EAST,
            "GLOBAL_CLUSTERS": json.dumps(
                {
                    "orders": {
                        "global": "prod-orders",
                        "clusters": {EAST: "prod-orders-use1", WEST: "prod-orders-euw1"},
                        "admin_secret": "prod/orders/admin",
                        "secrets": ["prod/orders/admin", "prod/orders/app"],
                        "database": DATABASE,
                    }
                }
            ),
        }

    def _data(self, region: str) -> dict[str, str]:
        cluster = self.client("rds", region).describe_db_clusters(
            DBClusterIdentifier=f"prod-orders-{SHORT[region]}"
        )["DBClusters"][0]
        return {
            "CONTROL_TABLE": TABLE,
            "HEALTH_TABLES": "{}",
            "HEALTH_DATABASES": '["orders"]',
            "DATABASE_ORDERS_ENDPOINT": cluster["Endpoint"],
            "DATABASE_ORDERS_READER_ENDPOINT": cluster["ReaderEndpoint"],
            "DATABASE_ORDERS_PORT": str(cluster["Port"]),
            "DATABASE_ORDERS_NAME": DATABASE,
            "DATABASE_ORDERS_SECRET": "prod/orders/app",
            "DATABASE_ORDERS_ADMIN_SECRET": "prod/orders/admin",
        }

    def _api(self, region: str) -> None:
        """What the controllers' probes ask: the region's own host, which leads to its health function."""
        gateway, host = self.client("apigateway", region), f"app.{SHORT[region]}.example.com"
        api = gateway.create_rest_api(name="prod")["id"]
        root = gateway.get_resources(restApiId=api)["items"][0]["id"]
        path = gateway.create_resource(restApiId=api, parentId=root, pathPart="health")["id"]
        method = {"restApiId": api, "resourceId": path, "httpMethod": "GET"}
        gateway.put_method(**method, authorizationType="NONE")
        function = f"arn:aws:lambda:{region}:{ACCOUNT}:function:{self.name(region, 'health')}:live"
        uri = f"arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{function}/invocations"
        gateway.put_integration(**method, type="AWS_PROXY", integrationHttpMethod="POST", uri=uri)
        gateway.create_deployment(restApiId=api, stageName="live")
        gateway.create_domain_name(domainName=host, endpointConfiguration={"types": ["REGIONAL"]})
        gateway.create_base_path_mapping(domainName=host, restApiId=api, stage="live")

    # ------------------------------------------------------------ using

    def name(self, region: str, function: str) -> str:
        return f"prod-{function}-{SHORT[region]}"

    def invoke(self, region: str, function: str, event: dict[str, Any]) -> dict[str, Any]:
        answer = self.client("lambda", region).invoke(
            FunctionName=self.name(region, function), Qualifier="live", Payload=json.dumps(event)
        )
        body = json.loads(answer["Payload"].read())
        assert "FunctionError" not in answer, body
        return dict(body)

    def command(self, region: str, command: str, **more: Any) -> dict[str, Any]:
        event = {"command": command, "by": "ann", "now": self.sandbox.epoch(), **more}
        return self.invoke(region, "failover", event)

    def write(self, region: str, key: str) -> int:
        """The status; what was acknowledged is remembered."""
        event = {
            "httpMethod": "POST",
            "headers": {"Idempotency-Key": key},
            "body": json.dumps({"id": key, "value": key}),
            "requestContext": {"requestTimeEpoch": int(self.sandbox.epoch() * 1000)},
        }
        try:
            status = int(self.invoke(region, "orders", event)["statusCode"])
        except Exception:
            return 0
        if status in (200, 201):
            self.acknowledged[key] = status
        return status

    def read(self, region: str, key: str) -> int:
        event = {"httpMethod": "GET", "queryStringParameters": {"id": key}}
        return int(self.invoke(region, "orders", event)["statusCode"])

    def pass_time(self, seconds: float, *, write: str | None = None) -> None:
        """Tick every voter that is alive every 5 s of model time."""
        end = self.sandbox.epoch() + seconds
        number = 0
        while self.sandbox.epoch() < end:
            for region in SHORT:
                event = {"ticks": 1, "tick_seconds": 5, "now": self.sandbox.epoch()}
                try:
                    self.invoke(region, "failover", event)
                except AssertionError:
                    raise
                except Exception:
                    # a dark region does not tick
                    continue
            if write is not None:
                number += 1
                for region in (EAST, WEST):
                    self.write(region, f"{write}-{region}-{number}")
            self._leap(5)

    def _leap(self, seconds: float) -> None:
        async def leap() -> None:
            with self.sandbox.clock.jumping():
                await self.sandbox.clock.spawn(self.sandbox.clock.sleep(seconds))

        self.sandbox.run(leap(), timeout=60)

    def missing(self, region: str) -> set[str]:
        return {key for key in self.acknowledged if self.read(region, key) != 200}


@pytest.fixture
def estate() -> Iterator[Estate]:
    with Sandbox(account_id=ACCOUNT, regions=list(SHORT)) as sandbox:
        made = Estate(sandbox)
        made.build()
        # Aurora publishes its lag once a minute
        made.pass_time(75)
        yield made
        made.pools.stop_all()


def writer(status: dict[str, Any]) -> tuple[Any, ...]:
    found = status["status"]
    return (found["writer"], found["epoch"], found["phase"], found["lease"]["kind"])


def test_a_dark_region_is_replaced_and_when_it_returns_it_stays_out_until_it_is_let_back(
    estate: Estate,
) -> None:
    assert writer(estate.command(WITNESS, "status")) == (EAST, 1, "done", "bootstrap")
    assert [estate.write(region, f"first-{region}") for region in (EAST, WEST)] == [201, 201]
    estate.pass_time(10)
    fault = estate.sandbox.faults.inject(RegionDark(EAST, "refuse"))
    began = estate.sandbox.epoch()
    estate.pass_time(PROMOTION + 50, write="dark")
    status = estate.command(WEST, "status")
    assert writer(status) == (WEST, 2, "done", "failover")
    log = {entry["event"]: entry["at"] - began for entry in status["status"]["log"] if entry["epoch"] == 2}
    assert log["promoted"] - log["promote orders"] >= PROMOTION - 5
    assert log["admitted"] <= 40 + PROMOTION + 10
    assert estate.write(WEST, "after") == 201
    assert estate.missing(WEST) == set()
    secret = estate.client("secretsmanager", WEST).describe_secret(SecretId="prod/orders/app")
    assert secret.get("PrimaryRegion", WEST) == WEST

    estate.sandbox.faults.heal(fault)
    estate.pass_time(30)
    event = {"requestContext": {"requestTimeEpoch": int(estate.sandbox.epoch() * 1000)}}
    health = json.loads(estate.invoke(EAST, "health", event)["body"])
    assert health["checks"]["admission"]["cause"] == f"not serving: retired: {WEST} took over in epoch 2"
    assert writer(estate.command(EAST, "status"))[:2] == (WEST, 2)
    refused = estate.command(WEST, "failback")
    assert refused["allowed"] is False
    assert f"{EAST} is retired after a failover: run reconcile, then readmit" in refused["reasons"]


def test_a_switchover_moves_the_database_and_loses_nothing(estate: Estate) -> None:
    estate.pass_time(10, write="before")
    assert estate.command(WEST, "switchover", to=WEST)["allowed"] is True
    estate.pass_time(SWITCHOVER + 50, write="during")
    assert writer(estate.command(WEST, "status")) == (WEST, 2, "done", "switchover")
    assert estate.write(WEST, "after-west") == 201
    assert estate.write(EAST, "after-east") == 201
    assert estate.missing(WEST) == set()


@pytest.mark.long
def test_the_loss_of_aurora_alone_in_the_writers_region_is_taken_over_from(estate: Estate) -> None:
    assert estate.write(EAST, "first") == 201
    estate.pass_time(10)
    estate.sandbox.faults.inject(ServiceDown(EAST, "rds", "refuse"))
    began = estate.sandbox.epoch()
    estate.pass_time(PROMOTION + 80, write="during")
    status = estate.command(WEST, "status")
    assert writer(status) == (WEST, 2, "done", "failover")
    admitted = next(e["at"] for e in status["status"]["log"] if e["event"] == "admitted" and e["epoch"] == 2)
    assert admitted - began <= 60 + PROMOTION + 10
    assert estate.missing(WEST) == set()
