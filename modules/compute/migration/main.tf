resource "aws_lambda_invocation" "this" {
  function_name = var.function_name
  qualifier     = var.alias_name
  input         = jsonencode(var.payload)

  # another code or another payload is another migration; the same ones are never run twice
  triggers = {
    code_sha256 = var.code_sha256
  }
}
