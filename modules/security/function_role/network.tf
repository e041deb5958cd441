# What Lambda does with the role to reach a VPC. The function's own code has no use for it.

locals {
  interface_actions = [
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:UnassignPrivateIpAddresses",
  ]
  interface_lookups = ["ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"]
}

data "aws_iam_policy_document" "network" {
  # Lambda needs the deletion for all interfaces of the account, not for those of one subnet or group
  dynamic "statement" {
    for_each = var.vpc ? [local.interface_actions] : []

    content {
      sid       = "NetworkInterfaces"
      actions   = statement.value
      resources = ["arn:${local.partition}:ec2:${local.regional}:*/*"]
    }
  }

  # these know no resource (Service Authorization Reference, Amazon EC2)
  dynamic "statement" {
    for_each = var.vpc ? [local.interface_lookups] : []

    content {
      sid       = "FindNetworkInterfaces"
      actions   = statement.value
      resources = ["*"]
    }
  }

  # requests of the code carry the function's ARN, those of Lambda itself do not
  dynamic "statement" {
    for_each = var.vpc ? [concat(local.interface_actions, local.interface_lookups)] : []

    content {
      sid       = "NetworkInterfacesAreForLambdaAlone"
      effect    = "Deny"
      actions   = statement.value
      resources = ["*"]

      condition {
        test     = "ArnEquals"
        variable = "lambda:SourceFunctionArn"
        values   = [local.function]
      }
    }
  }
}
