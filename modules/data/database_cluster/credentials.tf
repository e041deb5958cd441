# The administrator's password goes from Secrets Manager into the cluster without entering plan or state.

# Known only after an apply. So the secret, which may be made in the same apply, is not read before it is there,
# and a whole new environment can be planned.
resource "terraform_data" "admin_secret" {
  count = local.primary ? 1 : 0

  input = var.admin_secret_id
}

ephemeral "aws_secretsmanager_secret_version" "admin" {
  count = local.primary ? 1 : 0

  secret_id = terraform_data.admin_secret[0].output
}

locals {
  master_password = one([
    for version in ephemeral.aws_secretsmanager_secret_version.admin : jsondecode(version.secret_string).password
  ])
}
