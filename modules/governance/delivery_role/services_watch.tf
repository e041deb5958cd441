locals {
  watch_services = {
    cloudwatch = {
      family = "watch"
      read = [
        {
          actions   = ["cloudwatch:DescribeAlarms", "cloudwatch:GetDashboard", "cloudwatch:ListTagsForResource"]
          resources = concat(local.alarms, local.dashboards, ["${local.arn}:cloudwatch:*:${local.account}:alarm:*"])
        },
      ]
      write = [{
        actions = [
          "cloudwatch:DeleteAlarms", "cloudwatch:DeleteDashboards", "cloudwatch:PutDashboard", "cloudwatch:PutMetricAlarm",
          "cloudwatch:TagResource", "cloudwatch:UntagResource",
        ]
        resources  = concat(local.alarms, local.dashboards)
        conditions = local.unconditional
      }]
    }

    logs = {
      family = "watch"
      read = [
        {
          actions   = ["logs:DescribeMetricFilters", "logs:GetDelivery*", "logs:ListTagsForResource"]
          resources = local.logs
        },
        {
          actions = [
            "logs:DescribeDeliveries", "logs:DescribeDeliveryDestinations", "logs:DescribeDeliverySources", "logs:DescribeLogGroups",
            "logs:DescribeResourcePolicies",
          ]
          resources = ["*"]
        },
      ]
      write = [
        {
          actions = [
            "logs:AssociateKmsKey", "logs:CreateDelivery", "logs:CreateLogGroup", "logs:DeleteDelivery",
            "logs:DeleteDeliveryDestination", "logs:DeleteDeliverySource", "logs:DeleteLogGroup", "logs:DeleteMetricFilter",
            "logs:DeleteRetentionPolicy", "logs:DisassociateKmsKey", "logs:PutDeliveryDestination",
            "logs:PutDeliverySource", "logs:PutMetricFilter", "logs:PutRetentionPolicy", "logs:TagResource",
            "logs:UntagResource", "logs:UpdateDeliveryConfiguration",
          ]
          resources  = local.logs
          conditions = local.unconditional
        },
        {
          # policies of the account, and deliveries of API Gateway's stages and web ACLs, have no resource to name
          actions = [
            "logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:DeleteResourcePolicy", "logs:GetLogDelivery",
            "logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:UpdateLogDelivery",
          ]
          resources  = ["*"]
          conditions = local.unconditional
        },
      ]
    }

    sns = {
      family = "watch"
      read = [
        {
          actions   = ["sns:GetTopicAttributes", "sns:ListSubscriptionsByTopic", "sns:ListTagsForResource"]
          resources = ["${local.arn}:sns:*:${local.account}:${local.env}-*"]
        },
        { actions = ["sns:GetSubscriptionAttributes"], resources = ["*"] },
      ]
      write = [
        {
          actions = [
            "sns:CreateTopic", "sns:DeleteTopic", "sns:SetTopicAttributes", "sns:Subscribe", "sns:TagResource", "sns:UntagResource",
          ]
          resources  = ["${local.arn}:sns:*:${local.account}:${local.env}-*"]
          conditions = local.unconditional
        },
        {
          # a subscription is no resource to IAM
          actions    = ["sns:SetSubscriptionAttributes", "sns:Unsubscribe"]
          resources  = ["*"]
          conditions = local.unconditional
        },
      ]
    }
  }

  # an environment's CDN and its logs bear the bare name
  alarms     = ["${local.arn}:cloudwatch:*:${local.account}:alarm:${local.env}-*"]
  dashboards = [for name in [local.env, "${local.env}-*"] : "${local.arn}:cloudwatch::${local.account}:dashboard/${name}"]
  logs = concat(
    [
      for name in ["/aws/apigateway/${local.env}-*", "/aws/lambda/${local.env}-*", "/aws/rds/cluster/${local.env}-*", "/aws/vpc/${local.env}-*", "API-Gateway-Execution-Logs_*", "aws-waf-logs-${local.env}*"] :
      "${local.arn}:logs:*:${local.account}:log-group:${name}"
    ],
    [for kind in ["delivery", "delivery-destination", "delivery-source"] : "${local.arn}:logs:*:${local.account}:${kind}:${kind == "delivery" ? "" : local.env}*"],
  )
}
