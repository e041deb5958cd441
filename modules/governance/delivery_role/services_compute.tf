locals {
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
        actions = ["codedeploy:Get*", "codedeploy:ListDeployments", "codedeploy:ListTagsForResource"]
        # a release may follow a ready-made shape of AWS's
        resources = concat(local.codedeploy, ["${local.arn}:codedeploy:*:${local.account}:deploymentconfig:CodeDeployDefault.*"])
      }]
      write = [
        {
          actions = [
            "codedeploy:CreateApplication", "codedeploy:CreateDeployment", "codedeploy:CreateDeploymentConfig",
            "codedeploy:CreateDeploymentGroup", "codedeploy:DeleteApplication", "codedeploy:DeleteDeploymentConfig",
            "codedeploy:DeleteDeploymentGroup", "codedeploy:RegisterApplicationRevision",
            "codedeploy:TagResource", "codedeploy:UntagResource", "codedeploy:UpdateApplication",
            "codedeploy:UpdateDeploymentGroup",
          ]
          resources  = local.codedeploy
          conditions = local.unconditional
        },
        { actions = ["codedeploy:StopDeployment"], resources = ["*"], conditions = local.unconditional },
      ]
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
}
