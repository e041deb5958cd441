locals {
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
          actions    = ["cloudfront:CreateDistribution", "cloudfront:TagResource"]
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
            "cloudfront:CreateResponseHeadersPolicy", "cloudfront:DeleteMonitoringSubscription",
          ]
          resources  = ["*"]
          conditions = local.unconditional
        },
        {
          actions = [
            "cloudfront:DeleteCachePolicy", "cloudfront:DeleteOriginAccessControl", "cloudfront:DeleteResponseHeadersPolicy",
            "cloudfront:UpdateCachePolicy", "cloudfront:UpdateOriginAccessControl", "cloudfront:UpdateResponseHeadersPolicy",
          ]
          resources = [
            for kind in ["cache-policy", "origin-access-control", "response-headers-policy"] :
            "${local.arn}:cloudfront::${local.account}:${kind}/*"
          ]
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
          actions    = ["route53:CreateHealthCheck", "route53:CreateHostedZone"]
          resources  = ["*"]
          conditions = local.unconditional
        },
        {
          # neither zones nor health checks can be told by tags (Service Authorization Reference)
          actions = [
            "route53:ChangeTagsForResource", "route53:DeleteHealthCheck", "route53:DeleteHostedZone", "route53:UpdateHealthCheck",
            "route53:UpdateHostedZoneComment",
          ]
          resources  = ["${local.arn}:route53:::healthcheck/*", "${local.arn}:route53:::hostedzone/*"]
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
}
