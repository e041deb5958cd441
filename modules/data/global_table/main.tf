data "aws_region" "current" {}

locals {
  attributes = merge(
    var.attributes,
    { (var.hash_key) = var.hash_key_type },
    var.range_key == null ? {} : { (var.range_key) = var.range_key_type },
  )
  provisioned = var.billing.mode == "provisioned"
}

resource "aws_dynamodb_table" "this" {
  name         = var.name
  billing_mode = local.provisioned ? "PROVISIONED" : "PAY_PER_REQUEST"
  hash_key     = var.hash_key
  range_key    = var.range_key

  read_capacity  = local.provisioned ? var.billing.read.min : null
  write_capacity = local.provisioned ? var.billing.write.min : null

  deletion_protection_enabled = var.deletion_protection
  stream_enabled              = true
  stream_view_type            = "NEW_AND_OLD_IMAGES"

  dynamic "attribute" {
    for_each = local.attributes

    content {
      name = attribute.key
      type = attribute.value
    }
  }

  dynamic "global_secondary_index" {
    for_each = var.global_secondary_indexes

    content {
      name               = global_secondary_index.key
      hash_key           = global_secondary_index.value.hash_key
      range_key          = global_secondary_index.value.range_key
      projection_type    = global_secondary_index.value.projection_type
      non_key_attributes = global_secondary_index.value.non_key_attributes
      read_capacity      = local.provisioned ? var.billing.read.min : null
      write_capacity     = local.provisioned ? var.billing.write.min : null
    }
  }

  point_in_time_recovery {
    enabled = var.point_in_time_recovery
  }

  server_side_encryption {
    enabled     = true
    kms_key_arn = var.kms_key_arn
  }

  dynamic "ttl" {
    for_each = var.ttl_attribute == null ? [] : [var.ttl_attribute]

    content {
      attribute_name = ttl.value
      enabled        = true
    }
  }

  dynamic "replica" {
    for_each = var.replicas

    content {
      region_name            = replica.key
      kms_key_arn            = replica.value.kms_key_arn
      point_in_time_recovery = var.point_in_time_recovery
      propagate_tags         = true
    }
  }

  tags = var.tags

  lifecycle {
    # Application Auto Scaling moves these; without this every apply would take the table back to its minimum.
    # On-demand has no capacity to ignore, so one resource serves both modes and switching never replaces it.
    ignore_changes = [read_capacity, write_capacity]

    precondition {
      condition     = !contains(keys(var.replicas), data.aws_region.current.name)
      error_message = "The replicas must name other regions only: ${data.aws_region.current.name} holds the table itself."
    }
  }
}
