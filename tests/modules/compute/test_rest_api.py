from __future__ import annotations

import json
from typing import Any

import pytest

from tests.modules.module_plan import Planner

pytestmark = pytest.mark.terraform

KEY = "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-4234-8234-123456789012"
SCHEMA = '{"required":["id"],"type":"object"}'


def function(name: str) -> dict[str, Any]:
    arn = f"arn:aws:lambda:us-east-1:123456789012:function:prod-{name}-use1:live"
    return {
        "function_name": f"prod-{name}-use1",
        "invoke_arn": f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{arn}/invocations",
    }


FULL: dict[str, Any] = {
    "cloudwatch_role_arn": "arn:aws:iam::123456789012:role/prod-api-logs",
    "cors": {"origins": ["https://www.example.com", "https://example.com"]},
    "domain_names": ["api.example.com", "api.use1.example.com"],
    "kms_key_arn": KEY,
    "name": "prod-use1",
    "routes": {
        "GET /": function("home"),
        "GET /items/{id}/parts/{part}": function("read"),
        "POST /items": function("write")
        | {
            "body_schema": SCHEMA,
            "required_headers": ["Idempotency-Key"],
            "required_query_parameters": ["mode"],
        },
        "PUT /items": function("write") | {"authorization": "AWS_IAM"},
    },
    "tags": {"tier": "compute"},
    "throttle": {"rate": 50, "burst": 100},
}
SMALLEST: dict[str, Any] = {
    "kms_key_arn": KEY,
    "name": "prod-use1",
    "routes": {"GET /read": function("read")},
}


def one_origin(origin: str) -> dict[str, Any]:
    return SMALLEST | {"cors": {"origins": [origin]}}


def resources(plan_module: Planner, case: dict[str, Any] = FULL) -> dict[str, dict[str, Any]]:
    found = plan_module("compute/rest_api", case).modules["module.this"].resources
    return {address: resource["values"] for address, resource in found.items() if "values" in resource}


def of_type(found: dict[str, dict[str, Any]], prefix: str) -> dict[str, dict[str, Any]]:
    return {
        address.partition('["')[2][:-2]: found[address] for address in found if address.startswith(prefix)
    }


def test_every_level_of_every_path_is_one_resource(plan_module: Planner) -> None:
    found = resources(plan_module)
    parts = {
        address.removeprefix("aws_api_gateway_resource."): values["path_part"]
        for address, values in found.items()
        if address.startswith("aws_api_gateway_resource.")
    }
    assert parts == {
        'level_1["/items"]': "items",
        'level_2["/items/{id}"]': "{id}",
        'level_3["/items/{id}/parts"]': "parts",
        'level_4["/items/{id}/parts/{part}"]': "{part}",
    }


def test_a_request_must_have_what_its_route_requires(plan_module: Planner) -> None:
    methods = of_type(resources(plan_module), "aws_api_gateway_method.route")
    parameters = {route: values["request_parameters"] for route, values in methods.items()}
    assert parameters == {
        "GET /": None,
        "GET /items/{id}/parts/{part}": {"method.request.path.id": True, "method.request.path.part": True},
        "POST /items": {
            "method.request.header.Idempotency-Key": True,
            "method.request.querystring.mode": True,
        },
        "PUT /items": None,
    }


def test_a_body_is_checked_whatever_its_content_type(plan_module: Planner) -> None:
    found = resources(plan_module)
    models = of_type(found, "aws_api_gateway_model.body")
    assert {route: values["schema"] for route, values in models.items()} == {"POST /items": SCHEMA}
    name = models["POST /items"]["name"]
    assert name.isalnum()
    methods = of_type(found, "aws_api_gateway_method.route")
    assert methods["POST /items"]["request_models"] == {"$default": name, "application/json": name}
    validator = found["aws_api_gateway_request_validator.this"]
    assert (validator["validate_request_body"], validator["validate_request_parameters"]) == (True, True)


def test_routes_are_public_unless_they_ask_for_signatures(plan_module: Planner) -> None:
    methods = of_type(resources(plan_module), "aws_api_gateway_method.route")
    assert {route: values["authorization"] for route, values in methods.items()} == {
        "GET /": "NONE",
        "GET /items/{id}/parts/{part}": "NONE",
        "POST /items": "NONE",
        "PUT /items": "AWS_IAM",
    }


def test_each_route_proxies_to_the_alias_of_its_function(plan_module: Planner) -> None:
    integrations = of_type(resources(plan_module), "aws_api_gateway_integration.route")
    assert {values["type"] for values in integrations.values()} == {"AWS_PROXY"}
    assert {values["integration_http_method"] for values in integrations.values()} == {"POST"}
    assert {route: values["uri"] for route, values in integrations.items()} == {
        route: values["invoke_arn"] for route, values in FULL["routes"].items()
    }


def test_functions_may_be_called_through_their_alias_alone(plan_module: Planner) -> None:
    permissions = of_type(resources(plan_module), "aws_lambda_permission.route")
    granted = {
        (values["principal"], values["action"], values["qualifier"]) for values in permissions.values()
    }
    assert granted == {("apigateway.amazonaws.com", "lambda:InvokeFunction", "live")}
    assert len({values["statement_id"] for values in permissions.values()}) == len(FULL["routes"])
    assert max(len(values["statement_id"]) for values in permissions.values()) <= 100


def test_browsers_are_answered_on_every_path_with_its_methods(plan_module: Planner) -> None:
    answers = of_type(resources(plan_module), "aws_api_gateway_integration_response.preflight")
    methods = {
        path: values["response_parameters"]["method.response.header.Access-Control-Allow-Methods"]
        for path, values in answers.items()
    }
    assert methods == {
        "/": "'GET,OPTIONS'",
        "/items": "'OPTIONS,POST,PUT'",
        "/items/{id}/parts/{part}": "'GET,OPTIONS'",
    }


@pytest.mark.parametrize("origin", ["*", "https://example.com"])
def test_a_single_origin_is_answered_without_a_template(plan_module: Planner, origin: str) -> None:
    found = of_type(
        resources(plan_module, one_origin(origin)), "aws_api_gateway_integration_response.preflight"
    )
    assert found["/read"]["response_parameters"] == {
        "method.response.header.Access-Control-Allow-Headers": "'Content-Type,Idempotency-Key'",
        "method.response.header.Access-Control-Allow-Methods": "'GET,OPTIONS'",
        "method.response.header.Access-Control-Allow-Origin": f"'{origin}'",
        "method.response.header.Access-Control-Max-Age": "'600'",
        "method.response.header.Vary": "'Origin'",
    }
    assert found["/read"]["response_templates"] is None


def test_of_several_origins_the_one_that_asks_is_answered(plan_module: Planner) -> None:
    answer = of_type(resources(plan_module), "aws_api_gateway_integration_response.preflight")["/items"]
    origin = "method.response.header.Access-Control-Allow-Origin"
    assert origin not in answer["response_parameters"]
    assert answer["response_templates"]["application/json"] == (
        '#set($origin = $input.params().header.get("origin"))\n'
        '#if(!$origin || $origin == "")\n'
        '#set($origin = $input.params().header.get("Origin"))\n'
        "#end\n"
        '#if($origin == "https://example.com" || $origin == "https://www.example.com")\n'
        "#set($context.responseOverride.header.Access-Control-Allow-Origin = $origin)\n"
        "#end\n"
    )


def test_every_header_of_a_preflight_answer_is_declared(plan_module: Planner) -> None:
    found = resources(plan_module)
    answers = of_type(found, "aws_api_gateway_integration_response.preflight")
    declared = of_type(found, "aws_api_gateway_method_response.preflight")
    assert {path: set(values["response_parameters"]) for path, values in answers.items()} == {
        path: set(values["response_parameters"]) for path, values in declared.items()
    }


def test_browsers_may_read_errors_of_the_gateway_itself(plan_module: Planner) -> None:
    errors = of_type(resources(plan_module), "aws_api_gateway_gateway_response.error")
    assert {kind: values["status_code"] for kind, values in errors.items()} == {
        "BAD_REQUEST_BODY": "400",
        "DEFAULT_4XX": None,
        "DEFAULT_5XX": None,
    }
    assert errors["DEFAULT_5XX"]["response_parameters"] == {
        "gatewayresponse.header.Access-Control-Allow-Origin": "method.request.header.Origin",
        "gatewayresponse.header.Vary": "'Origin'",
    }
    assert errors["DEFAULT_4XX"]["response_templates"] == {
        "application/json": (
            '{"error":"$context.error.responseType","reason":$context.error.messageString,'
            '"request_id":"$context.requestId"}'
        )
    }


def test_without_origins_no_browser_is_answered(plan_module: Planner) -> None:
    found = resources(plan_module, SMALLEST)
    assert [address for address in found if "preflight" in address] == []
    errors = of_type(found, "aws_api_gateway_gateway_response.error")
    assert [values["response_parameters"] for values in errors.values()] == [None, None, None]


def test_the_api_answers_to_its_domain_names_and_to_nothing_else(plan_module: Planner) -> None:
    found = resources(plan_module)
    assert found["aws_api_gateway_rest_api.this"]["disable_execute_api_endpoint"] is True
    mapped = of_type(found, "aws_api_gateway_base_path_mapping.this")
    assert {name: (values["domain_name"], values["stage_name"]) for name, values in mapped.items()} == {
        "api.example.com": ("api.example.com", "live"),
        "api.use1.example.com": ("api.use1.example.com", "live"),
    }


def test_the_endpoint_stays_open_while_there_is_no_domain_name(plan_module: Planner) -> None:
    api = resources(plan_module, SMALLEST)["aws_api_gateway_rest_api.this"]
    assert api["disable_execute_api_endpoint"] is False
    assert api["endpoint_configuration"][0]["types"] == ["REGIONAL"]


def test_every_method_is_throttled_measured_and_logs_errors_without_their_data(plan_module: Planner) -> None:
    values = resources(plan_module)["aws_api_gateway_method_settings.this"]
    (settings,) = values["settings"]
    chosen = ("throttling_rate_limit", "throttling_burst_limit", "metrics_enabled", "logging_level")
    assert values["method_path"] == "*/*"
    assert [settings[name] for name in chosen] == [50, 100, True, "ERROR"]
    assert settings["data_trace_enabled"] is False


def test_requests_are_traced(plan_module: Planner) -> None:
    assert resources(plan_module)["aws_api_gateway_stage.this"]["xray_tracing_enabled"] is True
    untraced = resources(plan_module, SMALLEST | {"tracing": False, "execution_logging": "OFF"})
    assert untraced["aws_api_gateway_stage.this"]["xray_tracing_enabled"] is False
    assert [address for address in untraced if "log_group.execution" in address] == []


def test_logs_are_kept_as_long_as_asked_under_the_customer_s_key(plan_module: Planner) -> None:
    found = resources(plan_module)
    groups = {address: values for address, values in found.items() if "cloudwatch_log_group" in address}
    assert {(values["kms_key_id"], values["retention_in_days"]) for values in groups.values()} == {(KEY, 30)}
    assert groups["aws_cloudwatch_log_group.access"]["name"] == "/aws/apigateway/prod-use1"


def test_an_access_log_line_tells_who_asked_what_and_what_came_of_it(plan_module: Planner) -> None:
    plan = plan_module("compute/rest_api", FULL)
    stage = plan.resource_changes["module.this.aws_api_gateway_stage.this"]["change"]["after"]
    line = json.loads(stage["access_log_settings"][0]["format"])
    assert line == {
        "extended_request_id": "$context.extendedRequestId",
        "integration_error": "$context.integration.error",
        "integration_latency_ms": "$context.integration.latency",
        "integration_status": "$context.integration.status",
        "ip": "$context.identity.sourceIp",
        "latency_ms": "$context.responseLatency",
        "method": "$context.httpMethod",
        "path": "$context.path",
        "protocol": "$context.protocol",
        "reason": "$context.error.message",
        "request_id": "$context.requestId",
        "response_length": "$context.responseLength",
        "route": "$context.httpMethod $context.resourcePath",
        "status": "$context.status",
        "time": "$context.requestTimeEpoch",
        "user_agent": "$context.identity.userAgent",
        "xray_trace_id": "$context.xrayTraceId",
    }


def test_the_account_is_told_its_logging_role_only_when_one_is_given(plan_module: Planner) -> None:
    account = "aws_api_gateway_account.this"
    assert [address for address in resources(plan_module, SMALLEST) if account in address] == []
    role = resources(plan_module)[f"{account}[0]"]["cloudwatch_role_arn"]
    assert role == "arn:aws:iam::123456789012:role/prod-api-logs"
