"""Signatures are those of Standard Webhooks: its own package verifies them."""

from base64 import b64decode
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from integrations.webhooks.signing import new_secret, sign

NOW = int(datetime.now(UTC).timestamp())


def headers(webhook_id: str, signature: str) -> dict[str, str]:
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(NOW),
        "webhook-signature": signature,
    }


@given(st.text("abcdef0123456789-", min_size=1), st.text())
def test_the_package_verifies_what_we_sign(webhook_id: str, text: str) -> None:
    """Whatever the id and the body."""
    secret = new_secret()
    signature = sign(webhook_id, NOW, text.encode(), [secret])
    Webhook(secret).verify(text.encode(), headers(webhook_id, signature), json_parse=False)


def test_both_secrets_verify_while_one_is_replaced() -> None:
    """A back end takes up the new one when it is ready."""
    new, old = new_secret(), new_secret()
    signature = sign("1", NOW, b"{}", [new, old])
    for secret in (new, old):
        assert Webhook(secret).verify(b"{}", headers("1", signature)) == {}
    assert signature.split(" ")[0] == sign("1", NOW, b"{}", [new])


def test_secrets_differ_and_are_long_enough() -> None:
    """32 random bytes behind the prefix."""
    secrets = {new_secret() for _ in range(20)}
    assert len(secrets) == 20
    assert all(len(b64decode(secret.removeprefix("whsec_"))) == 32 for secret in secrets)


@pytest.mark.parametrize("secret", ["", "secret", "whsec_?"])
def test_what_is_no_secret_signs_nothing(secret: str) -> None:
    """Better no webhook than one signed with a mistake."""
    with pytest.raises(ValueError, match=r"whsec_|base64|Non-base64"):
        sign("1", NOW, b"{}", [secret])
