# What the function needs to run and to tell what it sees.
data "aws_iam_policy_document" "own" {
  statement {
    sid       = "OwnLogs"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${local.log_group}:*"]
  }

  dynamic "statement" {
    for_each = var.tracing ? [true] : []

    # X-Ray has no resource to name for these two (Service Authorization Reference, AWS X-Ray)
    content {
      sid       = "Traces"
      actions   = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
      resources = ["*"]
    }
  }

  statement {
    sid       = "OwnEnvironmentVariables"
    actions   = ["kms:Decrypt"]
    resources = ["arn:${local.partition}:kms:${local.regional}:key/*"]

    condition {
      test     = "ForAnyValue:StringEquals"
      variable = "kms:ResourceAliases"
      values   = ["alias/${var.kms_alias}"]
    }

    condition {
      test     = "StringEquals"
      variable = "kms:EncryptionContext:aws:lambda:FunctionArn"
      values   = [local.function]
    }
  }

  # CloudWatch has no resource to name for metrics (Service Authorization Reference, Amazon CloudWatch)
  statement {
    sid       = "PublishWhatItSees"
    actions   = ["cloudwatch:PutMetricData"]
    resources = ["*"]

    condition {
      test     = "StringEquals"
      variable = "cloudwatch:namespace"
      values   = [var.metric_namespace]
    }
  }

  dynamic "statement" {
    for_each = local.witness ? [] : [true]

    content {
      sid       = "ReadReplicationLag"
      actions   = ["cloudwatch:GetMetricData"]
      resources = ["*"]
    }
  }
}
