output "certificate_arn" {
  description = "ARN of the validated certificate, known to others only once it is issued."
  value       = aws_acm_certificate_validation.this.certificate_arn
}
