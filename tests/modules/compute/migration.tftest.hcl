variables {
  code_sha256   = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
  function_name = "prod-migrations-use1"
}

run "refuses_an_alias_with_a_dot" {
  command = plan

  variables {
    alias_name = "v1.0"
  }

  expect_failures = [var.alias_name]
}

run "refuses_no_hash" {
  command = plan

  variables {
    code_sha256 = ""
  }

  expect_failures = [var.code_sha256]
}

run "refuses_a_function_by_arn" {
  command = plan

  variables {
    function_name = "arn:aws:lambda:us-east-1:123456789012:function:prod-migrations-use1"
  }

  expect_failures = [var.function_name]
}
