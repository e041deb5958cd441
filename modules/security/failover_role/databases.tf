# Who writes: the global clusters and their members everywhere, queries in the own region only.
locals {
  global_clusters = [
    for label in sort(keys(var.databases)) :
    "arn:${local.partition}:rds::${var.account_id}:global-cluster:${var.databases[label].global_cluster}"
  ]
  members = flatten([
    for label in sort(keys(var.databases)) : [
      for region, cluster in var.databases[label].clusters :
      "arn:${local.partition}:rds:${region}:${var.account_id}:cluster:${cluster}"
    ]
  ])
  own_members = [for member in local.members : member if startswith(member, "arn:${local.partition}:rds:${local.regional}:")]
  # without a member here there is neither a database to take over nor a secret
  witness = length(local.own_members) == 0
}

data "aws_iam_policy_document" "databases" {
  # the global cluster, the member that gives up writing and the one that takes it over; a witness only looks on
  statement {
    sid = "WhoWrites"
    actions = concat(
      ["rds:DescribeDBClusters", "rds:DescribeGlobalClusters"],
      local.witness ? [] : ["rds:FailoverGlobalCluster", "rds:SwitchoverGlobalCluster"],
    )
    resources = concat(local.global_clusters, local.members)
  }

  dynamic "statement" {
    for_each = local.witness ? [] : [local.own_members]

    content {
      sid       = "QueryOwnMembers"
      actions   = ["rds-data:ExecuteStatement"]
      resources = concat(statement.value, local.kept_clusters)
    }
  }
}
