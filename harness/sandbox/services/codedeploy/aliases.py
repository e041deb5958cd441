"""The aliases of the embedded Lambda, as CodeDeploy reads and moves them."""

from __future__ import annotations

from harness.sandbox.services.codedeploy.appspec import Revision
from harness.sandbox.services.lambda_ import stored


class Aliases:
    """Functions of one account. A new version's share is a number from 0 to 100."""

    def __init__(self, account_id: str) -> None:
        self._account = account_id

    def refusal(self, region: str, revision: Revision) -> str | None:
        """Why the revision cannot be deployed, None when it can.

        CodeDeploy User Guide, "AppSpec 'resources' section for AWS Lambda deployments": the alias names the
        current version. Troubleshooting AWS Lambda deployment issues: a deployment fails when the alias is
        shared by two versions already. terraform-aws-lambda #82: and when the two versions are the same.
        """
        function = stored.function(self._account, region, revision.function)
        alias = (function or {}).get("aliases", {}).get(revision.alias)
        if function is None or alias is None:
            return f"{region} has no function {revision.function} with an alias {revision.alias}"
        if missing := [
            version for version in (revision.current, revision.target) if version not in function["versions"]
        ]:
            return f"{revision.function} has no version {' and no version '.join(missing)}"
        if revision.current == revision.target:
            return f"CurrentVersion and TargetVersion are both {revision.target}"
        if alias.get("RoutingConfig"):
            return f"the alias {revision.alias} shifts traffic between two versions already"
        if alias["FunctionVersion"] != revision.current:
            return (
                f"the alias {revision.alias} is at version {alias['FunctionVersion']}, not {revision.current}"
            )
        return None

    def shift(self, region: str, revision: Revision, percent: int) -> None:
        """Send `percent` of the calls to the new version; at 100 it is alone, at 0 the old one is."""
        whole = {0: revision.current, 100: revision.target}.get(percent)
        weights = {} if whole else {revision.target: percent / 100}
        change = {
            "FunctionVersion": whole or revision.current,
            "RoutingConfig": {"AdditionalVersionWeights": weights},
        }
        stored.update_alias(self._account, region, revision.function, revision.alias, change)
