# Every resource here passes the check that its name begins with; the gate makes sure of that in each run.

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }
}

provider "aws" {
  region              = "us-east-1"
  allowed_account_ids = ["111111111111"]
  max_retries         = 3

  default_tags {
    tags = {
      environment  = "canary"
      stack        = "passes"
      "managed-by" = "antipode"
    }
  }
}

data "aws_iam_policy_document" "ckv_antipode_1_document" {
  statement {
    actions   = ["dynamodb:*"]
    resources = ["arn:aws:dynamodb:us-east-1:111111111111:table/canary"]
  }

  # what API Gateway and X-Ray call cannot be limited to a resource
  statement {
    actions   = ["xray:PutTraceSegments"]
    resources = ["*"]
  }

  statement {
    effect    = "Deny"
    actions   = ["*"]
    resources = ["*"]
  }
}

# in the policy of a key the resource * is that key
data "aws_iam_policy_document" "ckv_antipode_1_of_a_key" {
  statement {
    actions   = ["kms:*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::111111111111:root"]
    }
  }
}

resource "aws_iam_role_policy" "ckv_antipode_1_inline" {
  name = "narrow"
  role = "canary"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = { Effect = "Allow", Action = "dynamodb:GetItem", Resource = "*" }
  })
}

resource "aws_dynamodb_table" "ckv_antipode_3_table" {
  name                        = "canary"
  hash_key                    = "pk"
  billing_mode                = "PAY_PER_REQUEST"
  deletion_protection_enabled = true

  attribute {
    name = "pk"
    type = "S"
  }
}

resource "aws_rds_cluster" "ckv_antipode_3_cluster" {
  cluster_identifier        = "canary"
  engine                    = "aurora-postgresql"
  deletion_protection       = true
  final_snapshot_identifier = "canary"
}

resource "aws_rds_global_cluster" "ckv_antipode_3_global" {
  global_cluster_identifier = "canary"
  engine                    = "aurora-postgresql"
  deletion_protection       = true
}

resource "aws_cloudwatch_log_group" "ckv_antipode_4_kept" {
  name              = "/canary/kept"
  kms_key_id        = "arn:aws:kms:us-east-1:111111111111:key/canary"
  retention_in_days = 30
}

resource "aws_api_gateway_stage" "ckv_antipode_5_logged" {
  rest_api_id   = "canary"
  deployment_id = "canary"
  stage_name    = "logged"

  access_log_settings {
    destination_arn = "arn:aws:logs:us-east-1:111111111111:log-group:canary"
    format          = "{\"request_id\": \"$context.requestId\"}"
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

  statement {
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = ["arn:aws:s3:::canary", "arn:aws:s3:::canary/*"]

    principals {
      type        = "AWS"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_s3_bucket_policy" "ckv_antipode_6_denies" {
  bucket = "canary"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Deny"
      Principal = { AWS = "*" }
      Action    = "s3:*"
      Resource  = ["arn:aws:s3:::canary", "arn:aws:s3:::canary/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
}

resource "aws_lambda_function" "ckv_antipode_7_names" {
  function_name = "canary"
  role          = "arn:aws:iam::111111111111:role/canary"
  handler       = "handler.handler"
  runtime       = "python3.12"
  s3_bucket     = "canary"
  s3_key        = "canary.zip"

  environment {
    variables = {
      DATABASE_SECRET = "arn:aws:secretsmanager:us-east-1:111111111111:secret:canary-AbCdEf"
      TABLE_ITEMS_KEY = "pk"
      TOKEN_SECONDS   = "30"
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
    kms_key_arn            = "arn:aws:kms:us-west-2:111111111111:key/canary"
    point_in_time_recovery = true
    propagate_tags         = true
  }
}

resource "aws_dynamodb_table_replica" "ckv_antipode_9_separate" {
  global_table_arn            = "arn:aws:dynamodb:us-west-2:123456789012:table/canary"
  deletion_protection_enabled = true
  point_in_time_recovery      = true
  kms_key_arn                 = "arn:aws:kms:us-east-1:123456789012:key/11111111-1111-4111-8111-111111111111"
}
