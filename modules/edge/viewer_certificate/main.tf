data "aws_region" "current" {}

resource "aws_acm_certificate" "this" {
  domain_name               = var.names[0]
  subject_alternative_names = slice(var.names, 1, length(var.names))
  validation_method         = "DNS"

  tags = var.tags

  # CloudFront refuses to lose a certificate in use
  lifecycle {
    create_before_destroy = true

    precondition {
      condition     = data.aws_region.current.name == "us-east-1"
      error_message = "CloudFront takes certificates of us-east-1 only: call this module with a provider of that region, not of ${data.aws_region.current.name}."
    }
  }
}
