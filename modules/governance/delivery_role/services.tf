# What planning and applying ask of each service (Service Authorization Reference). A resource with a name is named by
# the environment's prefix; one whose id AWS picks is told by the tag `environment`, which the provider puts on
# everything; what AWS can tell by neither is listed action by action on "*".

locals {
  env     = var.environment
  account = var.account_id
  arn     = "arn:${local.partition}"

  unconditional = []
  tagged        = [{ test = "StringEquals", variable = "aws:ResourceTag/environment", values = [local.env] }]
  created       = [{ test = "StringEquals", variable = "aws:RequestTag/environment", values = [local.env] }]
  # the default security group is there, untagged, before it is the environment's
  tagged_or_bare = [{ test = "StringEqualsIfExists", variable = "aws:ResourceTag/environment", values = [local.env] }]

  services = merge(local.compute_services, local.data_services, local.edge_services, local.identity_services, local.watch_services)

  compute_services = {
    apigateway = {
      family = "compute"
      read = [
        {
          actions   = ["apigateway:GET"]
          resources = [for path in ["account", "domainnames*", "restapis*", "tags/*"] : "${local.arn}:apigateway:*::/${path}"]
        },
      ]
      write = [
        {
          actions    = ["apigateway:POST"]
          resources  = [for path in ["domainnames", "restapis"] : "${local.arn}:apigateway:*::/${path}"]
          conditions = local.created
        },
        {
          # children of an API or a domain inherit its tags (API Gateway Developer Guide, "Tagging")
          actions    = [for verb in ["DELETE", "PATCH", "POST", "PUT"] : "apigateway:${verb}"]
          resources  = [for path in ["domainnames/*", "restapis/*", "tags/*"] : "${local.arn}:apigateway:*::/${path}"]
          conditions = local.tagged
        },
        {
          actions    = ["apigateway:PATCH"]
          resources  = ["${local.arn}:apigateway:*::/account"]
          conditions = local.unconditional
        },
        {
          actions    = ["apigateway:SetWebACL"]
          resources  = ["${local.arn}:apigateway:*::/restapis/*/stages/*"]
          conditions = local.tagged
        },
      ]
    }

    codedeploy = {
      family = "compute"
      read = [{
        actions   = ["codedeploy:Get*", "codedeploy:ListDeployments", "codedeploy:ListTagsForResource"]
        resources = local.codedeploy
      }]
      write = [{
        actions = [
          "codedeploy:CreateApplication", "codedeploy:CreateDeployment", "codedeploy:CreateDeploymentConfig",
          "codedeploy:CreateDeploymentGroup", "codedeploy:DeleteApplication", "codedeploy:DeleteDeploymentConfig",
          "codedeploy:DeleteDeploymentGroup", "codedeploy:RegisterApplicationRevision", "codedeploy:StopDeployment",
          "codedeploy:TagResource", "codedeploy:UntagResource", "codedeploy:UpdateApplication",
          "codedeploy:UpdateDeploymentGroup",
        ]
        resources  = local.codedeploy
        conditions = local.unconditional
      }]
    }

    ec2 = {
      family = "compute"
      read = [{
        actions = [
          "ec2:DescribeFlowLogs", "ec2:DescribeNetworkAcls", "ec2:DescribeNetworkInterfaces", "ec2:DescribePrefixLists",
          "ec2:DescribeRouteTables", "ec2:DescribeSecurityGroupRules", "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets",
          "ec2:DescribeVpcAttribute", "ec2:DescribeVpcEndpoints", "ec2:DescribeVpcs",
        ]
        resources = ["*"]
      }]
      write = [
        {
          actions = [
            "ec2:AuthorizeSecurityGroupEgress", "ec2:AuthorizeSecurityGroupIngress", "ec2:CreateFlowLogs",
            "ec2:CreateRouteTable", "ec2:CreateSecurityGroup", "ec2:CreateSubnet", "ec2:CreateVpc", "ec2:CreateVpcEndpoint",
          ]
          resources = [
            for kind in ["route-table", "security-group-rule", "security-group", "subnet", "vpc", "vpc-endpoint", "vpc-flow-log"] :
            "${local.arn}:ec2:*:${local.account}:${kind}/*"
          ]
          conditions = local.created
        },
        {
          actions = [
            "ec2:AssociateRouteTable", "ec2:AuthorizeSecurityGroupEgress", "ec2:AuthorizeSecurityGroupIngress",
            "ec2:CreateFlowLogs", "ec2:CreateRouteTable", "ec2:CreateSecurityGroup", "ec2:CreateSubnet",
            "ec2:CreateVpcEndpoint", "ec2:DeleteFlowLogs", "ec2:DeleteRouteTable", "ec2:DeleteSecurityGroup",
            "ec2:DeleteSubnet", "ec2:DeleteTags", "ec2:DeleteVpc", "ec2:DeleteVpcEndpoints", "ec2:DisassociateRouteTable",
            "ec2:ModifySecurityGroupRules", "ec2:ModifySubnetAttribute", "ec2:ModifyVpcAttribute", "ec2:ModifyVpcEndpoint",
          ]
          resources  = ["${local.arn}:ec2:*:${local.account}:*/*"]
          conditions = local.tagged
        },
        {
          actions    = ["ec2:RevokeSecurityGroupEgress", "ec2:RevokeSecurityGroupIngress"]
          resources  = ["${local.arn}:ec2:*:${local.account}:security-group*/*"]
          conditions = local.tagged_or_bare
        },
        {
          actions    = ["ec2:CreateTags"]
          resources  = ["${local.arn}:ec2:*:${local.account}:*/*"]
          conditions = concat(local.created, local.tagged_or_bare)
        },
      ]
    }

    events = {
      family = "compute"
      read   = [{ actions = ["events:DescribeRule", "events:List*"], resources = ["${local.arn}:events:*:${local.account}:rule/${local.env}-*"] }]
      write = [{
        actions = [
          "events:DeleteRule", "events:DisableRule", "events:EnableRule", "events:PutRule", "events:PutTargets",
          "events:RemoveTargets", "events:TagResource", "events:UntagResource",
        ]
        resources  = ["${local.arn}:events:*:${local.account}:rule/${local.env}-*"]
        conditions = local.unconditional
      }]
    }

    lambda = {
      family = "compute"
      read   = [{ actions = ["lambda:Get*", "lambda:List*"], resources = ["${local.arn}:lambda:*:${local.account}:function:${local.env}-*"] }]
      write = [{
        actions = [
          "lambda:AddPermission", "lambda:CreateAlias", "lambda:CreateFunction", "lambda:DeleteAlias", "lambda:DeleteFunction",
          "lambda:DeleteFunctionConcurrency", "lambda:DeleteFunctionEventInvokeConfig",
          "lambda:DeleteProvisionedConcurrencyConfig", "lambda:InvokeFunction", "lambda:PublishVersion",
          "lambda:PutFunctionConcurrency", "lambda:PutFunctionEventInvokeConfig", "lambda:PutProvisionedConcurrencyConfig",
          "lambda:RemovePermission", "lambda:TagResource", "lambda:UntagResource", "lambda:UpdateAlias",
          "lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration", "lambda:UpdateFunctionEventInvokeConfig",
        ]
        resources  = ["${local.arn}:lambda:*:${local.account}:function:${local.env}-*"]
        conditions = local.unconditional
      }]
    }
  }

  codedeploy = flatten([
    for kind in ["application", "deploymentgroup", "deploymentconfig"] :
    "${local.arn}:codedeploy:*:${local.account}:${kind}:${local.env}-*"
  ])

  data_services = {
    autoscaling = {
      family = "data"
      read = [{
        actions = [
          "application-autoscaling:DescribeScalableTargets", "application-autoscaling:DescribeScalingPolicies",
          "application-autoscaling:ListTagsForResource",
        ]
        resources = ["*"]
      }]
      write = [{
        # targets have ids, and tags only once they are there
        actions = [
          "application-autoscaling:DeleteScalingPolicy", "application-autoscaling:DeregisterScalableTarget",
          "application-autoscaling:PutScalingPolicy", "application-autoscaling:RegisterScalableTarget",
          "application-autoscaling:TagResource", "application-autoscaling:UntagResource",
        ]
        resources  = ["${local.arn}:application-autoscaling:*:${local.account}:scalable-target/*"]
        conditions = local.unconditional
      }]
    }

    dynamodb = {
      family = "data"
      read = [{
        actions   = ["dynamodb:Describe*", "dynamodb:GetResourcePolicy", "dynamodb:ListTagsOfResource"]
        resources = ["${local.arn}:dynamodb:*:${local.account}:table/${local.env}-*"]
      }]
      write = [{
        # a replica is filled with the creator's own permissions (DynamoDB Developer Guide, "Using IAM with global tables")
        actions = [
          "dynamodb:BatchWriteItem", "dynamodb:CreateTable", "dynamodb:CreateTableReplica", "dynamodb:DeleteItem",
          "dynamodb:DeleteTable", "dynamodb:DeleteTableReplica", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query",
          "dynamodb:Scan", "dynamodb:TagResource", "dynamodb:UntagResource", "dynamodb:UpdateContinuousBackups",
          "dynamodb:UpdateItem", "dynamodb:UpdateTable", "dynamodb:UpdateTimeToLive",
        ]
        resources  = ["${local.arn}:dynamodb:*:${local.account}:table/${local.env}-*"]
        conditions = local.unconditional
      }]
    }

    rds = {
      family = "data"
      read   = [{ actions = ["rds:Describe*", "rds:ListTagsForResource"], resources = concat(local.databases, ["${local.arn}:rds:*:${local.account}:db:*"]) }]
      write = [{
        actions = [
          "rds:AddTagsToResource", "rds:CreateDBCluster", "rds:CreateDBClusterParameterGroup", "rds:CreateDBInstance",
          "rds:CreateDBSubnetGroup", "rds:CreateGlobalCluster", "rds:DeleteDBCluster", "rds:DeleteDBClusterParameterGroup",
          "rds:DeleteDBInstance", "rds:DeleteDBSubnetGroup", "rds:DeleteGlobalCluster", "rds:ModifyDBCluster",
          "rds:ModifyDBClusterParameterGroup", "rds:ModifyDBInstance", "rds:ModifyDBSubnetGroup", "rds:ModifyGlobalCluster",
          "rds:RemoveFromGlobalCluster", "rds:RemoveTagsFromResource", "rds:ResetDBClusterParameterGroup",
        ]
        resources  = concat(local.databases, ["${local.arn}:rds:*:${local.account}:db:${local.env}-*"])
        conditions = local.unconditional
      }]
    }

    s3 = {
      family = "data"
      read = [{
        actions = [
          "s3:GetAccelerateConfiguration", "s3:GetBucket*", "s3:GetEncryptionConfiguration",
          "s3:GetIntelligentTieringConfiguration", "s3:GetLifecycleConfiguration", "s3:GetReplicationConfiguration",
          "s3:ListBucket", "s3:ListTagsForResource",
        ]
        resources = ["${local.arn}:s3:::${local.env}-*"]
      }]
      write = [{
        # no object of a bucket: what is in it is nobody's to read, write or delete here
        actions = [
          "s3:CreateBucket", "s3:DeleteBucket", "s3:DeleteBucketPolicy", "s3:PutBucketCORS", "s3:PutBucketLogging",
          "s3:PutBucketObjectLockConfiguration", "s3:PutBucketOwnershipControls", "s3:PutBucketPolicy",
          "s3:PutBucketPublicAccessBlock", "s3:PutBucketTagging", "s3:PutBucketVersioning", "s3:PutEncryptionConfiguration",
          "s3:PutIntelligentTieringConfiguration", "s3:PutLifecycleConfiguration", "s3:PutReplicationConfiguration",
          "s3:TagResource", "s3:UntagResource",
        ]
        resources  = ["${local.arn}:s3:::${local.env}-*"]
        conditions = local.unconditional
      }]
    }

    secretsmanager = {
      family = "data"
      # a secret's version is read whole by the provider, also where its value is write-only
      read = [
        {
          actions   = ["secretsmanager:DescribeSecret", "secretsmanager:GetResourcePolicy", "secretsmanager:GetSecretValue"]
          resources = ["${local.arn}:secretsmanager:*:${local.account}:secret:${local.env}/*"]
        },
        { actions = ["secretsmanager:GetRandomPassword"], resources = ["*"] },
      ]
      write = [{
        actions = [
          "secretsmanager:CancelRotateSecret", "secretsmanager:CreateSecret", "secretsmanager:DeleteResourcePolicy",
          "secretsmanager:DeleteSecret", "secretsmanager:PutResourcePolicy", "secretsmanager:PutSecretValue",
          "secretsmanager:RemoveRegionsFromReplication", "secretsmanager:ReplicateSecretToRegions",
          "secretsmanager:RotateSecret", "secretsmanager:TagResource", "secretsmanager:UntagResource",
          "secretsmanager:UpdateSecret", "secretsmanager:UpdateSecretVersionStage",
        ]
        resources  = ["${local.arn}:secretsmanager:*:${local.account}:secret:${local.env}/*"]
        conditions = local.unconditional
      }]
    }

    sqs = {
      family = "data"
      read   = [{ actions = ["sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ListQueueTags"], resources = ["${local.arn}:sqs:*:${local.account}:${local.env}-*"] }]
      write = [{
        actions    = ["sqs:CreateQueue", "sqs:DeleteQueue", "sqs:SetQueueAttributes", "sqs:TagQueue", "sqs:UntagQueue"]
        resources  = ["${local.arn}:sqs:*:${local.account}:${local.env}-*"]
        conditions = local.unconditional
      }]
    }
  }

  databases = flatten([
    [for kind in ["cluster", "cluster-pg", "subgrp"] : "${local.arn}:rds:*:${local.account}:${kind}:${local.env}-*"],
    "${local.arn}:rds::${local.account}:global-cluster:${local.env}-*",
  ])

  edge_services = {
    acm = {
      family = "edge"
      read   = [{ actions = ["acm:DescribeCertificate", "acm:ListTagsForCertificate"], resources = ["${local.arn}:acm:*:${local.account}:certificate/*"] }]
      write = [
        { actions = ["acm:AddTagsToCertificate", "acm:RequestCertificate"], resources = ["*"], conditions = local.created },
        {
          actions    = ["acm:DeleteCertificate", "acm:RemoveTagsFromCertificate", "acm:UpdateCertificateOptions"]
          resources  = ["${local.arn}:acm:*:${local.account}:certificate/*"]
          conditions = local.tagged
        },
      ]
    }

    cloudfront = {
      family = "edge"
      read = [{
        actions = [
          "cloudfront:GetCachePolicy", "cloudfront:GetDistribution", "cloudfront:GetMonitoringSubscription",
          "cloudfront:GetOriginAccessControl", "cloudfront:GetOriginRequestPolicy", "cloudfront:GetResponseHeadersPolicy",
          "cloudfront:ListCachePolicies", "cloudfront:ListTagsForResource",
        ]
        resources = ["*"]
      }]
      write = [
        {
          actions    = ["cloudfront:CreateDistribution", "cloudfront:CreateDistributionWithTags", "cloudfront:TagResource"]
          resources  = ["*"]
          conditions = local.created
        },
        {
          actions    = ["cloudfront:DeleteDistribution", "cloudfront:UntagResource", "cloudfront:UpdateDistribution"]
          resources  = ["${local.arn}:cloudfront::${local.account}:distribution/*"]
          conditions = local.tagged
        },
        {
          # policies, access controls and subscriptions have neither tags nor names in their ARN
          actions = [
            "cloudfront:CreateCachePolicy", "cloudfront:CreateMonitoringSubscription", "cloudfront:CreateOriginAccessControl",
            "cloudfront:CreateResponseHeadersPolicy", "cloudfront:DeleteCachePolicy", "cloudfront:DeleteMonitoringSubscription",
            "cloudfront:DeleteOriginAccessControl", "cloudfront:DeleteResponseHeadersPolicy", "cloudfront:UpdateCachePolicy",
            "cloudfront:UpdateOriginAccessControl", "cloudfront:UpdateResponseHeadersPolicy",
          ]
          resources  = ["*"]
          conditions = local.unconditional
        },
        {
          actions    = ["cloudfront:AllowVendedLogDeliveryForResource"]
          resources  = ["${local.arn}:cloudfront::${local.account}:distribution/*"]
          conditions = local.tagged
        },
      ]
    }

    route53 = {
      family = "edge"
      read = [
        {
          actions   = ["route53:GetHealthCheck", "route53:GetHostedZone", "route53:ListResourceRecordSets", "route53:ListTagsForResource"]
          resources = ["${local.arn}:route53:::healthcheck/*", "${local.arn}:route53:::hostedzone/*"]
        },
        { actions = ["route53:GetChange"], resources = ["${local.arn}:route53:::change/*"] },
      ]
      write = [
        {
          actions   = ["route53:ChangeResourceRecordSets"]
          resources = ["${local.arn}:route53:::hostedzone/*"]
          conditions = [{
            test     = "ForAllValues:StringLike"
            variable = "route53:ChangeResourceRecordSetsNormalizedRecordNames"
            values   = [var.domain, "*.${var.domain}"]
          }]
        },
        {
          # neither zones nor health checks can be told by tags (Service Authorization Reference)
          actions = [
            "route53:ChangeTagsForResource", "route53:CreateHealthCheck", "route53:CreateHostedZone", "route53:DeleteHealthCheck",
            "route53:DeleteHostedZone", "route53:UpdateHealthCheck", "route53:UpdateHostedZoneComment",
          ]
          resources  = ["*"]
          conditions = local.unconditional
        },
      ]
    }

    wafv2 = {
      family = "edge"
      read   = [{ actions = ["wafv2:Get*", "wafv2:ListTagsForResource"], resources = concat(local.firewalls, local.firewalled) }]
      write = [
        {
          actions = [
            "wafv2:AssociateWebACL", "wafv2:CreateIPSet", "wafv2:CreateWebACL", "wafv2:DeleteIPSet",
            "wafv2:DeleteLoggingConfiguration", "wafv2:DeleteWebACL", "wafv2:DisassociateWebACL",
            "wafv2:PutLoggingConfiguration", "wafv2:TagResource", "wafv2:UntagResource", "wafv2:UpdateIPSet", "wafv2:UpdateWebACL",
          ]
          resources  = concat(local.firewalls, local.firewalled, ["${local.arn}:wafv2:*:${local.account}:*/managedruleset/*/*"])
          conditions = local.unconditional
        },
      ]
    }
  }

  firewalls = flatten([
    for kind in ["ipset", "webacl"] : [for name in [local.env, "${local.env}-*"] : "${local.arn}:wafv2:*:${local.account}:*/${kind}/${name}/*"]
  ])
  firewalled = ["${local.arn}:apigateway:*::/restapis/*/stages/*"]

  identity_services = {
    iam = {
      family = "identity"
      read = [{
        actions   = ["iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListInstanceProfilesForRole", "iam:ListRolePolicies"]
        resources = ["${local.arn}:iam::${local.account}:role/${local.env}-*"]
      }]
      write = [
        {
          # a role with less of a limit than this one would be a way to every permission
          actions   = ["iam:CreateRole", "iam:DeleteRolePolicy", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"]
          resources = ["${local.arn}:iam::${local.account}:role/${local.env}-*"]
          conditions = [{
            test     = "StringEquals"
            variable = "iam:PermissionsBoundary"
            values   = [local.role_boundary]
          }]
        },
        {
          actions = [
            "iam:DeleteRole", "iam:TagRole", "iam:UntagRole", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole", "iam:UpdateRoleDescription",
          ]
          resources  = ["${local.arn}:iam::${local.account}:role/${local.env}-*"]
          conditions = local.unconditional
        },
        {
          actions   = ["iam:PassRole"]
          resources = ["${local.arn}:iam::${local.account}:role/${local.env}-*"]
          conditions = [{
            test     = "StringEquals"
            variable = "iam:PassedToService"
            values = [
              "apigateway.amazonaws.com", "codedeploy.amazonaws.com", "lambda.amazonaws.com", "s3.amazonaws.com",
            ]
          }]
        },
        {
          actions   = ["iam:CreateServiceLinkedRole"]
          resources = ["${local.arn}:iam::${local.account}:role/aws-service-role/*"]
          conditions = [{
            test     = "StringEquals"
            variable = "iam:AWSServiceName"
            values = [
              "dynamodb.application-autoscaling.amazonaws.com", "lambda.application-autoscaling.amazonaws.com",
              "ops.apigateway.amazonaws.com", "rds.amazonaws.com", "replication.dynamodb.amazonaws.com", "wafv2.amazonaws.com",
            ]
          }]
        },
      ]
    }

    kms = {
      family = "identity"
      read = [
        {
          actions   = ["kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:ListResourceTags"]
          resources = ["${local.arn}:kms:*:${local.account}:key/*"]
        },
        { actions = ["kms:ListAliases"], resources = ["*"] },
      ]
      write = [
        { actions = ["kms:CreateKey", "kms:TagResource"], resources = ["*"], conditions = local.created },
        {
          actions = [
            "kms:CreateAlias", "kms:DeleteAlias", "kms:DisableKeyRotation", "kms:EnableKeyRotation", "kms:PutKeyPolicy",
            "kms:ScheduleKeyDeletion", "kms:UntagResource", "kms:UpdateAlias", "kms:UpdateKeyDescription",
          ]
          resources  = ["${local.arn}:kms:*:${local.account}:key/*"]
          conditions = local.tagged
        },
        {
          actions    = ["kms:CreateAlias", "kms:DeleteAlias", "kms:UpdateAlias"]
          resources  = ["${local.arn}:kms:*:${local.account}:alias/${local.env}-*"]
          conditions = local.unconditional
        },
        {
          # what services encrypt while they create something, with the creator's permissions
          actions   = ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"]
          resources = ["${local.arn}:kms:*:${local.account}:key/*"]
          conditions = concat(local.tagged, [{
            test     = "StringLike"
            variable = "kms:ViaService"
            values   = [for service in ["dynamodb", "lambda", "rds", "secretsmanager", "sqs"] : "${service}.*.amazonaws.com"]
          }])
        },
        {
          actions   = ["kms:CreateGrant"]
          resources = ["${local.arn}:kms:*:${local.account}:key/*"]
          conditions = concat(local.tagged, [{
            test     = "Bool"
            variable = "kms:GrantIsForAWSResource"
            values   = ["true"]
          }])
        },
      ]
    }
  }

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
      read   = [{ actions = ["sns:Get*", "sns:ListSubscriptionsByTopic", "sns:ListTagsForResource"], resources = ["${local.arn}:sns:*:${local.account}:${local.env}-*"] }]
      write = [{
        actions = [
          "sns:CreateTopic", "sns:DeleteTopic", "sns:SetSubscriptionAttributes", "sns:SetTopicAttributes", "sns:Subscribe",
          "sns:TagResource", "sns:Unsubscribe", "sns:UntagResource",
        ]
        resources  = ["${local.arn}:sns:*:${local.account}:${local.env}-*"]
        conditions = local.unconditional
      }]
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
