"""CodeDeploy: applications, configurations, groups, and deployments of functions on the model clock."""

from harness.sandbox.services.codedeploy.service import CodeDeploy

__all__ = ["CodeDeploy"]
