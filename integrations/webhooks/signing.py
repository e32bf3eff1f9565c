"""Signs webhooks after Standard Webhooks 1.0 (https://www.standardwebhooks.com)."""

import hmac
import secrets
from base64 import b64decode, b64encode
from collections.abc import Sequence
from hashlib import sha256

PREFIX = "whsec_"
KEY_BYTES = 32
"""The specification wants 24 to 64 random bytes."""


def new_secret() -> str:
    """Make a secret to share with one back end."""
    return PREFIX + b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def sign(webhook_id: str, timestamp: int, body: bytes, shared: Sequence[str]) -> str:
    """Give the value of `webhook-signature`: one signature for each secret, newest first.

    With two of them a back end may still verify by the old one while it takes up the new.
    `timestamp` is in seconds since 1970, of this try. Raises ValueError for a secret that is none.
    """
    signed = b"%s.%d.%s" % (webhook_id.encode(), timestamp, body)
    return " ".join(f"v1,{_signature(secret, signed)}" for secret in shared)


def _signature(secret: str, signed: bytes) -> str:
    if not secret.startswith(PREFIX):
        raise ValueError("a webhook secret begins with whsec_")
    key = b64decode(secret.removeprefix(PREFIX), validate=True)
    return b64encode(hmac.digest(key, signed, sha256)).decode()
