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
  statement {
    sid       = "SeeWhoWrites"
    actions   = ["rds:DescribeDBClusters", "rds:DescribeGlobalClusters"]
    resources = concat(local.global_clusters, local.members)
  }

  # the global cluster, the member that gives up writing and the one that takes it over; a witness only votes
  dynamic "statement" {
    for_each = local.witness ? [] : [concat(local.global_clusters, local.members)]

    content {
      sid       = "ChangeWhoWrites"
      actions   = ["rds:FailoverGlobalCluster", "rds:SwitchoverGlobalCluster"]
      resources = statement.value
    }
  }

  dynamic "statement" {
    for_each = local.witness ? [] : [local.own_members]

    content {
      sid = "QueryOwnMembers"
      actions = [
        "rds-data:BatchExecuteStatement",
        "rds-data:BeginTransaction",
        "rds-data:CommitTransaction",
        "rds-data:ExecuteStatement",
        "rds-data:RollbackTransaction",
      ]
      resources = statement.value
    }
  }
}
