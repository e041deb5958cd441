resource "aws_cloudwatch_log_group" "this" {
  name              = "/aws/lambda/${var.name}"
  kms_key_id        = var.kms_key_arn
  retention_in_days = var.log_retention_days

  tags = var.tags
}

resource "aws_lambda_function" "this" {
  # checkov:skip=CKV_AWS_116:The dead-letter queue is the caller's choice, functions behind an API are invoked synchronously and never use it.
  # checkov:skip=CKV_AWS_117:A VPC is the caller's choice, it adds a failure domain to a function that calls regional AWS endpoints only.
  # checkov:skip=CKV_AWS_272:Code signing needs a signing profile of the account, packages are built and pinned by their hash instead.
  function_name = var.name
  description   = var.description
  role          = var.role_arn

  architectures    = [var.architecture]
  filename         = var.package
  handler          = var.handler
  publish          = true
  runtime          = var.runtime
  source_code_hash = filebase64sha256(var.package)

  memory_size                    = var.memory_mb
  reserved_concurrent_executions = coalesce(var.reserved_concurrency, -1)
  timeout                        = var.timeout_seconds

  # Lambda keeps the key only together with variables; without them every plan would want to set it
  kms_key_arn = length(var.environment) > 0 ? var.kms_key_arn : null

  dynamic "environment" {
    for_each = length(var.environment) > 0 ? [var.environment] : []

    content {
      variables = environment.value
    }
  }

  dynamic "dead_letter_config" {
    for_each = aws_sqs_queue.dead_letter

    content {
      target_arn = dead_letter_config.value.arn
    }
  }

  ephemeral_storage {
    size = var.ephemeral_storage_mb
  }

  # naming the group makes it exist, with its key and retention, before the first log line
  logging_config {
    log_format = "JSON"
    log_group  = aws_cloudwatch_log_group.this.name
  }

  dynamic "vpc_config" {
    for_each = var.vpc == null ? [] : [var.vpc]

    content {
      security_group_ids = vpc_config.value.security_group_ids
      subnet_ids         = vpc_config.value.subnet_ids
    }
  }

  tracing_config {
    mode = var.tracing ? "Active" : "PassThrough"
  }

  tags = var.tags
}

resource "aws_lambda_provisioned_concurrency_config" "live" {
  count = var.provisioned_concurrency > 0 ? 1 : 0

  function_name                     = local.alias.function_name
  provisioned_concurrent_executions = var.provisioned_concurrency
  qualifier                         = local.alias.name
}
