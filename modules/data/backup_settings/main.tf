locals {
  # the only type of ours whose backups can be made in two ways, of which one can be copied
  fully_managed = [for type in var.resource_types : type if type == "DynamoDB"]
}

resource "aws_backup_region_settings" "this" {
  resource_type_opt_in_preference     = { for type in var.resource_types : type => true }
  resource_type_management_preference = length(local.fully_managed) > 0 ? { for type in local.fully_managed : type => true } : null

  lifecycle {
    # The settings are one for the whole account in a region, and AWS answers with every type that it has. Here ours
    # are switched on once; all else is whoever's it is, and would be a difference in every plan.
    ignore_changes = [resource_type_management_preference, resource_type_opt_in_preference]
  }
}
