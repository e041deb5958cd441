"""CodeDeploy's deployments of functions, on the model clock."""

from harness.sandbox.services.codedeploy.service import Deployments

__all__ = ["Deployments"]
