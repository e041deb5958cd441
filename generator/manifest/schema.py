"""The JSON Schema of the manifest, for editors (`# yaml-language-server: $schema=`)."""

from __future__ import annotations

import json

from generator.manifest.environment import Manifest


def schema() -> str:
    """JSON Schema draft 2020-12, as envs/manifest.schema.json holds it."""
    body = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Antipode environment manifest",
        **Manifest.model_json_schema(mode="validation"),
    }
    return json.dumps(body, indent=2) + "\n"
