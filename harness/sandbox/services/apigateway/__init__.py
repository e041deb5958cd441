"""API Gateway: endpoints of APIs, custom domains, and MOCK answers by their mapping templates."""

from harness.sandbox.services.apigateway.service import ApiGateway

__all__ = ["ApiGateway"]
