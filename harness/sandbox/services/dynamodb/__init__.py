"""DynamoDB: global tables with distance, whose last writer wins."""

from harness.sandbox.services.dynamodb.service import DynamoDb

__all__ = ["DynamoDb"]
