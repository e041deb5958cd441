data "aws_partition" "current" {}

locals {
  partition    = data.aws_partition.current.partition
  name         = "${var.environment}-delivery"
  provider_arn = "arn:${local.partition}:iam::${var.account_id}:oidc-provider/${local.issuer}"
  issuer       = "token.actions.githubusercontent.com"

  # what a workflow run says it is (GitHub Docs, "OpenID Connect reference": example subject claims)
  subjects = {
    plan = [
      "repo:${var.repository}:pull_request",
      "repo:${var.repository}:ref:refs/heads/${var.branch}",
    ]
    apply = ["repo:${var.repository}:environment:${var.environment}"]
  }
}

# one for an account, whatever the number of environments and repositories
resource "aws_iam_openid_connect_provider" "this" {
  count = var.create_oidc_provider ? 1 : 0

  url            = "https://${local.issuer}"
  client_id_list = ["sts.amazonaws.com"]

  tags = var.tags
}

data "aws_iam_policy_document" "trust" {
  for_each = local.subjects

  statement {
    sid     = "WorkflowsTakeTheRole"
    actions = ["sts:AssumeRoleWithWebIdentity"]

    principals {
      type        = "Federated"
      identifiers = [local.provider_arn]
    }

    condition {
      test     = "StringEquals"
      variable = "${local.issuer}:aud"
      values   = ["sts.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "${local.issuer}:sub"
      values   = each.value
    }
  }
}

resource "aws_iam_role" "plan" {
  name                 = "${local.name}-plan"
  description          = "Taken on by GitHub Actions to plan ${var.environment}: reads, and writes nothing but locks and plans."
  assume_role_policy   = data.aws_iam_policy_document.trust["plan"].json
  max_session_duration = 3600
  permissions_boundary = var.permissions_boundary

  tags = var.tags

  depends_on = [aws_iam_openid_connect_provider.this]
}

resource "aws_iam_role" "apply" {
  name                 = "${local.name}-apply"
  description          = "Taken on by GitHub Actions to apply ${var.environment} after an approval."
  assume_role_policy   = data.aws_iam_policy_document.trust["apply"].json
  max_session_duration = var.apply_session_seconds
  permissions_boundary = var.permissions_boundary

  tags = var.tags

  depends_on = [aws_iam_openid_connect_provider.this]
}

resource "aws_iam_policy" "read" {
  for_each = local.read

  name        = "${local.name}-read-${each.key}"
  description = "What planning ${var.environment} asks of AWS: ${each.key}."
  policy      = data.aws_iam_policy_document.read[each.key].json

  tags = var.tags
}

resource "aws_iam_policy" "write" {
  for_each = local.write

  name        = "${local.name}-write-${each.key}"
  description = "What applying ${var.environment} changes in AWS: ${each.key}."
  policy      = data.aws_iam_policy_document.write[each.key].json

  tags = var.tags
}

resource "aws_iam_role_policy_attachment" "plan" {
  for_each = aws_iam_policy.read

  role       = aws_iam_role.plan.name
  policy_arn = each.value.arn
}

resource "aws_iam_role_policy_attachment" "apply_reads" {
  for_each = aws_iam_policy.read

  role       = aws_iam_role.apply.name
  policy_arn = each.value.arn
}

resource "aws_iam_role_policy_attachment" "apply_writes" {
  for_each = aws_iam_policy.write

  role       = aws_iam_role.apply.name
  policy_arn = each.value.arn
}

resource "aws_iam_role_policy" "plan" {
  name   = "state"
  role   = aws_iam_role.plan.name
  policy = data.aws_iam_policy_document.state["plan"].json
}

resource "aws_iam_role_policy" "apply" {
  name   = "state"
  role   = aws_iam_role.apply.name
  policy = data.aws_iam_policy_document.state["apply"].json
}

resource "aws_iam_role_policy" "guard" {
  name   = "guard"
  role   = aws_iam_role.apply.name
  policy = data.aws_iam_policy_document.guard.json
}
