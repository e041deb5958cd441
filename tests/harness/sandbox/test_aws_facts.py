"""The table of AWS's services agrees with botocore's models."""

from __future__ import annotations

import botocore.session
import pytest

from harness.sandbox.aws_facts import FACTS, facts_of, service_name

SESSION = botocore.session.get_session()
# The names of clients where this package says the service's name without a hyphen.
CLIENTS = {"iotdata": "iot-data"}


@pytest.mark.parametrize("service", sorted(FACTS))
def test_each_row_is_what_botocores_model_says(service: str) -> None:
    facts, model = FACTS[service], SESSION.get_service_model(CLIENTS.get(service, service))
    assert facts.protocol in (model.metadata.get("protocols") or [model.metadata["protocol"]])
    assert facts.signing_name == model.signing_name
    assert facts.endpoint_prefix == model.endpoint_prefix


@pytest.mark.parametrize("service", sorted(name for name in FACTS if name not in ("dynamodb", "xray")))
def test_operations_of_data_planes_exist(service: str) -> None:
    model = SESSION.get_service_model(CLIENTS.get(service, service))
    assert facts_of(service).data <= set(model.operation_names)


def test_dynamodbs_data_plane_is_that_of_tables_and_of_streams() -> None:
    clients = ("dynamodb", "dynamodbstreams")
    known = {name for each in clients for name in SESSION.get_service_model(each).operation_names}
    assert facts_of("dynamodb").data <= known


def test_a_service_without_a_row_speaks_json_and_is_ministacks() -> None:
    facts = facts_of("acm")
    assert (facts.protocol, facts.signing_name, facts.emulator) == ("json", "acm", "ministack")


def test_services_have_one_name_whatever_the_signature_calls_them() -> None:
    names = [service_name(name) for name in ("monitoring", "execute-api", "states", "dynamodb")]
    assert names == ["cloudwatch", "apigateway", "stepfunctions", "dynamodb"]
