"""EC2: security group rules, VPC endpoints and flow logs that MiniStack answers wrongly."""
