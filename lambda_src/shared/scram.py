"""A password as PostgreSQL stores it: set this way, it crosses no wire and no log in the clear.

Source: PostgreSQL Documentation, "pg_authid": SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>, by
RFC 7677 and RFC 5802.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os

ITERATIONS = 4096


def verifier(password: str, *, salt: bytes | None = None) -> str:
    """What `ALTER ROLE ... PASSWORD` takes in place of the password, which has to be ASCII."""
    salted = os.urandom(16) if salt is None else salt
    # other characters would have to be normalised first (RFC 4013)
    key = hashlib.pbkdf2_hmac("sha256", password.encode("ascii"), salted, ITERATIONS)
    stored = hashlib.sha256(_signed(key, b"Client Key")).digest()
    server = _signed(key, b"Server Key")
    return f"SCRAM-SHA-256${ITERATIONS}:{_text(salted)}${_text(stored)}:{_text(server)}"


def _signed(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "sha256")


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
