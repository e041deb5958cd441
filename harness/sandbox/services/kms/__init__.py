"""KMS: the keys that AWS manages, which MiniStack does not have."""
