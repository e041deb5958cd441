resource "aws_secretsmanager_secret" "this" {
  name        = var.name
  description = var.description

  force_overwrite_replica_secret = false
  kms_key_id                     = var.kms_key_arn
  recovery_window_in_days        = var.recovery_window_days

  dynamic "replica" {
    for_each = var.replicas

    content {
      region     = replica.key
      kms_key_id = replica.value
    }
  }

  tags = var.tags

  lifecycle {
    # A failover makes a replica a secret of its own, and after the failback this one may be the replica. To add a
    # replica again would then fail, or overwrite the password in use with an old one. The check below tells.
    ignore_changes = [replica]
  }
}

check "replicas" {
  assert {
    # without replicas there is nothing to miss, and nothing known before the first apply
    condition = length(var.replicas) == 0 ? true : (
      toset(keys(var.replicas)) == toset(aws_secretsmanager_secret.this.replica[*].region)
    )
    error_message = join(" ", [
      "${var.name} is replicated to ${jsonencode(sort(aws_secretsmanager_secret.this.replica[*].region))}",
      "and should be to ${jsonencode(sort(keys(var.replicas)))}.",
      "During a failover that is as it should be; otherwise run:",
      "aws secretsmanager replicate-secret-to-regions --secret-id ${var.name} --add-replica-regions",
      "Region=<region>,KmsKeyId=<key>",
    ])
  }
}

data "aws_iam_policy_document" "this" {
  statement {
    sid       = "EncryptedTransportOnly"
    effect    = "Deny"
    actions   = ["secretsmanager:*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_secretsmanager_secret_policy" "this" {
  secret_arn          = aws_secretsmanager_secret.this.arn
  block_public_policy = true
  policy              = data.aws_iam_policy_document.this.json
}
