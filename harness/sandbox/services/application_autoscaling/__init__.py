"""Application Auto Scaling: scalable targets, scaling policies and scheduled actions, kept and given back."""
