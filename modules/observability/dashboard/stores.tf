# Graphs of each region's tables, buckets and databases.

locals {
  table_graphs = [
    for region in var.regions : [
      {
        title = "Table throttles"
        stat  = "Sum"
        metrics = flatten([
          for table in sort(region.tables) : [
            for metric in ["ReadThrottleEvents", "WriteThrottleEvents"] :
            { metric = ["AWS/DynamoDB", metric, "TableName", table, { label = "${table} ${metric}" }] }
          ]
        ])[*].metric
      },
      {
        title = "Replication latency to other regions (ms)"
        stat  = "Average"
        metrics = flatten([
          for table in sort(region.tables) : [
            for other in var.regions : {
              metric = [
                "AWS/DynamoDB", "ReplicationLatency", "TableName", table, "ReceivingRegion", other.region,
                { label = "${table} to ${other.region}" },
              ]
            } if other.region != region.region && contains(other.tables, table)
          ]
        ])[*].metric
      },
    ]
  ]

  # data/bucket_replication calls the rule after the bucket that receives
  bucket_pairs = [
    for region in var.regions : flatten([
      for label in sort(keys(region.buckets)) : [
        for other in var.regions : {
          label    = label
          other    = other.region
          received = ["SourceBucket", other.buckets[label], "DestinationBucket", region.buckets[label], "RuleId", "to-${region.buckets[label]}"]
          sent     = ["SourceBucket", region.buckets[label], "DestinationBucket", other.buckets[label], "RuleId", "to-${other.buckets[label]}"]
        } if other.region != region.region && contains(keys(other.buckets), label)
      ]
    ])
  ]

  # S3 publishes what is late where it should arrive, and what failed where it came from
  bucket_graphs = [
    for i, region in var.regions : [
      {
        title = "Object latency from other regions (s)"
        stat  = "Maximum"
        metrics = [
          for pair in local.bucket_pairs[i] :
          concat(["AWS/S3", "ReplicationLatency"], pair.received, [{ label = "${pair.label} from ${pair.other}" }])
        ]
      },
      {
        title = "Objects on their way from other regions (bytes)"
        stat  = "Maximum"
        metrics = [
          for pair in local.bucket_pairs[i] :
          concat(["AWS/S3", "BytesPendingReplication"], pair.received, [{ label = "${pair.label} from ${pair.other}" }])
        ]
      },
      {
        title = "Objects that failed to reach other regions"
        stat  = "Sum"
        metrics = [
          for pair in local.bucket_pairs[i] :
          concat(["AWS/S3", "OperationsFailedReplication"], pair.sent, [{ label = "${pair.label} to ${pair.other}" }])
        ]
      },
    ]
  ]

  database_graphs = [
    for region in var.regions : [
      {
        # of the clusters that do not write; the writer's has none
        title = "Database lag behind the writer's region (ms)"
        stat  = "Maximum"
        metrics = flatten([
          for cluster in sort(region.databases) : [
            for metric, label in { AuroraGlobalDBRPOLag = "of commits", AuroraGlobalDBReplicationLag = "of storage" } :
            { metric = ["AWS/RDS", metric, "DBClusterIdentifier", cluster, { label = "${cluster} ${label}" }] }
          ]
        ])[*].metric
      },
      {
        title = "Database processor (%)"
        stat  = "Average"
        metrics = [
          for cluster in sort(region.databases) :
          ["AWS/RDS", "CPUUtilization", "DBClusterIdentifier", cluster, { label = cluster }]
        ]
      },
      {
        title = "Database connections"
        stat  = "Average"
        metrics = [
          for cluster in sort(region.databases) :
          ["AWS/RDS", "DatabaseConnections", "DBClusterIdentifier", cluster, { label = cluster }]
        ]
      },
      {
        title = "Commit latency (ms)"
        stat  = "Average"
        metrics = [
          for cluster in sort(region.databases) :
          ["AWS/RDS", "CommitLatency", "DBClusterIdentifier", cluster, { label = cluster }]
        ]
      },
    ]
  ]
}
