locals {
  # a role belongs to the account of the source
  source_account = split(":", var.role_arn)[4]

  rules = [
    for index, destination in concat([var.destination], values(var.further_destinations)) : {
      id          = "to-${split(":", destination.bucket_arn)[5]}"
      bucket_arn  = destination.bucket_arn
      kms_key_arn = destination.kms_key_alias_arn
      # S3 wants each rule to have its own, though rules for different buckets never compete
      priority = var.priority + index
      # replicas in another account would stay the source's own
      other_accounts = [
        for account in [destination.account_id] : account if account != null && account != local.source_account
      ]
    }
  ]

  # S3 knows no time control but this one
  replication_minutes = 15
}

resource "aws_s3_bucket_replication_configuration" "this" {
  bucket = var.source_bucket
  role   = var.role_arn

  dynamic "rule" {
    for_each = local.rules

    content {
      id       = rule.value.id
      priority = rule.value.priority
      status   = "Enabled"

      filter {
        prefix = var.prefix
      }

      delete_marker_replication {
        status = var.delete_markers ? "Enabled" : "Disabled"
      }

      source_selection_criteria {
        replica_modifications {
          status = var.replica_modifications ? "Enabled" : "Disabled"
        }

        # objects under KMS are left out unless they are asked for
        sse_kms_encrypted_objects {
          status = "Enabled"
        }
      }

      destination {
        account = one(rule.value.other_accounts)
        bucket  = rule.value.bucket_arn

        dynamic "access_control_translation" {
          for_each = rule.value.other_accounts

          content {
            owner = "Destination"
          }
        }

        encryption_configuration {
          replica_kms_key_id = rule.value.kms_key_arn
        }

        metrics {
          status = "Enabled"

          dynamic "event_threshold" {
            for_each = var.time_control ? [local.replication_minutes] : []

            content {
              minutes = event_threshold.value
            }
          }
        }

        dynamic "replication_time" {
          for_each = var.time_control ? [local.replication_minutes] : []

          content {
            status = "Enabled"

            time {
              minutes = replication_time.value
            }
          }
        }
      }
    }
  }
}
