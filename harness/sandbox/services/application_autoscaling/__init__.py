"""Application Auto Scaling: scalable targets, scaling policies and scheduled actions, kept and given back."""

from harness.sandbox.services.application_autoscaling.service import ApplicationAutoScaling

__all__ = ["ApplicationAutoScaling"]
