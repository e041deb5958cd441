# Statements of the services that the environment uses, put together by family: a managed policy takes 6,144
# characters and a role ten of them (IAM User Guide, "IAM and AWS STS quotas").

locals {
  used = { for name, service in local.services : name => service if contains(var.services, name) }

  read = {
    for family in toset([for service in local.used : service.family]) :
    family => flatten([for service in local.used : service.read if service.family == family])
  }
  write = {
    for family in toset([for service in local.used : service.family]) :
    family => flatten([for service in local.used : service.write if service.family == family])
  }

  state_objects = [for bucket in var.state_buckets : "arn:${local.partition}:s3:::${bucket.name}/*"]
  state_buckets = [for bucket in var.state_buckets : "arn:${local.partition}:s3:::${bucket.name}"]
  state_keys    = [for bucket in var.state_buckets : "alias/${bucket.kms_alias}"]
}

data "aws_iam_policy_document" "read" {
  for_each = local.read

  dynamic "statement" {
    for_each = each.value

    content {
      actions   = statement.value.actions
      resources = statement.value.resources
    }
  }
}

data "aws_iam_policy_document" "write" {
  for_each = local.write

  dynamic "statement" {
    for_each = each.value

    content {
      actions   = statement.value.actions
      resources = statement.value.resources

      dynamic "condition" {
        for_each = statement.value.conditions

        content {
          test     = condition.value.test
          variable = condition.value.variable
          values   = condition.value.values
        }
      }
    }
  }
}

data "aws_iam_policy_document" "state" {
  for_each = toset(["plan", "apply"])

  statement {
    sid       = "FindStates"
    actions   = ["s3:GetBucketLocation", "s3:ListBucket"]
    resources = local.state_buckets
  }

  statement {
    sid       = "ReadStates"
    actions   = ["s3:GetObject"]
    resources = local.state_objects
  }

  # Terraform's own lock file beside each state; it is deleted to unlock (Terraform, "Backend Type: s3")
  statement {
    sid       = "LockStates"
    actions   = ["s3:DeleteObject", "s3:PutObject"]
    resources = [for bucket in local.state_buckets : "${bucket}/*.tflock"]
  }

  dynamic "statement" {
    for_each = each.key == "plan" ? [true] : []

    content {
      sid       = "KeepPlans"
      actions   = ["s3:PutObject"]
      resources = [for bucket in local.state_buckets : "${bucket}/plans/*"]

      # a plan that is there is never replaced (S3 User Guide, "Enforce conditional writes")
      condition {
        test     = "Null"
        variable = "s3:if-none-match"
        values   = ["false"]
      }
    }
  }

  dynamic "statement" {
    for_each = each.key == "apply" ? [true] : []

    content {
      sid       = "WriteStates"
      actions   = ["s3:PutObject"]
      resources = [for bucket in local.state_buckets : "${bucket}/*/terraform.tfstate"]
    }
  }

  statement {
    sid       = "UseStateKeys"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = ["arn:${local.partition}:kms:*:${var.account_id}:key/*"]

    condition {
      test     = "ForAnyValue:StringEquals"
      variable = "kms:ResourceAliases"
      values   = local.state_keys
    }

    condition {
      test     = "StringLike"
      variable = "kms:ViaService"
      values   = ["s3.*.amazonaws.com", "s3.*.amazonaws.com.*"]
    }
  }
}
