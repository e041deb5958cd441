"""The short manifest that the generator's tests start from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from generator.manifest import Manifest

REPOSITORY = Path(__file__).parents[2]

SHORT = """\
name: prod
account_id: "123456789012"
domain: example.com
objectives: {rto: 50s, rpo: 5s}
topology: active-standby
regions:
  us-east-1: {role: primary, cidr: 10.0.0.0/16}
  us-west-2: {role: standby, cidr: 10.1.0.0/16}
compute:
  functions:
    read: {source: read, access: {items: read}}
    write: {source: write, access: {items: write}}
  api:
    routes: {GET /read: read, POST /write: write}
data:
  tables:
    items: {hash_key: pk}
"""

Load = Callable[..., Manifest]
