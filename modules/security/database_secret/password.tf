# The first password, made by Secrets Manager; it is never in plan or state, and rotation replaces it.

# Known only after the first apply, so a plan of a new environment asks AWS for nothing.
resource "terraform_data" "password_length" {
  # RDS takes 8 to 41 characters for a master user
  input = 40
}

ephemeral "aws_secretsmanager_random_password" "initial" {
  # letters and digits alone fit into every connection string; 40 of them hold 238 bits
  exclude_punctuation        = true
  password_length            = terraform_data.password_length.output
  require_each_included_type = true
}

resource "aws_secretsmanager_secret_version" "initial" {
  secret_id = aws_secretsmanager_secret.this.id

  # the fields that Secrets Manager's own rotation functions know, but for the host, which differs by region
  secret_string_wo = jsonencode({
    dbname   = var.database_name
    engine   = var.engine
    password = ephemeral.aws_secretsmanager_random_password.initial.random_password
    port     = var.port
    username = var.username
  })
  secret_string_wo_version = 1

  # Secrets Manager deletes versions without a label, and Terraform would then make this one again, over the password
  # in use. The label of its own keeps it, whatever rotation does with the others.
  version_stages = ["AWSCURRENT", "INITIAL"]

  lifecycle {
    # rotation moves AWSCURRENT on to its own versions
    ignore_changes = [version_stages]
  }
}
