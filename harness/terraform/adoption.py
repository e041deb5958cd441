"""Resources that a stopped apply made and no state knows: recognised by name and imported, never made twice.

Only what our own stopped run had begun to create is ever imported, and before anything is applied again: some
services refuse a second creation at once, others only after minutes of the provider's own retries (five for
a function that exists, AWS provider 5.100).
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from harness.terraform.diagnostics import Diagnostic

FILE = "antipode_import.tf.json"
"""In a root while it is planned with import blocks; git-ignored."""

_API = "{rest_api_id}"
_METHOD = "{rest_api_id}/{resource_id}/{http_method}"
# Import identifiers (the provider's documentation, section Import, 5.100) from the planned attributes and,
# as `id`, from the id that the killed run was given.
IDENTIFIED_BY = {
    "aws_acm_certificate": "{id}",
    "aws_api_gateway_base_path_mapping": "{domain_name}/{base_path}",
    "aws_api_gateway_deployment": f"{_API}/{{id}}",
    "aws_api_gateway_domain_name": "{domain_name}",
    "aws_api_gateway_gateway_response": f"{_API}/{{response_type}}",
    "aws_api_gateway_integration": _METHOD,
    "aws_api_gateway_integration_response": f"{_METHOD}/{{status_code}}",
    "aws_api_gateway_method": _METHOD,
    "aws_api_gateway_method_response": f"{_METHOD}/{{status_code}}",
    "aws_api_gateway_method_settings": f"{_API}/{{stage_name}}/{{method_path}}",
    "aws_api_gateway_model": f"{_API}/{{name}}",
    "aws_api_gateway_request_validator": f"{_API}/{{id}}",
    "aws_api_gateway_resource": f"{_API}/{{id}}",
    "aws_api_gateway_rest_api": "{id}",
    "aws_api_gateway_stage": f"{_API}/{{stage_name}}",
    "aws_backup_plan": "{id}",
    "aws_backup_selection": "{plan_id}|{id}",
    "aws_backup_vault": "{name}",
    "aws_cloudfront_cache_policy": "{id}",
    "aws_cloudfront_distribution": "{id}",
    "aws_cloudfront_monitoring_subscription": "{distribution_id}",
    "aws_cloudfront_origin_access_control": "{id}",
    "aws_cloudfront_response_headers_policy": "{id}",
    "aws_cloudwatch_dashboard": "{dashboard_name}",
    "aws_cloudwatch_log_delivery": "{id}",
    "aws_cloudwatch_log_group": "{name}",
    "aws_cloudwatch_metric_alarm": "{alarm_name}",
    "aws_codedeploy_app": "{name}",
    "aws_codedeploy_deployment_config": "{deployment_config_name}",
    "aws_codedeploy_deployment_group": "{app_name}:{deployment_group_name}",
    "aws_db_subnet_group": "{name}",
    "aws_dynamodb_table": "{name}",
    "aws_dynamodb_table_replica": "{id}",
    "aws_flow_log": "{id}",
    "aws_iam_openid_connect_provider": "{id}",
    "aws_iam_policy": "{id}",
    "aws_iam_role": "{name}",
    "aws_iam_role_policy": "{id}",
    "aws_kms_alias": "{name}",
    "aws_kms_key": "{id}",
    "aws_lambda_alias": "{function_name}/{name}",
    "aws_lambda_function": "{function_name}",
    "aws_lambda_permission": "{function_name}:{qualifier}/{statement_id}",
    "aws_rds_cluster": "{cluster_identifier}",
    "aws_rds_cluster_instance": "{identifier}",
    "aws_rds_cluster_parameter_group": "{name}",
    "aws_rds_global_cluster": "{global_cluster_identifier}",
    "aws_route53_health_check": "{id}",
    "aws_route53_record": "{id}",
    "aws_route53_zone": "{id}",
    "aws_route_table": "{id}",
    "aws_route_table_association": "{subnet_id}/{route_table_id}",
    "aws_s3_bucket": "{bucket}",
    "aws_secretsmanager_secret": "{id}",
    "aws_secretsmanager_secret_version": "{id}",
    "aws_security_group": "{id}",
    "aws_sns_topic": "{id}",
    "aws_sqs_queue": "{id}",
    "aws_subnet": "{id}",
    "aws_vpc": "{id}",
    "aws_vpc_endpoint": "{id}",
    "aws_vpc_security_group_egress_rule": "{id}",
    "aws_vpc_security_group_ingress_rule": "{id}",
    "aws_wafv2_ip_set": "{id}/{name}/{scope}",
    "aws_wafv2_web_acl": "{id}/{name}/{scope}",
    "terraform_data": "{id}",
}
# Made again as if for the first time: the call replaces what is there, or finds it (the services' API
# references). Every type in modules/ is here or above.
REPEATABLE = {
    "aws_acm_certificate_validation": "waits, makes nothing",
    "aws_api_gateway_account": "a setting of the region",
    "aws_appautoscaling_policy": "PutScalingPolicy",
    "aws_appautoscaling_target": "RegisterScalableTarget",
    "aws_backup_region_settings": "a setting of the region",
    "aws_backup_vault_lock_configuration": "PutBackupVaultLockConfiguration",
    "aws_backup_vault_policy": "PutBackupVaultAccessPolicy",
    "aws_cloudwatch_event_rule": "PutRule",
    "aws_cloudwatch_event_target": "PutTargets",
    "aws_cloudwatch_log_delivery_destination": "PutDeliveryDestination",
    "aws_cloudwatch_log_delivery_source": "PutDeliverySource",
    "aws_cloudwatch_log_metric_filter": "PutMetricFilter",
    "aws_cloudwatch_log_resource_policy": "PutResourcePolicy",
    "aws_default_security_group": "adopts what the VPC came with",
    "aws_iam_role_policy_attachment": "AttachRolePolicy",
    "aws_lambda_function_event_invoke_config": "PutFunctionEventInvokeConfig",
    "aws_lambda_invocation": "asks the function again",
    "aws_lambda_provisioned_concurrency_config": "PutProvisionedConcurrencyConfig",
    "aws_s3_bucket_cors_configuration": "a setting of a bucket",
    "aws_s3_bucket_intelligent_tiering_configuration": "a setting of a bucket",
    "aws_s3_bucket_lifecycle_configuration": "a setting of a bucket",
    "aws_s3_bucket_logging": "a setting of a bucket",
    "aws_s3_bucket_object_lock_configuration": "a setting of a bucket",
    "aws_s3_bucket_ownership_controls": "a setting of a bucket",
    "aws_s3_bucket_policy": "a setting of a bucket",
    "aws_s3_bucket_public_access_block": "a setting of a bucket",
    "aws_s3_bucket_replication_configuration": "a setting of a bucket",
    "aws_s3_bucket_server_side_encryption_configuration": "a setting of a bucket",
    "aws_s3_bucket_versioning": "a setting of a bucket",
    "aws_secretsmanager_secret_policy": "PutResourcePolicy",
    "aws_secretsmanager_secret_rotation": "RotateSecret",
    "aws_sns_topic_policy": "SetTopicAttributes",
    "aws_sns_topic_subscription": "Subscribe gives back the subscription that exists",
    "aws_sqs_queue_policy": "SetQueueAttributes",
    "aws_wafv2_web_acl_association": "AssociateWebACL",
    "aws_wafv2_web_acl_logging_configuration": "PutLoggingConfiguration",
}


def identifiers(plan: Mapping[str, Any], begun: Mapping[str, str]) -> dict[str, str]:
    """Import identifier by address, from `terraform show -json <plan>`: of what was begun (address -> id, or
    empty) and is planned to be created. What has no identifier of its own, or not yet, is left out."""
    found: dict[str, str] = {}
    for planned in plan.get("resource_changes") or ():
        address, change = str(planned.get("address")), planned.get("change") or {}
        pattern = IDENTIFIED_BY.get(str(planned.get("type")))
        if pattern is None or address not in begun or change.get("actions") != ["create"]:
            continue
        known = {name: "" if value is None else value for name, value in (change.get("after") or {}).items()}
        if begun[address]:
            known["id"] = begun[address]
        with contextlib.suppress(KeyError):  # not known before what it belongs to is imported
            found[address] = pattern.format_map(known)
    return dict(sorted(found.items()))


def blocks(imports: Mapping[str, str]) -> str:
    """Terraform's import blocks, as the JSON of a configuration file."""
    return json.dumps({"import": [{"to": address, "id": name} for address, name in imports.items()]})


def missing(errors: Iterable[Diagnostic], imports: Mapping[str, str]) -> set[str]:
    """Addresses of `imports` that a plan's errors name: what does not exist, or cannot be imported."""
    said = tuple(errors)
    return {
        address
        for address in imports
        if any(each.address == address or json.dumps(address) in each.text for each in said)
    }
