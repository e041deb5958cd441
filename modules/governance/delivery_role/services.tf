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
}
