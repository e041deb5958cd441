# Every resource here fails the check that its name begins with; the gate makes sure of that in each run.

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }
}

provider "aws" {
  region = "us-east-1"

  default_tags {
    tags = {
      environment = "canary"
    }
  }
}

data "aws_iam_policy_document" "ckv_antipode_1_document" {
  statement {
    actions   = ["s3:GetObject", "dynamodb:*"]
    resources = ["*"]
  }
}

resource "aws_iam_role_policy" "ckv_antipode_1_inline" {
  name = "wildcards"
  role = "canary"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "*", Resource = "*" }]
  })
}

resource "aws_iam_policy" "ckv_antipode_1_managed" {
  name = "wildcards"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["s3:Get*", "rds:*"], Resource = ["arn:aws:s3:::canary", "*"] }]
  })
}

resource "aws_dynamodb_table" "ckv_antipode_3_table" {
  name         = "canary"
  hash_key     = "pk"
  billing_mode = "PAY_PER_REQUEST"

  attribute {
    name = "pk"
    type = "S"
  }
}

resource "aws_rds_cluster" "ckv_antipode_3_cluster" {
  cluster_identifier  = "canary"
  engine              = "aurora-postgresql"
  deletion_protection = false
  skip_final_snapshot = true
}

resource "aws_rds_global_cluster" "ckv_antipode_3_global" {
  global_cluster_identifier = "canary"
  engine                    = "aurora-postgresql"
}

resource "aws_cloudwatch_log_group" "ckv_antipode_4_for_ever" {
  name       = "/canary/for-ever"
  kms_key_id = "arn:aws:kms:us-east-1:111111111111:key/canary"
}

resource "aws_cloudwatch_log_group" "ckv_antipode_4_no_key" {
  name              = "/canary/no-key"
  retention_in_days = 30
}

resource "aws_api_gateway_stage" "ckv_antipode_5_none" {
  rest_api_id   = "canary"
  deployment_id = "canary"
  stage_name    = "none"
}

resource "aws_api_gateway_stage" "ckv_antipode_5_no_id" {
  rest_api_id   = "canary"
  deployment_id = "canary"
  stage_name    = "no-id"

  access_log_settings {
    destination_arn = "arn:aws:logs:us-east-1:111111111111:log-group:canary"
    format          = "{\"status\": \"$context.status\"}"
  }
}

data "aws_iam_policy_document" "ckv_antipode_6_document" {
  statement {
    actions   = ["s3:PutObject"]
    resources = ["arn:aws:s3:::canary/*"]

    principals {
      type        = "Service"
      identifiers = ["logging.s3.amazonaws.com"]
    }
  }
}

resource "aws_s3_bucket_policy" "ckv_antipode_6_reads" {
  bucket = "canary"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::111111111111:root" }
      Action    = "s3:GetObject"
      Resource  = "arn:aws:s3:::canary/*"
    }]
  })
}

resource "aws_s3_bucket_policy" "ckv_antipode_6_objects_only" {
  bucket = "canary"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:GetObject"
      Resource  = "arn:aws:s3:::canary/*"
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
}

resource "aws_lambda_function" "ckv_antipode_7_named" {
  function_name = "canary-named"
  role          = "arn:aws:iam::111111111111:role/canary"
  handler       = "handler.handler"
  runtime       = "python3.12"
  s3_bucket     = "canary"
  s3_key        = "canary.zip"

  environment {
    variables = {
      DATABASE_PASSWORD = "canary"
    }
  }
}

resource "aws_lambda_function" "ckv_antipode_7_valued" {
  function_name = "canary-valued"
  role          = "arn:aws:iam::111111111111:role/canary"
  handler       = "handler.handler"
  runtime       = "python3.12"
  s3_bucket     = "canary"
  s3_key        = "canary.zip"

  environment {
    variables = {
      DATABASE = "postgres://admin:canary@db.example.com/orders"
    }
  }
}

resource "aws_dynamodb_table" "ckv_antipode_9_replica" {
  name                        = "canary-replica"
  hash_key                    = "pk"
  billing_mode                = "PAY_PER_REQUEST"
  deletion_protection_enabled = true
  stream_enabled              = true
  stream_view_type            = "NEW_AND_OLD_IMAGES"

  attribute {
    name = "pk"
    type = "S"
  }

  replica {
    region_name            = "us-west-2"
    point_in_time_recovery = false
  }
}

resource "aws_dynamodb_table_replica" "ckv_antipode_9_separate" {
  global_table_arn            = "arn:aws:dynamodb:us-west-2:123456789012:table/canary"
  deletion_protection_enabled = true
  point_in_time_recovery      = false
}

resource "aws_dynamodb_table_replica" "ckv_antipode_3_replica" {
  global_table_arn            = "arn:aws:dynamodb:us-west-2:123456789012:table/canary-unprotected"
  deletion_protection_enabled = false
  kms_key_arn                 = "arn:aws:kms:us-east-1:123456789012:key/11111111-1111-4111-8111-111111111111"
  point_in_time_recovery      = true
}
