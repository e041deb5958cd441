"""Secrets Manager: replicas, labels and rotation, where MiniStack answers wrongly."""
