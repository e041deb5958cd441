"""CodeDeploy's deployments of functions, on the model clock."""

from harness.sandbox.deployments.service import Deployments

__all__ = ["Deployments"]
