"""Checks that a webhook comes from the gateway, after Standard Webhooks (v1, HMAC-SHA256)."""

import base64
import hashlib
import hmac
from collections.abc import Mapping

# Seconds that a webhook's time may differ from ours; older ones could be replayed.
TOLERANCE = 300.0
PREFIX = "whsec_"


def is_signed(secret: str, headers: Mapping[str, str], body: bytes, now: float) -> bool:
    """Say whether one of the signatures in `webhook-signature` is right and fresh.

    `secret` is `whsec_…`; `headers` have lower-case names; `now` is seconds since 1970.
    """
    message_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not message_id or not timestamp.isdecimal() or abs(now - int(timestamp)) > TOLERANCE:
        return False
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except ValueError:
        return False
    signed = f"{message_id}.{timestamp}.".encode() + body
    digest = hmac.new(key, signed, hashlib.sha256).digest()
    expected = b"v1," + base64.b64encode(digest)
    given = headers.get("webhook-signature", "").encode().split()
    return any(hmac.compare_digest(expected, one) for one in given)
