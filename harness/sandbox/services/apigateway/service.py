"""API Gateway: which API serves a host name, in the region whose address was dialled."""

from __future__ import annotations

from harness.sandbox.requests.messages import Application, hostname
from harness.sandbox.requests.refusals import forbidden
from harness.sandbox.service import Service
from harness.sandbox.services.apigateway import stored
from harness.sandbox.services.apigateway.data_plane import api_of, endpoint


class ApiGateway(Service):
    """Serves the APIs' own endpoints and the custom domains that lead to APIs."""

    name = "apigateway"

    def region_of(self, host: str, path: str) -> str | None:
        return stored.region_of_domain(hostname(host), path)

    def answers(self, host: str, path: str, dialled: str | None) -> Application | None:
        ministack = self.context.ministack
        if (named := api_of(host)) is None:
            return ministack if self.region_of(host, path) is not None else None
        api, region = named
        reached = dialled in (None, region) and stored.has_endpoint(self.context.account_id, region, api)
        return endpoint(ministack, api) if reached else forbidden
