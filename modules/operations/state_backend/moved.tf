# Addresses before the log bucket was a module of its own: an applied estate keeps its logs.

moved {
  from = aws_s3_bucket.logs[0]
  to   = module.logs[0].aws_s3_bucket.this
}

moved {
  from = aws_s3_bucket_lifecycle_configuration.logs[0]
  to   = module.logs[0].aws_s3_bucket_lifecycle_configuration.this
}

moved {
  from = aws_s3_bucket_ownership_controls.logs[0]
  to   = module.logs[0].aws_s3_bucket_ownership_controls.this
}

moved {
  from = aws_s3_bucket_policy.logs[0]
  to   = module.logs[0].aws_s3_bucket_policy.this
}

moved {
  from = aws_s3_bucket_public_access_block.logs[0]
  to   = module.logs[0].aws_s3_bucket_public_access_block.this
}

moved {
  from = aws_s3_bucket_server_side_encryption_configuration.logs[0]
  to   = module.logs[0].aws_s3_bucket_server_side_encryption_configuration.this
}
