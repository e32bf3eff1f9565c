"""Which secrets of a page's callbacks are good."""

from datetime import datetime, timedelta

import pytest

from services.communities.queries import Community
from services.communities.secrets import SECRET_PLACE, new_secret, row_of, secrets_of
from services.privacy.sealing import Sealer
from tests.services.inbox.conftest import MovingClock

SEALER = Sealer({1: bytes(32)}, bytes(32))
NOW = MovingClock().now()
OLD, NEW = (SEALER.seal(SECRET_PLACE, row_of(5), secret) for secret in (b"old", b"new"))
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("previous", "until", "good"),
    [
        (None, None, (b"new",)),
        (OLD, None, (b"new", b"old")),
        (OLD, NOW + HOUR, (b"new", b"old")),
        (OLD, NOW, (b"new",)),
    ],
    ids=["none", "rotating", "rotated", "over"],
)
def test_the_old_secret_is_good_while_vk_may_send_it(
    previous: bytes | None, until: datetime | None, good: tuple[bytes, ...]
) -> None:
    """Without end until VK is known to have the new one, then for some hours."""
    page = Community(1, "vk", 5, 1, "Т", None, "callback", b"", NEW, None, None, previous, until)
    assert secrets_of(SEALER, page, NOW) == good


def test_a_secret_is_as_long_as_vk_takes() -> None:
    """50 characters at most, and none twice."""
    assert len(new_secret()) <= 50
    assert new_secret() != new_secret()
